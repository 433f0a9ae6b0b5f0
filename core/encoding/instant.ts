/** Instants and periods of validity. Source: RFC 3339, and the JSON mapping of google.protobuf.Timestamp. */
import { EngineError } from "../errors.ts";

/** A closed interval; an absent end is open. */
export interface ValidityPeriod {
  readonly start?: Date;
  readonly end?: Date;
}

/** Whether `at` lies in `period`, both ends included. */
export const isWithin = (period: ValidityPeriod, at: Date): boolean =>
  (period.start === undefined || period.start.getTime() <= at.getTime()) &&
  (period.end === undefined || at.getTime() <= period.end.getTime());

/** Instants as RFC 3339 writes them. Many decisions have the same millisecond, and a text is made slowly. */
export class InstantText {
  #milliseconds = Number.NaN;
  #text = "";

  of(at: Date): string {
    if (at.getTime() !== this.#milliseconds) {
      this.#text = at.toISOString();
      this.#milliseconds = at.getTime();
    }
    return this.#text;
  }
}

const form = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/**
 * The instant of an RFC 3339 text with at most nine digits of a second's fraction, cut to milliseconds.
 * @throws EngineError `malformed` on another form or a date that does not exist.
 */
export function parseInstant(text: string, subject?: string): Date {
  const match = form.exec(text);
  const wrong = () =>
    new EngineError("malformed", `not an RFC 3339 time: ${JSON.stringify(text.slice(0, 64))}`, { subject });
  if (match === null) throw wrong();
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const milliseconds = Number((match[7] ?? "").padEnd(3, "0").slice(0, 3));
  const offsetMinutes = match[8] === undefined ? 0 : Number(match[9]) * 60 + Number(match[10]);
  if (Number(match[9] ?? 0) > 23 || Number(match[10] ?? 0) > 59) throw wrong();
  return toInstant(
    {
      year,
      month,
      day,
      hour,
      minute,
      second,
      milliseconds,
      offsetMinutes: match[8] === "-" ? -offsetMinutes : offsetMinutes,
    },
    wrong,
  );
}

/** A civil time; `month` counts from 1, `offsetMinutes` east of UTC. */
export interface CivilTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly milliseconds: number;
  readonly offsetMinutes: number;
}

/**
 * The instant of a civil time. Throws what `wrong` makes when there is no such date or time: year 0, 30 February,
 * 24:00, a leap second.
 */
function toInstant(civil: CivilTime, wrong: () => EngineError): Date {
  const { year, month, day, hour, minute, second } = civil;
  // Date.UTC takes years below 100 for the twentieth century, hence setUTCFullYear.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (year < 1 || date.getUTCFullYear() !== year || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day)
    throw wrong();
  if (hour > 23 || minute > 59 || second > 59) throw wrong();
  date.setUTCHours(hour, minute, second, civil.milliseconds);
  return new Date(date.getTime() - civil.offsetMinutes * 60_000);
}
