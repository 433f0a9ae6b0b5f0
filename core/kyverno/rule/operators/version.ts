/**
 * Strict semantic versions. Source: Semantic Versioning 2.0.0; docs/spec/kyverno.md#ordering. Kyverno reads numbers of
 * up to 64 bits.
 */

import type { Version } from "../../quantity/version-order.ts";

const number = "0|[1-9][0-9]*";
const identifiers = "[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*";
const grammar = new RegExp(`^(${number})\\.(${number})\\.(${number})(?:-(${identifiers}))?(?:\\+${identifiers})?$`);
const largest = 2n ** 64n - 1n;
const maxLength = 1024;

/** The version that a text is, or `undefined`. No leading `v`, no missing part, no leading zero. */
export function parseVersion(text: string): Version | undefined {
  const match = text.length > maxLength ? null : grammar.exec(text);
  if (match === null) return undefined;
  const [, major = "0", minor = "0", patch = "0", suffix] = match;
  const pre = suffix === undefined ? [] : suffix.split(".");
  if (pre.some((part) => /^0[0-9]+$/.test(part))) return undefined;
  const version: Version = {
    numbers: [BigInt(major), BigInt(minor), BigInt(patch)],
    pre: pre.map((part) => (/^[0-9]+$/.test(part) ? BigInt(part) : part)),
  };
  return [...version.numbers, ...version.pre].some((part) => typeof part === "bigint" && part > largest)
    ? undefined
    : version;
}
