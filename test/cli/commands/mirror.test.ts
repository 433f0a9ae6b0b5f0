import { rmSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LayoutFolder, refName } from "../../support/layout-folder.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { runCli, type TestWorld } from "../command-io.ts";
import { demoLayout, repository } from "../demo-layout.ts";

const test = suite("cli/commands/mirror");
const demo = demoLayout();
const world: TestWorld = { files: { "key.pub": demo.key.pem, "junk.pub": "no key" } };
const store = tempFolder();

test("a layout is added, and what was copied is reported", async () => {
  const { exit, out, err } = await runCli(["mirror", "add", demo.folder, "--store", store, "--complete"], world);
  assert.equal([exit, err], [0, ""]);
  assert.match(out, `copied ${demo.signed} ${demo.digests.signed}\n`);
  for (const digest of Object.values(demo.digests)) assert.match(out, `complete for ${repository}@${digest}\n`);
});

test("what is damaged is not added, what is missing is named, and neither is said to be complete", async () => {
  const folder = new LayoutFolder(temporaryFolder());
  const image = folder.add(folder.manifest({ layers: [] }), { [refName]: "registry.example/shop/web:1" });
  const payload = folder.blob("payload");
  const tag = `registry.example/shop/web:sha256-${image.digest.slice(7)}.sig`;
  folder.add(folder.manifest({ layers: [payload] }), { [refName]: tag });
  const add = async () => {
    const words = ["mirror", "add", folder.path, "--complete", "--store", temporaryFolder()];
    const [text, document] = [await runCli(words), await runCli([...words, "-o", "json"])];
    return { ...text, json: JSON.parse(document.out) };
  };
  folder.write();
  const whole = await add();
  assert.equal([whole.exit, whole.json.layouts[0].complete.length], [0, 1]);
  writeFileSync(folder.file(payload.digest), "payl");
  const cut = await add();
  assert.is(cut.exit, 6);
  assert.match(cut.err, "error archive-corrupt");
  assert.not.match(cut.out, "complete for");
  rmSync(folder.file(payload.digest));
  const missing = await add();
  assert.is(missing.exit, 7);
  assert.match(missing.err, payload.digest);
  assert.not.match(missing.out, "complete for");
  assert.match(missing.out, `not complete, registry.example/shop/web@${image.digest}`);
  const { complete, withheld } = missing.json.layouts[0];
  assert.equal([missing.json.exitCode, complete.length, withheld.length], [7, 0, 1]);
});

test("the mirror answers as the layout did", async () => {
  const verify = ["verify", "--store", store, "--insecure-ignore-tlog", "--key", "key.pub"];
  assert.is((await runCli([...verify, demo.signed], world)).exit, 0);
  assert.is((await runCli([...verify, demo.unsigned], world)).exit, 10);
  assert.is(
    (
      await runCli(verify.filter((word) => word !== "--store" && word !== store).concat(demo.signed), {
        ...world,
        env: { SALLYPORT_STORE: store },
      })
    ).exit,
    0,
  );
});

test("a whole mirror passes the check", async () =>
  assert.is((await runCli(["mirror", "check", "--store", store])).exit, 0));

test("a pinned key answers for its reference", async () => {
  assert.is((await runCli(["mirror", "pin-key", "k8s://ns/key", "key.pub", "--store", store], world)).exit, 0);
  assert.is(
    (await runCli(["verify", "--store", store, "--insecure-ignore-tlog", "--key", "k8s://ns/key", demo.signed], world))
      .exit,
    0,
  );
  assert.match(
    (await runCli(["mirror", "pin-key", "k8s://ns/key", "junk.pub", "--store", store], world)).err,
    "error invalid-usage: junk.pub ",
  );
});

test("no store, or none to read, is wrong usage", async () => {
  assert.is((await runCli(["mirror", "ls"])).exit, 2);
  assert.is((await runCli(["mirror", "ls", "--store", tempFolder()])).exit, 2);
});

test("what is damaged is not told to be looked for with the command that says so", async () => {
  const damaged = ["--store", tempFolder({ "mirror.db": "not a database" })];
  const { exit, err } = await runCli(["mirror", "check", ...damaged]);
  assert.is(exit, 6);
  assert.not.match(err, "sallyport mirror check");
  assert.match(err, "fill a new folder");
  assert.match((await runCli(["mirror", "ls", ...damaged])).err, `sallyport mirror check ${damaged.join(" ")};`);
});

test("a layout without a tag: that its images are known by digest only", async () => {
  const untagged = new LayoutFolder(tempFolder());
  untagged.add(untagged.manifest({ layers: [] }), {});
  const path = untagged.write();
  const adding = async (named: string) =>
    (await runCli(["mirror", "add", `a.example/web${named}=${path}`, "--store", tempFolder()])).out;
  assert.match(await adding(""), "no tag: its images are known by digest only");
  assert.not.match(await adding(":1"), "no tag");
});

test("a file that is no mirror is refused as damaged", async () => {
  const { exit, err } = await runCli(["mirror", "ls", "--store", tempFolder({ "mirror.db": "not a database" })]);
  assert.is(exit, 6);
  assert.match(err, "error mirror-corrupt:");
});

test.run();
