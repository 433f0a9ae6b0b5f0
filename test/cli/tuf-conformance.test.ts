/**
 * The client of the TUF conformance suite, as a process: its protocol. The workflow itself is tested in
 * test/proxy/upstream/tuf.
 */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { makeTufRepository, type TufRepository } from "../lab/tuf-repository.ts";
import { builtPrograms } from "../support/built-programs.ts";
import { tempFolder } from "../support/temp-folder.ts";
import type { LoopbackServer } from "../support/loopback-server.ts";
import { serveTuf } from "../support/tuf-server.ts";

const test = suite("cli/tuf-conformance");
let programs = "";
let repository: TufRepository;
let server: LoopbackServer;

test.before(async () => {
  programs = await builtPrograms();
});
test.before.each(async () => {
  // The client reads the process's clock.
  repository = makeTufRepository(encodeUtf8("{}"), { now: new Date() });
  server = await serveTuf(repository.files);
});
test.after.each(() => server.close());

/** A client's folders, and its commands. */
function client() {
  const metadata = tempFolder();
  const targets = tempFolder();
  const run = (...words: readonly string[]) =>
    new Promise<{ exit: number | null; says: string }>((resolve) => {
      const child = spawn(
        process.execPath,
        [join(programs, "tuf-conformance.mjs"), "--metadata-dir", metadata, ...words],
        { stdio: ["ignore", "pipe", "pipe"] },
      );
      let says = "";
      child.stderr.on("data", (chunk: Buffer) => {
        says += chunk.toString();
      });
      child.on("close", (exit) => resolve({ exit, says }));
    });
  const root = join(tempFolder(), "root.json");
  writeFileSync(root, repository.rootHistory[0] as Uint8Array);
  return {
    metadata,
    targets,
    run,
    init: () => run("init", root),
    refresh: () => run("--metadata-url", server.url, "refresh"),
    download: (...names: readonly string[]) =>
      run(
        "--metadata-url",
        server.url,
        ...names.flatMap((name) => ["--target-name", name]),
        "--target-base-url",
        `${server.url}/targets`,
        "--target-dir",
        targets,
        "download",
      ),
  };
}

const ok = { exit: 0, says: "" };

test("init, refresh: metadata is stored as it was served", async () => {
  const { metadata, init, refresh } = client();
  assert.equal(await init(), ok);
  assert.equal(readdirSync(metadata), ["root.json"]);
  assert.equal(server.asked(), [], "init asks nobody");
  assert.equal(await refresh(), ok);
  assert.equal(readdirSync(metadata).sort(), ["root.json", "snapshot.json", "targets.json", "timestamp.json"]);
  for (const role of ["root", "timestamp", "snapshot", "targets"])
    assert.equal(new Uint8Array(readFileSync(join(metadata, `${role}.json`))), repository.served(role), role);
});

test("download: each target once, also one below folders and by a delegated role", async () => {
  const { metadata, targets, init, download } = client();
  repository.delegate("targets", "a/role", { paths: ["dir/*"] });
  repository.addTarget("dir/file", encodeUtf8("file"), "a/role");
  repository.publish();
  await init();
  assert.equal(await download("trusted_root.json", "dir/file"), ok);
  assert.equal(readdirSync(targets).sort(), ["dir%2Ffile", "trusted_root.json"]);
  assert.is(readFileSync(join(targets, "dir%2Ffile"), "utf8"), "file");
  assert.ok(existsSync(join(metadata, "a%2Frole.json")));
  server.asked();
  assert.equal(await download("trusted_root.json", "dir/file"), ok);
  assert.equal(server.asked(), ["2.root.json", "timestamp.json"], "what is there is not fetched");
  writeFileSync(join(targets, "dir%2Ffile"), "changed");
  assert.equal(await download("dir/file"), ok);
  assert.is(readFileSync(join(targets, "dir%2Ffile"), "utf8"), "file");
});

test("failures: exit code 1, a code on stderr, and what was there stays", async () => {
  const { metadata, targets, init, refresh, download, run } = client();
  assert.match((await refresh()).says, "[no-trust]");
  await init();
  await refresh();
  const before = readFileSync(join(metadata, "timestamp.json"));
  repository.publish({ signers: { timestamp: [repository.key("stranger")] } });
  const refused = await refresh();
  assert.is(refused.exit, 1);
  assert.match(refused.says, "[bad-threshold]");
  assert.equal(readFileSync(join(metadata, "timestamp.json")), before);
  repository.publish();
  for (const [name, code] of [
    ["nobody's", "[no-trust]"],
    ["../timestamp.json", "[malformed]"],
  ] as const) {
    const { exit, says } = await download(name);
    assert.is(exit, 1);
    assert.match(says, code);
  }
  assert.equal(readdirSync(targets), []);
  for (const words of [["init", "/nowhere"], ["refresh"], ["--metadata-url", server.url, "download"]])
    assert.is((await run(...words)).exit, 1);
  const unsigned = join(tempFolder(), "root.json");
  writeFileSync(unsigned, "{}");
  assert.match((await run("init", unsigned)).says, "[malformed]");
});

test.run();
