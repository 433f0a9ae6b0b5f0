import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { canonical, readHere } from "../../scripts/fuzz-yaml.ts";
import { recordedTexts } from "../../scripts/fuzz/yaml-readings.ts";
import { yamlTextAt } from "../../scripts/fuzz/yaml-texts.ts";
import { yamlValueAt } from "../../scripts/fuzz/yaml-values.ts";

const test = suite("scripts/fuzz-yaml");
const readings: readonly (readonly [text: string, documents: readonly string[] | null])[] = JSON.parse(
  readFileSync(new URL("../fixtures/yaml-readings/readings.json", import.meta.url), "utf8"),
);

test("what kubectl was recorded to read is read alike, or refused", () => {
  let alike = 0;
  for (const [text, documents] of readings) {
    const here = readHere(text);
    if (here === undefined || documents === null) continue;
    assert.equal(here, documents, JSON.stringify(text));
    alike++;
  }
  assert.ok(alike > 500, String(alike));
});

test("plain words are read alike and not refused, but for those that JSON or a key cannot be", () => {
  const refused = readings.filter(
    ([text, documents]) => documents !== null && /^a: [\w.+~-]+\n$/.test(text) && readHere(text) === undefined,
  );
  assert.equal(refused, []);
  for (const word of ["yes", "on", "0644", "0o17", "1_000", "1:30", "2001-01-01", "~", ".5"])
    assert.ok(readHere(`a: ${word}\n`) !== undefined, word);
});

test("the recorded texts are those of the list", () =>
  assert.equal(
    readings.map(([text]) => text),
    recordedTexts(),
  ));

test("texts and values are the same for the same seed and index", () => {
  const seeds = ["a: b\n"];
  const texts = (seed: number) => Array.from({ length: 200 }, (_, index) => yamlTextAt(index, seed, seeds));
  assert.equal(texts(3), texts(3));
  assert.not.equal(texts(3), texts(4));
  assert.ok(texts(3).filter((text) => readHere(text) !== undefined).length > 60);
  assert.equal(yamlValueAt(5, 1), yamlValueAt(5, 1));
});

test("a value is one text whatever the order of its keys; integers are exact", () => {
  assert.is(canonical({ b: [1n, 1.5, null], a: "x" }), canonical({ a: "x", b: [1, 1.5, null] }));
  assert.not.equal(canonical(2n ** 60n), canonical(2n ** 60n + 1n));
  assert.is(canonical(-0), "0");
});

test.run();
