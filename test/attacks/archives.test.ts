/** Attacks by somebody who may write to the mirror that is exported and does not have the key, or has the medium. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { readSignedEnvelope, verifySignedStatement } from "../../core/archive/verify-envelope.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { defaultLimits } from "../../core/limits.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { openArchive } from "../../proxy/crossing/archive-reader.ts";
import { runCli } from "../cli/command-io.ts";
import { makeTufRepository } from "../lab/tuf-repository.ts";
import { throwsCode } from "../support/assert.ts";
import { exported, makeKey, ourKey, variedMirror } from "../support/archive-store.ts";
import { fixtureBytes } from "../support/fixture-images.ts";
import { exportedSince, importing } from "../support/importing.ts";
import { dumpMirror } from "../support/mirror-dump.ts";
import { origin, reading, temporaryFolder, writtenMirror } from "../support/temporary-mirror.ts";
import { projectRoot } from "../support/temp-folder.ts";
import { attackSuite } from "./attack.ts";

const { attack, run } = attackSuite("archives");

const strange = encodeUtf8('{"mediaType":"somebody else"}');
const question = { kind: "trusted-root", name: "lab" } as const;
const trustOf = (store: string) => reading(store, (mirror) => mirror.knowledge().answer(question));

/** Two mirrors that trust `lab` by metadata: the second got it by an archive. */
async function bothSides(): Promise<{ readonly near: string; readonly far: string; readonly root: Uint8Array }> {
  const repository = makeTufRepository(fixtureBytes("trust/trusted-root.json"));
  const tuf = Object.fromEntries([...repository.files].map(([path, bytes]) => [`tuf/${path}`, bytes]));
  const root = repository.rootHistory[0] as Uint8Array;
  const near = variedMirror();
  const words = ["trust", "import", "tuf", "--name", "lab", "--root", "root.json", "--store", near];
  const files = { ...tuf, "root.json": root };
  assert.is((await runCli(words, { files, now: "2026-11-02T00:00:00Z" })).exit, 0);
  const far = temporaryFolder();
  importing(far, exported(near).path);
  return { near, far, root };
}

function refusedTrust(far: string, paths: readonly string[], changes: Parameters<typeof importing>[2] = {}): void {
  const before = dumpMirror(far);
  for (const path of paths) throwsCode("no-trust", () => importing(far, path, changes));
  assert.is(dumpMirror(far), before);
}

async function refusedChange(change: (mirror: Mirror) => void): Promise<void> {
  const { near, far, root } = await bothSides();
  const before = trustOf(far);
  writtenMirror(change, near);
  // A root that this side has by itself would be the next that counts.
  refusedTrust(far, [exported(near).path, exportedSince(near, 1).path], { initialRoot: () => root });
  assert.equal(trustOf(far), before);
  importing(far, exportedSince(near, 1).path, { acceptPins: true, initialRoot: () => root });
}

attack(246, "a file is pinned in front of metadata", () =>
  refusedChange((mirror) => void mirror.writer().pin({ kind: "trusted-root", name: "lab", bytes: strange }, origin)),
);

attack(246, "a file is the answer in the place of metadata", () =>
  refusedChange((mirror) => {
    const value = { form: "pinned", bytes: strange } as const;
    mirror.writer().setAnswer(question, { state: "present", value, ...origin });
  }),
);

attack(246, "the pin of the root is taken away", () =>
  refusedChange((mirror) => mirror.writer().unpin("tuf-root", "lab")),
);

attack(246, "a root is pinned where this side has one without a pin", async () => {
  const { near, root } = await bothSides();
  const far = temporaryFolder();
  const { path } = exported(near);
  throwsCode("no-trust", () => importing(far, path, { initialRoot: () => strange }));
  importing(far, path, { initialRoot: () => root });
});

attack(247, "a stranger's signature with the name of the accepted key is told as what it is", () => {
  const payload = encodeUtf8("{}");
  const stranger = makeKey();
  const signed = (keyid: string) => {
    const { sig } = readSignedEnvelope(stranger.signing.sign(payload), "a.tar", defaultLimits).signatures[0] ?? {};
    return { payloadType: "", payload, signatures: [{ keyid, sig: sig ?? new Uint8Array() }] };
  };
  const refusal = (keyid: string): string =>
    throwsCode("archive-signature", () => verifySignedStatement(signed(keyid), [ourKey.key], nodeVerifier, "a.tar"))
      .message;
  assert.match(refusal(ourKey.key.fingerprint), "which did not");
  assert.not.match(refusal(stranger.key.fingerprint), "which did not");
});

attack(248, "whom a rejected key named is told, and not accepted in silence", async () => {
  const heir = makeKey();
  const { path } = exported(variedMirror(), { nextKeys: [heir.signing.publicKey] });
  const far = temporaryFolder();
  importing(far, path, { givenKeys: [{ fingerprint: ourKey.key.fingerprint, pem: ourKey.signing.publicKey }] });
  const words = ["import", "--store", far, "--reject-key", ourKey.key.fingerprint];
  const before = dumpMirror(far);
  assert.is((await runCli([...words, "--dry-run"])).exit, 2);
  assert.is(dumpMirror(far), before);
  const { exit, err } = await runCli([...words, "-o", "json"]);
  assert.is(exit, 0);
  assert.match(err.replace(/\s+/g, " "), `--reject-key ${heir.key.fingerprint}`);
});

attack(249, "a pipe in the place of an archive or a part is not waited for", () => {
  const path = join(temporaryFolder(), "a.tar");
  execFileSync("mkfifo", [path]);
  // In a process of its own, which would wait for ever.
  const code = `import { isArchiveFile } from ${JSON.stringify(join(projectRoot, "proxy/crossing/archive-part.ts"))};
    try { isArchiveFile(${JSON.stringify(path)}); } catch (error) { console.log(error.code); }`;
  const words = ["--import", "tsx", "--input-type=module", "-e", code];
  const told = execFileSync(process.execPath, words, { cwd: projectRoot, encoding: "utf8", timeout: 60_000 });
  assert.is(told.trim(), "invalid-usage");
});

attack(255, "an archive of many parts takes handles and memory of few", () => {
  const paths = exported(variedMirror(12, "x".repeat(20_000)), { chunkSize: 60_000 }).files.map(({ path }) => path);
  assert.ok(paths.length > 4);
  const held = (): number =>
    readdirSync("/proc/self/fd").filter((fd) => {
      const link = `/proc/self/fd/${fd}`;
      return existsSync(link) && paths.includes(readlinkSync(link));
    }).length;
  const reader = openArchive(paths, { keys: [ourKey.key], verifier: nodeVerifier, limits: defaultLimits });
  try {
    assert.is(held(), 0);
    let most = 0;
    for (const blob of reader.blobs()) most = Math.max(most, blob.bytes().length > 0 ? held() : 0);
    assert.is(most, 2, "the one with the lists, and the one that is read");
    assert.is(held(), 0);
  } finally {
    reader.close();
  }
});

run();
