import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { makeTufRepository, type TufRepository } from "../../lab/tuf-repository.ts";
import { fixtureBytes } from "../../support/fixture-images.ts";
import { publicGoodFiles, publicGoodRootVersion } from "../../support/root-signing.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { skipped } from "../../support/vectors.ts";
import { runCli } from "../command-io.ts";

const test = suite("cli/commands/trust-import");
const target = fixtureBytes("trust/trusted-root.json");
const fresh = "2026-11-02T00:00:00Z";
/** Everything of the lab expires on 2027-11-01. */
const expired = (days: number): string =>
  new Date(Date.parse("2027-11-01T00:00:00Z") + days * 86_400_000).toISOString();

const folderOf = (repository: TufRepository, rename = (path: string) => path): Record<string, Uint8Array> =>
  Object.fromEntries([...repository.files].map(([path, bytes]) => [`tuf/${rename(path)}`, bytes]));

function start(repository = makeTufRepository(target), files = folderOf(repository)) {
  const store = tempFolder();
  const world = { files: { ...files, "root.json": repository.rootHistory[0] as Uint8Array, "pinned.json": target } };
  return (now: string, ...words: readonly string[]) => runCli([...words, "--store", store], { ...world, now });
}
const folder = ["trust", "import", "tuf", "--name", "lab", "--root", "root.json"];

test("a folder as a mirror serves it, and its status", async () => {
  const run = start();
  const { exit, out, err } = await run(fresh, ...folder);
  assert.equal([exit, err], [0, ""]);
  assert.is(
    out,
    "imported from tuf\n" +
      "lab\n" +
      "  root               1\n" +
      "  timestamp          1\n" +
      "  snapshot           1\n" +
      "  targets            1\n" +
      `  trusted root       ${digestOf(target)}\n`,
  );
  const { out: status } = await run(fresh, "trust", "status");
  assert.match(
    status,
    "lab  TUF metadata from tuf, received 2026-11-02 00:00 UTC (0 s ago)\n  ROLE       VERSION  SEEN  EXPIRES\n",
  );
  assert.match(status, "  timestamp  1        1     2027-11-01 00:00 UTC (in 364 d)\n");
  assert.match(status, `  trusted root ${digestOf(target)}\n  ✓ fresh\n`);
});

test("folders as a repository's source and a client have them", async () => {
  const layouts: Readonly<Record<string, (path: string) => string>> = {
    source: (path) =>
      path.startsWith("targets/")
        ? path.replace(/[0-9a-f]{64}\./, "")
        : path.endsWith(".root.json")
          ? `metadata/root_history/${path}`
          : `metadata/${path.replace(/^\d+\./, "")}`,
    client: (path) => path.replace(/^\d+\./, "").replace(/[0-9a-f]{64}\./, ""),
  };
  for (const [name, rename] of Object.entries(layouts)) {
    const repository = makeTufRepository(target);
    repository.publishRoot();
    const { exit, out, err } = await start(repository, folderOf(repository, rename))(fresh, ...folder);
    assert.equal([exit, err], [0, ""], name);
    assert.match(out, "  root               2\n");
  }
});

test("metadata that expired on the way: within the budget with a warning, past it or under enforce never", async () => {
  const within = await start()(expired(30), ...folder);
  assert.is(within.exit, 0);
  assert.match(
    within.err,
    /^warning: lab: freshness has ended: root version 1 expired at 2027-11-01T00:00:00.000Z, 30 d ago/,
  );
  for (const [days, more] of [
    [91, []],
    [1, ["--trust-mode", "enforce"]],
    [8, ["--max-trust-age", "7d"]],
  ] as const) {
    const run = start();
    const { exit, err } = await run(expired(days), ...folder, ...more);
    assert.is(exit, 3);
    assert.match(err, "error stale: ");
    assert.is((await run(fresh, "trust", "status")).exit, 3, "nothing was stored");
  }
});

test("the second folder is the newer one, or it is refused", async () => {
  const repository = makeTufRepository(target);
  const store = tempFolder();
  const run = (...words: readonly string[]) =>
    runCli([...words, "--store", store], {
      files: { ...folderOf(repository), "root.json": repository.rootHistory[0] as Uint8Array },
      now: fresh,
    });
  repository.publish();
  assert.is((await run(...folder)).exit, 0);
  repository.publish();
  assert.match((await run("trust", "import", "tuf", "--name", "lab")).out, "  timestamp          3, before 2\n");
  repository.setVersion("timestamp", 0n);
  repository.publish();
  assert.match((await run("trust", "import", "tuf", "--name", "lab")).err, "error rollback: ");
});

test("folders that are not folders, lack something or lead outside", async () => {
  const run = start();
  assert.is((await run(fresh, "trust", "import", "nothing", "--name", "lab", "--root", "root.json")).exit, 2);
  assert.is((await run(fresh, "trust", "import", "tuf", "--name", "lab")).exit, 3, "no root is known under this name");
  assert.is((await run(fresh, ...folder, "--digest", digestOf(target))).exit, 2);
  const files = folderOf(makeTufRepository(target));
  delete files["tuf/1.snapshot.json"];
  const { exit, err } = await start(undefined, files)(fresh, ...folder);
  assert.is(exit, 3);
  assert.match(err, "1.snapshot.json");
});

test("a trusted_root.json by its digest", async () => {
  const run = start();
  assert.match(
    (await run(fresh, "trust", "import", "pinned.json", "--digest", digestOf(target))).out,
    `pinned public-good ${digestOf(target)}\n`,
  );
  const other = await run(fresh, "trust", "import", "pinned.json", "--digest", `sha256:${"0".repeat(64)}`);
  assert.is(other.exit, 3);
  assert.match(other.err, /fix: .*do not import it/);
  assert.not.match(other.err, "trust import");
  for (const digest of ["0".repeat(64), "sha256:abc", `sha256:${"A".repeat(64)}`])
    assert.is((await run(fresh, "trust", "import", "pinned.json", "--digest", digest)).exit, 2, digest);
});

const files = publicGoodFiles();
if (files === undefined) skipped("cli/commands/trust-import", 1, "SALLYPORT_VECTORS is not set");
else
  test("the public-good repository from root 5, and from the root that is carried", async () => {
    const tuf = Object.fromEntries([...files].map(([path, bytes]) => [`tuf/${path}`, bytes]));
    const world = (now: string) => ({ files: { ...tuf, "root.json": publicGoodRootVersion(5) }, now });
    const carried = await runCli(["trust", "import", "tuf", "--store", tempFolder()], world("2026-08-25T00:00:00Z"));
    assert.equal([carried.exit, carried.err], [0, ""]);
    assert.match(carried.out, "  root               15\n");
    const fifth = await runCli(
      ["trust", "import", "tuf", "--name", "five", "--root", "root.json", "--store", tempFolder()],
      world("2026-10-01T00:00:00Z"),
    );
    assert.is(fifth.exit, 0);
    assert.match(fifth.err, "warning: five: freshness has ended: timestamp version");
    assert.is(
      (
        await runCli(
          ["trust", "import", "tuf", "--trust-mode", "enforce", "--store", tempFolder()],
          world("2026-10-01T00:00:00Z"),
        )
      ).exit,
      3,
    );
  });

test.run();
