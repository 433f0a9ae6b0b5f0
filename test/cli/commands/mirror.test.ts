import { suite } from "uvu";
import * as assert from "uvu/assert";
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
  assert.match(err, "fill a new folder: sallyport mirror add --store NEW LAYOUT");
  assert.match((await runCli(["mirror", "ls", ...damaged])).err, `sallyport mirror check ${damaged.join(" ")};`);
});

test("an image without a tag: that it has none is said", async () => {
  const words = ["mirror", "add", `web=${demo.folder}`, "--store", tempFolder()];
  assert.not.match((await runCli(words, world)).out, "no tag");
});

test("a file that is no mirror is refused as damaged", async () => {
  const { exit, err } = await runCli(["mirror", "ls", "--store", tempFolder({ "mirror.db": "not a database" })]);
  assert.is(exit, 6);
  assert.match(err, "error mirror-corrupt:");
});

test.run();
