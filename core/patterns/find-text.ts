/**
 * Finding one text in another in linear time, whatever both are made of. Source:
 * https://en.wikipedia.org/wiki/Knuth–Morris–Pratt_algorithm.
 */

/** Up to here the engine's own search is cheap, even in texts that are made to defeat it. */
const plainSearchLength = 8;
const plainSearchProduct = 1 << 16;

/** Position of `part` in `text` from `from` on, or −1. */
function findLinear(text: string, part: string, from: number): number {
  const fallback = new Int32Array(part.length);
  for (let index = 1, held = 0; index < part.length; index++) {
    while (held > 0 && part.charCodeAt(index) !== part.charCodeAt(held)) held = fallback[held - 1] ?? 0;
    if (part.charCodeAt(index) === part.charCodeAt(held)) held++;
    fallback[index] = held;
  }
  for (let index = from, held = 0; index < text.length; index++) {
    while (held > 0 && text.charCodeAt(index) !== part.charCodeAt(held)) held = fallback[held - 1] ?? 0;
    if (text.charCodeAt(index) === part.charCodeAt(held)) held++;
    if (held === part.length) return index - held + 1;
  }
  return -1;
}

/** Position of `part` in `text` from `from` on, or −1. */
export function findText(text: string, part: string, from = 0): number {
  if (part.length > Math.max(0, text.length - from)) return -1;
  return part.length <= plainSearchLength || (text.length - from) * part.length <= plainSearchProduct
    ? text.indexOf(part, from)
    : findLinear(text, part, from);
}

/** What stands between the occurrences of `separator`, which is not empty: `text.split`, in linear time. */
export function splitText(text: string, separator: string): string[] {
  if (separator.length <= plainSearchLength) return text.split(separator);
  const parts: string[] = [];
  let from = 0;
  for (let at = findText(text, separator); at >= 0; at = findText(text, separator, from)) {
    parts.push(text.slice(from, at));
    from = at + separator.length;
  }
  parts.push(text.slice(from));
  return parts;
}
