import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Digest } from "../../../core/crypto/digest.ts";
import { addImage, exported, makeKey, ourKey, variedMirror } from "../../support/archive-store.ts";
import { carried } from "../../support/carried.ts";
import { exportedSince } from "../../support/importing.ts";
import { dumpMirror } from "../../support/mirror-dump.ts";
import { origin, reading, tamper, temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";
import { runCli, type TestWorld } from "../command-io.ts";
import { demoLayout } from "../demo-layout.ts";
import { policyFor } from "../demo-policy.ts";

const test = suite("cli/commands/import");
const nextKey = makeKey();
const world: TestWorld = {
  files: { "our.pub": ourKey.signing.publicKey, "next.pub": nextKey.signing.publicKey, "no.pub": "no key" },
  now: "2026-11-30T06:00:00Z",
};

/** A world in which the files of an archive are files, as they are on the disk. */
const worldWith = (paths: readonly string[], more: TestWorld = {}): TestWorld => ({
  ...world,
  ...more,
  files: { ...world.files, ...more.files, ...Object.fromEntries(paths.map((path) => [path, ""])) },
});
const run = (store: string, paths: readonly string[], words: readonly string[] = [], more: TestWorld = {}) =>
  runCli(["import", "--store", store, ...words, ...paths], worldWith(paths, more));
const idOf = (store: string): string => reading(store, (mirror) => mirror.contentId());
const key = ["--key", "our.pub"];

test("a key is given once; after that archives follow each other without one", async () => {
  const near = variedMirror();
  const far = temporaryFolder();
  const first = exported(near);
  assert.is((await run(far, [first.path])).exit, 2, "nobody is accepted yet");
  const { exit, out } = await run(far, [first.path], key);
  assert.is(exit, 0);
  assert.match(out, "imported full archive 1");
  assert.match(out, "as on the other side");
  assert.match(out, `accepted from now on: archives signed by ${ourKey.key.fingerprint}`);
  writtenMirror((mirror) => void addImage(mirror, "ghcr.io/org/app", "2.0"), near);
  const second = exportedSince(near, 1);
  writtenMirror((mirror) => void addImage(mirror, "ghcr.io/org/app", "3.0"), near);
  const third = exportedSince(near, 2);
  // Several at once are taken in their order.
  const both = await run(far, [third.path, second.path], ["-o", "json"]);
  assert.equal(
    JSON.parse(both.out).archives.map((one: { sequence: number }) => one.sequence),
    [2, 3],
  );
  assert.is(idOf(far), idOf(near));
  const status = await runCli(["mirror", "status", "--store", far], world);
  assert.match(status.out, "archive 3, made");
  assert.match(status.out, ourKey.key.fingerprint);
});

test("several archives across a change of keys in one call; those before a refused one stay", async () => {
  const near = variedMirror();
  const grow = (tag: string) => writtenMirror((mirror) => void addImage(mirror, "ghcr.io/org/app", tag), near);
  const first = exported(near, { nextKeys: [nextKey.signing.publicKey] });
  grow("2.0");
  const second = exported(near, { key: nextKey.signing });
  grow("3.0");
  const third = exported(near, { key: nextKey.signing });
  const foreign = exported(near, { key: makeKey().signing });
  for (const words of [[], ["--dry-run"]]) {
    const far = temporaryFolder();
    const { exit, out, err } = await run(far, [third.path, first.path, second.path], [...key, ...words, "-o", "json"]);
    assert.is(exit, 0, err);
    const sequences = JSON.parse(out).archives.map((one: { sequence: number }) => one.sequence);
    assert.equal(sequences, [1, 2, 3]);
    if (words.length === 0) assert.is(idOf(far), idOf(near));
  }
  const far = temporaryFolder();
  const refused = await run(far, [foreign.path, second.path, first.path], key);
  assert.is(refused.exit, 6);
  assert.match(refused.err, "archive-signature");
  assert.match(refused.err.replace(/\s+/g, " "), "2 of 3 were imported, each whole, and stay; archive 4 was refused");
  reading(far, (mirror) => assert.is(mirror.imports.seen().last?.sequence, 2));
  // What no archive before it names is refused as ever.
  const none = await run(temporaryFolder(), [second.path, third.path], key);
  assert.is(none.exit, 6);
  assert.match(none.err.replace(/\s+/g, " "), "none was imported; archive 2 was refused");
});

test("each fault has its code, says what to do, and leaves the mirror as it was", async () => {
  const near = variedMirror();
  const far = temporaryFolder();
  const first = exported(near);
  await run(far, [first.path], key);
  const second = exportedSince(near, 1);
  const before = dumpMirror(far);
  const { files } = exported(variedMirror(8, "x".repeat(20_000)), { chunkSize: 60_000 });
  const damaged = join(temporaryFolder(), "damaged.tar");
  const bytes = readFileSync(second.path);
  writeFileSync(damaged, bytes.subarray(0, bytes.length - 1024));
  for (const [paths, words, code, exit] of [
    [[first.path], [], "archive-sequence", 6],
    [[second.path], ["--key", "next.pub"], "archive-signature", 6],
    [files.slice(1).map(({ path }) => path), [], "archive-incomplete", 6],
    [[damaged], [], "archive-corrupt", 6],
    [[second.path], ["--key", "no.pub"], "invalid-usage", 2],
    [[second.path], ["--verify"], "invalid-usage", 2],
    [[second.path], ["--policies", "p"], "invalid-usage", 2],
    [[], [], "invalid-usage", 2],
  ] as const) {
    const text = await run(far, paths, words);
    assert.is(text.exit, exit, code);
    assert.match(text.err, `error ${code}`);
    assert.match(text.err, "fix:");
    assert.is(dumpMirror(far), before, code);
  }
  assert.is((await run(far, [second.path])).exit, 0);
});

test("a new key is accepted when an archive of the old one names it, and the old one can be rejected", async () => {
  const near = variedMirror();
  const far = temporaryFolder();
  await run(far, [exported(near, { nextKeys: [nextKey.signing.publicKey] }).path], key);
  const second = exported(near, { key: nextKey.signing });
  assert.is((await run(far, [second.path])).exit, 0);
  const reject = ["import", "--store", far, "--reject-key", ourKey.key.fingerprint];
  assert.is((await runCli(reject, world)).exit, 0);
  assert.is((await runCli(reject, world)).exit, 2, "it is not accepted any more");
  assert.is((await run(far, [exported(near).path])).exit, 6);
});

test("after a key was rejected, both statuses say what it brought last, until a full archive comes", async () => {
  const near = variedMirror();
  const far = temporaryFolder();
  const first = exported(near, { nextKeys: [nextKey.signing.publicKey] });
  await run(far, [first.path], key);
  const statusOf = async () => {
    const words = ["mirror", "status", "--store", far];
    const text = (await runCli(words, world)).out.replace(/\s+/g, " ");
    return { text, ...(JSON.parse((await runCli([...words, "-o", "json"], world)).out) as StatusDocument) };
  };
  const healthOf = async () => {
    const { out } = await runCli(["status", "--store", far, "-o", "json"], world);
    const { items } = JSON.parse(out) as { items: readonly { name: string; state: string; fix?: string }[] };
    return items.find(({ name }) => name === "last import");
  };
  const reject = (of: string) => runCli(["import", "--store", far, "--reject-key", of], world);

  await run(far, [exported(near, { key: nextKey.signing }).path]);
  assert.is((await reject(nextKey.key.fingerprint)).exit, 0);
  const one = await statusOf();
  assert.match(one.text, /last import archive 2, .*its key was rejected: .*before it archive 1, made/);
  assert.equal([one.lastImport?.sequence, one.rejectedImport?.sequence], [1, 2]);
  const health = await healthOf();
  assert.is(health?.state, "warning");
  assert.match(health?.fix ?? "", `sallyport import --store ${far}`);

  assert.is((await reject(ourKey.key.fingerprint)).exit, 0);
  const none = await statusOf();
  assert.equal([none.lastImport?.sequence, none.rejectedImport?.sequence], [undefined, 2]);
  assert.match(none.text, /last import archive 2, .*its key was rejected/);

  await run(far, [exported(near).path], key);
  const whole = await statusOf();
  assert.equal([whole.lastImport?.sequence, whole.rejectedImport], [3, undefined]);
  assert.is((await healthOf())?.state, "ok");
});

test("a full archive again: all of it is here, and nothing is to be done; named twice, one is enough", async () => {
  const near = variedMirror();
  const far = temporaryFolder();
  const { path } = exported(near);
  await run(far, [path], key);
  const fixOf = async (paths: readonly string[]) => {
    const { exit, out } = await run(far, paths, ["-o", "json"]);
    const { code, message, fix } = JSON.parse(out);
    return { exit, code, message, fix };
  };
  const message = "archive 1 was imported already, and all that it brought is here";
  assert.equal(await fixOf([path]), { exit: 6, code: "archive-sequence", message, fix: "nothing is to be done" });
  const twice = await fixOf([path, path]);
  assert.is(twice.code, "archive-incomplete");
  assert.match(twice.message, /^archive 1 is named twice; the other is /);
  assert.is(twice.fix, "name one of the two");
  // The archive before a delta is older than what is here: only a newer one mends.
  writtenMirror((mirror) => void addImage(mirror, "ghcr.io/org/app", "2.0"), near);
  const delta = exportedSince(near, 1).path;
  await run(far, [delta]);
  assert.match((await fixOf([path])).fix, "import a newer full archive");
  const again = "archive 2 was imported already, and all that it brought is here";
  assert.equal(await fixOf([delta]), {
    exit: 6,
    code: "archive-sequence",
    message: again,
    fix: "nothing is to be done",
  });
  // A delta brings no row again that is gone.
  tamper(far, "DELETE FROM answer WHERE question = 'tag ghcr.io/org/app 1.0'");
  const lost = await fixOf([delta]);
  assert.is(
    lost.message,
    "archive 2 was imported already, and rows that are damaged or gone here (1) it cannot put back",
  );
  assert.match(lost.fix, "a full archive");
});

test("a pin that was taken away here is named with how to accept it, and the same archive brings it then", async () => {
  const near = variedMirror();
  const far = temporaryFolder();
  await run(far, [exported(near).path], key);
  const [pin] = reading(far, (mirror) => mirror.knowledge().pins());
  const name = pin?.name ?? "";
  // What no key can be read of is listed and unpinned like any other.
  assert.match((await runCli(["mirror", "pins", "--store", far])).out, name);
  const unpinned = await runCli(["mirror", "unpin-key", name, "--store", far]);
  assert.is(unpinned.exit, 0, unpinned.err);
  const { path } = exported(near);
  const { exit, out } = await run(far, [path]);
  assert.is(exit, 0);
  const words = `since it was unpinned here: the key ${name}; with --accept-pins a full archive brings it back`;
  assert.ok(out.replaceAll(/\s+/g, " ").includes(`stays away, ${words}`), out);
  // It is no damage that the archive could mend.
  assert.match(
    (await run(far, [path])).err.replaceAll(/\s+/g, " "),
    `all that it brought is here, but for what was unpinned: the key ${name}; with --accept-pins it brings that back`,
  );
  const accepted = await run(far, [path], ["--accept-pins", "-o", "json"]);
  assert.is(accepted.exit, 0, accepted.err);
  const [archive] = JSON.parse(accepted.out).archives;
  assert.equal([archive.pinsAway, archive.mended], [undefined, undefined]);
  assert.equal(
    reading(far, (mirror) =>
      mirror
        .knowledge()
        .pins()
        .map((one) => one.name),
    ),
    [name],
  );
  assert.is((await run(far, [path], ["--accept-pins"])).exit, 6, "nothing is left to accept");
});

test("the last archive again says what it put back and could not, and mirror check which it is", async () => {
  const near = variedMirror();
  const far = temporaryFolder();
  const { path } = exported(near);
  await run(far, [path], key);
  const distrust = { kind: "log", value: "cd".repeat(32), reason: "ours" } as const;
  writtenMirror((mirror) => void mirror.writer().addDistrust(distrust, origin), far);
  const fixOf = async (): Promise<readonly string[]> => {
    const { damage } = JSON.parse((await runCli(["mirror", "check", "--store", far, "-o", "json"], world)).out);
    return damage.flatMap(({ table, fix }: { table: string; fix: readonly string[] }) => (table === "pin" ? fix : []));
  };
  tamper(far, "UPDATE pin SET bytes = x'00' WHERE name = (SELECT min(name) FROM pin)");
  tamper(far, "DELETE FROM complete");
  tamper(far, "UPDATE distrust SET reason = 'theirs' WHERE reason = 'ours'");
  assert.is((await fixOf()).at(-1), `sallyport import --store ${far} ${path}`);
  const { exit, out, err } = await run(far, [path]);
  assert.is(exit, 0, err);
  assert.match(out, "it was imported before; put back: 1 damaged row, 1 row that was gone\n");
  assert.match(err.replaceAll(/\s+/g, " "), "mirror-corrupt: 1 damaged row did not come by this archive and stays");

  // A delta does not bring the row again, and no words of a shell are made of a name with a space.
  writtenMirror((mirror) => void addImage(mirror, "ghcr.io/org/app", "2.0"), near);
  await run(far, [exportedSince(near, 1).path]);
  tamper(far, "UPDATE pin SET bytes = x'00' WHERE name = (SELECT min(name) FROM pin)");
  assert.is((await fixOf()).at(-1), `sallyport import --store ${far} FULL-ARCHIVE`);
  const spaced = `${temporaryFolder()}/of today.tar`;
  renameSync(exported(near).path, spaced);
  await run(far, [spaced]);
  tamper(far, "UPDATE pin SET bytes = x'00' WHERE name = (SELECT min(name) FROM pin)");
  assert.is((await fixOf()).at(-1), `sallyport import --store ${far} FULL-ARCHIVE`);
});

interface StatusDocument {
  readonly lastImport?: { readonly sequence: number };
  readonly rejectedImport?: { readonly sequence: number };
}

test("a dry run says what would come", async () => {
  const near = variedMirror();
  const far = temporaryFolder();
  const { path } = exported(near);
  const { exit, out, err } = await run(far, [path], [...key, "--dry-run"]);
  assert.is(exit, 0);
  assert.match(out, "would import full archive 1");
  assert.match(err, "nothing was written");
  assert.equal(
    reading(far, (mirror) => mirror.imports.seen()),
    {},
  );
});

test("a stream is refused with what to do; parts that are not named are hinted at", async () => {
  for (const word of ["-", "/dev/stdin"]) {
    const { exit, err } = await run(temporaryFolder(), [word], key);
    assert.is(exit, 2);
    assert.match(err.replace(/\s+/g, " "), /error unsupported: .*cat > FILE, then sallyport import FILE/);
  }
  const exporting = ["export", "--store", variedMirror(), "-f", "-", "--key", "our.key"];
  const out = await runCli(exporting, { files: { "our.key": ourKey.pem } });
  assert.is(out.exit, 2);
  assert.match(out.err.replace(/\s+/g, " "), /error unsupported: .*sallyport export -f FILE/);
  for (const names of [
    ["full.tar.001-of-002", "full.tar.002-of-002"],
    ["full.001.tar", "full.002.tar"],
  ]) {
    const files = Object.fromEntries([...names, "fuller.tar", "full.txt"].map((name) => [`media/${name}`, ""]));
    const words = ["import", "--store", temporaryFolder(), ...key, "media/full.tar"];
    const { exit, err } = await runCli(words, { ...world, files: { ...world.files, ...files } });
    assert.is(exit, 6, err);
    const told = err.replace(/\s+/g, " ");
    assert.match(told, "2 files beside it that may be its parts");
    assert.match(told, names.join(", "));
  }
});

test("a clock that is behind, here or there, is said", async () => {
  const near = variedMirror();
  const far = temporaryFolder();
  const early = { now: "2026-11-29T17:00:00Z" };
  const month = await run(far, [exported(near).path], key, { now: "2026-11-01T00:00:00Z" });
  assert.is(month.exit, 6);
  assert.match(month.err, /archive-sequence.*\[clock-behind\]/s);
  assert.equal(
    reading(far, (mirror) => mirror.imports.seen()),
    {},
  );
  const first = await run(far, [exported(near).path], key, early);
  assert.is(first.exit, 0);
  assert.match(first.err, "clock-behind");
  const back = exported(near, { now: new Date("2026-11-29T00:00:00Z") });
  assert.match((await run(far, [back.path])).err, "was set back");
});

test("--verify: what policies refute is distrusted, and the command ends with 7", async () => {
  const demo = demoLayout();
  const near = temporaryFolder();
  await runCli(["mirror", "add", demo.folder, "--store", near, "--complete"]);
  const { path } = exported(near);
  const indented = demo.key.pem.replace(/^/gm, " ".repeat(22));
  const policy = `apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: { name: signed }
spec:
  validationFailureAction: Enforce
  rules:
    - name: signed
      match: { any: [{ resources: { kinds: [Pod] } }] }
      verifyImages:
        - imageReferences: ["*"]
          attestors:
            - entries:
                - keys:
                    rekor: { ignoreTlog: true }
                    publicKeys: |-
${indented}
`;
  const far = temporaryFolder();
  const words = [...key, "--verify", "--policies", "policy.yaml"];
  const { exit, err } = await run(far, [path], words, { files: { "policy.yaml": policy } });
  assert.is(exit, 7);
  assert.match(err, `quarantined ${demo.unsigned}`);
  assert.not.match(err, `quarantined ${demo.signed}\n`);
  const distrusted = reading(far, (mirror) =>
    mirror
      .knowledge()
      .distrustEntries()
      .map(({ row }) => row.value),
  );
  assert.ok(distrusted.includes(demo.digests.unsigned));
  assert.not(distrusted.includes(demo.digests.signed));
});

test("--verify judges what lies under a mirror's name as what it mirrors, with --alias as verify does", async () => {
  const demo = demoLayout();
  const near = temporaryFolder();
  await runCli(["mirror", "add", demo.folder, "--store", near, "--complete"]);
  const [name = "", tag = ""] = demo.unsigned.split(":");
  const physical = name.replace("registry.example", "mirror.corp");
  writtenMirror((mirror) => {
    for (const question of [
      { kind: "tag", repository: name, tag },
      { kind: "manifest", repository: name, digest: demo.digests.unsigned as Digest },
    ] as const) {
      const held = mirror.knowledge().answer(question);
      if (held?.state === "present") mirror.writer().setAnswer({ ...question, repository: physical }, held);
    }
  }, near);
  const { path } = exported(near);
  const policy = policyFor(demo.key.pem);
  const words = [...key, "--verify", "--policies", "policy.yaml", "-o", "json"];
  const quarantined = async (...more: readonly string[]) => {
    const { out } = await run(temporaryFolder(), [path], [...words, ...more], { files: { "policy.yaml": policy } });
    return JSON.parse(out).archives[0].quarantined.map(({ image }: { image: string }) => image);
  };
  assert.not((await quarantined()).includes(`${physical}:${tag}`));
  assert.ok((await quarantined("--alias", "registry.example=mirror.corp")).includes(`${physical}:${tag}`));
  const wrong = await run(temporaryFolder(), [path], [...key, "--alias", "a.example/x=b.example/x"]);
  assert.match(wrong.err, "--alias is for --verify");
});

test("what was imported before an error is in the mirror, and the document says so", async () => {
  const store = temporaryFolder();
  const { path } = exported(variedMirror());
  const words = ["import", "--store", store, "-o", "json", ...key, path];
  const { exit, out } = await runCli(
    [...words, carried("haul.tar.zst"), carried("mirror_000001.tar.gz")],
    worldWith([path]),
  );
  const { exitCode, error, archives, layouts } = JSON.parse(out);
  assert.equal([exit, exitCode, error.code, archives.length, layouts.length], [2, 2, "invalid-usage", 1, 1]);
  assert.ok(reading(store, (mirror) => mirror.list()).some(({ image }) => image === "registry.example/shop/app:1"));
});

test("mirror add leaves archives of export to import", async () => {
  const { path } = exported(writtenMirror((mirror) => void mirror.writer().setComplete("ghcr.io", origin)));
  const { exit, err } = await runCli(["mirror", "add", "--store", temporaryFolder(), path]);
  assert.is(exit, 2);
  assert.match(err, "sallyport import");
});

test.run();
