/**
 * Strict semantic versions. Source: Semantic Versioning 2.0.0; docs/spec/kyverno.md#ordering. Kyverno reads numbers of
 * up to 64 bits.
 */

export interface Version {
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly pre: readonly (string | bigint)[];
}

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

const sign = (less: boolean): -1 | 1 => (less ? -1 : 1);

function comparePart(left: string | bigint, right: string | bigint): -1 | 0 | 1 {
  if (left === right) return 0;
  if (typeof left === typeof right) return sign(left < right);
  return sign(typeof left === "bigint");
}

/** Precedence (clause 11); build metadata does not count. */
export function compareVersions(left: Version, right: Version): -1 | 0 | 1 {
  for (const [index, part] of left.numbers.entries()) {
    const other = right.numbers[index] ?? 0n;
    if (part !== other) return sign(part < other);
  }
  if (left.pre.length === 0 || right.pre.length === 0)
    return left.pre.length === right.pre.length ? 0 : sign(left.pre.length > 0);
  for (const [index, part] of left.pre.entries()) {
    const other = right.pre[index];
    if (other === undefined) return 1;
    const order = comparePart(part, other);
    if (order !== 0) return order;
  }
  return left.pre.length < right.pre.length ? -1 : 0;
}
