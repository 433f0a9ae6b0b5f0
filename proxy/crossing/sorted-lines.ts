/**
 * Lines in their order, however many: pieces are sorted in memory, written to files, and merged as they are read. A
 * table of SQLite does the same, and takes three times as long, because each row is handed over twice. Nothing here
 * outlives its reader: a crash leaves files that the next run removes.
 */
import { closeSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { EngineError } from "../../core/errors.ts";
import { guardedFiles } from "../mirror/store-error.ts";
import { countGarbage } from "../young-garbage.ts";
import { TextBuffer } from "./text-buffer.ts";

/** Of lines that are sorted at once. */
const pieceBytes = 256 * 1024;
/** Files that are merged at once: more become one. */
const mostFiles = 16;
const windowBytes = 8 * 1024;
const writtenBytes = 32 * 1024;

/** Lines, written in their order and read any number of times. */
export class LineFile {
  readonly #path: string;
  readonly #handle: number;
  #buffer: TextBuffer | undefined;
  #size = 0;

  constructor(path: string) {
    this.#path = path;
    this.#handle = guardedFiles(path, () => openSync(path, "w+"));
  }

  add(line: string): void {
    const text = `${line}\n`;
    this.#buffer ??= new TextBuffer(writtenBytes);
    if (this.#buffer.add(text)) return;
    this.#flush();
    if (!this.#buffer.add(text)) this.#put(Buffer.from(text));
  }

  /** All that the file will have. */
  fill(bytes: Buffer): void {
    this.#put(bytes);
  }

  #flush(): void {
    if (this.#buffer !== undefined && this.#buffer.length > 0) this.#put(this.#buffer.take());
  }

  #put(bytes: Buffer): void {
    guardedFiles(this.#path, () => {
      for (let done = 0; done < bytes.length; )
        done += writeSync(this.#handle, bytes, done, bytes.length - done, this.#size + done);
    });
    this.#size += bytes.length;
  }

  *lines(): Iterable<string> {
    this.#flush();
    const window = Buffer.allocUnsafe(windowBytes);
    const decoder = new StringDecoder("utf8");
    let cut = "";
    for (let at = 0; at < this.#size; ) {
      const count = guardedFiles(this.#path, () => readSync(this.#handle, window, 0, windowBytes, at));
      if (count === 0) break;
      at += count;
      const text: string = cut + decoder.write(window.subarray(0, count));
      let from = 0;
      // One by one: of many at once most would outlive a collection of garbage, and memory would grow.
      for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", from)) {
        yield text.slice(from, end);
        from = end + 1;
      }
      cut = text.slice(from);
    }
  }

  close(): void {
    closeSync(this.#handle);
    rmSync(this.#path, { force: true });
  }
}

/** Lines, in whatever order they come. */
export class SortedLines {
  readonly #path: string;
  readonly #piece: TextBuffer;
  #files: LineFile[] = [];
  #made = 0;

  /** `path` is how the names of its files begin. */
  constructor(path: string, piece = pieceBytes) {
    this.#path = path;
    this.#piece = new TextBuffer(piece);
  }

  /** @throws EngineError `over-limit` for a line that is longer than a piece. */
  add(line: string): void {
    const text = `${line}\n`;
    if (this.#piece.add(text)) return;
    this.#spill();
    if (!this.#piece.add(text))
      throw new EngineError("over-limit", `a line of ${text.length} characters is too long to be sorted`);
  }

  #spill(): void {
    if (this.#piece.length === 0) return;
    const bytes = this.#piece.take();
    // The text, its lines, and the text of the sorted ones. Before they are there: what is large and in use when young
    // objects are collected is old from then on.
    countGarbage(4 * bytes.length);
    const lines = bytes.toString().split("\n");
    lines.pop();
    // The same lines have the same length, so that they go back to where they were.
    bytes.write(`${lines.sort().join("\n")}\n`);
    const file = this.#make();
    file.fill(bytes);
    this.#files.push(file);
    if (this.#files.length > mostFiles) this.#merge();
  }

  #merge(): void {
    const merged = this.#files;
    const file = this.#make();
    for (const line of mergeFiles(merged)) file.add(line);
    this.#files = [file];
    for (const done of merged) done.close();
  }

  #make(): LineFile {
    this.#made += 1;
    return new LineFile(`${this.#path}-${this.#made}`);
  }

  /** All of them, in the order of their characters. */
  lines(): Iterable<string> {
    this.#spill();
    return mergeFiles(this.#files);
  }

  close(): void {
    for (const file of this.#files) file.close();
    this.#files = [];
  }
}

function* mergeFiles(files: readonly LineFile[]): Iterable<string> {
  const readers = files.map((file) => file.lines()[Symbol.iterator]());
  const heads = readers.map((reader) => reader.next());
  for (;;) {
    let least = -1;
    let line = "";
    for (let index = 0; index < heads.length; index++) {
      const head = heads[index] as IteratorResult<string>;
      if (head.done === true || (least !== -1 && head.value >= line)) continue;
      least = index;
      line = head.value;
    }
    if (least === -1) return;
    heads[least] = (readers[least] as Iterator<string>).next();
    yield line;
  }
}
