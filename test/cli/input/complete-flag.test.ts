import { Command } from "commander";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addCompleteOption, readComplete } from "../../../cli/input/complete-flag.ts";
import { foldSwitches } from "../../../cli/switches.ts";
import { runCli } from "../command-io.ts";
import { demoLayout } from "../demo-layout.ts";

const test = suite("cli/input/complete-flag");
const demo = demoLayout();

const parsed = (...words: readonly string[]): unknown => {
  const program = addCompleteOption(new Command("x").argument("[rest...]").exitOverride());
  program.parse([...foldSwitches(words, program)], { from: "user" });
  return [program.opts().complete, ...program.args];
};

test("alone it is about images, whatever word comes next; a grain follows after =", () => {
  assert.equal(parsed("host"), [undefined, "host"]);
  assert.equal(parsed("--complete", "host"), ["image", "host"]);
  for (const grain of ["image", "repository", "host"]) assert.equal(parsed(`--complete=${grain}`), [grain]);
  assert.equal(parsed("--complete=true"), ["image"]);
  assert.equal(parsed("--complete=host", "--complete=false"), [undefined]);
  assert.equal(parsed("--complete", "--complete=repository"), ["repository"]);
});

for (const value of ["", "tag", "Host", "image,host"])
  test(`--complete=${value} is refused`, async () => {
    const words = ["verify", "--key", "key.pub", "--layout", demo.folder, `--complete=${value}`, demo.signed];
    const { exit, err } = await runCli(words, { files: { "key.pub": demo.key.pem } });
    assert.is(exit, 2);
    assert.match(err, /^error invalid-usage: /);
  });

test("a claim says which words made it", () => {
  assert.equal(readComplete({}, "mirror add x"), {});
  assert.equal(readComplete({ complete: "image" }, "mirror add x"), {
    complete: "image",
    claimedBy: "mirror add x --complete",
  });
  assert.is(readComplete({ complete: "host" }, "--layout x").claimedBy, "--layout x --complete=host");
});

test.run();
