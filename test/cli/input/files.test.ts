import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseDocuments, readPaths, splitLists, reportSkippedDocuments } from "../../../cli/input/files.ts";
import { toJson } from "../../../core/kyverno/policy/policy-value.ts";
import { throwsCode } from "../../support/assert.ts";
import { testIO } from "../command-io.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("cli/input/files");

test("folders are read to their depth, only YAML and JSON, in order", () => {
  const files = { "d/b.yaml": "b", "d/a.yml": "a", "d/c.txt": "c", "d/e/f.JSON": "f" };
  const { io } = testIO({ files, stdin: "s" });
  assert.equal(
    readPaths(["d/", "-"], io).map(({ path, files: found }) => [path, found.map(({ name, text }) => [name, text])]),
    [
      [
        "d/",
        [
          ["d/a.yml", "a"],
          ["d/b.yaml", "b"],
          ["d/e/f.JSON", "f"],
        ],
      ],
      ["-", [["-", "s"]]],
    ],
  );
});

test("hidden entries of folders are skipped; a named one is read", () => {
  const files = {
    "d/p.yaml": "p",
    "d/..data/p.yaml": "p",
    "d/..2026/p.yaml": "p",
    "d/.github/w.yaml": "w",
    "d/.hidden.yaml": "h",
    "d/e/.git/config.yaml": "g",
  };
  const { io } = testIO({ files });
  const names = (path: string) => readPaths([path], io).flatMap((given) => given.files.map(({ name }) => name));
  assert.equal(names("d"), ["d/p.yaml"]);
  assert.equal(names("d/.github"), ["d/.github/w.yaml"]);
  assert.equal(names("d/.hidden.yaml"), ["d/.hidden.yaml"]);
  assert.equal(names("d/..data/"), ["d/..data/p.yaml"]);
});

test("a named file is read whatever its name, and says that it was named", () => {
  const { io } = testIO({ files: { "c.txt": "c", "d/a.yaml": "a" } });
  assert.equal(
    readPaths(["c.txt", "d"], io).flatMap(({ files }) => files.map(({ text, inFolder }) => [text, inFolder])),
    [
      ["c", false],
      ["a", true],
    ],
  );
});

test("a path that is not there, and a file that is no text, are wrong usage", () => {
  throwsCode("invalid-usage", () => readPaths(["gone.yaml"], testIO().io));
  throwsCode("invalid-usage", () => readPaths([""], testIO().io));
  const binary = testIO({ files: { "d/a.yaml": Uint8Array.of(0xff, 0xfe) } }).io;
  assert.is(throwsCode("invalid-usage", () => readPaths(["d"], binary)).subject, "d/a.yaml");
});

test("documents, and where one does not parse", () => {
  assert.equal(
    JSON.stringify(
      parseDocuments({ name: "a", text: "a: 1\n---\n---\nb: [c]\n" }, defaultLimits).map(({ value }) => toJson(value)),
    ),
    '[{"a":1},{"b":["c"]}]',
  );
  assert.is(
    throwsCode("invalid-usage", () => parseDocuments({ name: "a", text: "a: [" }, defaultLimits)).subject,
    "a:1:5",
  );
});

test("lists of paths", () => assert.equal(splitLists(["a,b", "c"], undefined, ["d"]), ["a", "b", "c", "d"]));

test("one line counts skipped documents and names the first files", () => {
  const { io, seen } = testIO();
  const at = (file: string) => ({ file, line: 1, column: 1 });
  reportSkippedDocuments("documents", [], io);
  assert.is(seen.err, "");
  reportSkippedDocuments("documents", [at("a"), at("a"), at("b")], io);
  reportSkippedDocuments("documents", ["a", "b", "c", "d", "e"].map(at), io);
  assert.is(seen.err, "skipped: 3 documents: a, b\nskipped: 5 documents: a, b, c, and 2 files more\n");
});

test.run();
