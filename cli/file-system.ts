/**
 * Files and folders for commands. What could read without end or leave a folder is refused: pipes, devices, sockets,
 * links out of a folder. Source: docs/spec/command-line.md#given-files.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, sep } from "node:path";
import { concat } from "../core/encoding/bytes.ts";
import { EngineError } from "../core/errors.ts";
import { systemCode, systemRemedy, systemWords } from "../proxy/system-words.ts";

const shown = (path: string): string => (path === "-" ? "standard input" : path);

const refused = (path: string, doing: string, why: string): EngineError =>
  new EngineError("invalid-usage", `cannot ${doing} ${shown(path)}: ${why}`, { subject: path, remedy: "path" });

/** A path that cannot be used is wrong usage. Any other failure here is a bug and is rethrown. */
function withPath<T>(path: string, doing: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error)) throw error;
    const code = systemCode(error) ?? String(error);
    throw new EngineError("invalid-usage", `cannot ${doing} ${shown(path)}: ${systemWords(code)}`, {
      subject: path,
      remedy: systemRemedy(code),
    });
  }
}

/** More than any reader accepts; a string of JavaScript cannot be much longer. */
const largestFile = 512 * 1024 * 1024;
const pieceBytes = 64 * 1024;

/** What a shell gives in place of a file: standard input, and `<(command)`. */
const isStream = (path: string): boolean => /^(?:-|\/dev\/stdin|\/dev\/fd\/\d+|\/proc\/self\/fd\/\d+)$/.test(path);

const kindOf = (found: Stats): string =>
  found.isDirectory()
    ? "a folder"
    : found.isFIFO()
      ? "a pipe"
      : found.isSocket()
        ? "a socket"
        : found.isFile()
          ? "a file"
          : "a device";

/** Only a file, or what a shell gives in place of one; `/dev/null` is an empty file. */
function requireReadable(path: string, found: Stats): void {
  if (found.isFile() || isStream(path) || path === "/dev/null") return;
  if (found.isDirectory()) throw refused(path, "read", systemWords("EISDIR"));
  throw refused(path, "read", `it is ${kindOf(found)}; for a stream, give - and redirect standard input`);
}

function openFile(path: string): number {
  if (path === "-") return 0;
  requireReadable(path, statSync(path));
  if (isStream(path)) return openSync(path, "r");
  // A pipe that took the file's place in between must not be waited for.
  const handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    requireReadable(path, fstatSync(handle));
  } catch (error) {
    closeSync(handle);
    throw error;
  }
  return handle;
}

/** Standard input may be without data for now. */
const isEmptyForNow = (error: unknown): boolean => systemCode(error) === "EAGAIN";
const aMoment = new Int32Array(new SharedArrayBuffer(4));

function readPiece(handle: number, piece: Uint8Array): number {
  for (;;) {
    try {
      return readSync(handle, piece, 0, piece.length, null);
    } catch (error) {
      if (systemCode(error) === "EOF") return 0;
      if (!isEmptyForNow(error)) throw error;
      Atomics.wait(aMoment, 0, 0, 10);
    }
  }
}

/** A file's size is a first guess: it may grow, and a stream has none. */
function readAll(handle: number, path: string): Uint8Array {
  const pieces: Uint8Array[] = [];
  let total = 0;
  const guess = Math.min(fstatSync(handle).size, largestFile) + 1;
  for (;;) {
    const piece = new Uint8Array(total === 0 ? Math.max(guess, pieceBytes) : pieceBytes);
    const count = readPiece(handle, piece);
    if (count === 0) return concat(...pieces);
    pieces.push(piece.subarray(0, count));
    total += count;
    if (total > largestFile) throw refused(path, "read", `it has more than ${largestFile / 2 ** 20} MiB`);
  }
}

/** @throws EngineError `invalid-usage` for what cannot be read, is no file, or is larger than any reader takes. */
export const readFile = (path: string): Uint8Array =>
  withPath(path, "read", () => {
    const handle = openFile(path);
    try {
      return readAll(handle, path);
    } finally {
      if (path !== "-") closeSync(handle);
    }
  });

export const listFolder = (path: string): readonly string[] => withPath(path, "list", () => readdirSync(path)).sort();

export const pathKind = (path: string): "file" | "folder" | "none" =>
  withPath(path, "find", () => {
    const found = statSync(path, { throwIfNoEntry: false });
    return found === undefined ? "none" : found.isDirectory() ? "folder" : "file";
  });

/**
 * What an entry below a folder is. Links to files of the folder are files: a mounted ConfigMap is made of them. Links
 * to folders are skipped, as Kyverno does: what lies in the folder is found in its own place, and a link to a folder
 * around it would never end.
 * @throws EngineError `invalid-usage` for a link out of the folder.
 */
export const entryKind = (folder: string, path: string): "file" | "folder" | "none" | "special" =>
  withPath(path, "find", () => {
    const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
    if (isLink) requireInside(folder, path);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return "none";
    if (found.isDirectory()) return isLink ? "none" : "folder";
    return found.isFile() ? "file" : "special";
  });

function requireInside(folder: string, path: string): void {
  const root = realpathSync(folder);
  const real = realpathSync(path);
  if (!real.startsWith(root.endsWith(sep) ? root : root + sep) && real !== root && !root.startsWith(real + sep))
    throw refused(path, "read", `it is a link out of ${folder}, to ${real}`);
}

export const writeFile = (path: string, text: string): void =>
  withPath(path, "write", () => {
    const folder = path.endsWith("/") ? path : dirname(path);
    if (statSync(folder, { throwIfNoEntry: false }) === undefined)
      throw refused(path, "write", `there is no folder ${folder}: make it first`);
    writeFileSync(path, text);
  });
