/**
 * An export: what a mirror knows, or what changed since an earlier archive, as a signed archive. The mirror is read in
 * one transaction, so that writers go on meanwhile; memory does not grow with it.
 * Source: docs/spec/archive.md, docs/spec/offline.md#crossing-the-gap.
 */
import { contentRow, encodeEntry, isTombstone, namedBlobs, type RowEntry } from "../../core/archive/archive-entry.ts";
import type { ArchiveKind, BootstrapFile, CarriedConsistency } from "../../core/archive/archive-statement.ts";
import { encodeCarriedBlob } from "../../core/archive/carried-blob.ts";
import type { ContentRow } from "../../core/archive/order.ts";
import { type Digest, digestOf, isDigest } from "../../core/crypto/digest.ts";
import type { Limits } from "../../core/limits.ts";
import type { SigningKey } from "../archive/signing-key.ts";
import type { Mirror } from "../mirror/mirror.ts";
import { ArchiveFiles } from "./archive-files.ts";
import { addBootstrap, type BootstrapInput } from "./bootstrap-files.ts";
import type { ExportedCheckpoint, ExportLog, ExportRecord, RecordWriter } from "./export-log.ts";
import { indexLinesOf } from "../../core/archive/index-lines.ts";
import { exportedCheckpoint } from "./log-growth.ts";
import { countOne } from "../young-garbage.ts";
import { rowChanges } from "./row-changes.ts";
import { type SealOptions, Spool, type SpooledList } from "./spool.ts";

/** Where a delta begins. */
export interface DeltaBase {
  readonly sequence: number;
  readonly statement: Digest;
  readonly contentId: Digest;
  readonly checkpoints: readonly ExportedCheckpoint[];
  rows(): Iterable<ContentRow>;
  /** Digests of the blobs that the far side has since then. */
  blobs(): Iterable<string>;
}

export interface ExportOptions {
  readonly mirror: Mirror;
  readonly log: ExportLog;
  readonly key: SigningKey;
  /** The file, or the beginning of the names of its parts. */
  readonly path: string;
  readonly kind: ArchiveKind;
  readonly base?: DeltaBase | undefined;
  readonly chunkSize?: number | undefined;
  readonly withLayers: boolean;
  readonly nextKeys: readonly string[];
  readonly bootstrap: readonly BootstrapInput[];
  /** The coverage report, which travels along. */
  readonly coverage?: Uint8Array | undefined;
  readonly consistency: readonly CarriedConsistency[];
  /** A dry run does all but the writing. */
  readonly isDry: boolean;
  readonly now: Date;
  readonly limits: Limits;
}

/** A log that grew since an earlier archive, and whether the proof of it travels along. */
export interface ReportedGrowth {
  readonly origin: string;
  readonly firstSize: string;
  readonly secondSize: string;
  readonly proved: boolean;
}

export interface ExportReport {
  readonly kind: ArchiveKind;
  readonly sequence: number;
  readonly statement: Digest;
  readonly contentId: Digest;
  readonly base?: number;
  readonly created: string;
  readonly entries: number;
  readonly tombstones: number;
  readonly blobs: number;
  readonly layers: number;
  /** Of the blobs. */
  readonly blobBytes: number;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  readonly bootstrap: readonly BootstrapFile[];
  readonly growth: readonly ReportedGrowth[];
}

/**
 * Makes an archive. A number is taken when it is whole on the disk; one that fails leaves nothing.
 * @throws EngineError `mirror-corrupt`, `over-limit`; `invalid-usage` when it cannot be written, or a blob does not fit
 * into a part.
 */
export function exportArchive(options: ExportOptions): ExportReport {
  const { log, limits, mirror } = options;
  const spool = new Spool(log.work, limits);
  try {
    return mirror.passing(() => mirror.snapshot(() => exportState(options, spool)));
  } catch (error) {
    log.abandon();
    throw error;
  } finally {
    spool.close();
  }
}

function exportState(options: ExportOptions, spool: Spool): ExportReport {
  const { log, kind, base, coverage, isDry, now, mirror, key, path, chunkSize, limits } = options;
  const last = log.last();
  const sequence = Math.max(last?.sequence ?? 0, base?.sequence ?? 0) + 1;
  const record = log.record(sequence);
  const entryList = spool.spoolList("entries");
  const blobList = spool.spoolList("blobs");
  try {
    const { entries, tombstones, contentId, checkpoints } = collectEntries(options, spool, record, entryList);
    if (options.withLayers) collectLayers(mirror, spool);
    const bootstrap = addBootstrap(options.bootstrap, spool);
    const { layers, ...blobTotals } = listBlobs(spool, blobList, {
      sizes: (digests) => mirror.blobSizes(digests),
      noted: (digest) => record.blob(digest),
      ...(base === undefined ? {} : { without: base.blobs() }),
    });
    record.flush("blobs");
    const consistency = options.consistency.filter(({ origin, secondSize }) =>
      checkpoints.some((one) => one.origin === origin && one.treeSize === secondSize.toString()),
    );
    const created = now.toISOString();
    const files = new ArchiveFiles({
      draft: {
        kind,
        sequence,
        contentId,
        created,
        entryLists: entryList.finish(),
        blobLists: blobList.finish(),
        totals: { entries, tombstones, ...blobTotals },
        ...(last === undefined ? {} : { previous: last.statement }),
        ...(base === undefined
          ? {}
          : { base: { sequence: base.sequence, statement: base.statement, contentId: base.contentId } }),
        ...(options.nextKeys.length === 0 ? {} : { nextKeys: options.nextKeys }),
        ...(coverage === undefined ? {} : { coverage: { digest: digestOf(coverage), size: coverage.length } }),
        ...(consistency.length === 0 ? {} : { consistency }),
        ...(bootstrap.length === 0 ? {} : { bootstrap }),
      },
      key,
      spool,
      entryList,
      blobList,
      coverage,
      mirror,
      path,
      chunkSize,
      limits,
    });
    const { digest: statement } = files;
    const growth = growthOf([...(last?.checkpoints ?? []), ...(base?.checkpoints ?? [])], checkpoints, consistency);
    const sizes = isDry ? [] : publish(files, options, record, { sequence, kind, contentId, created, checkpoints });
    return {
      kind,
      sequence,
      statement,
      contentId,
      ...(base === undefined ? {} : { base: base.sequence }),
      created,
      entries,
      tombstones,
      blobs: blobTotals.blobs,
      layers,
      blobBytes: blobTotals.bytes,
      files: sizes.map((bytes, index) => ({ path: files.files[index]?.to ?? path, bytes })),
      bootstrap,
      growth,
    };
  } finally {
    record.close();
    entryList.close();
    blobList.close();
    if (isDry) log.abandon();
  }
}

function publish(
  files: ArchiveFiles,
  { log }: ExportOptions,
  record: RecordWriter,
  described: Pick<ExportRecord, "sequence" | "kind" | "contentId" | "created" | "checkpoints">,
): readonly number[] {
  log.announce(files.files);
  const sizes = files.write();
  log.publish({ ...described, statement: files.digest, ...record.finish() }, files.files);
  return sizes;
}

interface Collected {
  readonly entries: number;
  readonly tombstones: number;
  readonly contentId: Digest;
  readonly checkpoints: readonly ExportedCheckpoint[];
}

/** Every log that grew, with and without proof: what is missing is said. */
function growthOf(
  earlier: readonly ExportedCheckpoint[],
  now: readonly ExportedCheckpoint[],
  proofs: readonly CarriedConsistency[],
): readonly ReportedGrowth[] {
  const found = new Map<string, ReportedGrowth>();
  for (const { origin, treeSize: secondSize } of now)
    for (const { origin: name, treeSize: firstSize } of earlier) {
      if (name !== origin || BigInt(firstSize) < 1n || BigInt(firstSize) >= BigInt(secondSize)) continue;
      const proved = proofs.some((proof) => proof.origin === origin && proof.firstSize === BigInt(firstSize));
      found.set(`${firstSize} ${origin}`, { origin, firstSize, secondSize, proved });
    }
  return [...found.values()];
}

/** Reads the mirror once: what it knows goes into the record, and what the archive says into the list. */
function collectEntries(
  { mirror, kind, base, limits }: ExportOptions,
  spool: Spool,
  record: RecordWriter,
  list: SpooledList,
): Collected {
  const checkpoints: ExportedCheckpoint[] = [];
  function* noted(): Iterable<RowEntry> {
    for (const { entry, bytes } of mirror.entries(kind === "trust")) {
      const row = contentRow(entry);
      record.row(row);
      for (const { digest, size } of namedBlobs(entry))
        spool.add({ digest, size, bytes: digest === row.digest ? bytes : undefined });
      for (const { digest, line } of indexLinesOf(entry)) spool.list(digest, line);
      countOne("row");
      if (entry.kind === "checkpoint") checkpoints.push(exportedCheckpoint(entry, bytes, limits));
      yield entry;
    }
  }
  let entries = 0;
  let tombstones = 0;
  for (const entry of base === undefined ? noted() : rowChanges(base.rows(), noted())) {
    list.add(encodeEntry(entry));
    if (isTombstone(entry)) tombstones += 1;
    else entries += 1;
  }
  record.flush("rows");
  return { entries, tombstones, contentId: record.contentId(), checkpoints };
}

/** Files of layers by their names. What is no layer, a file that somebody put there, is left. */
function collectLayers({ layers }: Mirror, spool: Spool): void {
  for (const name of layers.names()) {
    const digest = `sha256:${name}`;
    const size = isDigest(digest) ? layers.size(digest) : undefined;
    if (isDigest(digest) && size !== undefined) spool.add({ digest, size, use: "layer", path: layers.path(digest) });
  }
}

function listBlobs(spool: Spool, list: SpooledList, options: Omit<SealOptions, "carried">) {
  let blobs = 0;
  let bytes = 0;
  let layers = 0;
  spool.seal({
    ...options,
    carried: ({ digest, size, use }) => {
      list.add(encodeCarriedBlob(use === undefined ? { digest, size } : { digest, size, use }));
      blobs += 1;
      bytes += size;
      if (use === "layer") layers += 1;
    },
  });
  return { blobs, bytes, layers };
}
