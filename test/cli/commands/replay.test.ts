import crypto from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { makeKey } from "../../support/archive-store.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";
import { runCli, type TestWorld } from "../command-io.ts";
import { demoLayout } from "../demo-layout.ts";
import { podFor, policyFor } from "../demo-policy.ts";

const test = suite("cli/commands/replay");
const demo = demoLayout();
const key = makeKey();
const world: TestWorld = {
  files: {
    "check.yaml": policyFor(demo.key.pem),
    "pod.yaml": podFor("web", demo.signed, demo.foreign),
    "good.yaml": podFor("good", demo.signed),
    "recorder.key": key.pem,
    "recorder.pub": key.signing.publicKey,
    "other.pub": makeKey().signing.publicKey,
  },
};
const source = ["--layout", demo.folder, "--complete"];

/** What `apply --record` wrote, by name. */
async function recorded(words: readonly string[]): Promise<Record<string, string>> {
  const folder = join(temporaryFolder(), "records");
  const { err } = await runCli(["apply", "check.yaml", ...source, "--record", folder, ...words], world);
  assert.match(err, / in .*records\n/);
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

const run = (words: readonly string[], files: Record<string, string>, more: Partial<TestWorld> = {}) =>
  runCli(words, { ...world, ...more, files: { ...world.files, ...files } });

test("what apply recorded is decided again from the record alone", async () => {
  const files = await recorded(["-r", "pod.yaml", "-r", "good.yaml"]);
  const names = Object.keys(files);
  assert.is(names.length, 2);
  assert.ok(names.every((name) => /^d-[0-9A-Z]{8}\.json$/.test(name)));
  // Another day, and nothing else is there.
  const { exit, out, err } = await runCli(["replay", ...names], { files, now: "2030-01-01T00:00:00Z" });
  assert.is(exit, 0, err);
  assert.match(out, /^d-\w+\.json: Pod \w+\/(?:web|good): the same decision, (?:denied|allowed)\n/m);
  assert.is(out.match(/recorded 2026-11-23T12:00:00\.000Z by sallyport development, not signed/g)?.length, 2);
  const json = JSON.parse((await runCli(["replay", ...names, "-o", "json"], { files })).out);
  assert.equal(json.records.map(({ allowed }: { allowed: boolean }) => allowed).sort(), [false, true]);
});

test("the records of a folder are replayed in the order of their names", async () => {
  const made = await recorded(["-r", "pod.yaml", "-r", "good.yaml"]);
  const files = Object.fromEntries(Object.entries(made).map(([name, text]) => [`records/${name}`, text]));
  const more = { "records/.d-00000000.json": "half", "records/notes.txt": "no record", "empty/notes.txt": "" };
  for (const folder of ["records", "records/"]) {
    const { exit, out, err } = await run(["replay", folder, "-o", "json"], { ...files, ...more });
    assert.is(exit, 0, err);
    const said = JSON.parse(out).records.map(({ file }: { file: string }) => file);
    assert.equal(said, Object.keys(files).sort());
  }
  const none = await run(["replay", "empty"], more);
  assert.is(none.exit, 2);
  assert.match(none.err, "there is no record in this folder");
});

test("of a record that nobody vouches for it is said what it was decided by", async () => {
  const words = ["-r", "good.yaml", "--alias", "other.example=registry.example"];
  const files = await recorded(words);
  const [name = ""] = Object.keys(files);
  const { policies } = JSON.parse(files[name] ?? "").statement.predicate;
  const { out } = await run(["replay", name], files);
  assert.match(out, `by policies and settings ${policies}\n`);
  assert.match(out, "with trust mode budget, 1 alias, as of 2026-11-23T12:00:00.000Z\n");
  assert.match(out, "from a source without a content id\n");
  const { madeOf } = JSON.parse((await run(["replay", name, "-o", "json"], files)).out).records[0];
  assert.equal(madeOf, { policies, trustMode: "budget", aliases: 1 });
  const signed = await recorded([...words, "--record-key", "recorder.key"]);
  const vouched = await run(["replay", ...Object.keys(signed), "--key", "recorder.pub"], signed);
  assert.not.match(vouched.out, "by policies and settings");
});

test("whoever calculates, records are the same, and one choice replays what another one recorded", async () => {
  const made = await Promise.all(
    ["auto", "openssl", "portable"].map((who) =>
      recorded(["-r", "pod.yaml", "-r", "good.yaml", "--record-key", "recorder.key", "--crypto", who]),
    ),
  );
  const decided = made.map((files) =>
    Object.values(files)
      .map((text) => JSON.stringify((JSON.parse(text) as { readonly input: unknown }).input))
      .sort(),
  );
  assert.equal(decided[1], decided[0]);
  assert.equal(decided[2], decided[0]);
  for (const files of made)
    for (const who of ["openssl", "portable"]) {
      const { exit, err } = await run(
        ["replay", ...Object.keys(files), "--key", "recorder.pub", "--crypto", who],
        files,
      );
      assert.is(exit, 0, err);
    }
  const [files = {}] = made;
  const asVariable = { env: { SALLYPORT_CRYPTO: "wasm" } };
  const wrong = await run(["replay", ...Object.keys(files)], files, asVariable);
  assert.is(wrong.exit, 2);
  assert.match(wrong.err, /SALLYPORT_CRYPTO is auto, openssl, portable, not "wasm"/);
});

test("a signed record is believed of its key alone", async () => {
  const files = await recorded(["-r", "good.yaml", "--record-key", "recorder.key"]);
  const [name = ""] = Object.keys(files);
  const good = await run(["replay", name, "--key", "other.pub", "--key", "recorder.pub"], files);
  assert.is(good.exit, 0, good.err);
  assert.match(good.out, new RegExp(`signed by (?:sha256:)?${key.key.fingerprint.slice(0, 8)}`));
  const bad = await run(["replay", name, "--key", "other.pub"], files);
  assert.is(bad.exit, 6);
  assert.match(bad.err, /archive-signature/);
  const unverified = await run(["replay", name], files);
  assert.match(unverified.out, /signed, which nobody verified: give --key FILE/);
  const unsigned = await recorded(["-r", "good.yaml"]);
  const refused = await run(["replay", ...Object.keys(unsigned), "--key", "recorder.pub"], unsigned);
  assert.is(refused.exit, 6);
  assert.match(refused.err, "nobody signed it");
  assert.match(refused.err, "without the key it can be replayed, but nothing shows who made it");
});

test("another result than what follows is shown with its first node, and damage has a code", async () => {
  const files = await recorded(["-r", "good.yaml"]);
  const [name = ""] = Object.keys(files);
  const text = files[name] ?? "";
  const changed = text.replace('"predicate":{"at":', '"predicate":{"at":').replace('"allowed":true', '"allowed":false');
  const { exit, out } = await run(["replay", "changed.json"], { "changed.json": changed });
  assert.is(exit, 1);
  assert.match(out, /another decision than was recorded, first at \/predicate\/decision\/allowed/);
  assert.match(out, / {2}recorded: false\n {2}replayed: true\n/);
  for (const broken of [text.slice(0, -10), text.replace('"at":"2026', '"at":"2025'), `${text}\n`, "{}"]) {
    const { exit: code, err } = await run(["replay", "broken.json", name], { ...files, "broken.json": broken });
    assert.is(code, 6);
    assert.match(err, /archive-corrupt.*broken\.json|broken\.json.*archive-corrupt/s);
  }
  const { exit: code, err } = await run(["replay", "pod.yaml"], { "pod.yaml": "kind: Pod\n" });
  assert.is(code, 6);
  assert.match(err, /archive-corrupt: no record, or one whose beginning is damaged.*apply --record DIR/s);
});

test("with a mirror: what changed since, and whether the verdict did", async () => {
  const files = await recorded(["-r", "good.yaml"]);
  const [name = ""] = Object.keys(files);
  const store = temporaryFolder();
  const added = await runCli(["mirror", "add", "--store", store, demo.folder, "--complete"], world);
  assert.is(added.exit, 0, added.err);
  const same = await run(["replay", name, "--store", store], files);
  assert.is(same.exit, 0, same.err);
  assert.match(same.out, /allowed then and now; every answer is as it was/);
  const empty = temporaryFolder();
  await runCli(["mirror", "init", "--store", empty], world);
  const gone = await run(["replay", name, "--store", empty], files);
  if (gone.exit !== 2) {
    assert.is(gone.exit, 1);
    assert.match(gone.out, /allowed then, denied now; \d+ answers changed/);
    assert.match(gone.out, /present then, never asked now/);
  }
});

test("with a mirror that distrusts the key since, it says so", async () => {
  const files = await recorded(["-r", "good.yaml"]);
  const [name = ""] = Object.keys(files);
  const store = temporaryFolder();
  assert.is((await runCli(["mirror", "add", "--store", store, demo.folder, "--complete"], world)).exit, 0);
  const adding = ["mirror", "distrust", "add", "--store", store, "key", "demo.pub", "--reason", "stolen"];
  assert.is((await run(adding, { "demo.pub": demo.key.pem })).exit, 0);
  const words = ["replay", name, "--store", store];
  const { exit, out } = await run(words, files);
  assert.is(exit, 1);
  assert.match(
    out,
    /allowed then, denied now; every answer is as it was\n {2}distrusted now: key [0-9a-f]+ \(stolen\)\n/,
  );
  const json = JSON.parse((await run([...words, "-o", "json"], files)).out);
  const [{ value, ...row }] = json.records[0].changes.distrust;
  assert.equal(row, { kind: "key", reason: "stolen", distrusted: "now" });
  // What was taken from the list since is said, too.
  const denied = join(temporaryFolder(), "records");
  await run(["apply", "check.yaml", "-r", "good.yaml", "--store", store, "--record", denied], {});
  const [later = ""] = readdirSync(denied);
  const removed = await run(["mirror", "distrust", "rm", "--store", store, "key", value, "--yes"], {});
  assert.is(removed.exit, 0, removed.err);
  const since = await run(["replay", later, "--store", store], {
    [later]: readFileSync(join(denied, later), "utf8"),
  });
  assert.match(since.out, /denied then, allowed now; every answer is as it was\n {2}not distrusted any more: key /);
});

test("explain shows a record as a decision", async () => {
  const files = await recorded(["-r", "pod.yaml"]);
  const [name = ""] = Object.keys(files);
  const { exit, out, err } = await run(["explain", name], files);
  assert.is(exit, 1);
  assert.match(err, /nobody signed it/);
  assert.match(out, /^DENY {2}Pod \w+\/web/);
  assert.match(out, /\[wrong-key\]/);
  const json = JSON.parse((await run(["explain", name, "-o", "json"], files)).out);
  assert.is(json.decisions[0].resource.name, "web");
});

test("a record of raised bounds is replayed with the same, or says which bound it was", async () => {
  const files = await recorded(["-r", "good.yaml", "--max-bundle-size", "96MiB"]);
  const [name = ""] = Object.keys(files);
  assert.is(JSON.parse(files[name] ?? "").input.engine.limits.bundleBytes, 96 * 2 ** 20);
  for (const command of ["replay", "explain"]) {
    const plain = await run([command, name], files);
    assert.is(plain.exit, 12, plain.err);
    assert.match(plain.err, /error over-limit/);
    assert.match(plain.err, /decided\s+with\s+bundleBytes\s+100663296,\s+here\s+67108864\s+is\s+allowed/);
    assert.match(plain.err, /fix: .*--max-bundle-size SIZE/s);
    const raised = await run([command, name, "--max-bundle-size", "100663296"], files);
    assert.is(raised.exit, 0, raised.err);
    const variable = await run([command, name], files, { env: { SALLYPORT_MAX_BUNDLE_SIZE: "1GiB" } });
    assert.is(variable.exit, 2, "more than can be read");
    assert.is((await run([command, name], files, { env: { SALLYPORT_MAX_BUNDLE_SIZE: "200MiB" } })).exit, 0);
  }
  const small = await recorded(["-r", "good.yaml", "--max-bundle-size", "1MiB"]);
  const { exit, out } = await run(["replay", ...Object.keys(small)], small);
  assert.is(exit, 0);
  assert.match(out, "the same decision", "lower bounds are those of the record");
});

/** How many signatures OpenSSL checks meanwhile. */
async function checksIn(act: () => Promise<unknown>): Promise<number> {
  const { verify } = crypto;
  let checks = 0;
  crypto.verify = ((...given: Parameters<typeof verify>) => {
    checks += 1;
    return verify(...given);
  }) as typeof verify;
  syncBuiltinESMExports();
  try {
    await act();
    return checks;
  } finally {
    crypto.verify = verify;
    syncBuiltinESMExports();
  }
}

test("verify checks no signature twice because it records", async () => {
  const given = { ...world, files: { ...world.files, "demo.pub": demo.key.pem } };
  const words = ["verify", "--key", "demo.pub", "--insecure-ignore-tlog", "--crypto", "openssl", ...source];
  const images = [demo.signed, demo.foreign];
  const plain = await checksIn(() => runCli([...words, ...images], given));
  const folder = join(temporaryFolder(), "records");
  const recording = await checksIn(() => runCli([...words, "--record", folder, ...images], given));
  assert.is(readdirSync(folder).length, images.length);
  assert.ok(plain >= images.length, `${plain} checks`);
  assert.is(recording, plain);
});

test("explain says whose signature verify asked for", async () => {
  const folder = join(temporaryFolder(), "records");
  const asked = ["--certificate-identity", "ada@a.example", "--certificate-oidc-issuer", "https://issuer.example"];
  await runCli(["verify", ...asked, ...source, "--record", folder, demo.signed], world);
  const [name = ""] = readdirSync(folder);
  const files = { [name]: readFileSync(join(folder, name), "utf8") };
  const { out, err } = await runCli(["explain", name], { files });
  assert.match(out, "asked    a signature by ada@a.example, issuer https://issuer.example\n", err);
});

test("what verify found is recorded and replayed, with a policy's place taken by its flags", async () => {
  const words = ["verify", "--key", "demo.pub", "--insecure-ignore-tlog", ...source];
  const given = { ...world, files: { ...world.files, "demo.pub": demo.key.pem } };
  for (const [image, exit, said, verdict, shown] of [
    [demo.signed, 0, "the same decision, verified", "PASS", /signature 1\/1 .*payload.*key /s],
    [demo.foreign, 12, "the same decision, not verified", "FAIL", /^because .*\[wrong-key\]$.*signature 1\/1/ms],
    ["registry.example/shop/never:1", 5, "the same decision, not verified", "ERROR", /no digest is known/],
  ] as const) {
    const folder = join(temporaryFolder(), "records");
    const run = await runCli([...words, "--record", folder, image], given);
    assert.is(run.exit, exit, run.err);
    const files = Object.fromEntries(
      readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]),
    );
    const [name = ""] = Object.keys(files);
    const again = await runCli(["replay", name], { files, now: "2030-01-01T00:00:00Z" });
    assert.is(again.exit, 0, again.err);
    assert.match(again.out, `${image}: ${said}`);
    const json = JSON.parse((await runCli(["replay", name, "-o", "json"], { files })).out);
    assert.is(json.records[0].image, image);
    const explained = await runCli(["explain", name], { files, now: "2030-01-01T00:00:00Z" });
    assert.is(explained.exit, exit === 0 ? 0 : 1, explained.err);
    assert.match(explained.out, new RegExp(`^${verdict}  ${image}\\s+now 2026-11-23 12:00 UTC\n`));
    assert.match(explained.out, /^asked {4}a signature by the key [0-9a-f]{8}/m);
    assert.match(explained.out, shown);
    assert.is(/^fix {6}/m.test(explained.out), exit !== 0, "what to do is said where it was not verified");
    assert.match(explained.err, "nobody signed it, so nobody vouches for what it says");
    assert.not.match(explained.err, "--key", "there is no signature to verify");
    const document = JSON.parse((await runCli(["explain", name, "-o", "json"], { files })).out);
    assert.equal(document.decisions, []);
    const { read: _, ...decision } = JSON.parse(files[name] ?? "").statement.predicate.decision;
    assert.equal(document.verifications, [decision]);
    const changed = (files[name] ?? "").replace('"timestampRequired":false', '"timestampRequired":true');
    assert.is((await runCli(["replay", "c.json"], { files: { "c.json": changed } })).exit, 6);
  }
  const local = ["verify", "--key", "demo.pub", "--local-image", "--record", "/dev/null/r", demo.folder];
  assert.is((await runCli(local, given)).exit, 2);
});

test("a key without a folder, and a folder that cannot be made", async () => {
  const words = ["apply", "check.yaml", "-r", "good.yaml", ...source];
  assert.is((await runCli([...words, "--record-key", "recorder.key"], world)).exit, 2);
  assert.is((await runCli([...words, "--record", "/dev/null/records"], world)).exit, 2);
});

test.run();
