import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runCli } from "../command-io.ts";

const test = suite("cli/commands/jp");
const files = { "in.yaml": "a: { b: [1, 2] }\nname: web\n", "q.txt": "a.b[0]\n" };

test("evaluates expressions over a document", async () => {
  const { exit, out } = await runCli(["jp", "query", "-i", "in.yaml", "-c", "a.b", "length(name)"], { files });
  assert.is(exit, 0);
  assert.is(out, "# a.b\n[1,2]\n# length(name)\n3\n");
});

test("reads expressions from files and standard input, input from standard input", async () => {
  assert.is((await runCli(["jp", "query", "-i", "in.yaml", "-q", "q.txt"], { files })).out, "# a.b[0]\n1\n");
  assert.is((await runCli(["jp", "query", "-i", "in.yaml"], { files, stdin: "name\n" })).out, '# name\n"web"\n');
  assert.is((await runCli(["jp", "query", "-u", "name"], { stdin: "name: web" })).out, "# name\nweb\n");
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
  assert.match((await runCli(["jp", "query", "-i", "in.yaml", "a["], { files })).err, "error malformed:");
  assert.match((await runCli(["jp", "query", "-i", "in.yaml", "missing"], { files })).err, "error unresolved:");
  assert.is((await runCli(["jp", "query"])).exit, 2);
});

test("shows the tree of an expression", async () =>
  assert.match((await runCli(["jp", "parse", "a || b"])).out, '"kind": "or"'));

test.run();
