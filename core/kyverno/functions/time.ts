/**
 * Functions on time. Source: docs/spec/kyverno.md#functions; Go's time package. The zone of this process is UTC, as in
 * Kyverno's containers.
 */
import { define, fail, type JmesFunction } from "../../jmespath/functions/signature.ts";
import type { Value } from "../../jmespath/value.ts";
import { formatDuration, parseDuration } from "../quantity/duration.ts";
import { text } from "./arguments.ts";
import { civilOf, difference, formatRfc3339, type Instant, truncateInstant } from "./go-time.ts";
import { parseTime, rfc3339 } from "./go-time-parse.ts";

const readTime = (value: string): Instant => parseTime(rfc3339, value);
const readDuration = (value: string): bigint =>
  parseDuration(value) ?? fail(`time: invalid duration ${JSON.stringify(value)}`);

const strings = (count: number, call: (...args: readonly string[]) => Value): JmesFunction =>
  define(
    Array.from({ length: count }, () => "string" as const),
    (args, run) => {
      for (const value of args) run.spendCharacters(text(value).length);
      return call(...args.map(text));
    },
  );

/** With an integer for a layout the text is seconds since 1970. */
function parseByLayout(layout: string, value: string): string {
  if (!/^[+-]?[0-9]{1,18}$/.test(layout)) return formatRfc3339(parseTime(layout, value));
  if (!/^[+-]?[0-9]{1,15}$/.test(value))
    return fail(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  return formatRfc3339({ nanoseconds: BigInt(value.replace(/^\+/, "")) * 1_000_000_000n, offset: 0 });
}

function toCron(instant: Instant): string {
  const { minute, hour, day, month, weekday } = civilOf(instant);
  return `${minute} ${hour} ${day} ${month} ${weekday}`;
}

function timeSince(layout: string, from: string, to: string, now: Instant): string {
  const effective = layout === "" ? rfc3339 : layout;
  const start = parseTime(effective, from);
  return formatDuration(difference(to === "" ? now : parseTime(effective, to), start));
}

/** Those that know no clock. */
export const timeFunctions: readonly (readonly [string, JmesFunction])[] = [
  [
    "time_add",
    strings(2, (time = "", duration = "") => {
      const instant = readTime(time);
      return formatRfc3339({ nanoseconds: instant.nanoseconds + readDuration(duration), offset: instant.offset });
    }),
  ],
  ["time_after", strings(2, (left = "", right = "") => readTime(left).nanoseconds > readTime(right).nanoseconds)],
  ["time_before", strings(2, (left = "", right = "") => readTime(left).nanoseconds < readTime(right).nanoseconds)],
  [
    "time_between",
    strings(3, (time = "", start = "", end = "") => {
      const [at, from, to] = [readTime(time).nanoseconds, readTime(start).nanoseconds, readTime(end).nanoseconds];
      return at > from && at < to;
    }),
  ],
  ["time_diff", strings(2, (from = "", to = "") => formatDuration(difference(readTime(to), readTime(from))))],
  ["time_parse", strings(2, (layout = "", value = "") => parseByLayout(layout, value))],
  ["time_to_cron", strings(1, (time = "") => toCron(readTime(time)))],
  [
    "time_truncate",
    strings(2, (time = "", duration = "") => formatRfc3339(truncateInstant(readTime(time), readDuration(duration)))),
  ],
  ["time_utc", strings(1, (time = "") => formatRfc3339({ ...readTime(time), offset: 0 }))],
];

/** Those that do: one instant for a whole decision. */
export function clockFunctions(now: Date): readonly (readonly [string, JmesFunction])[] {
  const instant: Instant = { nanoseconds: BigInt(now.getTime()) * 1_000_000n, offset: 0 };
  const shown = define([], () => formatRfc3339(instant));
  return [
    ["time_now", shown],
    ["time_now_utc", shown],
    ["time_since", strings(3, (layout = "", from = "", to = "") => timeSince(layout, from, to, instant))],
  ];
}
