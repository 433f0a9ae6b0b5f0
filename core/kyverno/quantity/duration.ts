/** Go durations: `1h30m`, `250ms`, `-1.5s`. Source: Go's time package (ParseDuration, Duration.String). */

const unitNanoseconds: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["us", 1_000n],
  ["µs", 1_000n],
  ["μs", 1_000n],
  ["ms", 1_000_000n],
  ["s", 1_000_000_000n],
  ["m", 60_000_000_000n],
  ["h", 3_600_000_000_000n],
]);

const part = /([0-9]*)(?:\.([0-9]*))?([^0-9.]+)/y;
const overflow = 2n ** 63n;

/** The fraction's digits as far as 63 bits hold them, with their weight. */
function leadingFraction(digits: string): { readonly value: number; readonly scale: number } {
  let value = 0n;
  let scale = 1;
  for (let index = 0; index < digits.length; index++) {
    if (value > (overflow - 1n) / 10n) break;
    const next = value * 10n + BigInt(digits.charCodeAt(index) - 48);
    if (next > overflow) break;
    value = next;
    scale *= 10;
  }
  return { value: Number(value), scale };
}

/** Nanoseconds of a duration, or undefined if `text` is not one or does not fit 64 bits. `0` needs no unit. */
export function parseDuration(text: string): bigint | undefined {
  const signed = text.startsWith("-") || text.startsWith("+");
  const negative = text.startsWith("-");
  const body = signed ? text.slice(1) : text;
  if (body === "0") return 0n;
  if (body === "") return undefined;
  let total = 0n;
  part.lastIndex = 0;
  while (part.lastIndex < body.length) {
    const match = part.exec(body);
    if (match === null) return undefined;
    const [, digits = "", fraction = "", unitText = ""] = match;
    if (digits === "" && fraction === "") return undefined;
    const whole = digits.replace(/^0+/, "");
    if (whole.length > 19) return undefined;
    const unit = unitNanoseconds.get(unitText);
    const number = BigInt(whole);
    if (unit === undefined || number > overflow / unit) return undefined;
    let value = number * unit;
    if (fraction !== "") {
      const { value: tail, scale } = leadingFraction(fraction);
      value += BigInt(Math.trunc(tail * (Number(unit) / scale)));
    }
    total += value;
    if (value > overflow || total > overflow) return undefined;
  }
  if (negative) return -total;
  return total === overflow ? undefined : total;
}

/** A fraction without its trailing zeros, with the point; empty where it is zero. */
const fractionText = (value: bigint, digits: number): string =>
  value === 0n ? "" : `.${value.toString().padStart(digits, "0").replace(/0+$/, "")}`;

/** Go's text of a duration: the units h, m, s; below a second the largest of ms, µs, ns. */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return "0s";
  const sign = nanoseconds < 0n ? "-" : "";
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (size < 1_000n) return `${sign}${size}ns`;
  if (size < 1_000_000n) return `${sign}${size / 1_000n}${fractionText(size % 1_000n, 3)}µs`;
  if (size < 1_000_000_000n) return `${sign}${size / 1_000_000n}${fractionText(size % 1_000_000n, 6)}ms`;
  const seconds = size / 1_000_000_000n;
  const text = `${seconds % 60n}${fractionText(size % 1_000_000_000n, 9)}s`;
  const minutes = seconds / 60n;
  if (minutes === 0n) return sign + text;
  return minutes < 60n ? `${sign}${minutes}m${text}` : `${sign}${minutes / 60n}h${minutes % 60n}m${text}`;
}

/** Seconds as a double, whole and fractional part added as Go's Duration.Seconds does. */
export const durationSeconds = (nanoseconds: bigint): number =>
  Number(nanoseconds / 1_000_000_000n) + Number(nanoseconds % 1_000_000_000n) / 1e9;

/** Nanoseconds of a double, cut off; what 64 bits do not hold becomes the smallest duration, as in Go on amd64. */
export function durationOf(nanoseconds: number): bigint {
  if (!Number.isFinite(nanoseconds)) return -overflow;
  const whole = BigInt(Math.trunc(nanoseconds));
  return whole >= overflow || whole < -overflow ? -overflow : whole;
}
