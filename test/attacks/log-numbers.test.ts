/**
 * Numbers of log entries in forms that two readers read differently. Source: docs/spec/sigstore.md#strict-json,
 * #signed-entry-timestamp, docs/attacks.md; RFC 8785.
 */
import * as assert from "uvu/assert";
import { encodeBase64 } from "../../core/encoding/base64.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import type { LogEntry } from "../../core/tlog/log-entry.ts";
import { layerAnnotation } from "../../core/cosign/layer-annotation.ts";
import { type Changes, type Recipe, verdict } from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { accepts, lab, refuses, withChange } from "./refuses.ts";

const { attack, run } = attackSuite("log-numbers");

const file: Recipe = { layout: "file", claim: "blob" };
const tag: Recipe = { layout: "tag" };

/** A field's number in the text of a bundle in hand, written otherwise. */
function writtenInBundle(recipe: Recipe, field: string, text: string): string {
  const signed = accepts(recipe);
  const bundle = signed.bundle?.replace(new RegExp(`"${field}":"[0-9]+"`), `"${field}":${text}`);
  assert.is.not(bundle, signed.bundle);
  return verdict({ ...signed, bundle: bundle ?? "" });
}

/** A number in a layer's annotation, written otherwise. */
const writtenInLayer = (field: string, text: (number: string) => string): Changes => ({
  layer: (annotations) => {
    const right = annotations[layerAnnotation.bundle] ?? "";
    const wrong = right.replace(new RegExp(`"${field}":([0-9]+)`), (_, number: string) => `"${field}":${text(number)}`);
    assert.is.not(wrong, right);
    return { ...annotations, [layerAnnotation.bundle]: wrong };
  },
});

/** No count at all, in quotes and without. */
const wrongCounts: readonly string[] = [
  '"-1"',
  "-1",
  "-0",
  '"-0"',
  '"9223372036854775808"',
  "9223372036854775808",
  '"18446744073709551616"',
  `"${"9".repeat(400)}"`,
  '"01"',
  '"1e3"',
  "1e3",
  "1003.0",
  '"1003.0"',
  '" 1003"',
  '"1003 "',
  '"+1003"',
  '"0x3eb"',
  '"1_003"',
  '"١٠٠٣"',
  '""',
  '"none"',
  "true",
  "[1003]",
  "{}",
  "NaN",
];

attack(16, "indexes that are negative, too large, not decimal or no number, in the bundle's entry", () => {
  for (const text of wrongCounts) assert.is(writtenInBundle(file, "logIndex", text), "refuted: malformed", text);
  for (const text of wrongCounts)
    assert.is(writtenInBundle({ ...file, evidence: ["rekor2"] }, "logIndex", text), "refuted: malformed", text);
});

attack(16, "the same for the size of the tree and for the integrated time", () => {
  for (const field of ["treeSize", "integratedTime"])
    for (const text of wrongCounts)
      assert.is(writtenInBundle(file, field, text), "refuted: malformed", `${field} ${text}`);
});

attack(16, "the same in a layer's annotation", () => {
  for (const field of ["logIndex", "integratedTime"])
    for (const text of wrongCounts)
      refuses(
        "malformed",
        tag,
        writtenInLayer(field, () => text),
      );
  // There a number in quotes is none.
  refuses(
    "malformed",
    tag,
    writtenInLayer("logIndex", (number) => `"${number}"`),
  );
});

attack(16, "an index below zero, or beyond 64 bits, that the log vouches for", () => {
  const indexed = (logIndex: bigint): Changes => ({
    entries: (entries) =>
      entries.map((entry) => ({ ...entry, logIndex, inclusionPromise: promiseOver(entry, String(logIndex)) })),
  });
  for (const index of [-1n, 2n ** 63n, 2n ** 64n])
    for (const recipe of [file, { ...file, evidence: ["promise"] }, tag] as const)
      refuses("malformed", recipe, indexed(index));
});

/** The log's signature over the entry with its index as a text. */
const promiseOver = ({ body, integratedTime, logId }: LogEntry, index: string): Uint8Array =>
  lab.rekor.key.sign(
    encodeUtf8(
      `{"body":"${encodeBase64(body)}","integratedTime":${integratedTime},"logID":"${logId}","logIndex":${index}}`,
    ),
  );

/** An entry whose promise was made over another writing of its index, and shows it in this one. */
function promised(recipe: Recipe, shown: bigint, signed: string): Recipe {
  return withChange(recipe, {
    entries: ([entry]) =>
      entry === undefined ? [] : [{ ...entry, logIndex: shown, inclusionPromise: promiseOver(entry, signed) }],
  });
}

attack(22, "a promise signed over an exponent, a fraction or a negative zero, and shown as such", () => {
  const writings: readonly (readonly [bigint, string])[] = [
    [1000n, "1e3"],
    [1000n, "1000.0"],
    [1000n, "10E2"],
    [0n, "-0"],
  ];
  for (const [index, text] of writings) {
    accepts(promised(tag, index, String(index)));
    // Shown as it was signed: no integer.
    refuses("malformed", promised(tag, index, String(index)), {
      ...promised(tag, index, text).change,
      ...writtenInLayer("logIndex", () => text),
    });
    // Shown as an integer: another text than was signed.
    for (const recipe of [tag, file])
      refuses("bad-log-proof", promised(recipe, index, String(index)), promised(recipe, index, text).change ?? {});
  }
});

attack(22, "a promise over an index that doubles cannot hold, or over the double next to it", () => {
  const large = 2n ** 53n + 1n;
  for (const recipe of [tag, { ...file, evidence: ["promise"] }, file] as const) {
    accepts(promised(recipe, 2n ** 53n - 1n, String(2n ** 53n - 1n)));
    const exact = promised(recipe, large, String(large));
    const rounded = promised(recipe, large, String(Number(large)));
    for (const { change = {} } of [exact, rounded]) {
      const shown = recipe.layout === "tag" ? writtenInLayer("logIndex", () => String(large)) : {};
      refuses("malformed", recipe, { ...change, ...shown });
    }
  }
});

attack(22, "a body whose base64 is another text than the one signed", () => {
  // cosign signs over the text as given; read and written again it is another one.
  const spaced: Changes = {
    layer: (annotations) => {
      const right = annotations[layerAnnotation.bundle] ?? "";
      const wrong = right.replace(/"body":"(.{8})/, '"body":"$1\\n');
      assert.is.not(wrong, right);
      return { ...annotations, [layerAnnotation.bundle]: wrong };
    },
  };
  refuses("malformed", tag, spaced);
});

run();
