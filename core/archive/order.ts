/**
 * The rows that a content id is made of, and their order, which is that of a mirror: by kind, key and digest, compared
 * as UTF-8. Source: docs/spec/offline.md#content-id, docs/spec/archive.md#entries.
 */

import { encodeText } from "./canonical-line.ts";

/** `digest` is one, or a word where there is none: `absent`, `complete`, `partial`. */
export interface ContentRow {
  readonly kind: string;
  readonly key: string;
  readonly digest: string;
}

/** The line of a row: a content id is the SHA-256 of all of them, in their order. */
export const contentLine = ({ kind, key, digest }: ContentRow): string =>
  `[${encodeText(kind)},${encodeText(key)},${encodeText(digest)}]\n`;

// Units of UTF-16 are in the order of code points, but for surrogates, which stand for points above all the others.
const inOrder = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);

/** Below zero where `left` comes first: the order of their bytes in UTF-8. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const difference = inOrder(left.charCodeAt(index)) - inOrder(right.charCodeAt(index));
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** Below zero where `left` comes first. */
export const compareRows = (left: ContentRow, right: ContentRow): number =>
  compareText(left.kind, right.kind) || compareText(left.key, right.key) || compareText(left.digest, right.digest);
