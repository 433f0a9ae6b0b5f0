/**
 * The part of a content that a client asks for. Source: RFC 9110 section 14.
 *
 *     bytes=500-999      bytes=500-      bytes=-500
 *
 * Several ranges in one request are not served as such: the whole content is, as RFC 9110 allows, so that a long list
 * of ranges costs nothing.
 */

/** `end` is not part of it. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const one = /^bytes=(\d{0,15})-(\d{0,15})$/;

/** `undefined`: the whole content. `unsatisfiable`: nothing of it is there (416). */
export function parseByteRange(field: string | undefined, size: number): ByteRange | "unsatisfiable" | undefined {
  const [, first, last] = one.exec(field ?? "") ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return undefined;
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "unsatisfiable" : { start: size - length, end: size };
  }
  const start = Number(first);
  // A range that ends before it begins is none.
  if (last !== "" && Number(last) < start) return undefined;
  if (start >= size) return "unsatisfiable";
  return { start, end: last === "" ? size : Math.min(Number(last) + 1, size) };
}
