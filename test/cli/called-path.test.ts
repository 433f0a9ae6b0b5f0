import { Command, CommanderError } from "commander";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { calledPath, foldHelp, nameOf, plainWords } from "../../cli/called-path.ts";
import { throwsCode } from "../support/assert.ts";
import { runCli } from "./command-io.ts";

const test = suite("cli/called-path");

function program(): Command {
  const top = new Command("sallyport").exitOverride().configureOutput({ writeErr: () => undefined });
  top.command("mirror").command("add").argument("<layout...>");
  top.command("verify").argument("<image...>");
  return top;
}
const called = (...words: readonly string[]) => {
  const { command, rest } = calledPath(words, program());
  return [nameOf(command), rest];
};

test("the innermost command, and the words behind it", () => {
  assert.equal(called("mirror", "add", "--store", "x"), ["mirror add", ["x"]]);
  assert.equal(called("--color", "always", "mirror", "fnord"), ["mirror", ["fnord"]]);
  assert.equal(called("verify", "add"), ["verify", ["add"]]);
  assert.equal(called("help", "mirror", "add"), ["mirror add", []]);
  assert.equal(called("mirror", "help", "add"), ["mirror add", []]);
  assert.equal(called(), ["", []]);
});

test("words behind -- are no names", () => assert.equal(plainWords(["a", "--x", "--", "b"]), ["a"]));

test("a request for help has one form", () => {
  const fold = (...words: readonly string[]) => foldHelp(words, program());
  assert.equal(fold("help"), ["--help"]);
  assert.equal(fold("help", "mirror", "add"), ["mirror", "add", "--help"]);
  assert.equal(fold("mirror", "help", "add"), ["mirror", "add", "--help"]);
  assert.equal(fold("verify", "help"), ["verify", "help"], "an image of this name");
  assert.equal(fold("verify", "--", "--help"), ["verify", "--", "--help"]);
  assert.equal(fold("verify", "--help=true"), ["verify", "--help"]);
  assert.equal(fold("help", "mirror", "-h=0", "add"), ["mirror", "add", "--help"]);
  assert.equal(fold("verify", "-h=false", "a"), ["verify", "a"]);
  assert.equal(fold("verify", "--", "--help=true"), ["verify", "--", "--help=true"]);
  throwsCode("invalid-usage", () => fold("verify", "--help=perhaps"));
});

test("help for a name that no command has is refused", () => {
  for (const words of [
    ["help", "fnord"],
    ["fnord", "-h"],
    ["help", "mirror", "fnord"],
    ["mirror", "fnord", "--help"],
  ])
    assert.throws(
      () => foldHelp(words, program()),
      (error: unknown) => error instanceof CommanderError && error.code === "commander.unknownCommand",
      words.join(" "),
    );
});

test("help of a command below a group is that command's; an unknown name is exit 2", async () => {
  const shown = await runCli(["mirror", "add", "--help"]);
  assert.match(shown.out, "--with-layers");
  for (const words of [
    ["help", "mirror", "add"],
    ["mirror", "help", "add"],
  ])
    assert.equal(await runCli(words), shown, words.join(" "));
  for (const words of [
    ["help", "verfy"],
    ["verfy", "--help"],
  ]) {
    const { exit, out, err } = await runCli(words);
    assert.equal([exit, out], [2, ""]);
    assert.match(err, "Did you mean verify?");
  }
});

test("the fix of wrong usage names the command that was called", async () => {
  const { exit, err } = await runCli(["mirror", "add", "layout"]);
  assert.is(exit, 2);
  assert.match(err, "see sallyport mirror add --help");
});

test.run();
