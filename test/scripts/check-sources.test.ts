import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkSources, sourceClauses, unknownParts } from "../../scripts/check-sources.ts";
import { tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/check-sources");
const page = "# Formats\n\n## Tag layout\n\n```\n## Not a section\n```\n\n## A key's hash (RSA)\n";
const tree = (files: Readonly<Record<string, string>>) =>
  checkSources(
    tempFolder({ "docs/spec/formats.md": page, "core/basis.ts": "/** Bytes. Source: RFC 4648 §4. */\n", ...files }),
  );
const faults = (files: Readonly<Record<string, string>>) => tree(files).faults;
const source = (text: string): Readonly<Record<string, string>> => ({
  "core/a.ts": `/** A module. Source: ${text} */\n`,
});

const good: readonly string[] = [
  "RFC 9162 §2.1.1 and §2.1.3.2.",
  "RFC 5280 §4.2.1.4, .5, .11 and §6.1. Here is more: of one kind and another.",
  "TUF 1.0 §5.3.4, TAP 15 (succinct hash bins).",
  "docs/spec/formats.md.",
  "docs/spec/formats.md#tag-layout, #a-keys-hash-rsa; Go's net/url package (Parse).",
  "cosign signature specification (docs/spec/formats.md#tag-layout).",
  "X.690 §8 (BER) as §10 and §11 (DER) restrict it.",
  "RFC 7468: text outside the boundaries is ignored, and so on.",
];
for (const text of good) test(`a source that resolves: ${text}`, () => assert.equal(faults(source(text)), []));

const wrong: Readonly<Record<string, readonly [text: string, told: RegExp]>> = {
  "a page of nowhere": ["kyverno.md 5.2.", /kyverno\.md is cited without saying where it is|nobody can open/],
  "a page that does not exist": ["docs/spec/kyverno.md#keys.", /docs\/spec\/kyverno\.md does not exist/],
  "a section that does not exist": ["docs/spec/formats.md#tag-layouts.", /has no section #tag-layouts/],
  "a second section that does not exist": ["docs/spec/formats.md#tag-layout, #gone.", /has no section #gone/],
  "a heading inside a code fence": ["docs/spec/formats.md#not-a-section.", /has no section #not-a-section/],
  "a section in parentheses that does not exist": ["RFC 6962 (docs/spec/formats.md#gone).", /has no section #gone/],
  "a document of no known form": ["the usual rules.", /nobody can open the source "the usual rules"/],
  "a known document beside an unknown one": ["RFC 4648 §4, my notes.", /nobody can open the source "my notes"/],
  "an RFC without its number": ["RFC base64.", /nobody can open/],
  "a place without a document": ["§5.2.", /nobody can open/],
  "a source that says nothing": ["", /without a source/],
};
for (const [name, [text, told]] of Object.entries(wrong))
  test(`${name} is a fault`, () => assert.match(faults(source(text)).join("\n"), told));

test("a source over several lines is one source", () => {
  const block = (last: string) => ({
    "core/a.ts": `/**\n * A module. Source: RFC 4648 §4,\n * ${last}\n *\n * More.\n */\n`,
  });
  assert.equal(faults(block("RFC 3629.")), []);
  assert.equal(faults(block("my notes.")), ['core/a.ts: nobody can open the source "my notes"']);
});

test("comments within code and rules in strings are looked at too", () => {
  assert.is(faults({ "core/a.ts": "// As design.md says.\nexport {};\n" }).length, 1);
  assert.is(faults({ "test/a.test.ts": 'const rule = "docs/spec/formats.md#gone: a rule";\n' }).length, 1);
  assert.is(faults({ "test/conformance/rows.json": '[{"row": "docs/spec/formats.md#gone: a rule"}]' }).length, 1);
});

test("links and paths on pages must lead somewhere", () => {
  const inDocs = (text: string) => faults({ "docs/a.md": `# A\n\n${text}\n` });
  assert.equal(inDocs("[a](spec/formats.md#tag-layout), [b](#a), [c](https://example.org/), `core/basis.ts`"), []);
  assert.equal(inDocs("[a](spec/formats.md#gone)"), ["docs/a.md: docs/spec/formats.md has no section #gone"]);
  assert.equal(inDocs("[a](spec/gone.md)"), ["docs/a.md: docs/spec/gone.md does not exist"]);
  assert.equal(inDocs("[a](../LICENSE)"), ["docs/a.md: no LICENSE"]);
  assert.equal(inDocs("`core/gone.ts`"), ["docs/a.md: core/gone.ts does not exist"]);
});

test("sources of a page of docs/spec", () => {
  const sources = (text: string) => faults({ "docs/spec/a.md": `# A\n\n## B\n\n${text}\n\nMore: of it, and so on.\n` });
  assert.equal(
    sources("Source: `pkg/engine/match.go`; RFC 5280 §6.1 as\nGo applies it; [a page](https://example.org/)."),
    [],
  );
  assert.equal(sources("Source: `pkg/engine/match.go`, our notes."), [
    'docs/spec/a.md: nobody can open the source "our notes"',
  ]);
});

test("a tree that cites nothing is a fault", () => {
  assert.equal(checkSources(tempFolder({ "core/a.ts": "export {};\n" })).faults, ["no source was checked"]);
  assert.is(tree({}).saw, "1 sources, 1 pages");
});

test("clauses and their parts", () => {
  assert.equal(sourceClauses("A. Source: RFC 4648 §4 (a: b). More. Source: TUF 1.0"), ["RFC 4648 §4", "TUF 1.0"]);
  assert.equal(unknownParts("RFC 4648 §4 and §5, notes; Go's time package"), ["notes"]);
});

test.run();
