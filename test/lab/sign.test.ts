/**
 * The lab's own promise: what it makes without a change is accepted under both adapters, the same seed gives the same
 * bytes, and one change is refused for its own reason.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openLayout } from "../../proxy/archive/oci-layout.ts";
import { tempFolder } from "../support/temp-folder.ts";
import {
  apiEntryJson,
  decide,
  entryBody,
  extendedKeyUsage,
  extensionId,
  keyTypes,
  Lab,
  otherLeaf,
  outcome,
  purposes,
  type Recipe,
  sign,
  strangers,
  together,
  verdict,
  verifiers,
  verify,
  withExtension,
  withForeignProof,
  withLogAnswer,
  withTrust,
} from "./index.ts";
import { defaultLimits } from "../../core/limits.ts";

const test = suite("lab/sign");
const lab = new Lab();

const layouts: readonly Recipe[] = [
  { layout: "tag" },
  { layout: "tag", evidence: ["timestamp"] },
  { layout: "tag", evidence: ["promise", "timestamp"] },
  { layout: "tag", claim: "attestation" },
  { layout: "tag", claim: "attestation", entryKind: "dsse 0.0.1" },
  { layout: "tag", claim: "attestation", entryKind: "intoto 0.0.1" },
  { layout: "tag", claim: "attestation", evidence: ["timestamp"] },
  { layout: "artifact" },
  { layout: "artifact", claim: "attestation" },
  ...(["signature", "attestation", "blob"] as const).flatMap((claim): Recipe[] => [
    { claim },
    { claim, evidence: ["proof", "timestamp"] },
    { claim, evidence: ["rekor2", "timestamp"] },
    { claim, evidence: ["timestamp", "timestamp2"] },
    { claim, evidence: ["promise", "proof", "rekor2", "timestamp"] },
    { claim, layout: "file", evidence: ["promise"] },
    { claim, layout: "file", version: "0.2" },
    { claim, layout: "file", evidence: ["rekor2", "timestamp"] },
  ]),
  { claim: "attestation", entryKind: "intoto 0.0.2", layout: "file" },
  { image: "index" },
];
const describe = ({ change: _, ...recipe }: Recipe): string => JSON.stringify(recipe);

for (const by of ["key", "certificate"] as const) {
  for (const recipe of layouts) {
    test(`valid, by ${by}: ${describe(recipe)}`, () => assert.is(verdict(sign(lab, { ...recipe, by })), "proven"));
  }
}
for (const keyType of keyTypes) {
  for (const by of ["key", "certificate"] as const) {
    test(`valid, ${keyType} by ${by}`, () => {
      for (const recipe of [
        { layout: "tag" },
        { layout: "tag", claim: "attestation" },
        { claim: "blob", layout: "file" },
        { evidence: ["rekor2", "timestamp"] },
      ] as const)
        assert.is(verdict(sign(lab, { ...recipe, by, keyType })), "proven", describe(recipe));
    });
  }
}

test("the engine allows what is valid and refuses another key", () => {
  for (const recipe of [
    { layout: "tag" },
    { by: "certificate" },
    { claim: "attestation", evidence: ["rekor2", "timestamp"] },
  ] as const) {
    const signed = sign(lab, recipe);
    for (const verifier of verifiers) {
      assert.is(decide(signed, verifier).allowed, true);
      const other = { keys: { pem: lab.key("another").pem }, rekor: { ignoreTlog: true } };
      assert.is(decide(signed, verifier, { attestor: other }).allowed, false);
    }
  }
});

test("the same seed gives the same bytes, another seed others", () => {
  const recipe: Recipe = { by: "certificate", evidence: ["promise", "proof", "rekor2", "timestamp", "timestamp2"] };
  const [first, second, other] = [new Lab(), new Lab(), new Lab({ seed: "other" })].map((each) => sign(each, recipe));
  assert.is(first?.bundle, second?.bundle);
  assert.equal(first?.trustedRoot, second?.trustedRoot);
  assert.is.not(first?.bundle, other?.bundle);
});

test("what a stranger's instances vouch for is refused", () => {
  const stranger = sign(strangers(lab), { by: "certificate" });
  const ours = sign(lab);
  assert.is(verdict(stranger), "proven");
  assert.match(
    verdict(stranger, { knowledge: withTrust(stranger.store.knowledge(), ours.trustedRoot, lab.now) }),
    /^refuted: bad-log-proof/,
  );
});

const wrong: readonly (readonly [string, string, Recipe])[] = [
  [
    "promise over another entry",
    "bad-log-proof",
    {
      change: {
        entries: ([entry]) =>
          entry === undefined ? [] : [{ ...entry, inclusionPromise: lab.rekor.promise({ ...entry, logIndex: 7n }) }],
      },
    },
  ],
  [
    "proof of another entry",
    "bad-log-proof",
    {
      change: {
        entries: ([entry], { lab: same }) =>
          entry === undefined ? [] : [withForeignProof(entry, same.rekor.entry(otherLeaf("another"), same.loggedAt))],
      },
    },
  ],
  [
    "leaf for servers",
    "untrusted-certificate",
    {
      by: "certificate",
      change: {
        leaf: (spec) => ({
          ...spec,
          extensions: withExtension(
            spec.extensions,
            extensionId.extendedKeyUsage,
            extendedKeyUsage([purposes.serverAuth]),
          ),
        }),
      },
    },
  ],
  [
    "certificate timestamp for another issuer",
    "bad-sct",
    {
      by: "certificate",
      change: {
        certificateTimestamps: (all) => all.map((one) => ({ ...one, changes: { issuerKeyHash: new Uint8Array(32) } })),
      },
    },
  ],
  [
    "another digest, signed",
    "wrong-digest",
    {
      layout: "tag",
      change: {
        payload: (payload) => ({
          ...payload,
          critical: { ...payload.critical, image: { "docker-manifest-digest": `sha256:${"0".repeat(64)}` } },
        }),
      },
    },
  ],
  [
    "token over another message",
    "bad-timestamp",
    { by: "certificate", evidence: ["rekor2", "timestamp"], change: { stamped: (message) => message.slice(1) } },
  ],
  ["another key", "wrong-key", { change: { signingKey: (_, same) => same.key("another") } }],
];
for (const [name, code, recipe] of wrong)
  test(`wrong: ${name}`, () => assert.is(verdict(sign(lab, recipe)), `refuted: ${code}`));

test("a folder says what the memory says", () => {
  const signed = sign(lab, { layout: "tag" });
  const folder = tempFolder();
  signed.store.write(folder);
  const knowledge = withTrust(
    openLayout(folder, { complete: "repository", limits: defaultLimits }),
    signed.trustedRoot,
    lab.now,
  );
  for (const verifier of verifiers) assert.is(outcome(verify(signed, verifier, { knowledge })), "proven");
  const bundled = sign(lab, { by: "certificate" });
  const other = tempFolder();
  bundled.store.write(other);
  for (const verifier of verifiers)
    assert.is(
      outcome(
        verify(bundled, verifier, {
          knowledge: withTrust(
            openLayout(other, { complete: "repository", limits: defaultLimits }),
            bundled.trustedRoot,
            lab.now,
          ),
        }),
      ),
      "proven",
    );
});

test("several signatures of one image stand side by side", () => {
  const bad = sign(lab, { layout: "tag", change: { signingKey: (_, same) => same.key("another") } });
  const good = sign(lab, { layout: "tag" });
  assert.is(verdict(together(bad, good)), "proven");
  assert.is(verdict(together(bad, bad)), "refuted: wrong-key");
  assert.is(verdict(together(sign(lab, { by: "certificate" }), good)), "proven");
});

test("a saved folder says what the memory says", () => {
  for (const recipe of [{ layout: "tag" }, { layout: "tag", image: "index" }, { by: "certificate" }] as const) {
    const signed = sign(lab, recipe);
    const folder = tempFolder();
    signed.store.save(folder, signed.digest);
    const layout = openLayout(folder, {
      repository: signed.repository,
      tag: signed.tag,
      complete: "repository",
      limits: defaultLimits,
    });
    assert.is(verdict(signed, { knowledge: withTrust(layout, signed.trustedRoot, lab.now) }), "proven");
  }
});

test("an entry that a signature does not carry, answered by the log", () => {
  const signed = sign(lab, { layout: "tag", change: { entries: () => [] } });
  const asked = { rekor: { ignoreTlog: false, url: lab.rekor.url } };
  const answer = (json: string) => ({
    attestor: { ...signed.attestor, ...asked },
    knowledge: withLogAnswer(signed.knowledge, json, lab.now),
  });
  const { making } = signed;
  const body = entryBody("hashedrekord 0.0.1", {
    signature: making.signature,
    verifier: making.key,
    content: { message: making.payload },
  });
  assert.is(verdict(signed, answer(JSON.stringify(apiEntryJson(lab.rekor.entry(body, lab.loggedAt))))), "proven");
  // An entry that cannot be read is not shown to be of this signature: it is as good as none.
  assert.is(
    verdict(signed, answer(JSON.stringify(apiEntryJson(lab.rekor.entry(otherLeaf("x"), lab.loggedAt))))),
    "refuted: no-log-proof",
  );
  assert.match(verdict(signed, { attestor: { ...signed.attestor, ...asked } }), /^unknown/);
});

test.run();
