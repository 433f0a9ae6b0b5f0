import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runCli } from "../command-io.ts";

const test = suite("cli/commands/jp");
const files = { "in.yaml": "a: { b: [1, 2] }\nname: web\n", "q.txt": "a.b[0]\n", "broken.txt": "a[\n" };

test("evaluates expressions over a document", async () => {
  const { exit, out } = await runCli(["jp", "query", "-i", "in.yaml", "-c", "a.b", "length(name)"], { files });
  assert.is(exit, 0);
  assert.is(out, "# a.b\n[1,2]\n# length(name)\n3\n");
});

test("reads expressions from files and standard input, input from standard input", async () => {
  assert.is((await runCli(["jp", "query", "-i", "in.yaml", "-q", "q.txt"], { files })).out, "# a.b[0]\n\n1\n");
  assert.is((await runCli(["jp", "query", "-i", "in.yaml"], { files, stdin: "name\n" })).out, '# name\n\n"web"\n');
  assert.is((await runCli(["jp", "query", "-u", "name"], { stdin: "name: web" })).out, "# name\nweb\n");
});

test("prints as Go's encoding/json: keys sorted as bytes, HTML and line separators escaped", async () => {
  const input = JSON.stringify({
    m: { "10": 1, "9": [], "a<b": "x & y > z \u2028\u2029 é", "\uffff": 1, "\u{1f600}": {} },
    n: [1e21, 1e-7, 0.1],
  }).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const run = async (...words: readonly string[]) =>
    (await runCli(["jp", "query", "-i", "in.json", ...words], { files: { "in.json": input } })).out;
  const compact = '{"10":1,"9":[],"a\\u003cb":"x \\u0026 y \\u003e z \\u2028\\u2029 é","\\uffff":1,"\u{1f600}":{}}';
  assert.is(await run("-c", "m"), `# m\n${compact}\n`);
  assert.is(
    await run("m"),
    '# m\n{\n  "10": 1,\n  "9": [],\n  "a\\u003cb": "x \\u0026 y \\u003e z \\u2028\\u2029 é",\n' +
      '  "\\uffff": 1,\n  "\u{1f600}": {}\n}\n',
  );
  assert.is(await run("n"), "# n\n[\n  1e+21,\n  1e-7,\n  0.1\n]\n");
  assert.is(await run("-c", "n"), "# n\n[1e+21,1e-7,0.1]\n");
  assert.is(await run("-u", 'm."a<b"'), '# m."a<b"\nx & y > z \u2028\u2029 é\n');
  assert.is(await run("-u", 'm."9"'), '# m."9"\n[]\n');
});

test("knows Kyverno's functions", async () => {
  assert.is(
    (await runCli(["jp", "query", "-i", "in.yaml", "to_upper(name)"], { files })).out,
    '# to_upper(name)\n"WEB"\n',
  );
  const { out } = await runCli(["jp", "function"]);
  for (const name of ["truncate(", "semver_compare(", "length("]) assert.match(out, name);
  assert.is((await runCli(["jp", "function", "nothing"])).exit, 2);
});

test("what does not parse or evaluate has a code", async () => {
  const run = async (...words: readonly string[]) => runCli(["jp", ...words], { files, stdin: "a[" });
  for (const words of [
    ["query", "-i", "in.yaml", "a["],
    ["query", "-i", "in.yaml"],
    ["query", "-i", "in.yaml", "-q", "broken.txt"],
    ["parse", "a ||"],
    ["parse", "-f", "broken.txt"],
    ["parse"],
  ]) {
    const { exit, err, out } = await run(...words);
    assert.equal([exit, out], [2, ""], words.join(" "));
    assert.match(err, "error invalid-usage:");
  }
  const missing = await run("query", "-i", "in.yaml", "missing");
  assert.match(missing.err, "error unresolved:");
  assert.is(missing.exit, 1);
  assert.is((await runCli(["jp", "query"])).exit, 2);
});

test("shows the tree of an expression", async () =>
  assert.match((await runCli(["jp", "parse", "a || b"])).out, '"kind": "or"'));

test.run();
