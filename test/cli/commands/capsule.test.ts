import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { makeKey } from "../../support/archive-store.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";
import { runCli, type TestWorld } from "../command-io.ts";
import { demoLayout } from "../demo-layout.ts";
import { podFor, policyFor } from "../demo-policy.ts";

const test = suite("cli/commands/capsule");
const demo = demoLayout();
const key = makeKey();
const store = temporaryFolder();
const folder = temporaryFolder();
const images = [demo.signed, demo.foreign, demo.unsigned];
const world: TestWorld = {
  files: {
    "policies/check.yaml": policyFor(demo.key.pem),
    "images.txt": `${images.join("\n")}\n`,
    "signed.txt": `${demo.signed}\n`,
    "missing.txt": `${demo.signed}\nregistry.example/shop/never:1\n`,
    "cosign.key": key.pem,
    "cosign.pub": key.signing.publicKey,
    "other.pub": makeKey().signing.publicKey,
    ...Object.fromEntries(images.map((image, index) => [`pod-${index}.yaml`, podFor("web", image)])),
    "never.yaml": podFor("web", "registry.example/shop/never:1"),
  },
};
const from = ["--store", store, "--key", "cosign.key"];
const making = ["--policies", "policies", ...from];
const at = (name: string): string => join(folder, name);

/** The capsule's file is on the disk; a command finds it among its files. */
const withFiles = (...names: readonly string[]): TestWorld => ({
  ...world,
  files: { ...world.files, ...Object.fromEntries(names.map((name) => [name, readFileSync(at(name))])) },
});

async function created(name: string, words: readonly string[], exit = 0, given: TestWorld = world): Promise<string> {
  const run = await runCli(["capsule", ...words, "-f", at(name)], given);
  assert.is(run.exit, exit, run.err);
  return run.out;
}

test.before(async () => {
  const { exit, err } = await runCli(["mirror", "add", "--store", store, demo.folder, "--complete=repository"], world);
  assert.is(exit, 0, err);
  const out = await created("edge.tar", ["create", "--images", "images.txt", ...making], 1);
  assert.match(out, /capsule 1, made 2026-11-23T12:00:00\.000Z\n/);
  assert.match(out, /wrote .*edge\.tar/);
});

test("a capsule of the demo's images gives the decisions of the mirror that it was made of", async () => {
  for (const [index, image] of images.entries()) {
    const words = ["-r", `pod-${index}.yaml`, "--output-format", "json"];
    const mirror = await runCli(["apply", "policies", ...words, "--store", store], world);
    const capsule = await runCli(
      ["apply", ...words, "--capsule", "edge.tar", "--capsule-key", "cosign.pub"],
      withFiles("edge.tar"),
    );
    assert.is(capsule.exit, mirror.exit, capsule.err);
    const results = (out: string) => JSON.stringify(JSON.parse(out).results).replaceAll(/"fix":"[^"]*"/g, "");
    assert.is(results(capsule.out), results(mirror.out), image);
  }
});

test("explain shows from a capsule what it shows from the mirror; its policies bring their exceptions", async () => {
  const byCapsule = ["--capsule", "edge.tar", "--capsule-key", "cosign.pub"];
  for (const image of images) {
    const mirror = await runCli(["explain", image, "-p", "policies", "--store", store, "-o", "json"], world);
    const capsule = await runCli(["explain", image, ...byCapsule, "-o", "json"], withFiles("edge.tar"));
    assert.is(capsule.exit, mirror.exit, capsule.err);
    const [there, here] = [mirror, capsule].map(({ out }) => JSON.parse(out).decisions[0]);
    assert.equal([here.allowed, here.results.length], [there.allowed, there.results.length], image);
    assert.ok(here.results.length > 0);
  }
  for (const words of [
    ["explain", images[0] ?? ""],
    ["apply", "-r", "pod-0.yaml"],
  ]) {
    const refused = await runCli([...words, ...byCapsule, "-e", "pod-0.yaml"], withFiles("edge.tar"));
    assert.is(refused.exit, 2, refused.out);
    assert.match(refused.err, "exceptions count with policies that are named");
  }
});

test("what was recorded of a capsule is what was recorded of its mirror, but for what tells them apart", async () => {
  const recordOf = async (words: readonly string[], given: TestWorld) => {
    const records = join(temporaryFolder(), "records");
    await runCli(["apply", "-r", "pod-0.yaml", ...words, "--record", records], given);
    const [name = ""] = readdirSync(records);
    return JSON.parse(readFileSync(join(records, name), "utf8"));
  };
  const mirror = await recordOf(["policies", "--store", store], world);
  const capsule = await recordOf(["--capsule", "edge.tar", "--capsule-key", "cosign.pub"], withFiles("edge.tar"));
  assert.equal(capsule.statement.predicate.decision, mirror.statement.predicate.decision);
  assert.equal(capsule.input.answers, mirror.input.answers);
  assert.equal(capsule.input.state, mirror.input.state);
});

test("verify decides from it, and what it does not answer was never asked", async () => {
  const words = ["verify", "--key", "demo.pub", "--insecure-ignore-tlog", "--capsule", "edge.tar"];
  const given = withFiles("edge.tar");
  const files = { ...given.files, "demo.pub": demo.key.pem };
  const good = await runCli([...words, "--capsule-key", "cosign.pub", demo.signed], { ...given, files });
  assert.is(good.exit, 0, good.err);
  const never = await runCli([...words, "--capsule-key", "cosign.pub", "registry.example/shop/never:1"], {
    ...given,
    files,
  });
  assert.is(never.exit, 5);
  assert.match(never.err, /not-in-mirror/);
  assert.is((await runCli([...words, demo.signed], { ...given, files })).exit, 2);
  assert.is((await runCli([...words, "--capsule-key", "other.pub", demo.signed], { ...given, files })).exit, 6);
  const low = await runCli([...words, "--capsule-key", "cosign.pub", "--capsule-floor", "2", demo.signed], {
    ...given,
    files,
  });
  assert.is(low.exit, 3);
  assert.match(low.err, /rollback.*fix: {2}use the capsule with that number/s);
});

test("inspect shows it without believing it, verify reads every byte", async () => {
  const given = withFiles("edge.tar");
  const seen = await runCli(["capsule", "inspect", "edge.tar"], given);
  assert.is(seen.exit, 0, seen.err);
  assert.match(seen.out, /not verified: give --key FILE/);
  assert.match(seen.out, new RegExp(`policies: check-images\\n  3 images\\n    ${demo.signed}: `));
  const verified = await runCli(["capsule", "verify", "edge.tar", "--key", "cosign.pub"], given);
  assert.is(verified.exit, 0, verified.err);
  assert.match(verified.out, /every byte verified/);
  const json = JSON.parse(
    (await runCli(["capsule", "verify", "edge.tar", "--key", "cosign.pub", "-o", "json"], given)).out,
  );
  assert.is(json.images.length, 3);
  const changed = new Uint8Array(readFileSync(at("edge.tar")));
  const place = Buffer.from(changed).lastIndexOf("schemaVersion");
  changed[place] = (changed[place] as number) ^ 1;
  const broken = { ...world, files: { ...given.files, "edge.tar": changed } };
  assert.is((await runCli(["capsule", "verify", "edge.tar", "--key", "cosign.pub"], broken)).exit, 6);
  assert.is((await runCli(["capsule", "verify", "edge.tar"], given)).exit, 2);
  // Before anything was seen the number is none.
  const fresh = ["capsule", "verify", "edge.tar", "--key", "cosign.pub", "--floor", "0"];
  assert.is((await runCli(fresh, given)).exit, 0);
  for (const command of ["explain", "replay"]) {
    const { exit, err } = await runCli([command, "edge.tar"], given);
    assert.is(exit, 2, err);
    assert.match(err, /capsule inspect/);
  }
});

test("something that is missing keeps a capsule from being made, unless that is told", async () => {
  const words = ["create", "--images", "missing.txt", ...making];
  const { exit, err } = await runCli(["capsule", ...words, "-f", at("missing.tar")], world);
  assert.is(exit, 6, err);
  assert.match(err, /archive-incomplete.*shop\/never:1: nobody was asked for /s);
  assert.not(existsSync(at("missing.tar")));
  await created("missing.tar", [...words, "--allow-missing"], 5);
  const run = await runCli(
    ["apply", "-r", "never.yaml", "--capsule", "missing.tar", "--capsule-key", "cosign.pub"],
    withFiles("missing.tar"),
  );
  assert.is(run.exit, 1);
  assert.match(run.err, /not-in-mirror/);
  assert.match(run.err, /sallyport capsule update OLD/);
  assert.not.match(run.err, /mirror add/, "a device has no mirror");
});

test("beside a capsule there is neither a mirror nor a network", async () => {
  const given = withFiles("edge.tar");
  const capsule = ["--capsule", "edge.tar", "--capsule-key", "cosign.pub"];
  for (const command of [
    ["apply", "-r", "pod-0.yaml"],
    ["verify", "--key", "cosign.pub", demo.signed],
  ])
    for (const beside of [["--store", store], ["--online"]]) {
      const { exit, err } = await runCli([...command, ...capsule, ...beside], given);
      assert.is(exit, 2, err);
      assert.match(err, new RegExp(`invalid-usage.*leave ${beside[0]} out`, "s"));
    }
  const env = { SALLYPORT_STORE: "/nowhere", SALLYPORT_MODE: "online" };
  const run = await runCli(["apply", "-r", "pod-0.yaml", ...capsule], { ...given, env });
  assert.is(run.exit, 0, run.err);
});

test("update makes the next one, with what changed", async () => {
  const given = withFiles("edge.tar");
  const update = ["update", "edge.tar", "--old-key", "cosign.pub", ...from];
  const out = await created("delta.tar", update, 1, given);
  assert.match(out, /capsule 2, a delta since 1, made /);
  assert.ok(readFileSync(at("delta.tar")).length < readFileSync(at("edge.tar")).length);
  const both = withFiles("edge.tar", "delta.tar");
  const pair = ["--capsule", "edge.tar", "--capsule", "delta.tar", "--capsule-key", "cosign.pub"];
  const run = await runCli(["apply", "-r", "pod-0.yaml", ...pair, "--capsule-floor", "2"], both);
  assert.is(run.exit, 0, run.err);
  const alone = await runCli(["capsule", "verify", "delta.tar", "--key", "cosign.pub"], both);
  assert.is(alone.exit, 6);
  assert.match(alone.err, /archive-sequence/);
  assert.match(alone.err, /sallyport capsule verify FULL DELTA/);
  assert.is((await runCli(["capsule", "verify", "edge.tar", "delta.tar", "--key", "cosign.pub"], both)).exit, 0);
  const whose = await runCli(["capsule", "update", "edge.tar", ...from, "-f", at("whose.tar")], given);
  assert.is(whose.exit, 2);
  assert.match(whose.err.replaceAll(/\s+/g, " "), /give --old-key FILE fix/);
  await created("full.tar", [...update, "--full", "--images", "signed.txt", "--sequence", "7"], 0, given);
  assert.match((await runCli(["capsule", "inspect", "full.tar"], withFiles("full.tar"))).out, /capsule 7, made /);
  const back = await runCli(["capsule", ...update, "--sequence", "1", "-f", at("back.tar")], given);
  assert.is(back.exit, 6);
});

test("a capsule in place of one with the same number is a warning, which names what makes the next one", async () => {
  const file = at("twice.tar");
  const words = ["capsule", "create", "--images", "signed.txt", ...making, "-f", file];
  assert.not.match((await runCli(words, world)).err, /warning/);
  const given = { ...world, files: { ...world.files, [file]: readFileSync(file) } };
  const again = await runCli(words, given);
  assert.is(again.exit, 0, again.err);
  assert.match(
    again.err.replaceAll(/\s+/g, " "),
    /warning: .*both have number 1.*sallyport capsule update .*twice\.tar/,
  );
  assert.not.match((await runCli([...words, "--sequence", "2"], given)).err, /warning/);
});

test("an unsigned capsule is taken only where that is said", async () => {
  const words = ["create", "--images", "signed.txt", "--policies", "policies", "--store", store];
  assert.is((await runCli(["capsule", ...words, "-f", at("plain.tar")], world)).exit, 2);
  await created("plain.tar", [...words, "--unsigned"]);
  const given = withFiles("plain.tar");
  const apply = ["apply", "-r", "pod-0.yaml", "--capsule", "plain.tar"];
  assert.is((await runCli([...apply, "--capsule-key", "cosign.pub"], given)).exit, 6);
  assert.is((await runCli([...apply, "--allow-unsigned"], given)).exit, 0);
  const unnamed = await runCli(["capsule", "verify", "plain.tar"], given);
  assert.is(unnamed.exit, 6);
  assert.match(unnamed.err, /archive-signature: nobody signed it.*--allow-unsigned/s);
  const verified = await runCli(["capsule", "verify", "plain.tar", "--allow-unsigned"], given);
  assert.is(verified.exit, 0, verified.err);
  assert.match(verified.out, /every byte verified[\s\S]*^ {2}nobody signed it$/m);
  assert.not.match(verified.out, "give --key");
  const document = await runCli(["capsule", "inspect", "plain.tar", "-o", "json"], given);
  assert.equal(JSON.parse(document.out).signature, { signed: false, verified: false });
});

test("a signed capsule does not follow on one that nobody signed: the refusal says how it is made anew", async () => {
  const words = ["--images", "signed.txt", ...making];
  await created("first.tar", [
    ...["create", "--images", "signed.txt", "--policies", "policies", "--store", store],
    ...["--unsigned", "--sequence", "4"],
  ]);
  const given = withFiles("first.tar");
  const next = ["capsule", "update", "first.tar", "--store", store, "-f", at("next.tar")];
  for (const more of [["--key", "cosign.key"], ["--key", "cosign.key", "--old-key", "cosign.pub"], []]) {
    const { exit, err } = await runCli([...next, ...more], given);
    assert.is(exit, 6, more.join(" "));
    assert.match(err.replaceAll(/\s+/g, " "), /nobody signed capsule 4.*capsule create .*--sequence/);
    assert.not(existsSync(at("next.tar")));
  }
  const named = await runCli([...next, "--unsigned", "--old-key", "cosign.pub"], given);
  assert.equal([named.exit, /name no key/.test(named.err)], [6, true]);
  assert.is((await runCli([...next, "--unsigned"], given)).exit, 0);
  // As the refusal says; a device that saw the number of the unsigned one takes it.
  await created("anew.tar", ["create", ...words, "--sequence", "5"], 0, given);
  const floor = ["capsule", "verify", "anew.tar", "--key", "cosign.pub", "--floor", "4"];
  assert.is((await runCli(floor, withFiles("anew.tar"))).exit, 0);
  const there = { ...given, files: { ...given.files, [at("first.tar")]: readFileSync(at("first.tar")) } };
  const over = await runCli(["capsule", "create", ...words, "-f", at("first.tar")], there);
  assert.match(over.err.replaceAll(/\s+/g, " "), /it has number 4, the new one 1.*--sequence 5/);
});

test("the record of what a capsule decided advises its next one, unless the mirror is named", async () => {
  const folder = temporaryFolder();
  const apply = ["apply", "-r", "never.yaml", "--capsule", "edge.tar", "--capsule-key", "cosign.pub"];
  await runCli([...apply, "--record", folder], withFiles("edge.tar"));
  const [name = ""] = readdirSync(folder);
  const given = { files: { "r.json": readFileSync(`${folder}/${name}`, "utf8") } };
  const unnamed = await runCli(["explain", "r.json"], given);
  assert.match(unnamed.out.replaceAll(/\s+/g, " "), /mirror add .*where a capsule decided.*capsule update OLD/);
  const named = await runCli(["explain", "r.json", "--store", store], given);
  assert.match(named.out, "mirror add");
  assert.not.match(named.out, "capsule update");
});

test("a capsule is not imported, and an archive is no capsule", async () => {
  const far = temporaryFolder();
  const path = at("edge.tar");
  const given = { ...world, files: { ...world.files, [path]: readFileSync(path) } };
  const refused = await runCli(["import", path, "--key", "cosign.pub", "--store", far], given);
  assert.is(refused.exit, 2);
  assert.match(refused.err, /it is a capsule.*capsule inspect/s);
  await runCli(["export", "-f", at("archive.tar"), ...from], world);
  assert.is((await runCli(["capsule", "inspect", "archive.tar"], withFiles("archive.tar"))).exit, 2);
});

test("wrong usage", async () => {
  const words = ["create", "-f", at("no.tar"), "--store", store];
  for (const more of [
    ["--key", "cosign.key", "--images", "images.txt"],
    ["--key", "cosign.key", "--policies", "policies"],
    ["--key", "cosign.key", "--policies", "policies", "--images", "images.txt", "--sequence", "0"],
    ["--key", "cosign.pub", "--policies", "policies", "--images", "images.txt"],
  ])
    assert.is((await runCli(["capsule", ...words, ...more], world)).exit, 2, more.join(" "));
  assert.is((await runCli(["apply", "-r", "pod-0.yaml"], world)).exit, 2);
  const nowhere = ["create", "-f", "/dev/null/no.tar", "--images", "signed.txt", ...making];
  assert.is((await runCli(["capsule", ...nowhere], world)).exit, 2);
});

test.run();
