import { Command } from "commander";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addAliasOption, readAliases } from "../../../cli/input/alias-flags.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { parseReference } from "../../../core/oci/reference.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { runCli, testIO } from "../command-io.ts";
import { demoLayout } from "../demo-layout.ts";

const test = suite("cli/input/alias-flags");

const read = (words: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  readAliases(
    addAliasOption(new Command())
      .parse(["node", "x", ...words])
      .opts(),
    defaultLimits,
    testIO({ env }).io,
  );
const image = parseReference("m.corp/x/app:1", defaultLimits);

test("the flag is repeatable; without one, and without a variable, there is none", async () => {
  const opened = await read(["--alias", "a.io=m.corp/a", "--alias", "x.io=m.corp/x"]);
  assert.is(opened.list.length, 2);
  assert.is(opened.logicalOf(image)?.reference.canonical, "x.io/app:1");
  const none = await read([]);
  assert.equal([none.list, none.leftOut, none.logicalOf(image)], [[], [], undefined]);
  assert.is((await read([], { SALLYPORT_ALIAS: "" })).list.length, 0);
  assert.is((await read([], { SALLYPORT_ALIAS: "x.io=m.corp/x" })).list.length, 1);
});

test("the fix is what can be done: by the digest where the logical name is here, else without the alias", async () => {
  const demo = demoLayout();
  const store = tempFolder();
  assert.is((await runCli(["mirror", "add", demo.folder, "--store", store, "--complete"])).exit, 0);
  const verify = async (alias: string, text: string) => {
    const words = ["verify", "--key", "key.pub", "--insecure-ignore-tlog", "--store", store, "--alias", alias, text];
    const { exit, err } = await runCli(words, { files: { "key.pub": demo.key.pem } });
    return { exit, err: err.replace(/\s+/g, " ") };
  };
  const physical = demo.signed.replace("registry.example", "mirror.corp");
  const pinned = `${physical}@${demo.digests.signed}`;
  const tagged = await verify("registry.example=mirror.corp", physical);
  assert.is(tagged.exit, 5);
  assert.match(tagged.err, `name it by its digest: ${pinned}`);
  assert.not.match(tagged.err, "mirror add");
  assert.is((await verify("registry.example=mirror.corp", pinned)).exit, 0, "and that works");
  const { err } = await verify("upstream.example=registry.example", demo.signed);
  assert.match(err, `the mirror has it as ${demo.signed}`);
  assert.match(err, "leave the alias out");
});

test.run();
