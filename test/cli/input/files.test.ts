import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readResources, readTextFiles } from "../../../cli/input/files.ts";
import { throwsCode } from "../../support/assert.ts";
import { testIO } from "../command-io.ts";

const test = suite("cli/input/files");
const pod = (name: string) => `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name} }\n`;

test("folders are read to their depth, only YAML and JSON, in order", () => {
  const { io } = testIO({ files: { "d/b.yaml": "b", "d/a.yml": "a", "d/c.txt": "c", "d/e/f.json": "f" }, stdin: "s" });
  assert.equal(
    readTextFiles(["d/", "-"], io).map(({ name, text }) => [name, text]),
    [
      ["d/a.yml", "a"],
      ["d/b.yaml", "b"],
      ["d/e/f.json", "f"],
      ["-", "s"],
    ],
  );
});

test("a named file is read whatever its name", () =>
  assert.is(readTextFiles(["c.txt"], testIO({ files: { "c.txt": "c" } }).io)[0]?.text, "c"));

test("documents and lists become resources", () => {
  const list =
    "apiVersion: v1\n" +
    "kind: List\n" +
    "items:\n" +
    "- { apiVersion: v1, kind: Pod, metadata: { name: c } }\n" +
    "- { apiVersion: v1, kind: PodList, items: [{ apiVersion: v1, kind: Pod, metadata: { name: d } }] }\n";
  const { io } = testIO({ files: { "a.yaml": `${pod("a")}---\n${pod("b")}---\n${list}` } });
  assert.equal(
    readResources(["a.yaml"], io).map((resource) => (resource.metadata as { readonly name: string }).name),
    ["a", "b", "c", "d"],
  );
});

test("what is no resource is wrong usage, with its place", () => {
  for (const text of ["a: 1", "- a", "kind: Pod", "a: [", "kind: List\napiVersion: v1\nitems: [1]"])
    throwsCode("invalid-usage", () => readResources(["a.yaml"], testIO({ files: { "a.yaml": text } }).io));
  throwsCode("invalid-usage", () => readResources(["gone.yaml"], testIO().io));
});

test.run();
