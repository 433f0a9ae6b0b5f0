/**
 * Attacks on what is kept and what reads it: folders and mirrors with other bytes, floors that are forgotten, commands
 * that report success for less than was asked.
 */
import * as assert from "uvu/assert";
import { addLayout } from "../../proxy/archive/add-layout.ts";
import { runCli } from "../cli/command-io.ts";
import { decide, type Json, type Recipe, sign, type Signed, verdict, fastVerifier } from "../lab/index.ts";
import { makeTufRepository } from "../lab/tuf-repository.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { origin, reading, tamper, temporaryFolder, writtenMirror } from "../support/temporary-mirror.ts";
import { attackSuite } from "./attack.ts";
import { accepts, lab } from "./refuses.ts";
import { instead } from "../support/instead.ts";

const { attack, run } = attackSuite("stores");

/** The exit code of a command over the signed image's folder. */
async function exitOf(signed: Signed, command: string, ...words: readonly string[]): Promise<number> {
  const folder = tempFolder();
  signed.store.write(folder);
  const key = ["--key", "key.pub", "--trusted-root", "root.json"];
  const { exit } = await runCli(
    [command, "--layout", folder, "--complete", ...key, ...words, `${signed.repository}:${signed.tag}`],
    {
      files: { "key.pub": lab.key().pem, "root.json": signed.trustedRoot },
      now: lab.now.toISOString(),
    },
  );
  return exit;
}

const attested: readonly Recipe[] = [{ claim: "attestation", layout: "tag" }, { claim: "attestation" }];

attack(54, "the command for attestations, for a type without any", async () => {
  for (const recipe of attested) {
    const signed = accepts(recipe);
    assert.is(await exitOf(signed, "verify-attestation", "--type", signed.predicateType), 0);
    for (const type of ["slsaprovenance", "spdx", "custom", `${signed.predicateType}/`])
      assert.is(await exitOf(signed, "verify-attestation", "--type", type), 10);
    const relabelled = sign(lab, {
      ...recipe,
      change: { payload: (payload) => ({ ...payload, predicateType: "https://spdx.dev/Document" }) },
    });
    assert.is(await exitOf(relabelled, "verify-attestation", "--type", relabelled.predicateType), 10);
  }
});

attack(55, "the commands, over payloads that are no statements and no claims", async () => {
  const text = new TextEncoder().encode("not JSON");
  for (const recipe of attested) {
    const signed = sign(lab, { ...recipe, change: { payload: () => text } });
    assert.is(await exitOf(signed, "verify-attestation", "--type", signed.predicateType), 12);
  }
  assert.is(await exitOf(accepts({ layout: "tag" }), "verify"), 0);
  assert.is(await exitOf(sign(lab, { layout: "tag", change: { payload: () => text } }), "verify"), 12);
});

attack(56, "the command for signatures, over attestations alone", async () => {
  for (const recipe of attested) assert.is(await exitOf(accepts(recipe), "verify"), 10);
});

/** A mirror that holds the image with its signatures, and the trusted root. */
const mirrored = (signed: Signed): string =>
  writtenMirror((mirror) => {
    const folder = tempFolder();
    signed.store.write(folder);
    addLayout(mirror, folder, { complete: "repository" });
    mirror.writer().pin({ kind: "trusted-root", name: "public-good", bytes: signed.trustedRoot }, origin);
  });
const verdictIn = (signed: Signed, folder: string): string =>
  reading(folder, (mirror) => verdict(signed, { knowledge: mirror.knowledge() }));
const ignoring = (policy: Json): Json => ({ ...policy, spec: { ...policy.spec, failurePolicy: "Ignore" } });

attack(78, "a mirror whose bytes, answers or pins were changed: damage, which nothing overlooks", () => {
  const signed = accepts({ by: "certificate", layout: "tag" });
  assert.is(verdictIn(signed, mirrored(signed)), "proven");
  for (const sql of [
    "UPDATE blob SET bytes = bytes || x'20'",
    "UPDATE answer SET digest = 'sha256:' || " +
      "substr('0000000000000000000000000000000000000000000000000000000000000000', 1, 64) WHERE kind = 'tag'",
    "UPDATE answer SET state = 'absent'",
    "UPDATE answer SET at = '2030-01-01T00:00:00Z'",
    "UPDATE pin SET bytes = x'7b7d'",
  ]) {
    const folder = mirrored(signed);
    tamper(folder, sql);
    assert.is(verdictIn(signed, folder), "unknown: mirror-corrupt", sql);
    reading(folder, (mirror) => {
      const decision = decide(signed, fastVerifier, { knowledge: mirror.knowledge(), policy: ignoring });
      assert.is(decision.allowed, false, sql);
    });
  }
});

attack(89, "a mirror that saw newer metadata, brought an older state of the repository", () => {
  const signed = accepts({ by: "certificate" });
  const repository = makeTufRepository(signed.trustedRoot, { now: new Date(lab.now.getTime() - 86_400_000) });
  const question = { kind: "trusted-root", name: "lab" } as const;
  const before = repository.source();
  repository.publish();
  const folder = temporaryFolder();
  const decided = (value: typeof before): boolean => {
    writtenMirror((mirror) => mirror.writer().setAnswer(question, { state: "present", value, ...origin }), folder);
    return reading(folder, (mirror) => {
      const knowledge = instead(signed.knowledge, "trusted-root", mirror.knowledge().answer(question));
      const settings = {
        trustRoot: "lab",
        trust: { initialRoots: { lab: repository.rootHistory[0] as Uint8Array }, mode: "enforce" },
      } as const;
      return decide(signed, fastVerifier, { knowledge, engine: { settings } }).allowed;
    });
  };
  assert.is(decided(before), true);
  assert.is(decided({ ...repository.source(), floors: { timestamp: "2", snapshot: "2", targets: "2" } }), true);
  // What it has seen stays, though what is brought says nothing of that.
  assert.is(decided(before), false);
  assert.is(decided(repository.source()), true);
});

run();
