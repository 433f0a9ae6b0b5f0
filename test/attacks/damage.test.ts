/**
 * Damage from a seed, in everything that is stored: what is covered by a signature is refused, the rest is refused or
 * makes no difference, and nothing crashes.
 */
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import { loadPolicies } from "../../core/kyverno/policy/read-policy.ts";
import type { LogEntry } from "../../core/tlog/log-entry.ts";
import { verifySource } from "../../core/tuf/verify-source.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import {
  type Changes,
  jsonBytes,
  outcome,
  policyFor,
  type Recipe,
  sign,
  type Signed,
  toLabCertificate,
  verify,
  fastVerifier,
} from "../lab/index.ts";
import { makeTufRepository } from "../lab/tuf-repository.ts";
import { attackSuite } from "./attack.ts";
import { accepts, lab } from "./refuses.ts";
import { defaultLimits } from "../../core/limits.ts";

const { attack, run } = attackSuite("damage");

const rounds = 40;
const awkward = [0x00, 0x30, 0x7f, 0x80, 0x84, 0xa0, 0xff];

/** A copy with up to three bytes changed, taken out, doubled or put in; never the same. `number` decides. */
function damaged(bytes: Uint8Array, number: number): Uint8Array {
  let state = (number + 1) * 2_654_435_761;
  const below = (bound: number): number => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return state % bound;
  };
  const made = [...bytes];
  for (let times = 1 + below(3); times > 0; times--) {
    const at = below(made.length);
    const kind = below(5);
    if (kind === 0) made[at] = below(256);
    else if (kind === 1) made[at] = (made[at] as number) ^ (1 << below(8));
    else if (kind === 2) made.splice(at, 1 + below(8));
    else if (kind === 3) made.splice(at, 0, ...made.slice(at, at + 1 + below(16)));
    else made[at] = awkward[below(awkward.length)] as number;
  }
  return Buffer.compare(Buffer.from(made), bytes) === 0 ? damaged(bytes, number + 1000) : Uint8Array.from(made);
}

const damagedText = (text: string, number: number): string =>
  new TextDecoder().decode(damaged(encodeUtf8(text), number));

/** Verdicts on the damage of each round. */
const verdicts = (damage: (round: number) => Signed): readonly string[] =>
  Array.from({ length: rounds }, (_, round) => {
    const said = outcome(verify(damage(round), fastVerifier));
    assert.match(said, /^(proven$|refuted: |unknown: )/, String(round));
    return said;
  });
const made = (recipe: Recipe, change: (round: number) => Changes): readonly string[] => {
  accepts(recipe);
  return verdicts((round) => sign(lab, { ...recipe, change: change(round) }));
};
const refusedAll = (said: readonly string[]): void => assert.not(said.includes("proven"));

attack(74, "damage under a signature: payloads, signatures, promised entries, checkpoints", () => {
  const attested: Recipe = { layout: "tag", claim: "attestation", evidence: [] };
  const inBase64 = (text: string, round: number): string =>
    Buffer.from(damaged(Buffer.from(text, "base64"), round)).toString("base64");
  refusedAll(
    made({ layout: "tag", evidence: [] }, (round) => ({ signature: (signature) => damaged(signature, round) })),
  );
  refusedAll(
    made(attested, (round) => ({
      envelope: (envelope) => ({ ...envelope, payload: inBase64(envelope.payload, round) }),
    })),
  );
  refusedAll(
    made({ layout: "tag" }, (round) => ({
      entries: (entries) => entries.map((entry) => ({ ...entry, body: damaged(entry.body, round) })),
    })),
  );
  const checkpoint = (entry: LogEntry, round: number): LogEntry => {
    const { inclusionProof: proof } = entry;
    return proof === undefined
      ? entry
      : { ...entry, inclusionProof: { ...proof, checkpoint: damagedText(proof.checkpoint, round) } };
  };
  for (const evidence of [["rekor2"], ["promise", "proof"]] as const)
    refusedAll(
      made({ evidence }, (round) => ({ entries: (entries) => entries.map((entry) => checkpoint(entry, round)) })),
    );
});

attack(74, "damage in bundles, tokens, certificates and trusted roots", () => {
  const whole = accepts({ layout: "file", by: "certificate", evidence: ["promise", "proof", "rekor2", "timestamp"] });
  verdicts((round) => ({ ...whole, bundle: damagedText(whole.bundle ?? "", round) }));
  verdicts((round) => ({ ...whole, trustedRoot: damaged(whole.trustedRoot, round) }));
  const stamped: Recipe = { by: "certificate", evidence: ["rekor2", "timestamp"] };
  made(stamped, (round) => ({ timestamps: (tokens) => tokens.map((token) => damaged(token, round)) }));
  refusedAll(
    made({ by: "certificate" }, (round) => ({
      certificate: ({ der, spec }) => toLabCertificate(damaged(der, round), spec),
    })),
  );
});

attack(74, "damage in manifests, annotations, and payloads that are signed as they are", () => {
  made({ layout: "tag", evidence: [] }, (round) => ({ manifest: (manifest) => damaged(jsonBytes(manifest), round) }));
  made({ layout: "tag", by: "certificate" }, (round) => ({
    layer: (annotations) =>
      Object.fromEntries(Object.entries(annotations).map(([name, text]) => [name, damagedText(text, round)])),
  }));
  for (const claim of ["signature", "attestation"] as const)
    made({ layout: "tag", claim, evidence: [] }, (round) => ({
      payload: (payload) => damaged(jsonBytes(payload), round),
    }));
});

/** What `body` comes to; anything but an `EngineError` flies on. */
const codeOf = (body: () => unknown): string => {
  try {
    body();
    return "accepted";
  } catch (error) {
    if (error instanceof EngineError) return error.code;
    throw error;
  }
};

attack(74, "damage in TUF metadata, and in policies", () => {
  const repository = makeTufRepository(encodeUtf8("{}"), { now: lab.now });
  const [initialRoot] = repository.rootHistory as [Uint8Array];
  const source = repository.source();
  const verified = (change: object): string =>
    codeOf(() =>
      verifySource({
        source: { ...source, ...change },
        initialRoot,
        target: "trusted_root.json",
        at: lab.now,
        verifier: nodeVerifier,
        limits: defaultLimits,
      }),
    );
  assert.is(verified({}), "accepted");
  for (let round = 0; round < rounds; round++) {
    assert.is.not(verified({ timestamp: damaged(source.timestamp, round) }), "accepted");
    assert.is.not(verified({ snapshot: damaged(source.snapshot, round) }), "accepted");
    assert.is.not(verified({ target: damaged(source.target, round) }), "accepted");
    verified({ targets: source.targets.map(({ role, bytes }) => ({ role, bytes: damaged(bytes, round) })) });
    const { policies, errors, others } = loadPolicies([
      { name: "lab.yaml", text: damagedText(JSON.stringify(policyFor(sign(lab))), round) },
    ]);
    assert.ok(policies.length + errors.length + others.length > 0);
  }
});

run();
