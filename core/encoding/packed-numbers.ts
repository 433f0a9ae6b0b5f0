/** Lists of numbers as short texts, in the form in which re2js has its tables of Unicode. */

/** The 64 digits in order of their values. A digit has six bits. */
export const packedDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-";

/**
 * Numbers of five bits a digit, the lowest first; the sixth bit says that the number goes on. For texts of our own: a
 * character that is no digit is not refused.
 */
export function readPackedNumbers(text: string): number[] {
  const numbers: number[] = [];
  let [value, shift] = [0, 0];
  for (const digit of text) {
    const bits = packedDigits.indexOf(digit);
    value |= (bits & 31) << shift;
    shift += 5;
    if (bits > 31) continue;
    numbers.push(value);
    [value, shift] = [0, 0];
  }
  return numbers;
}
