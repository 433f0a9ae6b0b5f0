/** Times for people: never a relative time alone. Source: docs/spec/command-line.md#times. */

const pad = (value: number): string => String(value).padStart(2, "0");

/** `2026-11-18 10:00 UTC`. */
export const toUtcText = (at: Date): string =>
  `${at.getUTCFullYear()}-${pad(at.getUTCMonth() + 1)}-${pad(at.getUTCDate())} ` +
  `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())} UTC`;

/** The times of a text that was made for machines, as people read them. */
export const withShortTimes = (text: string): string =>
  text.replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, (time) => toUtcText(new Date(time)));

const units: readonly (readonly [seconds: number, name: string])[] = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
  [1, "s"],
];

/** `4 d`, `5 h`, `12 min`, `0 s`: the largest unit that fits, rounded down. `seconds` is not negative. */
export function toSpanText(seconds: number): string {
  const [size, name] = units.find(([unit]) => seconds >= unit) ?? [1, "s"];
  return `${Math.floor(seconds / size)} ${name}`;
}

/** `4 d ago`, or `in 5 h` for a time to come. */
export function toAgoText(at: Date, now: Date): string {
  const seconds = (now.getTime() - at.getTime()) / 1000;
  return seconds < 0 ? `in ${toSpanText(-seconds)}` : `${toSpanText(seconds)} ago`;
}

/** `2026-11-18 10:00 UTC (4 d ago)`. */
export const toTimeText = (at: Date, now: Date): string => `${toUtcText(at)} (${toAgoText(at, now)})`;
