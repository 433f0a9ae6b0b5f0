/**
 * Headers of the one kind of member that an archive has: a regular file with a short name. A header is accepted only
 * if it is the one that would be written, so no link, path or unknown field comes in. tar-stream reads and writes more,
 * and only asynchronously: members here are read inside one transaction. Source: docs/spec/archive.md#layout.
 */
import { corruptArchive } from "../../core/archive/corrupt.ts";

export const blockBytes = 512;

/** Zeros that fill the last block of a member of `size` bytes. */
export const paddingOf = (size: number): number => (blockBytes - (size % blockBytes)) % blockBytes;

/** What a member takes in the file. */
export const memberBytes = (size: number): number => blockBytes + size + paddingOf(size);

/** Two blocks of zeros. */
export const endBytes = 2 * blockBytes;

const sizeAt = 124;
const sizeLength = 12;
const checksumAt = 148;
/** Eleven octal digits. */
const octalSizes = 8 ** 11;

const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, "0")}\0`;

/** A header without name, size and checksum. */
const template = (() => {
  const block = Buffer.alloc(blockBytes);
  block.write(octal(0o644, 7), 100, "latin1");
  block.write(octal(0, 7), 108, "latin1");
  block.write(octal(0, 7), 116, "latin1");
  block.write(octal(0, 11), 136, "latin1");
  block.write("0", 156, "latin1");
  block.write("ustar\x0000", 257, "latin1");
  return block;
})();

/** The header of a regular file. `name` is ASCII, of at most 100 characters. */
export function encodeTarHeader(name: string, size: number): Buffer {
  const block = Buffer.from(template);
  block.write(name, 0, 100, "latin1");
  if (size < octalSizes) block.write(octal(size, 11), sizeAt, "latin1");
  else {
    block.writeUInt8(0x80, sizeAt);
    block.writeBigUInt64BE(BigInt(size), sizeAt + sizeLength - 8);
  }
  block.write(`${octal(checksumOf(block), 6)} `, checksumAt, "latin1");
  return block;
}

/** The sum of all bytes, with spaces in place of the checksum. */
function checksumOf(block: Uint8Array): number {
  let sum = 8 * 0x20;
  for (let index = 0; index < checksumAt; index++) sum += block[index] as number;
  // Behind the magic there is nothing.
  for (let index = checksumAt + 8; index < 265; index++) sum += block[index] as number;
  return sum;
}

export interface TarMember {
  readonly name: string;
  readonly size: number;
}

/** @throws EngineError `archive-corrupt` when it is not a header that {@link encodeTarHeader} writes. */
export function decodeTarHeader(block: Buffer, subject: string): TarMember {
  const end = block.indexOf(0);
  const name = block.toString("latin1", 0, end === -1 || end > 100 ? 100 : end);
  const size =
    block[sizeAt] === 0x80
      ? Number(block.readBigUInt64BE(sizeAt + sizeLength - 8))
      : Number.parseInt(block.toString("latin1", sizeAt, sizeAt + sizeLength - 1), 8);
  if (!Number.isSafeInteger(size) || size < 0 || !encodeTarHeader(name, size).equals(block))
    throw corruptArchive("a header that no archive of sallyport has", subject);
  return { name, size };
}
