import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { CommandEntry, Shell } from "../../cli/command.ts";
import { commands, runCommandLine } from "../../cli/program.ts";
import { EngineError } from "../../core/errors.ts";
import { runCli, testIO } from "./command-io.ts";

const test = suite("cli/program");

/** A table of one command that does what it is told, and one that must not be loaded. */
const table = (act: (shell: Shell) => void): readonly CommandEntry[] => [
  {
    name: "act",
    summary: "acts",
    load: async () => ({
      define: (command, shell) =>
        void command
          .option("--on", "a switch")
          .option("--no-off", "a switch")
          .argument("[word...]")
          .action((words, options) => {
            shell.io.out(JSON.stringify([words, options]));
            act(shell);
          }),
    }),
  },
  { name: "other", summary: "is not called", load: () => Promise.reject(new Error("loaded for nothing")) },
];
async function run(words: readonly string[], act: (shell: Shell) => void = () => undefined, stdin = "") {
  const { io, seen } = testIO({ stdin });
  return { exit: await runCommandLine(words, io, table(act)), ...seen };
}

test("without arguments, and with --help, the commands are listed", async () => {
  for (const words of [[], ["--help"], ["help"]]) {
    const { exit, out, err } = await runCli(words);
    assert.equal([exit, err], [0, ""]);
    for (const { name } of commands) assert.match(out, new RegExp(`^ {2}${name} `, "m"));
  }
});

test("every command has help, and loads", async () => {
  for (const { name, summary } of commands) {
    const { exit, out } = await runCli([name, "--help"]);
    assert.is(exit, 0);
    assert.match(out.replace(/\s+/g, " "), summary.replace(/\s+/g, " "));
  }
});

test("a group without its subcommand prints its help", async () => {
  const { exit, out } = await runCli(["mirror"]);
  assert.is(exit, 0);
  assert.match(out, "pin-key");
});

test("wrong usage is exit 2, in the fixed shape", async () => {
  for (const words of [["nothing"], ["version", "--nothing"], ["--nothing"], ["verify"], ["mirror", "nothing"]]) {
    const { exit, out, err } = await runCli(words);
    assert.equal([exit, out], [2, ""], words.join(" "));
    assert.match(err, /^error invalid-usage: .*\n( {2}why: {2}.*\n)? {2}fix: {2}.*\n$/);
  }
});

test("a near miss is named", async () => assert.match((await runCli(["verfy"])).err, "Did you mean verify?"));

test("only the command that is called is loaded", async () => assert.is((await run(["act"])).exit, 0));

test("the exit code is the action's", async () => assert.is((await run(["act"], ({ finish }) => finish(7))).exit, 7));

test("an engine error has its code's exit", async () => {
  const { exit, err } = await run(["act"], () => {
    throw new EngineError("mirror-busy", "another process writes", { subject: "/m" });
  });
  assert.is(exit, 6);
  assert.match(err, /^error mirror-busy: another process writes\n {2}why: {2}\/m\n/);
});

test("any other exception is a defect: it blocks", async () => {
  const { exit, err } = await run(["act"], () => {
    throw new TypeError("surprise");
  });
  assert.is(exit, 70);
  assert.match(err, "error defect: TypeError: surprise");
});

test("Go's switches", async () => {
  assert.is((await run(["act", "--on=true"])).out, '[[],{"off":true,"on":true}]');
  assert.is((await run(["act", "--on=false", "--off=false", "a"])).out, '[["a"],{"off":false}]');
  assert.is((await run(["act", "--", "--on=true"])).out, '[["--on=true"],{"off":true}]');
});

test("the last of a switch's values counts, for every switch of every command", async () => {
  assert.is((await run(["act", "--on", "--on=false"])).out, '[[],{"off":true}]');
  assert.is((await run(["act", "--on=false", "--on"])).out, '[[],{"off":true,"on":true}]');
  assert.is((await run(["act", "--no-off", "--off=true"])).out, '[[],{"off":true}]');
  const { exit, err } = await run(["act", "--on=maybe"]);
  assert.equal([exit, err.split("\n")[0]], [2, "error invalid-usage: --on takes true or false"]);
  const spoken = await runCli(["mirror", "ls", "--headers=no"]);
  assert.equal([spoken.exit, spoken.out], [2, ""]);
});

test("--color works before the command and after it; another value is refused", async () => {
  const coloured = async (...words: readonly string[]) => {
    let shown: unknown;
    const { exit } = await run(words, ({ io }) => {
      shown = io.colour;
    });
    return [exit, shown];
  };
  for (const flag of [["--color", "always"], ["--color=always"]]) {
    assert.equal(await coloured(...flag, "act"), [0, { out: true, err: true }]);
    assert.equal(await coloured("act", ...flag), [0, { out: true, err: true }]);
    assert.equal(await coloured(...flag, "act", "--color=never"), [0, { out: false, err: false }]);
  }
  for (const words of [["act"], ["act", "--color", "auto"], ["--no-color", "act"]])
    assert.equal(await coloured(...words), [0, { out: false, err: false }]);
  for (const words of [
    ["--color", "purple", "act"],
    ["act", "--color=yes"],
    ["act", "--color"],
  ])
    assert.equal(await coloured(...words), [2, undefined], words.join(" "));
});

test("standard input is read for one thing only", async () => {
  const twice = (io: Shell["io"]) => [io.readFile("-"), io.readFile("-")];
  const { exit, err } = await run(["act"], ({ io }) => void twice(io), "text");
  assert.is(exit, 2);
  assert.match(err, "error invalid-usage: standard input can be read only once");
  assert.is((await run(["act"], ({ io }) => void io.readFile("-"), "text")).exit, 0);
});

test.run();
