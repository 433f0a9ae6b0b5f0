/** Capsules for people and machines. Source: docs/spec/capsule.md. */
import type { Capsule } from "../../core/capsule/open-capsule.ts";
import type { WrittenCapsule } from "../../core/capsule/write-capsule.ts";
import type { JsonObject } from "../../core/encoding/json.ts";
import { counted } from "./count.ts";
import { shortDigest } from "./digest.ts";
import { visibleLine } from "./escape.ts";
import { toSizeText } from "./size.ts";

type Known = Pick<Capsule, "statement" | "digest">;

/** What names a capsule in every document. */
const identityOf = ({ statement, digest }: Known) => ({
  sequence: statement.sequence,
  statement: digest,
  contentId: statement.contentId,
  created: statement.created,
  ...(statement.base === undefined ? {} : { base: statement.base.sequence }),
  ...(statement.previous === undefined ? {} : { previous: statement.previous }),
});

const contentText = ({ statement: { totals } }: Known): string =>
  `${counted(totals.entries, "answer")}, ${counted(totals.blobs, "blob")} of ${toSizeText(totals.bytes)}`;

const nameText = ({ statement: { sequence, base, created } }: Known): string =>
  `capsule ${sequence}${base === undefined ? "" : `, a delta since ${base.sequence}`}, made ${visibleLine(created)}`;

export const renderWritten = (path: string, written: WrittenCapsule): string =>
  `wrote ${visibleLine(path)}, ${toSizeText(written.bytes.length)}\n${nameText(written)}\n  ${contentText(written)}\n` +
  `  statement ${shortDigest(written.digest)}, content id ${shortDigest(written.statement.contentId)}\n`;

export const toWrittenJson = (path: string, written: WrittenCapsule, coverage: JsonObject) => ({
  capsule: identityOf(written),
  file: { path, bytes: written.bytes.length },
  totals: written.statement.totals,
  coverage,
});

/** A capsule, and whether anybody signed it. */
type Looked = Capsule & { readonly isSigned: boolean };

function signatureText({ signedBy, isSigned }: Looked): string {
  if (signedBy !== undefined) return `  signed by ${shortDigest(signedBy.fingerprint)}`;
  return isSigned ? "  signed, not verified: give --key FILE" : "  nobody signed it";
}

/** The policies by name, once each. */
const policiesOf = ({ policies }: Capsule): readonly string[] => [...new Set(policies.map(({ name }) => name))].sort();

export const renderCapsule = (capsule: Looked, checked: boolean): string =>
  [
    nameText(capsule),
    `  ${contentText(capsule)}${checked ? ", every byte verified" : ""}`,
    `  statement ${shortDigest(capsule.digest)}, content id ${shortDigest(capsule.statement.contentId)}`,
    signatureText(capsule),
    `  policies: ${policiesOf(capsule).map(visibleLine).join(", ") || "none"}`,
    `  ${counted(capsule.images.length, "image")}`,
    ...rowsOf(capsule).map(([image, decision]) => `    ${visibleLine(image)}: ${visibleLine(decision)}`),
    "",
  ].join("\n");

/** What it was found to decide for each image, as the report says. */
function rowsOf(capsule: Capsule): readonly (readonly [string, string])[] {
  const { images = [] } = (capsule.coverage() ?? {}) as { readonly images?: readonly JsonObject[] };
  const decided = new Map(
    images.map(({ image, coverage }) => [String(image), String((coverage as JsonObject | undefined)?.decision)]),
  );
  return capsule.images.map((image) => [image, decided.get(image) ?? "not known"]);
}

export const toCapsuleJson = (capsule: Looked, checked: boolean) => ({
  capsule: identityOf(capsule),
  signature: {
    signed: capsule.isSigned,
    verified: capsule.signedBy !== undefined,
    ...(capsule.signedBy === undefined ? {} : { key: capsule.signedBy.fingerprint }),
  },
  checked,
  totals: capsule.statement.totals,
  policies: policiesOf(capsule),
  images: rowsOf(capsule).map(([image, decision]) => ({ image, decision })),
});
