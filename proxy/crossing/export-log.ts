/**
 * What was exported from a mirror, in the folder `exports` beside it: for each of the last archives a description and
 * the rows and blobs that the mirror then had, so that a delta can begin there. It is no part of the mirror's database,
 * so that archives are made while another process writes to the mirror.
 *
 * A number is taken when its archive is whole under its name. Before files get their names, `working.json` says which;
 * an export that was killed in between is finished by the next one if any of them has its name already, and was never
 * there otherwise. Source: docs/spec/archive.md#sequence.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import { archiveKinds, type ArchiveKind } from "../../core/archive/archive-statement.ts";
import { type ContentRow, contentLine } from "../../core/archive/order.ts";
import { type Digest, isDigest } from "../../core/crypto/digest.ts";
import { type JsonObject, type JsonValue, parseJson } from "../../core/encoding/json.ts";
import { pointer, readArray, readInteger, readObject, readString } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { makeFolder } from "../make-folder.ts";
import { guardedFiles } from "../mirror/store-error.ts";
import { systemCode } from "../system-words.ts";
import { type LockHolder, lockWriter, type WriterLock } from "../mirror/writer-lock.ts";
import { TextBuffer } from "./text-buffer.ts";
import { replaceFile, syncPath, writeSynced } from "../synced.ts";

/** A log as it was when an archive was made. */
export interface ExportedCheckpoint {
  readonly origin: string;
  readonly treeSize: string;
  /** Its root in base64; records of earlier versions have none. */
  readonly root?: string;
}

/** An archive that was made. */
export interface ExportRecord {
  readonly sequence: number;
  readonly kind: ArchiveKind;
  /** Digest of its statement. */
  readonly statement: Digest;
  readonly contentId: Digest;
  readonly created: string;
  readonly checkpoints: readonly ExportedCheckpoint[];
  /** The compressed pieces of what the mirror had: first the rows, then the blobs. */
  readonly rows: readonly number[];
  readonly blobs: readonly number[];
}

/** A file of an archive under the name that it has while it is written, and the one that it gets. */
export interface ExportedFile {
  readonly from: string;
  readonly to: string;
}

const pieceBytes = 1024 * 1024;
const workingFile = "working.json";
/** A third of the time of gzip, in less memory than by default. */
const quickly = { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_LGWIN]: 18 };

export class ExportLog {
  readonly folder: string;
  readonly #lock: WriterLock;
  readonly #limits: Limits;

  /**
   * Opens the log of the mirror in `store`, and finishes or undoes what an export left that was killed.
   * @throws EngineError `mirror-busy` while another export has it; as the files of a mirror.
   */
  constructor(store: string, limits: Limits, holder?: LockHolder) {
    this.folder = join(store, "exports");
    this.#limits = limits;
    guardedFiles(this.folder, () => void makeFolder(this.folder));
    this.#lock = lockWriter(this.folder, 0, holder);
    try {
      guardedFiles(this.folder, () => this.#recover());
    } catch (error) {
      this.#lock.release();
      throw error;
    }
  }

  /** A folder for what is on its way. */
  get work(): string {
    return join(this.folder, "work");
  }

  #path(sequence: number, ending: string): string {
    return join(this.folder, `${String(sequence).padStart(6, "0")}.${ending}`);
  }

  /** The numbers of the archives that are kept, the newest last. */
  #numbers(): readonly number[] {
    return readdirSync(this.folder)
      .flatMap((name) => {
        const number = /^(\d{6,15})\.json$/.exec(name)?.[1];
        return number === undefined ? [] : [Number(number)];
      })
      .sort((left, right) => left - right);
  }

  /** The newest archive that was made of this mirror. @throws EngineError `mirror-corrupt` */
  last(): ExportRecord | undefined {
    const number = guardedFiles(this.folder, () => this.#numbers().at(-1));
    return number === undefined ? undefined : this.#read(number);
  }

  /**
   * The record of an archive, if it is kept, and the numbers of all that are.
   * @throws EngineError `mirror-corrupt`
   */
  find(sequence: number): { readonly record: ExportRecord | undefined; readonly kept: readonly number[] } {
    const kept = guardedFiles(this.folder, () => this.#numbers());
    return { record: kept.includes(sequence) ? this.#read(sequence) : undefined, kept };
  }

  #read(sequence: number): ExportRecord {
    const path = this.#path(sequence, "json");
    try {
      const bytes = guardedFiles(path, () => readFileSync(path));
      return readRecord(parseJson(bytes, { limits: this.#limits, subject: path }), sequence);
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== "malformed") throw error;
      throw damaged(path, error);
    }
  }

  /** The rows that the mirror had, in their order. @throws EngineError `mirror-corrupt` */
  *rows(record: ExportRecord): Iterable<ContentRow> {
    const path = this.#path(record.sequence, "jsonl.br");
    for (const line of this.#lines(path, record.rows, 0)) {
      const [kind, key, digest] = parseLine(line, path);
      if (typeof kind !== "string" || typeof key !== "string" || typeof digest !== "string") throw damaged(path);
      yield { kind, key, digest };
    }
  }

  /** The digests of the blobs that the mirror had. @throws EngineError `mirror-corrupt` */
  *blobs(record: ExportRecord): Iterable<string> {
    const path = this.#path(record.sequence, "jsonl.br");
    const from = record.rows.reduce((sum, length) => sum + length, 0);
    for (const line of this.#lines(path, record.blobs, from)) {
      const [digest] = parseLine(line, path);
      if (typeof digest !== "string") throw damaged(path);
      yield digest;
    }
  }

  *#lines(path: string, pieces: readonly number[], from: number): Iterable<string> {
    const handle = guardedFiles(path, () => openSync(path, "r"));
    try {
      let at = from;
      for (const length of pieces) {
        const packed = Buffer.alloc(length);
        const count = guardedFiles(path, () => readSync(handle, packed, 0, length, at));
        at += length;
        if (count !== length) throw damaged(path);
        const text = unpack(packed, path).toString("utf8");
        yield* text.slice(0, -1).split("\n");
      }
    } finally {
      closeSync(handle);
    }
  }

  /** Writes down what the mirror has while it is exported. */
  record(sequence: number): RecordWriter {
    return new RecordWriter(`${this.#path(sequence, "jsonl.br")}.new`);
  }

  /** Notes which files are being written, so that the next export removes them if this one is killed. */
  announce(files: readonly ExportedFile[]): void {
    this.#work({ ready: false, files });
  }

  /**
   * Gives the files of an archive their names, and takes its number. They are on the disk.
   * @throws EngineError when one cannot be renamed; then no file has its name, unless the disk fails.
   */
  publish(record: ExportRecord, files: readonly ExportedFile[]): void {
    guardedFiles(this.folder, () => {
      const path = this.#path(record.sequence, "json");
      writeSynced(`${path}.new`, `${JSON.stringify(record)}\n`);
      this.#work({ ready: true, sequence: record.sequence, files });
      this.#finish(record.sequence, files);
      this.#trim();
    });
  }

  #work(work: object): void {
    const path = join(this.folder, workingFile);
    guardedFiles(path, () => replaceFile(path, `${JSON.stringify(work)}\n`));
  }

  #finish(sequence: number, files: readonly ExportedFile[]): void {
    for (const { from, to } of files) if (existsSync(from)) renameSync(from, to);
    for (const folder of new Set(files.map(({ to }) => dirname(to)))) syncPath(folder);
    for (const ending of ["jsonl.br", "json"]) {
      const path = this.#path(sequence, ending);
      if (existsSync(`${path}.new`)) renameSync(`${path}.new`, path);
    }
    syncPath(this.folder);
    rmSync(join(this.folder, workingFile), { force: true });
  }

  /** Removes what was announced and is not finished. */
  abandon(): void {
    guardedFiles(this.folder, () => this.#recover());
  }

  #recover(): void {
    const path = join(this.folder, workingFile);
    const work = existsSync(path) ? readWork(path) : undefined;
    // Renamed in their order: the first says whether the archive began to exist.
    const [first] = work?.files ?? [];
    if (work?.sequence !== undefined && first !== undefined && !existsSync(first.from))
      this.#finish(work.sequence, work.files);
    else {
      for (const { from } of work?.files ?? []) removeLeft(from);
      for (const name of readdirSync(this.folder)) if (name.endsWith(".new")) rmSync(join(this.folder, name));
      rmSync(path, { force: true });
    }
    rmSync(this.work, { recursive: true, force: true });
  }

  #trim(): void {
    const numbers = this.#numbers();
    for (const number of numbers.slice(0, Math.max(0, numbers.length - Math.max(1, this.#limits.keptExports))))
      for (const ending of ["jsonl.br", "json"]) rmSync(this.#path(number, ending), { force: true });
  }

  close(): void {
    this.#lock.release();
  }
}

/** Rows first, then blobs, in compressed pieces. */
export class RecordWriter {
  readonly #path: string;
  readonly #handle: number;
  readonly #lengths = { rows: [] as number[], blobs: [] as number[] };
  readonly #contentId = createHash("sha256");
  readonly #piece = new TextBuffer(pieceBytes);

  constructor(path: string) {
    this.#path = path;
    this.#handle = guardedFiles(path, () => openSync(path, "w"));
  }

  row(row: ContentRow): void {
    this.#add(contentLine(row), "rows");
  }

  blob(digest: Digest): void {
    this.#add(`["${digest}"]\n`, "blobs");
  }

  #add(line: string, what: "rows" | "blobs"): void {
    if (this.#piece.add(line)) return;
    this.flush(what);
    if (!this.#piece.add(line)) throw new EngineError("over-limit", `a row of ${line.length} characters`);
  }

  /** Ends the rows, or the blobs. */
  flush(what: "rows" | "blobs"): void {
    if (this.#piece.length === 0) return;
    const bytes = this.#piece.take();
    if (what === "rows") this.#contentId.update(bytes);
    const packed = brotliCompressSync(bytes, { params: quickly });
    this.#lengths[what].push(packed.length);
    guardedFiles(this.#path, () => {
      for (let done = 0; done < packed.length; ) done += writeSync(this.#handle, packed, done);
    });
  }

  /** Of all rows, once they were flushed. */
  contentId(): Digest {
    return `sha256:${this.#contentId.digest("hex")}`;
  }

  /** What was written is on the disk. */
  finish(): { readonly rows: readonly number[]; readonly blobs: readonly number[] } {
    guardedFiles(this.#path, () => fsyncSync(this.#handle));
    return this.#lengths;
  }

  close(): void {
    closeSync(this.#handle);
  }
}

const damaged = (path: string, cause?: unknown): EngineError =>
  new EngineError("mirror-corrupt", "the record of an export is damaged: remove it, and export without --since", {
    subject: path,
    cause,
  });

function unpack(packed: Buffer, path: string): Buffer {
  try {
    return brotliDecompressSync(packed, { maxOutputLength: 4 * pieceBytes });
  } catch (error) {
    // zlib's own errors and the bound on the output.
    if (!(error instanceof Error)) throw error;
    throw damaged(path, error);
  }
}

function parseLine(line: string, path: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(line);
    if (Array.isArray(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw damaged(path, error);
  }
  throw damaged(path);
}

function readRecord(value: JsonValue, sequence: number): ExportRecord {
  const object = readObject(value, "");
  const digest = (key: string): Digest => {
    const text = readString(object[key], pointer("", key));
    if (!isDigest(text)) throw new EngineError("malformed", "not a digest", { subject: pointer("", key) });
    return text;
  };
  const lengths = (key: string): readonly number[] =>
    readArray(object[key], pointer("", key)).map((length, index) => {
      const count = readInteger(length, pointer(pointer("", key), index));
      if (count < 0 || count > 4 * pieceBytes)
        throw new EngineError("malformed", "not the length of a piece", { subject: pointer("", key) });
      return count;
    });
  const kind = readString(object.kind, "/kind");
  if (!isKind(kind) || readInteger(object.sequence, "/sequence") !== sequence)
    throw new EngineError("malformed", "the record of another export", { subject: "/sequence" });
  return {
    sequence,
    kind,
    statement: digest("statement"),
    contentId: digest("contentId"),
    created: readString(object.created, "/created"),
    checkpoints: readArray(object.checkpoints, "/checkpoints").map((entry) => {
      const one: JsonObject = readObject(entry, "/checkpoints");
      return {
        origin: readString(one.origin, "/checkpoints/origin"),
        treeSize: readString(one.treeSize, "/checkpoints/treeSize"),
        ...(one.root === undefined ? {} : { root: readString(one.root, "/checkpoints/root") }),
      };
    }),
    rows: lengths("rows"),
    blobs: lengths("blobs"),
  };
}

const isKind = (text: string): text is ArchiveKind => (archiveKinds as readonly string[]).includes(text);

interface Work {
  readonly sequence?: number;
  readonly files: readonly ExportedFile[];
}

/** What an export said that it was doing. The file is renamed into place, so that it is whole. */
function readWork(path: string): Work {
  const value = JSON.parse(readFileSync(path, "utf8")) as { ready?: unknown; sequence?: unknown; files?: unknown };
  const files = Array.isArray(value.files) ? value.files : [];
  const isFile = (file: unknown): file is ExportedFile =>
    typeof (file as ExportedFile | null)?.from === "string" && typeof (file as ExportedFile).to === "string";
  return {
    files: files.filter(isFile),
    ...(value.ready === true && typeof value.sequence === "number" ? { sequence: value.sequence } : {}),
  };
}

/** The disk that it was on may be gone or read-only by now, which must not be in the way of other exports. */
function removeLeft(path: string): void {
  try {
    if (existsSync(path)) rmSync(path);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  }
}
