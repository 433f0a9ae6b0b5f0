import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { makeTufRepository, type TufRepository } from "../../lab/tuf-repository.ts";
import { fixtureBytes } from "../../support/fixture-images.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { reading } from "../../support/temporary-mirror.ts";
import type { LoopbackServer } from "../../support/loopback-server.ts";
import { serveTuf } from "../../support/tuf-server.ts";
import { runCli, type TestWorld } from "../command-io.ts";

const test = suite("cli/commands/trust-update");
const target = fixtureBytes("trust/trusted-root.json");
let repository: TufRepository;
let server: LoopbackServer;
let store: string;
let world: TestWorld;

test.before.each(async () => {
  repository = makeTufRepository(target);
  server = await serveTuf(repository.files);
  store = tempFolder();
  world = {
    files: { "root.json": repository.rootHistory[0] as Uint8Array, "pinned.json": target },
    now: "2026-11-02T00:00:00Z",
  };
});
test.after.each(() => server.close());

const run = (...words: readonly string[]) => runCli([...words, "--store", store], world);
const first = () => run("trust", "update", "--name", "lab", "--mirror", server.url, "--root", "root.json");

test("the first update names mirror and root, later ones need neither", async () => {
  const { exit, out, err } = await first();
  assert.equal([exit, err], [0, ""]);
  assert.is(
    out,
    `updated from ${server.url}\n` +
      "lab\n" +
      "  root               1\n" +
      "  timestamp          1\n" +
      "  snapshot           1\n" +
      "  targets            1\n" +
      `  trusted root       ${digestOf(target)}\n`,
  );
  repository.publishRoot();
  repository.publish();
  const second = await run("trust", "update", "--name", "lab");
  assert.is(second.exit, 0);
  assert.match(second.out, "  root               2, before 1\n  timestamp          2, before 1\n");
  assert.match(second.out, `${digestOf(target)}, as before\n`);
  const versions = { root: "2", snapshot: "2", targets: "2", timestamp: "2" };
  const [last] = reading(store, (mirror) => mirror.log.runs(9));
  assert.equal([last?.kind, last?.from], ["trust update", server.url]);
  assert.equal(JSON.parse(JSON.stringify(last?.summary)), { name: "lab", versions, trustedRoot: digestOf(target) });
});

test("the root of another repository under a name that is known is a rollback that says what to do", async () => {
  await first();
  repository.publishRoot();
  repository.publish();
  await run("trust", "update", "--name", "lab");
  const other = makeTufRepository(target, { seed: "other" });
  const otherServer = await serveTuf(other.files);
  world = { ...world, files: { ...world.files, "other.json": other.rootHistory[0] as Uint8Array } };
  const words = ["trust", "update", "--mirror", otherServer.url, "--root", "other.json"];
  try {
    const { exit, err } = await run(...words, "--name", "lab");
    const said = err.replaceAll(/\s+/g, " ");
    assert.is(exit, 3);
    assert.match(said, /^error rollback: version 1 after version 2 was seen, in the repository that lab came from/);
    assert.match(said, server.url);
    assert.match(said, /fix: begin a mirror of its own: .*--name NAME/);
    assert.is((await run(...words, "--name", "corp")).exit, 0);
  } finally {
    await otherServer.close();
  }
});

test("cosign's name and flags, with the root's checksum", async () => {
  const checksum = digestOf(world.files?.["root.json"] as Uint8Array);
  const words = ["initialize", "--name", "lab", "--tufMirror", server.url, "--tufRoot", "root.json", "--root-checksum"];
  assert.is((await run(...words, checksum)).exit, 0);
  for (const wrong of [checksum.replace(/.$/, (digit) => (digit === "0" ? "1" : "0")), "md5:00", "sha256"]) {
    const { exit, err } = await run(...words, wrong);
    assert.equal([exit, err.split(":")[0]], [2, "error invalid-usage"]);
  }
});

test("what is wrong is exit code 3 and changes nothing", async () => {
  await first();
  const before = (await run("trust", "status")).out;
  for (const [spoil, code] of [
    [() => repository.publish({ signers: { timestamp: [repository.key("stranger")] } }), "bad-threshold"],
    [
      () => {
        repository.setVersion("timestamp", -1n);
        repository.publish();
      },
      "no-trust",
    ],
    [
      () => {
        repository.setVersion("timestamp", 5n);
        repository.setExpiry("timestamp", new Date("2026-11-01T12:00:00Z"));
        repository.publish();
      },
      "stale",
    ],
  ] as const) {
    spoil();
    const { exit, err } = await run("trust", "update", "--name", "lab");
    assert.is(exit, 3);
    assert.match(err, `error ${code}: `);
    assert.is((await run("trust", "status")).out, before);
  }
});

test("older metadata than was seen is refused", async () => {
  repository.publish();
  await first();
  repository.setVersion("timestamp", 0n);
  repository.publish();
  const { exit, err } = await run("trust", "update", "--name", "lab");
  assert.is(exit, 3);
  assert.match(err, "error rollback: ");
});

test("another root than the one that signs leads nowhere", async () => {
  const other = makeTufRepository(target, { seed: "other" });
  world = { ...world, files: { "root.json": other.served("root") } };
  assert.is((await first()).exit, 3);
});

test("a mirror out of reach is exit code 5; none named, wrong usage; a name without root, no trust", async () => {
  await server.close();
  assert.is((await first()).exit, 5);
  server = await serveTuf(repository.files);
  assert.is((await run("trust", "update", "--name", "lab", "--root", "root.json")).exit, 2);
  assert.is((await run("trust", "update", "--name", "lab", "--mirror", server.url)).exit, 3);
  assert.is((await run("trust", "update", "--name", "lab", "--mirror", "ftp://x", "--root", "root.json")).exit, 2);
  assert.is(
    (await run("trust", "update", "--name", "lab", "--mirror", server.url, "--root", "root.json", "--timeout", "soon"))
      .exit,
    2,
  );
});

test("a pin wins over what is fetched, with a note", async () => {
  await run("trust", "import", "pinned.json", "--name", "lab");
  const { exit, err } = await first();
  assert.is(exit, 0);
  assert.match(err, "note: lab is pinned from pinned.json");
  assert.match((await run("trust", "status")).out, "pinned trusted_root.json from pinned.json");
  assert.is((await run("trust", "unpin", "--name", "lab")).out, "unpinned lab\n");
  assert.match((await run("trust", "status")).out, `TUF metadata from ${server.url}`);
  assert.is((await run("trust", "unpin", "--name", "lab")).exit, 2);
});

test("all targets of the repository are mirrored; one that cannot be had is said, and fails nothing", async () => {
  repository.addTarget("signing_config.v0.2.json", Buffer.from("{}"));
  repository.addTarget("registry.npmjs.org/keys.json", Buffer.from("keys"));
  repository.publish();
  const { exit, out, err } = await first();
  assert.equal([exit, err], [0, ""]);
  assert.match(out, "  other targets      2\n");
  const held = (path: string) => reading(store, (mirror) => mirror.knowledge().tufTarget("lab", path));
  assert.equal(Buffer.from(held("registry.npmjs.org/keys.json") ?? []).toString(), "keys");
  server.asked();
  await run("trust", "update", "--name", "lab");
  assert.equal(server.asked(), ["2.root.json", "timestamp.json"], "what is held is not fetched again");

  repository.addTarget("gone.pub", Buffer.from("nobody has it"));
  repository.publish();
  for (const path of repository.files.keys()) if (path.endsWith("gone.pub")) repository.files.delete(path);
  const second = await run("trust", "update", "--name", "lab");
  assert.is(second.exit, 0);
  assert.match(second.err, /^warning: lab: a target that its repository lists is not mirrored/);
  assert.match(second.err, "gone.pub: [no-trust]");
  const document = JSON.parse((await run("trust", "update", "--name", "lab", "-o", "json")).out);
  assert.equal(
    [
      document.otherTargets.map(({ path }: { path: string }) => path),
      document.missing.map(({ code }: { code: string }) => code),
    ],
    [["registry.npmjs.org/keys.json", "signing_config.v0.2.json"], ["no-trust"]],
  );
});

test.run();
