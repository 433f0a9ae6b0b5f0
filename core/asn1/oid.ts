/** Object identifiers. Source: X.690 §8.19. */
import { EngineError } from "../errors.ts";

const malformed = (subject: string, why: string): EngineError =>
  new EngineError("malformed", `${subject}: object identifier ${why}`, { subject });

/**
 * Dotted text of the identifier whose content bytes are those from `start` to `end`. Components up to 2^53 - 1.
 * @throws EngineError `malformed`
 */
export function formatOid(bytes: Uint8Array, subject: string, start = 0, end = bytes.length): string {
  let text = "";
  let value = 0;
  let fresh = true;
  for (let index = start; index < end; index++) {
    const byte = bytes[index] as number;
    if (fresh && byte === 0x80) throw malformed(subject, "with a padded component");
    value = value * 128 + (byte & 0x7f);
    if (value > Number.MAX_SAFE_INTEGER) throw malformed(subject, "with a component above 2^53");
    fresh = byte < 0x80;
    if (!fresh) continue;
    if (text !== "") text += `.${value}`;
    else text = value < 80 ? `${Math.floor(value / 40)}.${value % 40}` : `2.${value - 80}`;
    value = 0;
  }
  if (text === "" || !fresh) throw malformed(subject, "that is empty or cut");
  return text;
}

/**
 * Content bytes of an identifier in dotted text, for constants of this program: what is not one is a bug and throws a
 * RangeError.
 */
export function encodeOid(text: string): Uint8Array {
  const components = text.split(".").map(Number);
  const [first = -1, second = -1, ...rest] = components;
  if (
    components.some((component) => !Number.isSafeInteger(component) || component < 0) ||
    first > 2 ||
    second < 0 ||
    (first < 2 && second > 39)
  )
    throw new RangeError(`not an object identifier: ${text}`);
  const bytes: number[] = [];
  for (const component of [first * 40 + second, ...rest]) {
    const groups = [component % 128];
    for (let left = Math.floor(component / 128); left > 0; left = Math.floor(left / 128))
      groups.push(0x80 | (left % 128));
    bytes.push(...groups.reverse());
  }
  return Uint8Array.from(bytes);
}
