import { suite } from "uvu";
import * as assert from "uvu/assert";
import { wantedDocument } from "../../cli/error-document.ts";
import type { CommandEntry } from "../../cli/command.ts";
import { runCommandLine } from "../../cli/program.ts";
import { EngineError } from "../../core/errors.ts";
import { runCli, testIO } from "./command-io.ts";

const test = suite("cli/error-document");

test("what the words ask for: each spelling, the last one, nothing behind --", () => {
  for (const [words, wanted] of [
    [["verify", "-o", "json"], "json"],
    [["verify", "-ojson"], "json"],
    [["verify", "-o=json"], "json"],
    [["verify", "-qo", "json"], "json"],
    [["verify", "-qojson"], "json"],
    [["explain", "-p", "policy.yaml"], undefined],
    [["--output", "yaml", "verify"], "yaml"],
    [["verify", "--output=json", "-o", "text"], undefined],
    [["verify", "--", "-o", "json"], undefined],
    [["verify", "-o"], undefined],
    [["test", "--output-format", "json"], "json"],
    [["apply", "-o", "json"], undefined],
    [["apply", "--output-format=json"], "json"],
  ] as const)
    assert.is(
      wantedDocument(
        words,
        words.find((word) => /^[a-z]/.test(word) && word !== "yaml"),
      ),
      wanted,
      words.join(" "),
    );
});

test("wrong usage of every kind is a document on stdout and text on stderr, with the exit code as ever", async () => {
  for (const words of [
    ["nothing", "-o", "json"],
    ["verify", "-o", "json"],
    ["verify", "--nothing", "-o", "json", "image"],
    ["verify", "-o", "json", "ghcr.io/a/b:1"],
    ["mirror", "nothing", "-o", "json"],
    ["mirror", "ls", "-o", "json", "--store", "nowhere"],
    ["apply", "policy.yaml", "--output-format", "json"],
    ["apply", "gone.yaml", "-r", "gone.yaml", "--output-format", "json"],
    ["test", "gone", "-o", "json", "--require-tests"],
    ["jp", "query", "a[", "-o", "json"],
    ["version", "--color", "sometimes", "-o", "json"],
    ["trust", "show", "-o", "json"],
  ]) {
    const { exit, out, err } = await runCli(words);
    const plain = await runCli(words.filter((word) => word !== "-o" && word !== "json" && word !== "--output-format"));
    const document = JSON.parse(out);
    assert.equal([document.kind, document.exitCode], ["Error", exit], words.join(" "));
    assert.ok(exit > 0 && exit === plain.exit, words.join(" "));
    assert.match(err, `error ${document.code}: `, words.join(" "));
    assert.type(document.message, "string");
    assert.type(document.fix, "string");
  }
});

const table = (act: (out: (text: string) => void) => void): readonly CommandEntry[] => [
  {
    name: "act",
    summary: "acts",
    load: async () => ({
      define: (command, { io }) => void command.option("-o, --output <format>").action(() => act(io.out)),
    }),
  },
];
async function run(act: (out: (text: string) => void) => void, ...words: readonly string[]) {
  const { io, seen } = testIO();
  return { exit: await runCommandLine(["act", ...words], io, table(act)), ...seen };
}
const refuse = (): never => {
  throw new EngineError("no-trust", "the root is old");
};

test("one document: an error behind an answer is told on stderr alone", async () => {
  const { exit, out, err } = await run(
    (print) => {
      print("{}\n");
      refuse();
    },
    "-o",
    "json",
  );
  assert.equal([exit, out], [3, "{}\n"]);
  assert.match(err, "error no-trust: the root is old");
});

test("YAML, a defect, and text alone where text is wanted", async () => {
  assert.match(
    (await run(refuse, "-o", "yaml")).out,
    /^apiVersion: sallyport\.dev\/v1\nkind: Error\nexitCode: 3\ncode: no-trust\n/,
  );
  const defect = await run(
    () => {
      throw new TypeError("oops");
    },
    "-o",
    "json",
  );
  assert.equal([defect.exit, JSON.parse(defect.out).code, JSON.parse(defect.out).exitCode], [70, "defect", 70]);
  assert.is((await run(refuse)).out, "");
});

test.run();
