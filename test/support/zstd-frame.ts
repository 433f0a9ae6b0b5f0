/** Frames of Zstandard without compression, right or wrong in one place. Source: RFC 8878. */

export interface FrameOptions {
  /** The window's exponent above 10: 0 is 1 KiB, 7 is 128 KiB, 31 is 2 TiB. */
  readonly window?: number;
  /** The type of the blocks: 0 raw, 3 is reserved. */
  readonly type?: number;
}

/** One frame that holds these bytes as they are. */
export function zstdFrame(bytes: Uint8Array, { window = 7, type = 0 }: FrameOptions = {}): Buffer {
  const blockBytes = Math.min(128 * 1024, 2 ** (10 + window));
  const parts = [Buffer.from("28b52ffd", "hex"), Buffer.of(0, window << 3)];
  for (let at = 0; at === 0 || at < bytes.length; at += blockBytes) {
    const piece = bytes.subarray(at, at + blockBytes);
    const header = Buffer.alloc(3);
    const isLast = at + blockBytes >= bytes.length;
    header.writeUIntLE((piece.length << 3) | (type << 1) | (isLast ? 1 : 0), 0, 3);
    parts.push(header, Buffer.from(piece));
  }
  return Buffer.concat(parts);
}
