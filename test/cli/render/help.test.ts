import { Option } from "commander";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { commands } from "../../../cli/program.ts";
import { helpFormat } from "../../../cli/render/help.ts";
import { runCli } from "../command-io.ts";

const test = suite("cli/render/help");

test("choices and a default stand in one bracket, without quotes; a switch has none", () => {
  const said = (option: Option): string => helpFormat.optionDescription?.(option) ?? "";
  const output = new Option("-o <format>", "output format").choices(["text", "json"]);
  assert.is(said(output), "output format (choices: text, json)");
  assert.is(said(output.default("text")), "output format (choices: text, json; default: text)");
  assert.is(said(new Option("--most <n>", "how many").default(16)), "how many (default: 16)");
  assert.is(said(new Option("--all", "all of them").default(false)), "all of them");
  assert.is(said(new Option("--name <name>", "its name (default: mine)")), "its name (default: mine)");
});

test("every command says its defaults in this way alone", async () => {
  for (const { name } of commands) {
    const { exit, out } = await runCli([name, "--help"]);
    assert.is(exit, 0, name);
    // Choices stand before a default, in the same bracket.
    const said = out.replaceAll(/\s+/g, " ").replaceAll(/\(choices: [^()]*\)/g, "");
    assert.not.match(said, /; default: |default: "|by default \(/, name);
  }
});

test.run();
