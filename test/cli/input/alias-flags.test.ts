import { Command } from "commander";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addAliasOption, readAliases } from "../../../cli/input/alias-flags.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { parseReference } from "../../../core/oci/reference.ts";
import { testIO } from "../command-io.ts";

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

test.run();
