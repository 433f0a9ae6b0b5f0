/**
 * Our verdicts against the real cosign 3's, over a fixed matrix of artefacts that are right or wrong in one way: what
 * cosign said is a table, what we say is found anew. How the table is made: `test/conformance/differential/run.ts`,
 * docs/decisions/022-signing-lab.md.
 */
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { tempFolder } from "../support/temp-folder.ts";
import { writeCase } from "./differential/case-files.ts";
import { makeCase, makeMatrix } from "./differential/matrix.ts";
import { ourVerdict } from "./differential/our-verdict.ts";
import { reasonFor, reasons } from "./differential/reasons.ts";
import { readMatrix, readVerdicts } from "./differential/verdicts.ts";

const test = suite("conformance/differential");
const matrix = readMatrix();
const verdicts = readVerdicts();
const differ = verdicts.filter(({ cosign, ours }) => cosign !== ours);

test("the table has a row for each case of the matrix, and the matrix is what its makers say", () => {
  assert.equal(matrix, makeMatrix());
  assert.equal(
    verdicts.map(({ id }) => id),
    matrix.map(({ id }) => id),
  );
  assert.is(new Set(matrix.map(({ id }) => id)).size, matrix.length);
});

test("how many: cases, both accept, both refuse, we alone refuse, we alone accept", () => {
  const count = (cosign: string, ours: string): number =>
    verdicts.filter((row) => row.cosign === cosign && row.ours === ours).length;
  assert.equal(
    [
      verdicts.length,
      count("accept", "accept"),
      count("refuse", "refuse"),
      count("accept", "refuse"),
      count("refuse", "accept"),
    ],
    [923, 239, 580, 82, 22],
  );
});

test("every difference has its reason, and every reason a difference", () => {
  for (const row of matrix) {
    const verdict = verdicts.find(({ id }) => id === row.id);
    assert.is(verdict?.reason, verdict?.cosign === verdict?.ours ? undefined : reasonFor(row), row.id);
    assert.ok(verdict?.cosign === verdict?.ours || verdict?.reason !== undefined, row.id);
  }
  for (const reason of Object.keys(reasons))
    assert.ok(
      differ.some((row) => row.reason === reason),
      `decides nothing: ${reason}`,
    );
});

test("what we accept and cosign does not is of few kinds", () => {
  const kinds = new Set(differ.filter(({ ours }) => ours === "accept").map(({ reason }) => reason?.split(":")[0]));
  assert.equal([...kinds].sort(), [
    "docs/spec/kyverno.md#keys",
    "docs/spec/outcomes.md#layouts",
    "docs/spec/sigstore.md#bundle-referrers",
    "docs/spec/sigstore.md#fulcio-extensions",
    "docs/spec/sigstore.md#hash-for-a-key",
    "docs/spec/sigstore.md#names-in-a-certificate",
  ]);
});

const folder = tempFolder();
for (const [index, row] of matrix.entries()) {
  const expected = verdicts[index];
  test(row.id, async () => {
    const signed = makeCase(row);
    const ours = await ourVerdict(signed, writeCase(row, signed, join(folder, String(index))));
    assert.equal([ours.accepts ? "accept" : "refuse", ours.code], [expected?.ours, expected?.code]);
  });
}

test.run();
