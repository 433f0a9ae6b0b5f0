import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeBase64 } from "../../../core/encoding/base64.ts";
import { consistencyPath, treeRoot } from "../../lab/merkle-tree.ts";
import { tileFiles } from "../../lab/tiles.ts";
import { addImage } from "../../support/archive-store.ts";
import { serveLoopback } from "../../support/loopback-server.ts";
import { origin, temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";
import { run } from "../exporting.ts";

const test = suite("cli/commands/log-proofs");

const leaves = Array.from({ length: 300 }, (_, index) => Uint8Array.of(index >> 8, index & 255));
const log = "log.example";
const note = (size: number, name = log): string =>
  `${name}\n${size}\n${encodeBase64(treeRoot(leaves.slice(0, size)))}\n\n— ${name} AAAAAAAAAAA=\n`;
const imaged = (): string => writtenMirror((mirror) => void addImage(mirror, "ghcr.io/org/app", "1"));
const seen = (store: string, size: number, name = log): void =>
  void writtenMirror(
    (mirror) => mirror.writer().setCheckpoint({ origin: name, size: BigInt(size), note: note(size, name) }, origin),
    store,
  );

interface Told {
  readonly logs?: readonly {
    readonly origin: string;
    readonly firstSize: string;
    readonly secondSize: string;
    readonly proved: boolean;
    readonly reason?: string;
  }[];
}

const bring = (far: string, path: string) =>
  run("import", path, "--store", far, "--key", "cosign.pub", "--format", "sallyport");

interface Exported extends Told {
  readonly path: string;
  readonly err: string;
}

async function exporting(store: string, ...words: readonly string[]): Promise<Exported> {
  const path = join(temporaryFolder(), "archive.tar");
  const given = ["export", "--store", store, "-f", path, "--key", "cosign.key", "-o", "json", ...words];
  const { exit, out, err } = await run(...given);
  assert.is(exit, 0, err);
  return { ...(JSON.parse(out) as Told), path, err: err.replaceAll(/\s+/g, " ") };
}

/** A log as files; `grown` is how many of the leaves it has now. */
const serving = (grown: number, change: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes) => {
  const files = tileFiles(leaves.slice(0, grown), "");
  return serveLoopback((request, response) => {
    const file = files[(request.url ?? "").replace("/api/v2/", "")];
    if (file === undefined) response.writeHead(404).end();
    else response.end(change(file));
  });
};

test("a proof that the log only grew is asked for, travels along, and is verified on the other side", async () => {
  const store = imaged();
  const far = temporaryFolder();
  seen(store, 7);
  const first = await exporting(store);
  assert.is(first.logs, undefined);
  const brought = await bring(far, first.path);
  assert.is(brought.exit, 0, brought.err);
  seen(store, 300);
  const server = await serving(300);
  try {
    const second = await exporting(store, "--since", "1", "--online", "--log-url", server.url);
    assert.equal(second.logs, [{ origin: log, firstSize: "7", secondSize: "300", proved: true }]);
    assert.ok(server.asked().every((line) => line.startsWith("GET /api/v2/tile/")));
    // The archive carries the hashes of the proof, as the statement encodes them.
    const text = readFileSync(second.path, "latin1");
    const envelope = /\{"payload":"([A-Za-z0-9+/=]+)"/.exec(text)?.[1] ?? "";
    const statement = Buffer.from(envelope, "base64").toString();
    for (const hash of consistencyPath(leaves, 7)) assert.ok(statement.includes(encodeBase64(hash)));
    const grown = await bring(far, second.path);
    assert.is(grown.exit, 0, grown.err);
    assert.match(grown.out, "log log.example: from 7 to 300 entries, proved\n");
    // Nothing grew since: nobody is asked.
    const third = await exporting(store, "--since", "2", "--online", "--log-url", server.url);
    assert.is(third.logs, undefined);
    assert.equal(server.asked(), []);
  } finally {
    await server.close();
  }
});

test("what cannot be proved is said, and never silent", async () => {
  const store = imaged();
  seen(store, 7);
  seen(store, 7, "other.example");
  const far = temporaryFolder();
  assert.is((await bring(far, (await exporting(store)).path)).exit, 0);
  seen(store, 300);
  const reasonOf = async (...words: readonly string[]) => {
    const { logs = [], err } = await exporting(store, "--since", "1", "--dry-run", ...words);
    const contradicts = err.includes("bad-log-proof: log log.example does not prove that its tree of 300 entries");
    assert.is(contradicts, logs[0]?.reason?.includes("bad-log-proof") === true, err);
    assert.equal(
      logs.map(({ origin: name, proved }) => [name, proved]),
      [[log, false]],
    );
    return logs[0]?.reason ?? "";
  };
  assert.match(await reasonOf(), "export --online");
  assert.match(await reasonOf("--online"), "no-log-proof");
  assert.match(await reasonOf("--online", "--log-url", "http://127.0.0.1:1"), "unreachable");
  // A log that holds something else than before.
  const liar = await serving(300, (bytes) => bytes.map((byte) => byte ^ 1));
  const empty = await serving(0);
  try {
    assert.match(await reasonOf("--online", "--log-url", liar.url), "bad-log-proof");
    assert.match(await reasonOf("--online", "--log-url", empty.url), "upstream-error");
    // The next address is asked where one gives no proof.
    const honest = await serving(300);
    const urls = [liar.url, honest.url].flatMap((url) => ["--log-url", url]);
    const { logs = [] } = await exporting(store, "--since", "1", "--dry-run", "--online", ...urls);
    assert.equal(
      logs.map(({ proved }) => proved),
      [true],
    );
    await honest.close();
  } finally {
    await liar.close();
    await empty.close();
  }
  const path = join(temporaryFolder(), "archive.tar");
  const text = await run("export", "--store", store, "-f", path, "--key", "cosign.key", "--since", "1");
  assert.match(text.out, "log log.example: from 7 to 300 entries, no proof: nobody asked");
  const brought = await bring(far, path);
  assert.match(brought.out.replaceAll(/\s+/g, " "), "from 7 to 300 entries, no proof came along that it holds what it");
  const alone = await run(
    "export",
    "--store",
    store,
    "-f",
    path,
    "--key",
    "cosign.key",
    "--log-url",
    "http://a.example",
  );
  assert.is(alone.exit, 2);
});

test.run();
