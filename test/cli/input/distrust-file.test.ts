import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readDistrustFile } from "../../../cli/input/distrust-file.ts";
import { distrustKinds } from "../../../core/knowledge/knowledge.ts";
import { throwsCode } from "../../support/assert.ts";
import { testIO } from "../command-io.ts";

const test = suite("cli/input/distrust-file");
const read = (text: string | Uint8Array) => readDistrustFile("d.yaml", testIO({ files: { "d.yaml": text } }).io);
const hex = "a".repeat(64);

test("a list as it is documented: dates are text, and JSON is YAML too", () => {
  const row = { kind: "digest", value: `sha256:${hex}`, reason: "built by a compromised runner", date: "2026-03-01" };
  const lines = [`digest: ${row.value}`, `  reason: ${row.reason}`, "  date: 2026-03-01"];
  assert.equal(read(`distrust:\n  - ${lines.join("\n  ")}\n  - identity: "https://*"\n`), [
    row,
    { kind: "identity", value: "https://*" },
  ]);
  assert.equal(read(`{"distrust": [{"log": "${hex}"}]}`), [{ kind: "log", value: hex }]);
  assert.equal(read("distrust: []"), []);
});

const wrong: Readonly<Record<string, readonly [text: string, place: string]>> = {
  "no list": ["distrust: {}\n", "d.yaml:1:11"],
  "another field": [`distrust:\n  - key: ${hex}\n    because: x\n`, "d.yaml:3:14"],
  "an invalid value": ["distrust:\n  - digest: latest\n", "d.yaml:2:13"],
  "an invalid date": [`distrust:\n  - key: ${hex}\n    date: yesterday\n`, "d.yaml:3:11"],
  "no value": ["distrust:\n  - reason: x\n", "d.yaml:2:5"],
  "a policy": ["kind: ClusterPolicy\n", "d.yaml:1:7"],
  "no YAML": ["distrust: [", "d.yaml:1:12"],
  "the same key twice": ["distrust: []\ndistrust: []\n", "d.yaml:2:1"],
  "two documents": ["distrust: []\n---\ndistrust: []\n", "d.yaml"],
  nothing: ["", "d.yaml"],
};
for (const [name, [text, place]] of Object.entries(wrong))
  test(`refused as a whole: ${name}`, () => assert.is(throwsCode("invalid-usage", () => read(text)).subject, place));

test("an unknown field is refused with the fields that there are", () => {
  const { message } = throwsCode("invalid-usage", () => read("distrust: []\nkeys: []\n"));
  assert.match(message, /"keys"; the fields here are distrust$/);
  const row = throwsCode("invalid-usage", () => read(`distrust:\n  - fingerprint: ${hex}\n`)).message;
  for (const field of [...distrustKinds, "reason", "date"]) assert.match(row, field);
});

test("a file that is not there, or is no text", () => {
  throwsCode("invalid-usage", () => readDistrustFile("other", testIO().io));
  throwsCode("invalid-usage", () => read(Uint8Array.of(0xff, 0xfe)));
});

test.run();
