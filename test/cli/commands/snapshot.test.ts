/** `snapshot push`, `pull` and `ls` as command lines, and every other command over what they leave. */
import { chmodSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { makeTufRepository } from "../../lab/tuf-repository.ts";
import { newKey, onStage, type SnapshotStage } from "../../support/snapshot-stage.ts";
import { documentFaults } from "../../support/document-schemas.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { origin, reading, writtenMirror } from "../../support/temporary-mirror.ts";
import { runCli } from "../command-io.ts";
import { demoLayout } from "../demo-layout.ts";
import { podFor, policyFor } from "../demo-policy.ts";

const test = suite("cli/commands/snapshot");
const demo = demoLayout();
const [publisher, next, stranger] = [newKey(), newKey(), newKey()];
const files = {
  "publisher.key": publisher.pem,
  "publisher.pub": publisher.key.publicKey,
  "next.key": next.pem,
  "next.pub": next.key.publicKey,
  "stranger.pub": stranger.key.publicKey,
  "ed25519.pub": `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
`,
  "key.pub": demo.key.pem,
  "policy.yaml": policyFor(demo.key.pem),
  "pod.yaml": podFor("signed", demo.signed),
};
const now = "2026-11-02T00:00:00Z";
const run = (...words: readonly string[]) => runCli(words, { files, now });

interface Place {
  readonly stage: SnapshotStage;
  readonly place: string;
  readonly replica: string;
  readonly push: (...words: readonly string[]) => ReturnType<typeof runCli>;
  readonly pull: (...words: readonly string[]) => ReturnType<typeof runCli>;
}

const withPlace = (act: (at: Place) => Promise<void>, deletes = true): Promise<void> =>
  onStage(
    async (stage) => {
      assert.is((await run("mirror", "add", "--store", stage.store, demo.folder, "--complete")).exit, 0);
      const place = stage.place.text;
      const replica = tempFolder();
      const push = (...words: readonly string[]) =>
        run("snapshot", "push", place, "--store", stage.store, "--key", "publisher.key", ...words);
      const pull = (...words: readonly string[]) => run("snapshot", "pull", place, "--store", replica, ...words);
      await act({ stage, place, replica, push, pull });
    },
    { deletes },
  );

test("pushed, pulled, and read by every command as a mirror is", () =>
  withPlace(async ({ place, replica, push, pull }) => {
    const pushed = await push();
    assert.is(pushed.exit, 0, pushed.err);
    assert.match(pushed.out, /^pushed +snapshot 1 to oci:\/\//);
    const pulled = await pull("--key", "publisher.pub");
    assert.is(pulled.exit, 0, pulled.err);
    assert.match(pulled.out, /^pulled +snapshot 1\n/);
    const again = await pull();
    assert.equal([again.exit, /^nothing new/.test(again.out)], [0, true], again.err);
    for (const { out } of [pushed, pulled, again])
      assert.ok(
        out.split("\n").every((line) => line.length <= 80),
        out,
      );
    const store = ["--store", replica];
    const rows: readonly (readonly [number, ...string[]])[] = [
      [0, "verify", "--key", "key.pub", "--insecure-ignore-tlog", demo.signed],
      [10, "verify", "--key", "key.pub", "--insecure-ignore-tlog", demo.unsigned],
      [0, "apply", "policy.yaml", "-r", "pod.yaml"],
      [0, "tree", demo.signed],
      [0, "mirror", "ls"],
      [0, "mirror", "status"],
      [0, "mirror", "check"],
      [2, "mirror", "add", demo.folder],
      [2, "mirror", "pin-key", "k8s://a/b", "key.pub"],
      [2, "mirror", "gc", "--keep-last", "1", "--yes"],
      [2, "mirror", "distrust", "add", "identity", "https://a/*", "--reason", "x"],
    ];
    for (const [exit, ...words] of rows) {
      const found = await run(...words, ...store);
      assert.is(found.exit, exit, `${words.join(" ")}\n${found.out}${found.err}`);
    }
    assert.not(existsSync(join(replica, "mirror.db")));
    const status = await run("mirror", "status", ...store, "-o", "json");
    const { snapshot } = JSON.parse(status.out);
    assert.equal([snapshot.sequence, snapshot.from, snapshot.signedBy], [1, place, publisher.key.fingerprint]);
    assert.equal(documentFaults(JSON.parse(status.out)), []);
    const health = await run("status", ...store, "-o", "json");
    const items: readonly { readonly name: string; readonly fix?: string }[] = JSON.parse(health.out).items;
    assert.ok(
      items.some(({ name }) => name === "snapshot"),
      health.out,
    );
    for (const { fix } of items.filter(({ name }) => name === "trust"))
      assert.ok(fix === undefined || fix.startsWith(`sallyport snapshot pull ${place} --store `), fix);
    // Pulling it again would bring a mirror without an age again.
    const { fix: undated = "" } = items.find(({ name }) => name === "mirror") ?? {};
    assert.match(undated, `sallyport mirror sync --store MIRROR -f LIST && sallyport snapshot push ${place} `);
  }));

test("wrong usage is said before anything is asked", () =>
  withPlace(async ({ stage, place, replica, push, pull }) => {
    stage.registry.asked();
    const store = ["--store", stage.store];
    const rows = [
      pull(),
      pull("--key", "publisher.key"),
      pull("--key", "ed25519.pub"),
      pull("--key", "nowhere"),
      pull("--key", "publisher.pub", "--timeout", "0s"),
      push("--keep", "0"),
      push("--keep", "all"),
      push("--next-key", "next.key"),
      run("snapshot", "push", place, ...store),
      run("snapshot", "push", place, ...store, "--key", "publisher.pub"),
      run("snapshot", "push", place, "--store", tempFolder(), "--key", "publisher.key"),
      run("snapshot", "push", `${place}@sha256:${"0".repeat(64)}`, ...store, "--key", "publisher.key"),
      run("snapshot", "pull", "registry.corp/a", "--store", replica, "--key", "publisher.pub"),
      run("snapshot", "pull", place, "--key", "publisher.pub"),
      run("snapshot", "ls", place, "--last", "0"),
      run("snapshot", "ls", "https://registry.corp/a"),
    ];
    for (const [index, one] of rows.entries()) assert.is((await one).exit, 2, `${index}: ${(await one).err}`);
    assert.equal(stage.registry.asked(), []);
  }));

test("each refusal has its exit code, what to do, and changes nothing", () =>
  withPlace(async ({ stage, pull, push }) => {
    const refused = async (exit: number, code: string, ...words: readonly string[]): Promise<void> => {
      const found = await pull(...words);
      assert.is(found.exit, exit, found.err);
      assert.ok(found.err.startsWith(`error ${code}: `) && /\n {2}fix: {2}\S/.test(found.err), found.err);
    };
    await refused(11, "image-not-found", "--key", "publisher.pub");
    await push();
    await refused(6, "archive-signature", "--key", "stranger.pub");
    await push();
    await pull("--key", "publisher.pub");
    stage.registry.tags.set("latest", stage.registry.tags.get("snapshot-1") ?? "");
    await refused(6, "archive-sequence");
    stage.registry.instead = () => 401;
    await refused(4, "access-denied");
    assert.is((await push()).exit, 4);
    stage.registry.instead = () => 503;
    await refused(5, "upstream-error");
  }));

test("who is trusted because the first snapshot says so is named, ten of them, and once", () =>
  withPlace(async ({ stage, replica, push, pull }) => {
    const pin = (index: number) => ({ kind: "key", name: `k8s://ns/${index}`, bytes: encodeUtf8(`${index}`) }) as const;
    writtenMirror((mirror) => {
      for (let index = 0; index < 12; index++) mirror.writer().pin(pin(index), origin);
    }, stage.store);
    await push();
    const { err } = await pull("--key", "publisher.pub");
    const said = err.replaceAll(/\s+/g, " ");
    assert.is(
      said.match(/trusted since this first snapshot: pin key k8s:\/\/ns\/\d+, sha256:[0-9a-f]{64}/g)?.length,
      10,
    );
    assert.match(said, `and 2 more: sallyport mirror pins --store ${replica}`);
    await push();
    assert.not.match((await pull()).err, "trusted since");
  }));

test("a key that is replaced is named, and accepted from then on", () =>
  withPlace(async ({ stage, place, push, pull }) => {
    await push("--next-key", "next.pub");
    const first = await pull("--key", "publisher.pub");
    assert.ok(first.err.includes(next.key.fingerprint), first.err);
    const second = await run("snapshot", "push", place, "--store", stage.store, "--key", "next.key");
    assert.is(second.exit, 0, second.err);
    assert.match((await pull("--key", "publisher.pub")).out, /snapshot 2, in the place of 1/);
  }));

test("the list fits, says who signed, and without a key that nothing was verified", () =>
  withPlace(async ({ place, push }) => {
    for (let count = 0; count < 3; count++) await push();
    const list = await run("snapshot", "ls", place, "--key", "publisher.pub", "--last", "2");
    assert.is(list.exit, 0, list.err);
    const [head = "", ...lines] = list.out.trimEnd().split("\n");
    assert.equal(head.split(/ {2,}/), ["SEQUENCE", "CREATED", "CONTENT ID", "SIZE", "SIGNED BY"]);
    assert.is(lines.length, 3);
    assert.ok(lines[0]?.startsWith("3*") && lines[0].endsWith(publisher.key.fingerprint.slice(0, 12)), list.out);
    assert.ok(
      [head, ...lines].every((line) => line.length <= 80),
      list.out,
    );
    const other = await run("snapshot", "ls", place, "--key", "stranger.pub");
    assert.is(other.out.match(/archive-signature/g)?.length, 3);
    const none = await run("snapshot", "ls", place);
    assert.is(none.out.match(/not checked/g)?.length, 3);
    assert.match(none.err, /^note: nothing was verified/);
  }));

test("old ones are deleted by a rule; a registry that does not is a warning", () =>
  withPlace(async ({ push }) => {
    for (let count = 0; count < 3; count++) await push();
    const found = await push("--keep", "2", "-o", "json");
    assert.equal([found.exit, JSON.parse(found.out).removed], [0, []]);
    assert.match(found.err, /^warning: older snapshots stay in the registry/);
  }, false));

test("a replica that is damaged is mended by a pull, and what it lacks by its publisher", () =>
  withPlace(async ({ place, push, pull, replica }) => {
    await push();
    assert.is((await pull("--key", "publisher.pub")).exit, 0);
    const before = reading(replica, (mirror) => mirror.contentId());
    const [name = ""] = readdirSync(join(replica, "snapshots"));
    const path = join(replica, "snapshots", name);
    chmodSync(path, 0o644);
    const database = new Database(path);
    database.prepare("UPDATE blob SET bytes = x'00' WHERE digest = ?").run(demo.digests.signed);
    database.close();
    const check = await run("mirror", "check", "--store", replica);
    assert.is(check.exit, 6);
    const flat = check.err.replace(/\s+/g, " ");
    assert.match(flat, `bring it again: sallyport snapshot pull ${place} --store ${replica}`);
    assert.not.match(flat, "mirror add");
    const pulled = await pull();
    assert.is(pulled.exit, 0, pulled.err);
    assert.match(pulled.out, "snapshot 1 again: the one here was damaged");
    assert.is((await run("mirror", "check", "--store", replica)).exit, 0);
    assert.is(
      before,
      reading(replica, (mirror) => mirror.contentId()),
    );
    assert.match((await pull()).out, "nothing new");
    const lacking = await run("verify", "--key", "key.pub", "--store", replica, "registry.example/shop/nowhere:1");
    assert.match(lacking.err.replace(/\s+/g, " "), `snapshot push ${place} --store MIRROR --key KEY`);
    assert.not.match(lacking.err, "mirror add");
  }));

test("who is trusted changes only with --accept-pins, and a root of the environment is one of this side", () =>
  withPlace(async ({ stage, place, push, pull, replica }) => {
    const pin = (kind: "key" | "trusted-root", name: string, text: string): void =>
      void writtenMirror((mirror) => mirror.writer().pin({ kind, name, bytes: encodeUtf8(text) }, origin), stage.store);
    pin("key", "k8s://ns/name", "ours");
    await push();
    assert.is((await pull("--key", "publisher.pub")).exit, 0);
    pin("key", "k8s://ns/name", "a stranger's");
    await push();
    const refused = await pull();
    assert.is(refused.exit, 3);
    assert.match(refused.err, /error no-trust: the snapshot pins key k8s:\/\/ns\/name.*--accept-pins/s);
    assert.is((await pull("--accept-pins")).exit, 0);
    pin("trusted-root", "public-good", "a file");
    await push();
    const words = ["snapshot", "pull", place, "--key", "publisher.pub", "--store"];
    const root = makeTufRepository(new Uint8Array()).rootHistory[0] as Uint8Array;
    const world = { files: { ...files, "root.json": root }, now, env: { SALLYPORT_TUF_ROOT: "root.json" } };
    assert.is((await runCli([...words, tempFolder()], world)).exit, 3);
    assert.is((await runCli([...words, replica], { files, now })).exit, 0);
  }));

test("a clock that is behind is said on both sides", () =>
  withPlace(async ({ stage, place, push, replica }) => {
    await push();
    const early = { files, now: "2020-01-01T00:00:00Z" };
    const store = ["--store", stage.store, "--key", "publisher.key"];
    assert.match((await runCli(["snapshot", "push", place, ...store], early)).err, /clock-behind/);
    await push();
    const pull = ["snapshot", "pull", place, "--store", replica, "--key", "publisher.pub"];
    const refused = await runCli(pull, early);
    assert.is(refused.exit, 6);
    assert.match(refused.err, /archive-sequence.*\[clock-behind\]/s);
    const told = await runCli(pull, { files, now: "2026-11-01T23:00:00Z" });
    assert.is(told.exit, 0);
    assert.match(told.err, /clock-behind/);
  }));

test.run();
