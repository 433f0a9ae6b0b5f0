/**
 * Reads a time by a layout, as Go's time.Parse does in a process whose local zone is UTC. Source: Go's time package
 * (Parse).
 */
import { fail } from "../../jmespath/functions/signature.ts";
import { type LayoutPiece, parseLayout } from "./go-layout.ts";
import { type Instant, instantOf } from "./go-time.ts";

const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const short = (name: string): string => name.slice(0, 3);

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
const daysIn = (month: number, year: number): number =>
  month === 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;

/** Offsets by how the layout writes them, after the sign. */
const zoneForms: Readonly<Record<string, RegExp>> = {
  "07:00": /^[+-][0-9]{2}:[0-9]{2}/,
  "07:00:00": /^[+-][0-9]{2}:[0-9]{2}:[0-9]{2}/,
  "0700": /^[+-][0-9]{4}/,
  "070000": /^[+-][0-9]{6}/,
  "07": /^[+-][0-9]{2}/,
};

const maxLength = 4096;

/** How many characters at the start of `text` are an hour's offset of at most 23, with its sign. */
function signedLength(text: string): number {
  const match = /^[+-][0-9]{1,18}/.exec(text)?.[0];
  return match === undefined || Number(match.slice(1)) > 23 ? 0 : match.length;
}

/**
 * How many characters at the start of `text` look like the name of a zone: three to five capitals (four and five end in
 * T), or an offset.
 */
function zoneNameLength(text: string): number {
  if (/^(?:ChST|MeST)/.test(text)) return 4;
  if (text.startsWith("GMT")) return 3 + signedLength(text.slice(3));
  if (/^[+-]/.test(text)) return text.length < 3 ? 0 : signedLength(text);
  const capitals = /^[A-Z]{0,6}/.exec(text)?.[0] ?? "";
  if (capitals.length === 3) return 3;
  return (capitals.length === 5 && capitals.endsWith("T")) ||
    (capitals.length === 4 && (capitals.endsWith("T") || capitals === "WITA"))
    ? capitals.length
    : 0;
}

class TimeReader {
  readonly whole: string;
  rest: string;
  year = 0;
  month: number | undefined;
  day: number | undefined;
  dayOfYear: number | undefined;
  hour = 0;
  minute = 0;
  second = 0;
  nanosecond = 0;
  isMorning = false;
  isAfternoon = false;
  /** `Z` or `UTC` was read, which counts before any other zone. */
  isUtc = false;
  offset: number | undefined;
  /** The zone is a name: the clock is read as UTC, and only shown at the offset that `GMT+3` names. */
  namedOffset = 0;

  constructor(value: string) {
    this.whole = value;
    this.rest = value;
  }

  bad(what: string): never {
    return fail(`parsing time ${JSON.stringify(this.whole)}: ${what}`);
  }

  /** The next characters if they fit `pattern`, which is anchored. */
  take(pattern: RegExp, what: string): string {
    const match =
      pattern.exec(this.rest)?.[0] ?? this.bad(`cannot parse ${JSON.stringify(this.rest)} as ${JSON.stringify(what)}`);
    this.rest = this.rest.slice(match.length);
    return match;
  }

  /** Text of the layout: a space matches any number of spaces. */
  skip(text: string): void {
    let prefix = text;
    while (prefix !== "") {
      if (prefix.startsWith(" ")) {
        if (this.rest !== "" && !this.rest.startsWith(" ")) this.bad("cannot parse a space");
        prefix = prefix.replace(/^ +/, "");
        this.rest = this.rest.replace(/^ +/, "");
        continue;
      }
      if (this.rest === "" || this.rest.charCodeAt(0) !== prefix.charCodeAt(0))
        this.bad(`cannot parse ${JSON.stringify(this.rest)} as ${JSON.stringify(text)}`);
      prefix = prefix.slice(1);
      this.rest = this.rest.slice(1);
    }
  }

  number(field: string, from: number, to: number, what: string): number {
    const value = Number(
      this.take(field.length === 2 && field !== "15" && !field.startsWith("_") ? /^[0-9]{2}/ : /^[0-9]{1,2}/, field),
    );
    return value < from || value > to ? this.bad(`${what} out of range`) : value;
  }

  name(names: readonly string[], field: string): number {
    // A letter beyond ASCII can become one of these: İ is i and a dot.
    const lower = (/^[A-Za-z]+/.exec(this.rest)?.[0] ?? "").toLowerCase();
    const index = names.findIndex((name) => lower.startsWith(name.toLowerCase()));
    if (index < 0) this.bad(`cannot parse ${JSON.stringify(this.rest)} as ${JSON.stringify(field)}`);
    this.rest = this.rest.slice((names[index] ?? "").length);
    return index;
  }

  /** Digits after a point or a comma, nanoseconds at most. */
  fraction(digits: string): number {
    return Number(digits.slice(1, 10).padEnd(9, "0"));
  }

  seconds(field: string, next: string | undefined): void {
    this.second = this.number(field, 0, 59, "second");
    // A fraction is read even where the layout has none.
    if (/^[.,][0-9]/.test(this.rest) && (next === undefined || !/^[.,]/.test(next)))
      this.nanosecond = this.fraction(this.take(/^[.,][0-9]+/, field));
  }

  zone(field: string): void {
    if (field.startsWith("Z") && this.rest.startsWith("Z")) {
      this.rest = this.rest.slice(1);
      this.isUtc = true;
      return;
    }
    const text = this.take(zoneForms[field.slice(1)] ?? /^$/, field);
    const [hours = 0, minutes = 0, seconds = 0] = (text.slice(1).replaceAll(":", "").match(/../g) ?? []).map(Number);
    if (hours > 24) this.bad("time zone offset hour out of range");
    if (minutes > 60) this.bad("time zone offset minute out of range");
    if (seconds > 60) this.bad("time zone offset second out of range");
    const total = (hours * 60 + minutes) * 60 + seconds;
    this.offset = text.startsWith("-") ? 0 - total : total;
  }

  zoneName(): void {
    if (this.rest.startsWith("UTC")) {
      this.rest = this.rest.slice(3);
      this.isUtc = true;
      return;
    }
    const length = zoneNameLength(this.rest);
    if (length === 0) this.bad("cannot parse a time zone");
    const name = this.rest.slice(0, length);
    this.namedOffset = /^GMT[+-]/.test(name) ? Number(name.slice(3)) * 3600 : 0;
    this.rest = this.rest.slice(length);
  }

  readHalf(text: string): void {
    if (text.toLowerCase() === "am") this.isMorning = true;
    else this.isAfternoon = true;
  }

  field(field: string, next: string | undefined): void {
    switch (field) {
      case "2006":
        this.year = Number(this.take(/^[0-9]{4}/, field));
        return;
      case "06": {
        const year = Number(this.take(/^[0-9]{2}|^[+-][0-9]/, field));
        this.year = year >= 69 ? year + 1900 : year + 2000;
        return;
      }
      case "January":
        this.month = this.name(months, field) + 1;
        return;
      case "Jan":
        this.month = this.name(months.map(short), field) + 1;
        return;
      case "1":
      case "01":
        this.month = this.number(field, 1, 12, "month");
        return;
      case "Monday":
        this.name(days, field);
        return;
      case "Mon":
        this.name(days.map(short), field);
        return;
      case "2":
      case "_2":
      case "02":
        if (field === "_2") this.rest = this.rest.replace(/^ /, "");
        this.day = this.number(field, 0, 99, "day");
        return;
      case "__2":
      case "002":
        if (field === "__2") this.rest = this.rest.replace(/^ {1,2}/, "");
        this.dayOfYear = Number(this.take(field === "002" ? /^[0-9]{3}/ : /^[0-9]{1,3}/, field));
        return;
      case "15":
        this.hour = this.number(field, 0, 23, "hour");
        return;
      case "3":
      case "03":
        this.hour = this.number(field, 0, 12, "hour");
        return;
      case "4":
      case "04":
        this.minute = this.number(field, 0, 59, "minute");
        return;
      case "5":
      case "05":
        this.seconds(field, next);
        return;
      case "PM":
        this.readHalf(this.take(/^(?:AM|PM)/, field));
        return;
      case "pm":
        this.readHalf(this.take(/^(?:am|pm)/, field));
        return;
      case "MST":
        this.zoneName();
        return;
      default:
        if (!/^[.,]/.test(field)) this.zone(field);
        else if (field.charAt(1) === "0")
          this.nanosecond = this.fraction(this.take(new RegExp(`^[.,][0-9]{${field.length - 1}}`), field));
        else if (/^[.,][0-9]/.test(this.rest)) this.nanosecond = this.fraction(this.take(/^[.,][0-9]+/, field));
    }
  }

  /** Month and day from a day of the year, which must not contradict them. */
  resolveDayOfYear(): void {
    if (this.dayOfYear === undefined) return;
    let left = this.dayOfYear;
    if (left < 1 || left > (isLeap(this.year) ? 366 : 365)) this.bad("day-of-year out of range");
    let month = 1;
    while (left > daysIn(month, this.year)) left -= daysIn(month++, this.year);
    if ((this.month !== undefined && this.month !== month) || (this.day !== undefined && this.day !== left))
      this.bad("day-of-year does not match the date");
    this.month = month;
    this.day = left;
  }

  instant(): Instant {
    if (this.isAfternoon && this.hour < 12) this.hour += 12;
    else if (this.isMorning && this.hour === 12) this.hour = 0;
    this.resolveDayOfYear();
    const { year, month = 1, day = 1, hour, minute, second, nanosecond } = this;
    if (day < 1 || day > daysIn(month, year)) this.bad("day out of range");
    // A zone's name alone does not give an offset: the time is read as UTC.
    const offset = this.isUtc ? 0 : this.offset;
    const { nanoseconds } = instantOf({ year, month, day, hour, minute, second }, nanosecond, offset ?? 0);
    return { nanoseconds, offset: offset ?? this.namedOffset };
  }
}

const parsedLayouts = new Map<string, readonly LayoutPiece[]>();
const maxLayouts = 100;

function piecesOf(layout: string): readonly LayoutPiece[] {
  const known = parsedLayouts.get(layout);
  if (known !== undefined) return known;
  const pieces = parseLayout(layout);
  if (parsedLayouts.size >= maxLayouts) parsedLayouts.clear();
  parsedLayouts.set(layout, pieces);
  return pieces;
}

/** Go's layout RFC3339. */
export const rfc3339 = "2006-01-02T15:04:05Z07:00";

/**
 * The instant that `value` is by `layout`.
 * @throws EngineError `unresolved` where Go's time.Parse fails.
 */
export function parseTime(layout: string, value: string): Instant {
  if (layout.length > maxLength || value.length > maxLength)
    return fail(`time or layout longer than ${maxLength} characters`);
  const reader = new TimeReader(value);
  const pieces = piecesOf(layout);
  for (const [index, { before, field }] of pieces.entries()) {
    reader.skip(before);
    if (field === undefined) {
      if (reader.rest !== "") reader.bad(`extra text: ${JSON.stringify(reader.rest)}`);
      break;
    }
    reader.field(field, pieces[index + 1]?.field);
  }
  return reader.instant();
}
