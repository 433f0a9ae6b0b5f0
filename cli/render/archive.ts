/** Signed archives for people and machines. Source: docs/spec/command-line.md#archives. */
import type { ArchiveStatement, BootstrapFile } from "../../core/archive/archive-statement.ts";
import type { Digest } from "../../core/crypto/digest.ts";
import type { ArchiveChange } from "../../proxy/crossing/archive-diff.ts";
import type { ArchivePart } from "../../proxy/crossing/archive-part.ts";
import type { ArchiveReader } from "../../proxy/crossing/archive-reader.ts";
import type { ExportReport, ReportedGrowth } from "../../proxy/crossing/export-archive.ts";
import type { VerifiedArchive } from "../../proxy/crossing/verify-archive.ts";
import type { Coverage } from "../../proxy/sync/coverage.ts";
import { counted } from "./count.ts";
import { shortDigest, withShortDigests } from "./digest.ts";
import { visible, visibleLine } from "./escape.ts";
import { fitLine } from "./say.ts";
import { toSizeText } from "./size.ts";
import { decisionWords, reasonText } from "./sync.ts";
import { renderColumns } from "./table.ts";

const kindWords = (kind: ArchiveStatement["kind"], base: number | undefined): string =>
  kind === "delta" ? `delta since ${base}` : kind === "trust" ? "trust alone" : "full";

/** The files that travel along, in the form of `sha256sum`, which is not to be broken into lines. */
export const renderFiles = (files: readonly BootstrapFile[]): string =>
  files.map(({ name, digest }) => `${digest.slice("sha256:".length)}  ${visibleLine(name)}\n`).join("");

/** What names an archive in every document. */
const identityOf = (
  { kind, sequence, contentId, created, base, previous }: ArchiveStatement,
  statement: Digest,
): Readonly<Record<string, unknown>> => ({
  kind,
  sequence,
  statement,
  contentId,
  created,
  ...(base === undefined ? {} : { base: base.sequence }),
  ...(previous === undefined ? {} : { previous }),
});

/** A log that grew, and why no proof of it travels along. */
export interface SaidGrowth extends ReportedGrowth {
  readonly reason?: string;
}

/** The members of the document `ExportReport`. */
export const toExportJson = (
  { kind, sequence, statement, contentId, base, created, growth: _, ...counts }: ExportReport,
  growth: readonly SaidGrowth[],
) => ({
  archive: { kind, sequence, statement, contentId, created, ...(base === undefined ? {} : { base }) },
  ...counts,
  ...(growth.length === 0 ? {} : { logs: growth }),
});

const growthLine = ({ origin, firstSize, secondSize, proved, reason = "" }: SaidGrowth): string =>
  `  log ${visibleLine(origin)}: from ${firstSize} to ${secondSize} entries, ` +
  (proved ? "proved" : `no proof: ${visibleLine(reason)}`);

export function renderExport(report: ExportReport, growth: readonly SaidGrowth[]): string {
  const { kind, sequence, statement, contentId, base, entries, tombstones, blobs, layers, blobBytes, files } = report;
  return text(
    ...files.map(({ path, bytes }) => `wrote ${visibleLine(path)}, ${toSizeText(bytes)}`),
    ...(files.length === 0 ? ["dry run: nothing was written, and no number was taken"] : []),
    `archive ${sequence}, ${kindWords(kind, base)}`,
    `  ${contentWords({ entries, tombstones, blobs, bytes: blobBytes }, layers)}`,
    // An empty delta takes a number, too. Who forgot to sync sees that here, before it is carried across.
    ...(kind === "delta" && entries + tombstones === 0 ? [`  nothing has changed since archive ${base ?? "?"}`] : []),
    `  statement ${shortDigest(statement)}, content id ${shortDigest(contentId)}`,
    ...growth.map(growthLine),
  );
}

/** An image, and what is decided about it. */
export interface CoveredImage {
  readonly image: string;
  readonly coverage: Coverage;
}

/** An image of the mirror, and what the other side will decide about it. */
export interface ImageCoverage extends CoveredImage {
  readonly digest: Digest;
}

/** What the other side will decide, image by image, and what it lacks. */
export function renderCoverage(images: readonly CoveredImage[], width: number): string {
  const rows = images.map(({ image, coverage }) => {
    const code = coverage.reasons.find((reason) => reason.code !== undefined)?.code;
    return [visibleLine(image), decisionWords[coverage.verdict], code ?? "-"];
  });
  const table = renderColumns(["IMAGE", "DECISION", "GAP"], rows, { width });
  const details = images.flatMap(({ image, coverage }) => {
    if (coverage.verdict === "pass" || coverage.verdict === "none") return [];
    const said = [...new Set(coverage.reasons.map(reasonText))];
    return [visible(image), ...said.slice(0, 3).map((why) => `  ${visible(withShortDigests(why, "…"))}`)];
  });
  return `${table}\n${details
    .flatMap((line) => fitLine(line, width))
    .map((line) => `${line}\n`)
    .join("")}`;
}

const text = (...lines: readonly string[]): string => `${lines.join("\n")}\n`;

const contentWords = ({ entries, tombstones, blobs, bytes }: ArchiveStatement["totals"], layers = 0): string =>
  `${counted(entries, "entry", "entries")}, ${tombstones} gone, ${counted(blobs, "blob")} of ` +
  `${toSizeText(bytes)}${layers === 0 ? "" : `, ${counted(layers, "layer")} of them`}`;

/** The files that were named, by their place in the archive. */
export interface ArchiveInspection {
  readonly first: ArchivePart;
  readonly parts: readonly { readonly part: number; readonly path?: string; readonly bytes?: number }[];
}

/** The members of the document `ArchiveInspection`. */
export function toInspectionJson({ first, parts }: ArchiveInspection) {
  const { statement, digest, key, claimedKeys } = first;
  return {
    archive: identityOf(statement, digest),
    signature: { verified: key !== undefined, keys: key === undefined ? claimedKeys : [key.fingerprint] },
    totals: statement.totals,
    parts,
    nextKeys: statement.nextKeys ?? [],
    bootstrap: statement.bootstrap ?? [],
    coverage: statement.coverage !== undefined,
  };
}

export function renderInspection({ first, parts }: ArchiveInspection): string {
  const { statement, digest, key, claimedKeys } = first;
  const { kind, sequence, created, contentId, base, totals, nextKeys = [], coverage } = statement;
  return text(
    `archive ${sequence}, ${kindWords(kind, base?.sequence)}, made ${visibleLine(created)}`,
    `  ${contentWords(totals)}`,
    `  statement ${shortDigest(digest)}, content id ${shortDigest(contentId)}`,
    ...(base === undefined ? [] : [`  since the statement ${shortDigest(base.statement)}`]),
    key === undefined
      ? `  not verified; says that it is signed by ${claimedKeys.map(shortDigest).join(", ") || "nobody by name"}`
      : `  signed by ${shortDigest(key.fingerprint)}`,
    ...(parts.length === 1
      ? []
      : parts.map(({ part, path }) => `  part ${part}: ${path === undefined ? "not named" : visibleLine(path)}`)),
    ...(nextKeys.length === 0 ? [] : [`  names ${counted(nextKeys.length, "key")} for later archives`]),
    ...(coverage === undefined ? [] : ["  has a report of what the other side will decide"]),
  );
}

/** The members of the document `ArchiveVerification`. */
export const toVerifiedJson = ({ statement, digest, key }: ArchiveReader, verified: VerifiedArchive) => ({
  archive: identityOf(statement, digest),
  key: key.fingerprint,
  ...verified,
  blobBytes: statement.totals.bytes,
  bootstrap: statement.bootstrap ?? [],
});

export function renderVerified({ statement, digest, key }: ArchiveReader, verified: VerifiedArchive): string {
  const { sequence, kind, base, contentId, totals } = statement;
  return text(
    `archive ${sequence}, ${kindWords(kind, base?.sequence)}, is whole; signed by ${shortDigest(key.fingerprint)}`,
    `  ${contentWords(totals, verified.layers)}`,
    `  statement ${shortDigest(digest)}, content id ${shortDigest(contentId)}`,
  );
}

const signs: Readonly<Record<ArchiveChange["change"], string>> = { added: "+", changed: "~", removed: "-" };

/** Kinds whose key begins with the kind, as questions do. */
const nameOf = ({ kind, key }: ArchiveChange): string => (key.startsWith(`${kind} `) ? key : `${kind} ${key}`);

/** The changes between two archives, as they are found and in numbers. */
export class ArchiveDiffTeller {
  readonly #old: Readonly<Record<string, unknown>>;
  readonly #fresh: Readonly<Record<string, unknown>>;
  readonly #changes: ArchiveChange[] = [];
  readonly #counts = { added: 0, changed: 0, removed: 0 };

  constructor(old: ArchiveReader, fresh: ArchiveReader) {
    this.#old = identityOf(old.statement, old.digest);
    this.#fresh = identityOf(fresh.statement, fresh.digest);
  }

  add(change: ArchiveChange): void {
    this.#changes.push(change);
    this.#counts[change.change] += 1;
  }

  line(change: ArchiveChange): string {
    return `${signs[change.change]} ${withShortDigests(visibleLine(nameOf(change)), "…")}\n`;
  }

  summary(): string {
    const { added, changed, removed } = this.#counts;
    return `${added} added, ${changed} changed, ${removed} removed\n`;
  }

  /** The members of the document `ArchiveDiff`. */
  toJson(): object {
    return { old: this.#old, new: this.#fresh, summary: this.#counts, changes: this.#changes };
  }
}
