/**
 * A tar archive of a layout, read like its folder: headers once, by tar-stream; contents in place, by offset. A
 * compressed one is unpacked into a temporary file first. Source: docs/spec/sigstore.md#saved-layouts, RFC 1952.
 */
import {
  closeSync,
  createReadStream,
  createWriteStream,
  fstatSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
} from "node:fs";
import { platform, tmpdir } from "node:os";
import { join, posix } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, type Gunzip } from "node:zlib";
import { extract, type Header } from "tar-stream";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { type LayoutFile, type LayoutSource, readAt } from "./layout-source.ts";

interface Member {
  readonly offset: number;
  readonly size: number;
  readonly changed: Date;
}

/** Members by their path. */
export class TarSource implements LayoutSource {
  readonly name: string;
  readonly #handle: number;
  readonly #members: ReadonlyMap<string, Member>;
  readonly #cleanUp: () => void;
  #folders: ReadonlyMap<string, ReadonlySet<string>> | undefined;

  constructor(name: string, handle: number, members: ReadonlyMap<string, Member>, cleanUp: () => void) {
    this.name = name;
    this.#handle = handle;
    this.#members = members;
    this.#cleanUp = cleanUp;
  }

  open(path: string): LayoutFile | undefined {
    const member = this.#members.get(path);
    if (member === undefined) return undefined;
    const { offset, size, changed } = member;
    return {
      size,
      changed,
      read: (length, from) => readAt(this.#handle, Math.max(0, Math.min(length, size - from)), offset + from),
      close: () => undefined,
    };
  }

  list(folder: string): readonly string[] {
    this.#folders ??= foldersOf(this.#members.keys());
    return [...(this.#folders.get(folder) ?? [])];
  }

  markers(): readonly string[] {
    return [...this.#members.keys()].filter((path) => posix.basename(path) === "oci-layout");
  }

  close(): void {
    closeSync(this.#handle);
    this.#cleanUp();
  }
}

/** What each folder holds. */
function foldersOf(paths: Iterable<string>): ReadonlyMap<string, ReadonlySet<string>> {
  const folders = new Map<string, Set<string>>();
  for (const path of paths)
    for (let below = path; below !== "." && below !== ""; below = posix.dirname(below)) {
      const folder = posix.dirname(below);
      const names = folders.get(folder) ?? new Set<string>();
      folders.set(folder, names);
      if (names.has(posix.basename(below))) break;
      names.add(posix.basename(below));
    }
  return folders;
}

const damaged = (subject: string, why: string, cause?: unknown): EngineError =>
  new EngineError("archive-corrupt", `the archive ${why}`, { subject, cause });

/** First bytes of other formats, and the advice. */
const foreign: readonly (readonly [magic: string, what: string])[] = [
  ["fd377a585a00", "compressed by xz: unpack it with xz -d"],
  ["425a68", "compressed by bzip2: unpack it with bunzip2"],
  ["504b0304", "a zip archive"],
];

/**
 * Opens a tar archive, compressed by gzip or Zstandard or not.
 * @throws EngineError `unsupported` for another compression, `invalid-usage` when it is not a tar archive,
 * `archive-corrupt` when it is cut short, has a hole, a device, a pipe, a path out of the archive, or two contents of
 * one path; `over-limit` past `layoutEntries` members, `layoutArchiveBytes` of what was compressed, or the room for
 * temporary files.
 */
export async function openTar(path: string, limits: Limits): Promise<TarSource> {
  const handle = openSync(path, "r");
  const magic = readAt(handle, 8, 0).toString("hex");
  const [, what] = foreign.find(([start]) => magic.startsWith(start)) ?? [];
  if (what !== undefined) {
    closeSync(handle);
    throw new EngineError("unsupported", `the archive is ${what}`, { subject: path, remedy: "archive" });
  }
  if (magic.startsWith("1f8b")) {
    closeSync(handle);
    return openCompressed(path, [createReadStream(path), createGunzip()], limits);
  }
  if (magic.startsWith("28b52ffd")) {
    try {
      // Loaded only for such an archive.
      const { unzstd } = await import("./zstd.ts");
      return await openCompressed(path, [Readable.from(unzstd(path, handle, limits))], limits);
    } finally {
      closeSync(handle);
    }
  }
  return openPlain(path, handle, limits, () => undefined);
}

/** What an archive may fill: others write to the same disk. */
function roomIn(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return Math.floor(bavail * bsize * 0.9);
}

async function openCompressed(
  path: string,
  unpacking: readonly (Readable | Gunzip)[],
  limits: Limits,
): Promise<TarSource> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const target = join(folder, "layout.tar");
  const room = roomIn(folder);
  let bytes = 0;
  const bound = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      bytes += chunk.length;
      if (bytes > limits.layoutArchiveBytes)
        done(new EngineError("over-limit", `more than ${limits.layoutArchiveBytes} bytes unpacked`, { subject: path }));
      else if (bytes > room)
        done(
          new EngineError(
            "over-limit",
            `unpacked, the archive is larger than the room in ${tmpdir()}: unpack it yourself and give the ` +
              "folder, or set TMPDIR",
            { subject: path, remedy: "disk" },
          ),
        );
      else done(null, chunk);
    },
  });
  try {
    await pipeline([...unpacking, bound, createWriteStream(target)]);
    const handle = openSync(target, "r");
    // An open file stays readable after it is unlinked, and nothing is left behind however the program ends.
    if (platform() !== "win32") remove();
    return await openPlain(path, handle, limits, remove);
  } catch (error) {
    remove();
    if (error instanceof EngineError) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    // A fault of the disk is not damage to the archive.
    if (!code.startsWith("Z_")) throw error;
    throw damaged(path, "does not decompress", error);
  }
}

async function openPlain(path: string, handle: number, limits: Limits, cleanUp: () => void): Promise<TarSource> {
  try {
    return new TarSource(path, handle, await readMembers(path, handle, limits), cleanUp);
  } catch (error) {
    closeSync(handle);
    cleanUp();
    throw error;
  }
}

const blockBytes = 512;
const upToBlock = (size: number): number => Math.ceil(size / blockBytes) * blockBytes;

async function readMembers(path: string, handle: number, limits: Limits): Promise<ReadonlyMap<string, Member>> {
  const { size: total } = fstatSync(handle);
  const members = new Map<string, Member>();
  const links: (readonly [from: string, to: string])[] = [];
  let count = 0;
  for (let at = 0; at < total; ) {
    const found = await readHeader(path, handle, at, total);
    if (found === undefined) break;
    count += 1;
    if (count > limits.layoutEntries)
      throw new EngineError("over-limit", `more than ${limits.layoutEntries} members`, { subject: path });
    const { header, contentAt } = found;
    const name = pathOf(header.name, path);
    const size = header.size ?? 0;
    switch (header.type) {
      case "file":
      case "contiguous-file":
        if (contentAt + size > total) throw damaged(path, `is cut short in ${header.name}`);
        setMember(members, name, { offset: contentAt, size, changed: header.mtime ?? new Date(0) }, path, handle);
        break;
      case "link":
        links.push([name, pathOf(header.linkname ?? "", path)]);
        break;
      case "symlink":
        links.push([name, pathOf(posix.join(posix.dirname(name), linkOf(header.linkname ?? "", path)), path)]);
        break;
      case "directory":
        break;
      default:
        throw damaged(path, `has a member that is not a file: ${header.name} (${String(header.type)})`);
    }
    // As in Go's reader: links and folders have no contents, whatever their size says.
    at = contentAt + (header.type === "file" || header.type === "contiguous-file" ? upToBlock(size) : 0);
  }
  for (const [from, to] of links) {
    const target = members.get(to);
    if (target !== undefined) members.set(from, target);
  }
  return members;
}

/** Two contents under one path: readers would differ about which of them counts. */
function setMember(members: Map<string, Member>, name: string, member: Member, archive: string, handle: number): void {
  const before = members.get(name);
  if (before !== undefined && !hasSameBytes(handle, before, member))
    throw damaged(archive, `has two contents of one path: ${name}`);
  members.set(name, member);
}

const pieceBytes = 1024 * 1024;

function hasSameBytes(handle: number, one: Member, other: Member): boolean {
  if (one.size !== other.size) return false;
  for (let at = 0; at < one.size; at += pieceBytes) {
    const length = Math.min(pieceBytes, one.size - at);
    if (!readAt(handle, length, one.offset + at).equals(readAt(handle, length, other.offset + at))) return false;
  }
  return true;
}

/** The one spelling of a member's path. */
function pathOf(name: string, archive: string): string {
  const path = posix.normalize(name).replace(/\/$/, "");
  if (path.startsWith("/") || path === ".." || path.startsWith("../") || path.includes("\0"))
    throw damaged(archive, `has a path out of it: ${name}`);
  return path;
}

function linkOf(target: string, archive: string): string {
  if (target.startsWith("/")) throw damaged(archive, `has a link out of it, to ${target}`);
  return target;
}

const isZero = (block: Uint8Array): boolean => block.every((byte) => byte === 0);

/** Long names come before their header. In total they may have this many bytes. */
const headerBytes = 1024 * 1024;

/**
 * The header at `at`, and where its content begins; `undefined` at the end of the archive. tar-stream gets only the
 * header's bytes, so that contents are not read.
 */
async function readHeader(
  path: string,
  handle: number,
  at: number,
  total: number,
): Promise<{ readonly header: Header; readonly contentAt: number } | undefined> {
  const reader = extract();
  let header: Header | undefined;
  let failure: unknown;
  reader.on("entry", (found) => {
    header ??= found;
  });
  reader.on("error", (error) => {
    failure ??= error;
  });
  try {
    for (let offset = at; offset < total; offset += blockBytes) {
      const block = readAt(handle, blockBytes, offset);
      if (block.length < blockBytes) break;
      if (offset === at && isZero(block)) {
        // As in Go's reader: a single zero block is a hole, and members behind it would be lost.
        if (isZero(readAt(handle, blockBytes, offset + blockBytes))) return undefined;
        throw damaged(path, "has a hole where a header belongs");
      }
      if (offset - at > headerBytes) throw damaged(path, "has a header without an end");
      reader.write(block);
      await new Promise((resolve) => setImmediate(resolve));
      if (failure !== undefined) break;
      if (header !== undefined) return { header, contentAt: offset + blockBytes };
    }
    if (at === 0) throw new EngineError("invalid-usage", "not a tar archive", { subject: path, cause: failure });
    throw damaged(path, failure === undefined ? "is cut short" : "is not a readable tar archive", failure);
  } finally {
    reader.destroy();
  }
}
