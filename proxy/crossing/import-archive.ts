/**
 * Imports a signed archive into a mirror: all of it or nothing, in one transaction that ends after everything was
 * checked. Source: docs/spec/archive.md, docs/spec/offline.md#crossing-the-gap.
 */
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { contentRow } from "../../core/archive/archive-entry.ts";
import { type ArchiveKind, type MirrorStatement, readArchiveKey } from "../../core/archive/archive-statement.ts";
import { corruptArchive } from "../../core/archive/corrupt.ts";
import { contentLine, type ContentRow } from "../../core/archive/order.ts";
import type { Digest } from "../../core/crypto/digest.ts";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { unreferencedLayers } from "../mirror/collect-garbage.ts";
import type { Damage } from "../mirror/damage.ts";
import type { Mirror } from "../mirror/mirror.ts";
import type { AcceptedKey, SeenArchive } from "../mirror/import-state.ts";
import { sqlText } from "../mirror/statements.ts";
import { type AcceptedPins, type InitialRoots, verifyTrust } from "../mirror/trust-gate.ts";
import { corrupt, guarded } from "../mirror/store-error.ts";
import type { CheckpointRow } from "../mirror/checkpoint-row.ts";
import { type OrderOptions, requireOrder } from "./archive-order.ts";
import type { ArchiveReader, ArrivedBlob } from "./archive-reader.ts";
import { countOne } from "../young-garbage.ts";
import { type CheckedGrowth, CheckpointGate, type HeldCheckpoint } from "./checkpoint-gate.ts";
import { ImportedRows, type NotLost } from "./imported-rows.ts";

export interface ImportOptions extends OrderOptions, InitialRoots {
  /** For people: the files. */
  readonly from: string;
  readonly acceptPins: AcceptedPins;
  /** Everything but the commit. */
  readonly isDry: boolean;
  readonly verifier: SignatureVerifier;
  /** Keys that were given with the archive: accepted from now on. */
  readonly givenKeys: readonly Omit<AcceptedKey, "at" | "from">[];
  /** Judges what came, before it counts, and may add to the distrust list. Gives what was refuted. */
  readonly judge?: (mirror: Mirror) => readonly QuarantinedImage[];
}

/** How the source of a key ends that an archive named: by whose signature it is accepted. */
export const namedBy = (fingerprint: string): string => `, signed by ${fingerprint}`;

export interface QuarantinedImage {
  readonly image: string;
  readonly digest: Digest;
  readonly reason: string;
}

/** What an archive put back that it had brought before; `left` is damage that it did not bring. */
export interface MendedRows {
  readonly damaged: number;
  readonly missing: number;
  readonly left: number;
}

export interface ImportedArchive {
  readonly kind: ArchiveKind;
  readonly sequence: number;
  readonly statement: Digest;
  /** As it was signed, and of the whole mirror now. */
  readonly contentId: Digest;
  readonly mirrorContentId: Digest;
  /** When it was made, by the signer's clock. */
  readonly signedTime: string;
  /** Fingerprint of the key that signed it. */
  readonly key: string;
  readonly entries: number;
  readonly tombstones: number;
  readonly removed: number;
  readonly blobs: number;
  readonly layers: number;
  /** Claims of this side that ended. */
  readonly ended: readonly string[];
  /** Fingerprints of keys that are accepted since. */
  readonly newKeys: readonly string[];
  readonly quarantined: readonly QuarantinedImage[];
  /** Logs that grew since their checkpoints that were here. */
  readonly logs: readonly CheckedGrowth[];
  readonly hasCoverage: boolean;
  /** Pins that an operator took away, and that this did not bring back. */
  readonly pinsAway?: readonly { readonly kind: string; readonly name: string }[];
  /** It was imported before, and rows of it were damaged or gone. */
  readonly mended?: MendedRows;
  /** The archive before, if there was one. */
  readonly before?: Pick<SeenArchive, "sequence" | "created">;
}

/**
 * @throws EngineError `archive-sequence`, `archive-corrupt`, `archive-incomplete`; `rollback`, `bad-threshold` and
 * other codes of trust; `mirror-corrupt`, `mirror-busy`; `over-limit`. After any error the mirror is as before.
 */
export const importArchive = (mirror: Mirror, reader: ArchiveReader, options: ImportOptions): ImportedArchive =>
  mirror.passing(() => importOnce(mirror, reader, options));

function importOnce(mirror: Mirror, reader: ArchiveReader, options: ImportOptions): ImportedArchive {
  const layers = new StagedLayers(mirror);
  const writer = mirror.writer();
  writer.begin();
  try {
    const imported = new Import(mirror, reader, options, layers).run();
    if (options.isDry) {
      writer.rollback();
      layers.undo();
    } else writer.commit();
    return imported;
  } catch (error) {
    writer.rollback();
    layers.undo();
    throw error;
  }
}

/**
 * Layers are in their place before the commit: what was committed has them, however the program ends. One that a
 * killed import left is no part of what the mirror knows, and the next collection of garbage finds it.
 */
class StagedLayers {
  readonly #mirror: Mirror;
  #added: Digest[] = [];
  /** Paths of files whose bytes are not what their name says. */
  #damaged: ReadonlySet<string> = new Set();

  constructor(mirror: Mirror) {
    this.#mirror = mirror;
  }

  get count(): number {
    return this.#added.length;
  }

  replaces(damage: readonly Damage[]): void {
    this.#damaged = new Set(damage.flatMap(({ table, key }) => (table === "layer" ? key : [])));
  }

  add(blob: ArrivedBlob): void {
    const path = this.#mirror.layers.path(blob.digest);
    if (this.#damaged.has(path)) rmSync(path, { force: true });
    if (this.#mirror.layers.size(blob.digest) !== undefined) return;
    this.#mirror.layers.add(blob.digest, (take) => {
      for (const piece of blob.pieces()) take(piece);
      return true;
    });
    this.#added.push(blob.digest);
  }

  /** What was taken away with the image that named it does not come again with the archive that does. */
  dropUnnamed(): void {
    if (this.#added.length === 0) return;
    const { layers, limits } = this.#mirror;
    const knowledge = this.#mirror.knowledge();
    const { files } = unreferencedLayers({ database: this.#mirror.writer().database, knowledge, layers, limits });
    const unnamed = new Set(files);
    const dropped = new Set(this.#added.filter((digest) => unnamed.has(layers.path(digest))));
    for (const digest of dropped) rmSync(layers.path(digest), { force: true });
    this.#added = this.#added.filter((digest) => !dropped.has(digest));
  }

  undo(): void {
    for (const digest of this.#added) rmSync(this.#mirror.layers.path(digest), { force: true });
  }
}

/** A row of `list-taken-pins`. */
interface TakenPin {
  readonly kind: string;
  readonly key: string;
  readonly digest: Digest;
}

/** What is to be put back, and what of the last archive is gone for another reason than damage. */
interface Lost extends Omit<MendedRows, "left">, NotLost {}

class Import {
  readonly #mirror: Mirror;
  readonly #reader: ArchiveReader;
  readonly #options: ImportOptions;
  readonly #layers: StagedLayers;
  readonly #statement: MirrorStatement;
  readonly #where: string;

  constructor(mirror: Mirror, reader: ArchiveReader, options: ImportOptions, layers: StagedLayers) {
    this.#mirror = mirror;
    this.#reader = reader;
    this.#options = options;
    this.#layers = layers;
    this.#statement = reader.statement;
    this.#where = `archive ${reader.statement.sequence}`;
  }

  run(): ImportedArchive {
    const { kind, sequence, base, contentId, created, totals, consistency, coverage } = this.#statement;
    const { now, from, isDry } = this.#options;
    const seen = this.#mirror.imports.seen();
    const again = seen.last?.statement === this.#reader.digest ? this.#findLost() : undefined;
    const count = again === undefined ? 0 : again.damaged + again.missing;
    // The same archive brings back a pin that was taken away, where the operator accepts it.
    const mends = kind === "full" && (count > 0 || (again !== undefined && this.#acceptsTaken()));
    const away =
      again === undefined || mends
        ? []
        : this.#pinsAway().map(({ kind: what, name }) => `the ${what.replaceAll("-", " ")} ${name}`);
    requireOrder(this.#statement, this.#reader.digest, seen, { ...this.#options, mends, lost: count, away });
    const lost = mends ? again : undefined;
    if (base !== undefined && this.#chainId() !== base.contentId)
      throw corrupt(this.#mirror.folder, "what archives brought was changed here since: import a full archive");
    const knowledge = this.#mirror.knowledge();
    const { limits, folder } = this.#mirror;
    // Nobody who is accepted vouches for the checkpoints that a rejected key brought.
    if (kind === "full" && seen.rejected !== undefined) this.#mirror.writer().leaveImportedCheckpoints();
    const held = new Map(this.#checkpoints());
    const checkpoints = new CheckpointGate((origin) => held.get(origin), consistency, limits);
    const rows = new ImportedRows(this.#mirror.writer(), knowledge, {
      kind,
      folder,
      limits,
      acceptPins: this.#options.acceptPins,
      initialRoot: this.#options.initialRoot,
      ...(this.#options.isRootGiven === undefined ? {} : { isRootGiven: this.#options.isRootGiven }),
      checkpoints,
      mends: lost,
    });
    rows.begin();
    this.#addEntries(rows);
    this.#addBlobs(rows);
    rows.finish(this.#where);
    if (lost !== undefined) this.#layers.dropUnnamed();
    if (kind === "delta") this.#requireContent(this.#chainId());
    verifyTrust(this.#mirror.knowledge(), { ...this.#options, what: "archive", limits }, (name, floors) =>
      this.#mirror.writer().raiseFloors(name, floors),
    );
    const quarantined = this.#options.judge?.(this.#mirror) ?? [];
    const at = now.toISOString();
    const newKeys = this.#acceptKeys(at);
    const archive = { sequence, statement: this.#reader.digest, contentId, created, at, from };
    this.#mirror.imports.noteLast(this.#reader.key.fingerprint, archive);
    if (kind !== "trust") this.#mirror.imports.noteBase(archive);
    if (kind === "full") this.#mirror.imports.forgetRejected();
    const imported: ImportedArchive = {
      kind,
      sequence,
      statement: this.#reader.digest,
      contentId,
      mirrorContentId: this.#mirror.contentId(),
      signedTime: created,
      key: this.#reader.key.fingerprint,
      entries: totals.entries,
      tombstones: totals.tombstones,
      removed: rows.counts.removed,
      blobs: totals.blobs,
      layers: this.#layers.count,
      ended: rows.counts.ended,
      newKeys,
      quarantined,
      logs: checkpoints.grown,
      hasCoverage: coverage !== undefined,
      ...this.#tellTaken(),
      ...(lost === undefined || count === 0 ? {} : { mended: this.#mended(lost) }),
      ...(seen.last === undefined ? {} : { before: { sequence: seen.last.sequence, created: seen.last.created } }),
    };
    if (!isDry)
      this.#mirror.log.addRun({
        kind: "import",
        started: at,
        ended: at,
        from,
        summary: summaryOf(imported),
      });
    return imported;
  }

  /** What the last archive brought and is damaged or gone: to look for it reads everything. */
  #findLost(): Lost {
    const { damage, damaged } = this.#mirror.inspect(this.#options.verifier);
    this.#layers.replaces(damage);
    const { database } = this.#mirror.writer();
    return guarded(this.#mirror.folder, () => {
      const gone = database.prepare<[], number>(sqlText("count-lost-imported")).pluck().get() ?? 0;
      const endedClaims = new Set(database.prepare<[], string>(sqlText("list-ended-imported")).pluck().all());
      const missing = gone - endedClaims.size;
      return { damaged, missing, endedClaims };
    });
  }

  /** Pins that archives brought and an operator took away. */
  #takenPins(): readonly TakenPin[] {
    const { database } = this.#mirror.writer();
    return guarded(this.#mirror.folder, () => database.prepare<[], TakenPin>(sqlText("list-taken-pins")).all());
  }

  #acceptsTaken(): boolean {
    const { acceptPins } = this.#options;
    const taken = this.#takenPins();
    return typeof acceptPins === "boolean"
      ? acceptPins && taken.length > 0
      : taken.some(({ digest }) => acceptPins.includes(digest));
  }

  #pinsAway(): NonNullable<ImportedArchive["pinsAway"]> {
    return this.#takenPins().map(({ kind, key }) => ({ kind: kind.slice("pin ".length), name: key }));
  }

  #tellTaken(): Pick<ImportedArchive, "pinsAway"> {
    const away = this.#pinsAway();
    return away.length === 0 ? {} : { pinsAway: away };
  }

  #mended({ damaged, missing }: Lost): MendedRows {
    const left = this.#mirror.inspect(this.#options.verifier).damaged;
    return { damaged: Math.max(0, damaged - left), missing, left };
  }

  #addEntries(rows: ImportedRows): void {
    const { kind } = this.#statement;
    const hash = createHash("sha256");
    for (const entry of this.#reader.entries()) {
      rows.add(entry, this.#where);
      countOne("entry");
      if (kind !== "delta") hash.update(contentLine(contentRow(entry)));
    }
    rows.endEntries();
    // Only a delta is more than its own entries, which come in the order of the content id.
    if (kind !== "delta") this.#requireContent(`sha256:${hash.digest("hex")}`);
  }

  #addBlobs(rows: ImportedRows): void {
    for (const blob of this.#reader.blobs()) {
      countOne("blob");
      if (blob.use === "bootstrap") continue;
      if (blob.use === undefined) rows.blob(blob.digest, blob.size, blob.bytes(), this.#where);
      else if (!this.#options.isDry) this.#layers.add(blob);
    }
  }

  /** The content id of what archives brought. */
  #chainId(): Digest {
    return guarded(this.#mirror.folder, () => {
      const hash = createHash("sha256");
      const rows = this.#mirror.writer().database.prepare<[], ContentRow>(sqlText("list-imported"));
      for (const row of rows.iterate()) hash.update(contentLine(row));
      return `sha256:${hash.digest("hex")}` as const;
    });
  }

  #requireContent(found: Digest): void {
    if (found !== this.#statement.contentId)
      throw corruptArchive(
        `its entries make the content id ${found}, it says ${this.#statement.contentId}`,
        this.#where,
      );
  }

  /** Before rows are written: which came by archive is known then. */
  *#checkpoints(): Iterable<readonly [string, HeldCheckpoint]> {
    const { database } = this.#mirror.writer();
    const imported = database.prepare<[string, string, string], number>(sqlText("has-imported")).pluck();
    const rows = database.prepare<[], CheckpointRow>(sqlText("list-checkpoints")).all();
    for (const { origin, note, digest } of rows)
      yield [origin, { note, isOwn: imported.get("checkpoint", origin, digest) === undefined }];
  }

  #acceptKeys(at: string): readonly string[] {
    const { givenKeys, from } = this.#options;
    const { imports, limits } = this.#mirror;
    const named = (this.#statement.nextKeys ?? []).map((pem) => ({
      fingerprint: readArchiveKey(pem, limits).fingerprint,
      pem,
      from: `${this.#where}${namedBy(this.#reader.key.fingerprint)}`,
    }));
    return [...givenKeys.map((key) => ({ ...key, from })), ...named]
      .filter((key) => imports.acceptKey({ ...key, at }))
      .map(({ fingerprint }) => fingerprint);
  }
}

/** What a run keeps: times by which the mirror's age counts, and what came, in numbers. */
const summaryOf = ({
  kind,
  ended,
  newKeys,
  quarantined,
  logs,
  mended,
  before,
  pinsAway,
  ...numbers
}: ImportedArchive) => ({
  ...numbers,
  archive: kind,
  ended: [...ended],
  newKeys: [...newKeys],
  quarantined: quarantined.map((image) => ({ ...image })),
  logs: logs.map((log) => ({ ...log })),
  ...(mended === undefined ? {} : { mended: { ...mended } }),
  ...(pinsAway === undefined ? {} : { pinsAway: pinsAway.map((pin) => ({ ...pin })) }),
  ...(before === undefined ? {} : { before: { ...before } }),
});
