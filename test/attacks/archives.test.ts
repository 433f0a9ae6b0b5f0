/** Attacks by somebody who may write to the mirror that is exported and does not have the key, or has the medium. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { readSignedEnvelope, verifySignedStatement } from "../../core/archive/verify-envelope.ts";
import { digestOf } from "../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { defaultLimits } from "../../core/limits.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { rowChecksum, textDigest } from "../../proxy/mirror/row-checksum.ts";
import { openArchive } from "../../proxy/crossing/archive-reader.ts";
import { runCli } from "../cli/command-io.ts";
import { makeTufRepository } from "../lab/tuf-repository.ts";
import { throwsCode } from "../support/assert.ts";
import { addImage, exported, makeKey, ourKey, sampleNote, variedMirror } from "../support/archive-store.ts";
import { fixtureBytes } from "../support/fixture-images.ts";
import { forge } from "../support/forged-archive.ts";
import { exportedSince, importing } from "../support/importing.ts";
import { dumpMirror } from "../support/mirror-dump.ts";
import { origin, reading, tamper, temporaryFolder, writtenMirror } from "../support/temporary-mirror.ts";
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

const given = { givenKeys: [{ fingerprint: ourKey.key.fingerprint, pem: ourKey.signing.publicKey }] };

attack(
  257,
  "the highest number, by a stolen key that is rejected then; the honest side goes on where it was",
  async () => {
    const near = variedMirror();
    const far = temporaryFolder();
    const honest = makeKey();
    const first = exported(near).path;
    importing(far, first, given);
    const heir = [{ fingerprint: honest.key.fingerprint, pem: honest.signing.publicKey }];
    const second = exported(near, { key: honest.signing }).path;
    importing(far, second, { key: honest, givenKeys: heir });
    const note = sampleNote(900_000_000);
    const checkpoint = {
      kind: "checkpoint",
      key: "rekor.example",
      digest: textDigest(note),
      treeSize: "900000000",
      value: note,
      ...origin,
    } as const;
    const statement = { sequence: Number.MAX_SAFE_INTEGER };
    importing(far, forge({ entries: [checkpoint], statement }).path);
    writtenMirror((mirror) => void addImage(mirror, "ghcr.io/org/app", "2"), near);
    const third = exported(near, { key: honest.signing }).path;
    throwsCode("archive-sequence", () => importing(far, third, { key: honest }));
    const { exit, err } = await runCli(["import", "--store", far, "--reject-key", ourKey.key.fingerprint]);
    assert.is(exit, 0);
    assert.match(
      err.replace(/\s+/g, " "),
      `archive ${Number.MAX_SAFE_INTEGER}, the last that was imported, was signed`,
    );
    assert.match(err.replace(/\s+/g, " "), "(archive 2 does)");
    // What the thief brought is no base, what was imported before is no news, and a full archive takes its place.
    throwsCode("archive-sequence", () =>
      importing(far, exportedSince(near, 2, { key: honest.signing }).path, { key: honest }),
    );
    throwsCode("archive-sequence", () => importing(far, second, { key: honest }));
    importing(far, third, { key: honest });
    assert.is(
      reading(far, (mirror) => mirror.contentId()),
      reading(near, (mirror) => mirror.contentId()),
    );
    throwsCode("archive-sequence", () => importing(far, third, { key: honest }));
  },
);

attack(257, "an archive of the year 2099", () => {
  const near = variedMirror();
  const far = temporaryFolder();
  importing(far, exported(near).path, given);
  const before = dumpMirror(far);
  const { message } = throwsCode("archive-sequence", () =>
    importing(far, exported(near, { now: new Date("2099-01-01T00:00:00Z") }).path),
  );
  assert.match(message, "[clock-behind]");
  assert.is(dumpMirror(far), before);
  importing(far, exported(near).path);
});

for (const first of ["before the archive", "after it"])
  attack(258, "a pin that an operator gave too, before the archive or after it", () => {
    const near = variedMirror();
    const far = temporaryFolder();
    const pin = { kind: "key", name: "k8s://ns/name", bytes: encodeUtf8("a key") } as const;
    const own = (): void => void writtenMirror((mirror) => void mirror.writer().pin(pin, origin), far);
    if (first === "before the archive") own();
    importing(far, exported(near).path);
    if (first === "after it") own();
    writtenMirror((mirror) => mirror.writer().unpin("key", "k8s://ns/name"), near);
    const { path } = exported(near);
    importing(far, path);
    assert.equal(
      reading(far, (mirror) =>
        mirror
          .knowledge()
          .pins()
          .map(({ name }) => name),
      ),
      ["k8s://ns/name"],
    );
    // What an operator takes back is gone.
    writtenMirror((mirror) => mirror.writer().unpin("key", "k8s://ns/name"), far);
    importing(far, exported(near).path);
    assert.equal(
      reading(far, (mirror) => mirror.knowledge().pins()),
      [],
    );
  });

attack(259, "names with spaces and percent signs", () => {
  const rows = [
    ["a b", "c", 1],
    ["a", "b c", 1],
    ["a%20b", "c", 1],
    ["a", "targets/x 1", 0],
  ] as const;
  const ids = rows.map((row) => reading(holding([row]), (mirror) => mirror.contentId()));
  assert.is(new Set(ids).size, rows.length);
  // They cross, and leave, each by itself.
  const near = holding(rows);
  const far = temporaryFolder();
  importing(far, exported(near).path);
  const names = (store: string) =>
    reading(store, (mirror) =>
      [...mirror.entries()].flatMap(({ entry }) => (entry.kind === "tuf-metadata" ? entry.key : [])),
    );
  assert.equal(names(far), names(near));
  tamper(near, "DELETE FROM tuf_metadata WHERE repository = 'a b'");
  importing(far, exportedSince(near, 1).path);
  assert.equal(names(far), names(near));
  assert.is(
    reading(far, (mirror) => mirror.contentId()),
    reading(near, (mirror) => mirror.contentId()),
  );
});

/** A mirror with these rows of TUF metadata, all with the same bytes. */
function holding(rows: readonly (readonly [repository: string, role: string, version: number])[]): string {
  const folder = temporaryFolder();
  writtenMirror(() => undefined, folder);
  const bytes = encodeUtf8('{"signed":{"version":1}}');
  for (const [repository, role, version] of rows)
    tamper(
      folder,
      "INSERT INTO tuf_metadata VALUES (?, ?, ?, ?, ?, ?)",
      ...[repository, role, version, digestOf(bytes), Buffer.from(bytes)],
      rowChecksum(repository, role, String(version), digestOf(bytes)),
    );
  return folder;
}

run();
