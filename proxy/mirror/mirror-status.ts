/** What a mirror holds in numbers, for people. Nothing is verified. Source: docs/spec/offline.md#mirror. */
import { statfsSync, statSync } from "node:fs";
import type { Database } from "better-sqlite3";
import type { Digest } from "../../core/crypto/digest.ts";
import { type Grain, grainOf } from "../../core/oci/completeness.ts";
import { type CheckpointRow, checkCheckpoint } from "./checkpoint-row.ts";
import type { AcceptedKey, ImportState, SeenArchive } from "./import-state.ts";
import type { LayerStore } from "./layer-store.ts";
import { schemaVersion } from "./migrate.ts";
import type { MirrorKnowledge } from "./mirror-knowledge.ts";
import type { Run, RunLog } from "./run-log.ts";
import { sqlText } from "./statements.ts";
import { currentWriter, type LockHolder } from "./writer-lock.ts";

/** Of which snapshot the mirror is. */
export interface SnapshotStatus {
  readonly sequence: number;
  /** RFC 3339. */
  readonly created: string;
  readonly from: string;
  /** Fingerprint of the key that signed it. */
  readonly signedBy: string;
}

export interface MirrorStatus {
  /** Of a mirror that is one. */
  readonly snapshot?: SnapshotStatus;
  readonly schema: number;
  /** By kind of question. */
  readonly answers: Readonly<Record<string, { readonly present: number; readonly absent: number }>>;
  readonly blobs: number;
  readonly layers: { readonly count: number; readonly bytes: number };
  /** Of the database, its write-ahead log included. */
  readonly databaseBytes: number;
  readonly diskFreeBytes: number;
  /** The size of the disk that the mirror is on. */
  readonly diskBytes: number;
  readonly claims: Readonly<Record<Grain, number>>;
  readonly pins: number;
  readonly distrusted: number;
  readonly checkpoints: readonly { readonly origin: string; readonly size: string; readonly at: string }[];
  readonly lastRun?: Run;
  /** The last archive that was imported, of those whose keys are accepted. */
  readonly lastImport?: SeenArchive;
  /** One of a key that was rejected since, until a full archive takes its place. */
  readonly rejectedImport?: SeenArchive;
  /** Whose archives are accepted. */
  readonly acceptedKeys: readonly Omit<AcceptedKey, "pem">[];
  /** Who writes at this moment; absent: nobody. */
  readonly writer?: Partial<LockHolder>;
}

export interface MirrorToCount {
  readonly folder: string;
  /** The file of the database. */
  readonly path: string;
  readonly database: Database;
  readonly knowledge: MirrorKnowledge;
  readonly layers: LayerStore;
  readonly log: RunLog;
  readonly imports: ImportState;
}

/** @throws EngineError `mirror-corrupt` */
export function countMirror({ folder, path, database, knowledge, layers, log, imports }: MirrorToCount): MirrorStatus {
  const answers: Record<string, { present: number; absent: number }> = {};
  for (const { kind, state, count } of database
    .prepare<[], { readonly kind: string; readonly state: "present" | "absent"; readonly count: number }>(
      sqlText("count-answers"),
    )
    .iterate()) {
    answers[kind] ??= { present: 0, absent: 0 };
    answers[kind][state] = count;
  }
  const claims: Record<Grain, number> = { image: 0, repository: 0, host: 0 };
  for (const { scope } of knowledge.allClaims()) claims[grainOf(scope)] += 1;
  const checkpoints = database.prepare<[], CheckpointRow>(sqlText("list-checkpoints")).all();
  const [lastRun] = log.runs(1);
  const { last: lastImport, rejected: rejectedImport } = imports.seen();
  const writer = currentWriter(folder);
  const { bavail, blocks, bsize } = statfsSync(folder);
  return {
    schema: schemaVersion(database),
    answers,
    blobs: database.prepare<[], { readonly count: number }>(sqlText("count-blobs")).get()?.count ?? 0,
    layers: countLayers(layers),
    databaseBytes: sizeOf(path) + sizeOf(`${path}-wal`),
    diskFreeBytes: bavail * bsize,
    diskBytes: blocks * bsize,
    claims,
    pins: knowledge.pins().length,
    distrusted: knowledge.distrustEntries().length,
    checkpoints: checkpoints.map((row) => {
      checkCheckpoint(row);
      return { origin: row.origin, size: row.size, at: row.at };
    }),
    acceptedKeys: imports.keys().map(({ pem: _, ...key }) => key),
    ...(lastRun === undefined ? {} : { lastRun }),
    ...(lastImport === undefined ? {} : { lastImport }),
    ...(rejectedImport === undefined ? {} : { rejectedImport }),
    ...(writer === undefined ? {} : { writer }),
  };
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

function countLayers(layers: LayerStore): { readonly count: number; readonly bytes: number } {
  const found = { count: 0, bytes: 0 };
  for (const name of layers.names()) {
    found.count += 1;
    found.bytes += layers.size(`sha256:${name}` as Digest) ?? 0;
  }
  return found;
}
