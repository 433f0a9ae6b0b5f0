/** Spans of time and sizes, as flags and settings write them. Source: docs/spec/command-line.md#configuration. */

const millisecondsOf: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 };

/** What {@link findSpan} takes, for the JSON Schema of settings. */
export const spanPattern = "^([0-9]{1,6}[dhms]){1,4}$";

/** `30d`, `72h`, `1d12h`: milliseconds; `undefined` for a text that is no span. */
export function findSpan(text: string): number | undefined {
  if (!new RegExp(spanPattern).test(text)) return undefined;
  return [...text.matchAll(/(\d+)([dhms])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (millisecondsOf[unit as string] as number),
    0,
  );
}

/** The longest age that anybody can ask for or allow: ten years. */
export const longestAge = 3650 * 86_400_000;

/** As it would be written: `90m`, `12h`. Whole seconds. */
export function spanText(ms: number): string {
  const [unit, size] = Object.entries(millisecondsOf).find(([, one]) => ms >= one && ms % one === 0) ?? ["s", 1000];
  return `${ms / size}${unit}`;
}

const bytesOf: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
};

/** What {@link findSize} takes, for the JSON Schema of settings. */
export const sizePattern = "^[0-9]{1,12}([KkMmGgTt][Ii]?)?[Bb]?$";

/** As it would be written: `64MiB`, `500B`. */
export function sizeText(bytes: number): string {
  const units = ["TiB", "GiB", "MiB", "KiB"];
  const power = units.findIndex((_, index) => bytes >= 1024 ** (4 - index) && bytes % 1024 ** (4 - index) === 0);
  return power < 0 ? `${bytes}B` : `${bytes / 1024 ** (4 - power)}${units[power]}`;
}

/** `96MiB`, `10G`, `4096`: bytes; `undefined` for a text that is no size. */
export function findSize(text: string): number | undefined {
  const [, number = "", unit = ""] = /^([0-9]{1,12})((?:[KMGT]i?)?)B?$/i.exec(text) ?? [];
  const bytes = number === "" ? Number.NaN : Number(number) * (bytesOf[unit.toLowerCase()] ?? Number.NaN);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
