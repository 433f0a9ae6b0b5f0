/** UTCTime and GeneralizedTime. Source: X.690 §11.7 and §11.8, RFC 5280 §4.1.2.5, RFC 3161 §2.4.2. */
import { EngineError } from "../errors.ts";
import { Tag } from "./tag.ts";

const daysOfMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;
const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

/** Days from 1970-01-01 to the first of March of `year`, in the proleptic Gregorian calendar. */
const daysToMarch = (year: number): number =>
  year * 365 + Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400) - 719_468;

function toDate(year: number, fields: readonly number[], milliseconds: number): Date | undefined {
  const [month = 0, day = 0, hour = 24, minute = 60, second = 60] = fields;
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return undefined;
  const length = (daysOfMonth[month - 1] as number) + (month === 2 && isLeap(year) ? 1 : 0);
  if (day < 1 || day > length) return undefined;
  // Years begin in March here, so that the leap day is the last one.
  const days = daysToMarch(month > 2 ? year : year - 1) + Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return new Date(((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + milliseconds);
}

const wrong = (subject: string): EngineError =>
  new EngineError("malformed", `${subject}: time that is not a date with seconds and Z`, { subject });

/** Pairs of digits of `content` from `offset` on, `count` of them; NaN if they are not digits. */
function pairs(content: Uint8Array, offset: number, count: number): number[] {
  const values: number[] = [];
  for (let index = offset; index < offset + 2 * count; index += 2) {
    const high = (content[index] as number) - 48;
    const low = (content[index + 1] as number) - 48;
    values.push(high >= 0 && high <= 9 && low >= 0 && low <= 9 ? high * 10 + low : Number.NaN);
  }
  return values;
}

/** `YYMMDDHHMMSSZ`; years from 50 on are of the twentieth century. @throws EngineError `malformed` */
export function parseUtcTime(content: Uint8Array, subject: string): Date {
  if (content.length !== 13 || content[12] !== 0x5a) throw wrong(subject);
  const [year, ...fields] = pairs(content, 0, 6) as [number, ...number[]];
  if (Number.isNaN(year) || fields.some(Number.isNaN)) throw wrong(subject);
  const date = toDate(year + (year >= 50 ? 1900 : 2000), fields, 0);
  if (date === undefined) throw wrong(subject);
  return date;
}

/**
 * `YYYYMMDDHHMMSS[.fff]Z`; a fraction is allowed only on request, and never ends in zero.
 * @throws EngineError `malformed`
 */
export function parseGeneralizedTime(
  content: Uint8Array,
  subject: string,
  options: { readonly fraction: boolean } = { fraction: false },
): Date {
  if (content.length < 15 || content[content.length - 1] !== 0x5a) throw wrong(subject);
  const [century, year, ...fields] = pairs(content, 0, 7) as [number, number, ...number[]];
  if (Number.isNaN(century) || Number.isNaN(year) || fields.some(Number.isNaN)) throw wrong(subject);
  let milliseconds = 0;
  if (content.length > 15) {
    if (!options.fraction || content.length === 16 || content[14] !== 0x2e || content[content.length - 2] === 48)
      throw wrong(subject);
    for (let index = 15; index < content.length - 1; index++) {
      const digit = (content[index] as number) - 48;
      if (digit < 0 || digit > 9) throw wrong(subject);
      if (index < 18) milliseconds += digit * 10 ** (17 - index);
    }
  }
  const date = toDate(century * 100 + year, fields, milliseconds);
  if (date === undefined) throw wrong(subject);
  return date;
}

/** The content of a Time (RFC 5280 §4.1.2.5) under either of its identifiers. @throws EngineError `malformed` */
export const parseTime = (tag: number, content: Uint8Array, subject: string): Date =>
  tag === Tag.utcTime ? parseUtcTime(content, subject) : parseGeneralizedTime(content, subject);
