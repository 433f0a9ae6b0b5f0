/** `#hashes` of the component: SHA-256 by its kernel, all else as everywhere. Source: FIPS 180-4 §5.1.1 and §6.2. */
import { hashes as portable } from "../crypto/hashes.ts";
import type { ComponentKernel, HostHex } from "./component-kernel.ts";
import { blockBytes, initialState, mostBlockBytes } from "./sha256-code.ts";

/** Hexadecimal digits of a block, and of the length that ends the last one. */
const blockLength = 2 * blockBytes;
const lengthLength = 16;

/** What `core/crypto/hashes.ts` exports, and the same bytes. */
export function blockHashes({ blocks }: Pick<ComponentKernel, "blocks">, { toHex, fromHex }: HostHex) {
  const start = initialState();

  function sha256Hex(bytes: Uint8Array): string {
    let state = start;
    let at = 0;
    for (; bytes.length - at > mostBlockBytes; at += mostBlockBytes)
      state = blocks(state, toHex(bytes.subarray(at, at + mostBlockBytes)));
    const end = `${toHex(bytes.subarray(at))}80`;
    const over = (end.length + lengthLength) % blockLength;
    const zeros = over === 0 ? 0 : blockLength - over;
    const bits = (8n * BigInt(bytes.length)).toString(16);
    const padded = end.padEnd(end.length + zeros, "0") + bits.padStart(lengthLength, "0");
    // The last block can be one more than there is room for.
    const room = 2 * mostBlockBytes;
    if (padded.length <= room) return blocks(state, padded);
    return blocks(blocks(state, padded.slice(0, room)), padded.slice(room));
  }
  const sha256 = (bytes: Uint8Array): Uint8Array => fromHex(sha256Hex(bytes));
  return { hashes: { ...portable, sha256 }, sha256Hex };
}
