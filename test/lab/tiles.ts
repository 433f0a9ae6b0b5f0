/**
 * A Rekor v2 log as files: checkpoint, tiles of hashes, bundles of entries. Source: C2SP tlog-tiles, rekor-tiles'
 * `/api/v2`.
 */
import { concat } from "../../core/encoding/bytes.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { treeRoot } from "./merkle-tree.ts";

const width = 256;

/** `x001/x234/067`, and `.p/W` for a tile of fewer than 256. */
export function tilePath(index: number, size: number): string {
  const digits = String(index).padStart(Math.ceil(String(index).length / 3) * 3, "0");
  const groups = digits.match(/.{3}/g) ?? [];
  const path = groups.map((group, place) => (place < groups.length - 1 ? `x${group}` : group)).join("/");
  return size === width ? path : `${path}.p/${size}`;
}

const chunks = <T>(list: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(list.length / width) }, (_, index) => list.slice(index * width, (index + 1) * width));

/** Path below `/api/v2/` → content. `checkpoint` is the log's, signed, over these leaves. */
export function tileFiles(leaves: readonly Uint8Array[], checkpoint: string): Readonly<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = { checkpoint: encodeUtf8(checkpoint) };
  for (const [index, entries] of chunks(leaves).entries())
    files[`tile/entries/${tilePath(index, entries.length)}`] = concat(
      ...entries.flatMap((entry) => [Uint8Array.of(entry.length >> 8, entry.length & 255), entry]),
    );
  // A tile of level L has the roots of whole subtrees of 256^L leaves; what is not whole stands in the tiles below.
  for (let level = 0, span = 1; Math.floor(leaves.length / span) > 0; level++, span *= width) {
    const roots = Array.from({ length: Math.floor(leaves.length / span) }, (_, index) =>
      treeRoot(leaves.slice(index * span, (index + 1) * span)),
    );
    for (const [index, hashes] of chunks(roots).entries())
      files[`tile/${level}/${tilePath(index, hashes.length)}`] = concat(...hashes);
  }
  return files;
}
