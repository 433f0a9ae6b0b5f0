/**
 * Reading all of a mirror once: SQLite's own structure, every digest and checksum, what rows refer to, the chain of TUF
 * metadata, and the files of layers. Row by row, so that memory does not grow with the mirror. For people; decisions
 * check what they read anyway.
 */
import type { Database, Statement } from "better-sqlite3";
import { isDigest } from "../../core/crypto/digest.ts";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { publicGoodRoot } from "../../core/trust/public-good.ts";
import { trustedRootTarget } from "../../core/trust/tuf-verifier.ts";
import { verifySource } from "../../core/tuf/verify-source.ts";
import { type AnswerRow, checkRow, loadRootSource, loadValue } from "./answer-row.ts";
import { type AttemptRow, checkAttempt } from "./attempt-row.ts";
import { type CheckpointRow, checkCheckpoint } from "./checkpoint-row.ts";
import type { Damage, DamagedPlace } from "./damage.ts";
import { type DistrustTableRow, readDistrustEntry } from "./distrust-entry.ts";
import { type KeyRow, readKey, readSeen, type SeenRow } from "./import-state.ts";
import type { LayerStore } from "./layer-store.ts";
import type { MirrorKnowledge } from "./mirror-knowledge.ts";
import { checkPin, type PinRow } from "./pins.ts";
import { type CompleteRow, readComplete } from "./complete-row.ts";
import { checkRun, type RunRow } from "./run-log.ts";
import { readSignedTime, type SignedTimeRow } from "./signed-time-row.ts";
import { type StatementName, sqlText } from "./statements.ts";
import { corrupt, toStoreError } from "./store-error.ts";
import { checkBytes } from "./stored-bytes.ts";
import { checkFloor, type FloorRow } from "./tuf-floors.ts";
import { checkMetadataRow, type MetadataTableRow, targetRole, targetVersion } from "./tuf-metadata.ts";

export interface Inspection {
  /** Rows and files read. */
  readonly answers: number;
  readonly blobs: number;
  readonly layers: number;
  /** The first ones; `damaged` is their number. */
  readonly damage: readonly Damage[];
  readonly damaged: number;
}

export interface MirrorToInspect {
  readonly database: Database;
  readonly knowledge: MirrorKnowledge;
  readonly layers: LayerStore;
  readonly verifier: SignatureVerifier;
  readonly limits: Limits;
}

/** A failed check of one row becomes one line. Damage to a table's structure ends that table, not the inspection. */
export function inspectMirror(mirror: MirrorToInspect): Inspection {
  const damage: Damage[] = [];
  let damaged = 0;
  const attempt: Attempt = (table, key, check) => {
    try {
      check();
    } catch (error) {
      const stored = toStoreError(error, table);
      if (!(stored instanceof EngineError)) throw stored;
      damaged += 1;
      if (damage.length < mirror.limits.listedDamage)
        damage.push({ table, key: key(), subject: stored.subject ?? table, reason: stored.message });
    }
  };
  checkStructure(mirror.database, attempt);
  const counts = checkTables(mirror, attempt);
  let layers = 0;
  attempt("layer", none, () => {
    for (const name of mirror.layers.names()) {
      layers += 1;
      attempt(
        "layer",
        () => [mirror.layers.file(name)],
        () => mirror.layers.check(name),
      );
    }
  });
  return { ...counts, layers, damage, damaged };
}

type Attempt = (table: DamagedPlace, key: () => readonly string[], check: () => void) => void;

const none = (): readonly string[] => [];

/** At most so many findings of SQLite about its own structure. */
const structureFindings = 100;

function checkStructure(database: Database, attempt: Attempt): void {
  attempt("mirror.db", none, () => {
    const statement = database.prepare<[], { readonly integrity_check: string }>(
      `PRAGMA integrity_check(${structureFindings})`,
    );
    for (const { integrity_check: report } of statement.iterate())
      if (report !== "ok")
        attempt("mirror.db", none, () => {
          throw corrupt("mirror.db", report);
        });
  });
}

function checkTables({ database, knowledge, verifier, limits }: MirrorToInspect, attempt: Attempt) {
  const each = <Row extends object>(
    table: DamagedPlace,
    statement: StatementName,
    columns: readonly (keyof Row & string)[],
    check: (row: Row) => void,
  ): number => {
    let count = 0;
    attempt(table, none, () => {
      for (const row of database.prepare<[], Row>(sqlText(statement)).iterate()) {
        count += 1;
        attempt(
          table,
          () => columns.map((column) => String(row[column])),
          () => check(row),
        );
      }
    });
    return count;
  };
  const blobs = each<{ digest: string; bytes: Uint8Array }>("blob", "list-blobs", ["digest"], ({ digest, bytes }) =>
    checkBytes(bytes, digest),
  );
  const checkAnswer = answerCheck(database, knowledge, verifier, limits);
  const answers = each<AnswerRow>("answer", "list-answers", ["kind", "question"], checkAnswer);
  each<AttemptRow>("attempt", "list-attempts", ["question"], checkAttempt);
  each<PinRow>("pin", "list-pins", ["kind", "name"], checkPin);
  each<SignedTimeRow>("signed_time", "find-signed-time", [], readSignedTime);
  each<DistrustTableRow>("distrust", "list-distrust", ["digest"], readDistrustEntry);
  each<FloorRow>("tuf_floor", "list-tuf-floors", ["repository", "role"], checkFloor);
  each<CompleteRow>("complete", "list-complete", ["scope"], readComplete);
  each<MetadataTableRow & { readonly bytes: Uint8Array }>(
    "tuf_metadata",
    "list-tuf-metadata",
    ["repository", "role", "version"],
    (row) => {
      checkMetadataRow(row);
      checkBytes(row.bytes, row.digest);
    },
  );
  each<CheckpointRow>("checkpoint", "list-checkpoints", ["origin"], checkCheckpoint);
  each<RunRow>("run", "list-all-runs", ["id"], checkRun);
  each<SeenRow>("import_seen", "list-import-seen", ["role"], readSeen);
  each<KeyRow>("import_key", "list-import-keys", ["fingerprint"], readKey);
  return { answers, blobs };
}

/** A row of the table `answer`, and that everything it refers to is there. Bytes are checked where they are kept. */
function answerCheck(
  database: Database,
  knowledge: MirrorKnowledge,
  verifier: SignatureVerifier,
  limits: Limits,
): (row: AnswerRow) => void {
  // Prepared when first needed: a table may be gone.
  let hasBlob: Statement<[string]> | undefined;
  let hasMetadata: Statement<[string, string, number, string]> | undefined;
  const requireBlob = (digest: string): void => {
    hasBlob ??= database.prepare(sqlText("has-blob"));
    if (hasBlob.get(digest) === undefined)
      throw corrupt(digest, "the bytes of this digest are missing from the mirror");
  };
  return (row) => {
    checkRow(row);
    if (row.state !== "present") return;
    if (row.kind === "manifest" || row.kind === "blob") {
      if (row.digest === null || !isDigest(row.digest) || row.digest !== row.subject)
        throw corrupt(row.question, "the mirror keeps another digest under this question");
      requireBlob(row.digest);
    } else if (row.kind === "trusted-root") {
      const name = row.question.slice("trusted-root ".length);
      const source = loadRootSource(row, limits);
      if (source.form === "pinned") return requireBlob(source.digest);
      const metadata = [
        ...source.roots.map((root) => ({ role: "root", ...root })),
        { role: "timestamp", ...source.timestamp },
        { role: "snapshot", ...source.snapshot },
        ...source.targets,
        ...source.others.map(({ path, digest }) => ({ role: targetRole(path), version: targetVersion, digest })),
      ];
      hasMetadata ??= database.prepare(sqlText("has-tuf-metadata"));
      for (const { role, version, digest } of metadata)
        if (hasMetadata.get(name, role, version, digest) === undefined)
          throw corrupt(digest, `version ${version} of ${role} is missing from the mirror`);
      requireBlob(source.target);
      checkChain(name, knowledge, verifier, limits);
    } else loadValue(row, limits);
  };
}

/** From the root that an operator pinned, or the one that is built in, to the target. Expiry is no damage. */
function checkChain(name: string, knowledge: MirrorKnowledge, verifier: SignatureVerifier, limits: Limits): void {
  const pinned = knowledge.tufRoots();
  const initialRoot = Object.hasOwn(pinned, name)
    ? pinned[name]
    : name === "public-good"
      ? publicGoodRoot()
      : undefined;
  if (initialRoot === undefined) return;
  const known = knowledge.recorded({ kind: "trusted-root", name });
  if (known?.state !== "present" || known.value.form !== "tuf") return;
  try {
    verifySource({
      source: known.value,
      initialRoot,
      target: trustedRootTarget,
      at: "later",
      verifier,
      limits,
    });
  } catch (error) {
    if (!(error instanceof EngineError) || error.code === "mirror-corrupt") throw error;
    throw corrupt(`the trusted root ${name}`, `its chain from the pinned root does not hold: ${error.message}`, error);
  }
}
