/** Which of two semantic versions comes first. Source: Semantic Versioning 2.0.0 §11. */

export interface Version {
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly pre: readonly (string | bigint)[];
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
