/**
 * Who is trusted by a snapshot that comes, against the one that is here: whoever publishes may not decide whom readers
 * trust, nor lead them back to what was replaced. Source: docs/spec/snapshot.md#pull,
 * docs/spec/offline.md#rollback-floors.
 */
import { chmodSync, copyFileSync, rmSync } from "node:fs";
import type { Database } from "better-sqlite3";
import { type Digest, digestOf, isDigest } from "../../core/crypto/digest.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { parseQuestion } from "../../core/knowledge/question.ts";
import { type Checkpoint, parseCheckpoint } from "../../core/tlog/checkpoint.ts";
import { compareCheckpoints } from "../../core/tlog/seen-checkpoints.ts";
import { type AnswerRow, loadRootSource } from "./answer-row.ts";
import { type CheckpointRow, checkCheckpoint } from "./checkpoint-row.ts";
import { migrate, schemaVersion } from "./migrate.ts";
import type { DistrustEntry } from "./distrust-entry.ts";
import { MirrorKnowledge } from "./mirror-knowledge.ts";
import type { StoredPin } from "./pins.ts";
import type { Pin } from "./mirror-writer.ts";
import { knownMigrations } from "./open-mirror.ts";
import { openDatabase } from "./sqlite.ts";
import { migrations, sqlText } from "./statements.ts";
import { corrupt, guarded } from "./store-error.ts";
import { type FloorRow, readFloorRows, type StoredFloors } from "./tuf-floors.ts";
import { type AcceptedPins, type InitialRoots, TrustGate, type TrustToVerify, verifyTrust } from "./trust-gate.ts";

export interface SnapshotTrust extends InitialRoots, Pick<TrustToVerify, "verifier" | "limits"> {
  readonly acceptPins: AcceptedPins;
}

interface TrustedRootIn {
  readonly name: string;
  readonly form: "tuf" | "pinned";
  /** Of the answer. */
  readonly digest: Digest;
}

/** What decides whom a reader trusts. */
interface TrustIn {
  readonly pins: readonly StoredPin[];
  readonly roots: readonly TrustedRootIn[];
  readonly distrust: readonly DistrustEntry[];
  readonly checkpoints: readonly CheckpointRow[];
  /** By the names of trusted roots. */
  readonly floors: ReadonlyMap<string, StoredFloors>;
}

const nothing: TrustIn = { pins: [], roots: [], distrust: [], checkpoints: [], floors: new Map() };

/** Somebody who is trusted by a snapshot because it says so. */
export interface TrustAnchor {
  /** `pin trusted-root`, `pin tuf-root`, `pin key` or `trusted-root`. */
  readonly kind: string;
  readonly name: string;
  readonly digest: string;
}

/**
 * `earlier` is the file that is read until now, and undefined where there is none that says anything; `later` is of the
 * present schema.
 * @returns what was taken as it is, since nothing here was there to compare it with.
 * @throws EngineError `no-trust` where who is trusted changes and nobody approved it, `rollback` where the later one
 * has seen less, `bad-threshold` and other codes of trust.
 */
export function refuseOtherTrust(
  earlier: string | undefined,
  later: string,
  trust: SnapshotTrust,
): readonly TrustAnchor[] {
  const { limits } = trust;
  const before = earlier === undefined ? nothing : trustInEarlier(earlier, `${later}.before`, limits);
  try {
    return withDatabase(later, (database) => {
      const knowledge = new MirrorKnowledge(database, later, limits);
      const now = trustIn(database, knowledge, limits);
      refuseOlder(before, now, limits);
      refuseChanges(before, now, trust);
      const taken = before === nothing ? anchorsOf(now, trust) : [];
      refuseUnapproved(taken, trust);
      verifyTrust(knowledge, { ...trust, what: "snapshot" }, () => undefined);
      return taken;
    });
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "mirror-corrupt") throw error;
    throw new EngineError("archive-corrupt", error.message, { subject: error.subject, cause: error });
  }
}

function withDatabase<T>(path: string, act: (database: Database) => T): T {
  return guarded(path, () => {
    const database = openDatabase(path, { fileMustExist: true, readonly: true });
    try {
      return act(database);
    } finally {
      database.close();
    }
  });
}

/** What is damaged here is replaced, and says nothing about what was seen. */
function trustInEarlier(path: string, copy: string, limits: Limits): TrustIn {
  try {
    return readEarlier(path, copy, limits);
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "mirror-corrupt") throw error;
    return nothing;
  }
}

/** One that an earlier program brought is compared too: what it has seen still counts. */
function readEarlier(path: string, copy: string, limits: Limits): TrustIn {
  const read = (database: Database): TrustIn => trustIn(database, new MirrorKnowledge(database, path, limits), limits);
  const version = withDatabase(path, schemaVersion);
  // A later program's folder, in the hands of an earlier one: its tables are not known.
  if (version > migrations.length) return nothing;
  if (version === migrations.length) return withDatabase(path, read);
  try {
    copyFileSync(path, copy);
    chmodSync(copy, 0o600);
    return guarded(copy, () => {
      const database = openDatabase(copy, { fileMustExist: true });
      try {
        migrate(database, knownMigrations(), copy);
        return read(database);
      } finally {
        database.close();
      }
    });
  } finally {
    for (const name of [copy, `${copy}-journal`, `${copy}.schema-${version}`]) rmSync(name, { force: true });
  }
}

function trustIn(database: Database, knowledge: MirrorKnowledge, limits: Limits): TrustIn {
  const floorRows = database.prepare<[], FloorRow>(sqlText("list-tuf-floors")).all();
  const names = [...new Set(floorRows.map(({ repository }) => repository))];
  const checkpoints = database.prepare<[], CheckpointRow>(sqlText("list-checkpoints")).all();
  checkpoints.forEach(checkCheckpoint);
  return {
    pins: knowledge.pins(),
    roots: database
      .prepare<[], AnswerRow>(sqlText("list-root-answers"))
      .all()
      .map((row) => rootOf(row, limits)),
    distrust: knowledge.distrustEntries(),
    checkpoints,
    floors: new Map(
      names.map((name) => [name, readFloorRows(floorRows.filter(({ repository }) => repository === name))]),
    ),
  };
}

function rootOf(row: AnswerRow, limits: Limits): TrustedRootIn {
  const asked = parseQuestion(row.question);
  const { digest } = row;
  if (asked.kind !== "trusted-root" || digest === null || !isDigest(digest))
    throw corrupt(row.question, "a trusted root without a name or a digest");
  return { name: asked.name, form: loadRootSource(row, limits).form, digest };
}

/** @throws EngineError `no-trust` */
function refuseChanges(before: TrustIn, now: TrustIn, trust: SnapshotTrust): void {
  const gate = new TrustGate({
    ...trust,
    what: "snapshot",
    pin: (kind, name) => before.pins.find((pin) => pin.kind === kind && pin.name === name)?.digest,
    root: (name) => before.roots.find((root) => root.name === name)?.digest,
  });
  for (const { kind, name, digest } of now.pins) gate.pin(kind as Pin["kind"], name, digest as Digest);
  for (const { name, form, digest } of now.roots) gate.root(name, form, digest);
  for (const { kind, name, digest } of before.pins)
    if (kind !== "key" && !now.pins.some((pin) => pin.kind === kind && pin.name === name))
      gate.leaves(`the pin ${kind} ${name}`, name, digest);
  for (const { row, digest } of before.distrust)
    if (!now.distrust.some((entry) => entry.row.kind === row.kind && entry.row.value === row.value))
      gate.leaves(`the distrust of ${row.kind} ${row.value}`, row.value, digest);
}

/** All by which a snapshot says who is trusted, but for the root that is trusted here by itself. */
function anchorsOf({ pins, roots }: TrustIn, { initialRoot }: SnapshotTrust): readonly TrustAnchor[] {
  const isOurs = (name: string, digest: string): boolean => {
    const initial = initialRoot(name);
    return initial !== undefined && digestOf(initial) === digest;
  };
  return [
    ...pins.map(({ kind, name, digest }) => ({ kind: `pin ${kind}`, name, digest })),
    ...roots
      .filter(({ form }) => form === "pinned")
      .map(({ name, digest }) => ({ kind: "trusted-root", name, digest })),
  ].filter(({ kind, name, digest }) => kind !== "pin tuf-root" || !isOurs(name, digest));
}

const namedAnchors = 10;

/**
 * A folder that was emptied has nothing to compare with. Where an operator approved digests, these are what is trusted:
 * else a lost disk would approve whatever is published.
 * @throws EngineError `no-trust`
 */
function refuseUnapproved(taken: readonly TrustAnchor[], { acceptPins }: SnapshotTrust): void {
  if (typeof acceptPins === "boolean" || acceptPins.length === 0) return;
  const others = taken.filter(({ digest }) => !acceptPins.includes(digest));
  const [first] = others;
  if (first === undefined) return;
  const named = others.slice(0, namedAnchors).map(({ kind, name, digest }) => `${kind} ${name} (${digest})`);
  throw new EngineError(
    "no-trust",
    `nothing is here to compare the snapshot with, and of what it trusts nobody approved: ${named.join(", ")}` +
      (others.length > named.length ? `, and ${others.length - named.length} more` : ""),
    { subject: first.name, remedy: "accept-snapshot-pins" },
  );
}

/** @throws EngineError `rollback` */
function refuseOlder(before: TrustIn, now: TrustIn, limits: Limits): void {
  const refuse = (subject: string, why: string): never => {
    throw new EngineError("rollback", why, { subject, remedy: "snapshot-rollback" });
  };
  for (const [name, floors] of before.floors) {
    const why = olderThan(floors, now.floors.get(name));
    if (why !== undefined) refuse(name, `the snapshot's TUF metadata of ${name} is older than what is here: ${why}`);
  }
  for (const { origin, note } of before.checkpoints) {
    const later = now.checkpoints.find((checkpoint) => checkpoint.origin === origin);
    const why =
      later === undefined
        ? "the snapshot has forgotten the checkpoint of a log that is here"
        : otherLog(parseCheckpoint(note, limits), parseCheckpoint(later.note, limits));
    if (why !== undefined) refuse(origin, why);
  }
}

/** Why a checkpoint cannot follow one that was seen. */
function otherLog(held: Checkpoint, later: Checkpoint): string | undefined {
  switch (compareCheckpoints(held, later)) {
    case "older":
      return `a checkpoint of ${later.treeSize} entries after one of ${held.treeSize}`;
    case "another tree":
      return `two different logs of ${later.treeSize} entries: one of the two sides was shown a wrong one`;
    default:
      return undefined;
  }
}

const lastingRoles = ["root", "timestamp", "snapshot", "targets"];

function olderThan(before: StoredFloors, now: StoredFloors | undefined): string | undefined {
  if (now === undefined) return "it has none";
  const [old, root] = [before, now].map((floors) => BigInt(floors.root ?? "0")) as [bigint, bigint];
  // After a change of keys the other roles may begin to count again.
  if (root > old) return undefined;
  // Delegated roles end; these never do, and a floor that is forgotten would let the next snapshot go below it.
  const forgotten = lastingRoles.find((name) => before[name] !== undefined && now[name] === undefined);
  if (forgotten !== undefined) return `it has no version of ${forgotten}`;
  const role = Object.keys(before).find(
    (name) => BigInt(now[name] ?? before[name] ?? "0") < BigInt(before[name] ?? "0"),
  );
  return role === undefined ? undefined : `version ${now[role]} of ${role} after ${before[role]}`;
}
