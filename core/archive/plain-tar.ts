/**
 * Headers of the one kind of member that an archive has: a regular file with a short name. A header is accepted only
 * if it is the one that would be written, so no link, path or unknown field comes in. tar-stream reads and writes more,
 * and only asynchronously: members are read inside one transaction, or in a host that has no streams. Source:
 * docs/spec/archive.md#layout.
 */
import { equalBytes } from "../encoding/bytes.ts";
import { corruptArchive } from "./corrupt.ts";

export const blockBytes = 512;

/** Zeros that fill the last block of a member of `size` bytes. */
export const paddingOf = (size: number): number => (blockBytes - (size % blockBytes)) % blockBytes;

/** What a member takes in the file. */
export const memberBytes = (size: number): number => blockBytes + size + paddingOf(size);

/** Two blocks of zeros. */
export const endBytes = 2 * blockBytes;

const nameLength = 100;
const sizeAt = 124;
const sizeLength = 12;
const checksumAt = 148;
/** Eleven octal digits. */
const octalSizes = 8 ** 11;

const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, "0")}\0`;

/** Characters of ASCII; of any other the low eight bits. */
function write(block: Uint8Array, text: string, at: number): void {
  for (let index = 0; index < text.length; index++) block[at + index] = text.charCodeAt(index);
}

function read(block: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let index = start; index < end; index++) text += String.fromCharCode(block[index] as number);
  return text;
}

/** A header without name, size and checksum. */
const template = (() => {
  const block = new Uint8Array(blockBytes);
  write(block, octal(0o644, 7), 100);
  write(block, octal(0, 7), 108);
  write(block, octal(0, 7), 116);
  write(block, octal(0, 11), 136);
  write(block, "0", 156);
  write(block, "ustar\x0000", 257);
  return block;
})();

/** Of the template's bytes, with spaces in place of the checksum. */
const templateSum = template.reduce((sum, byte) => sum + byte, 8 * 0x20);

function sumOf(block: Uint8Array, start: number, end: number): number {
  let sum = 0;
  for (let index = start; index < end; index++) sum += block[index] as number;
  return sum;
}

/** The header of a regular file. `name` has at most 100 characters of ASCII. Who writes many gives one block. */
export function encodeTarHeader(name: string, size: number, block = new Uint8Array(blockBytes)): Uint8Array {
  block.set(template);
  write(block, name.slice(0, nameLength), 0);
  if (size < octalSizes) write(block, octal(size, 11), sizeAt);
  else {
    block[sizeAt] = 0x80;
    for (let index = 1, rest = size; index <= 8; index++, rest = Math.floor(rest / 256))
      block[sizeAt + sizeLength - index] = rest % 256;
  }
  // Both fields are empty in the template.
  const sum =
    templateSum + sumOf(block, 0, Math.min(name.length, nameLength)) + sumOf(block, sizeAt, sizeAt + sizeLength);
  write(block, `${octal(sum, 6)} `, checksumAt);
  return block;
}

export interface TarMember {
  readonly name: string;
  readonly size: number;
}

/** Eight bytes, the highest first. More than a number can hold exactly is another number, which no header has. */
function binarySize(block: Uint8Array): number {
  let size = 0;
  for (let index = 8; index > 0; index--) size = size * 256 + (block[sizeAt + sizeLength - index] as number);
  return size;
}

/** @throws EngineError `archive-corrupt` when it is not a header that {@link encodeTarHeader} writes. */
export function decodeTarHeader(block: Uint8Array, subject: string): TarMember {
  const end = block.indexOf(0);
  const name = read(block, 0, end === -1 || end > nameLength ? nameLength : end);
  const size =
    block[sizeAt] === 0x80 ? binarySize(block) : Number.parseInt(read(block, sizeAt, sizeAt + sizeLength - 1), 8);
  if (!Number.isSafeInteger(size) || size < 0 || !equalBytes(encodeTarHeader(name, size), block))
    throw corruptArchive("a header that no archive of sallyport has", subject);
  return { name, size };
}
