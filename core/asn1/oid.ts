/** Object identifiers. Source: X.690 §8.19. */
import { EngineError } from "../errors.ts";

/**
 * Dotted text of an identifier's content bytes. Components up to 2^53 - 1.
 * @throws EngineError `malformed`
 */
export function formatOid(content: Uint8Array, subject: string): string {
  const malformed = (why: string) => new EngineError("malformed", `${subject}: object identifier ${why}`, { subject });
  let text = "";
  let value = 0;
  let fresh = true;
  for (const byte of content) {
    if (fresh && byte === 0x80) throw malformed("with a padded component");
    value = value * 128 + (byte & 0x7f);
    if (value > Number.MAX_SAFE_INTEGER) throw malformed("with a component above 2^53");
    fresh = byte < 0x80;
    if (!fresh) continue;
    if (text !== "") text += `.${value}`;
    else text = value < 80 ? `${Math.floor(value / 40)}.${value % 40}` : `2.${value - 80}`;
    value = 0;
  }
  if (text === "" || !fresh) throw malformed("that is empty or cut");
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
