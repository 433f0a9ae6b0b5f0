/**
 * Instants with an offset, as Go's time.Time: to the nanosecond, years 0 to 9999 and whatever arithmetic makes of them.
 * Source: Go's time package.
 */

export interface Instant {
  /** Nanoseconds since 1970-01-01T00:00:00Z. */
  readonly nanoseconds: bigint;
  /** Seconds east of Greenwich at which it is shown. */
  readonly offset: number;
}

export interface CivilTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0 is Sunday. */
  readonly weekday: number;
}

const second = 1_000_000_000n;
const daySeconds = 86_400n;
/** Nanoseconds from 0001-01-01T00:00:00Z, from where Go rounds, to 1970. */
const sinceYearOne = 62_135_596_800n * second;
const longest = 2n ** 63n - 1n;

const floorDivide = (dividend: bigint, divisor: bigint): bigint => {
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
};

/** Days from 1970-01-01 to a day of the proleptic Gregorian calendar. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return (
    era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
}

/** The instant of a date and time at an offset. */
export function instantOf(civil: Omit<CivilTime, "weekday">, nanosecond: number, offset: number): Instant {
  const days = BigInt(daysFromCivil(civil.year, civil.month, civil.day));
  const seconds = days * daySeconds + BigInt(civil.hour * 3600 + civil.minute * 60 + civil.second - offset);
  return { nanoseconds: seconds * second + BigInt(nanosecond), offset };
}

/** Date and time at the instant's own offset. */
export function civilOf({ nanoseconds, offset }: Instant): CivilTime {
  const seconds = floorDivide(nanoseconds, second) + BigInt(offset);
  const days = Number(floorDivide(seconds, daySeconds));
  const ofDay = Number(seconds - BigInt(days) * daySeconds);
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
    hour: Math.floor(ofDay / 3600),
    minute: Math.floor((ofDay % 3600) / 60),
    second: ofDay % 60,
    weekday: (((days + 4) % 7) + 7) % 7,
  };
}

const padded = (value: number, width: number): string =>
  `${value < 0 ? "-" : ""}${String(Math.abs(value)).padStart(width, "0")}`;

/** RFC 3339 to the second; offset zero is `Z`. */
export function formatRfc3339(instant: Instant): string {
  const { year, month, day, hour, minute, second: seconds } = civilOf(instant);
  const minutes = Math.trunc(Math.abs(instant.offset) / 60);
  const zone =
    instant.offset === 0
      ? "Z"
      : `${instant.offset < 0 ? "-" : "+"}${padded(Math.floor(minutes / 60), 2)}:${padded(minutes % 60, 2)}`;
  const date = `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}`;
  return `${date}T${padded(hour, 2)}:${padded(minute, 2)}:${padded(seconds, 2)}${zone}`;
}

/** From `earlier` to `later`; what 64 bits do not hold is the longest duration of that direction. */
export function difference(later: Instant, earlier: Instant): bigint {
  const nanoseconds = later.nanoseconds - earlier.nanoseconds;
  return nanoseconds > longest ? longest : nanoseconds < -longest - 1n ? -longest - 1n : nanoseconds;
}

/** Rounded down to a multiple of `duration` since year 1; unchanged unless that is positive. */
export function truncateInstant(instant: Instant, duration: bigint): Instant {
  if (duration <= 0n) return instant;
  const absolute = instant.nanoseconds + sinceYearOne;
  return { nanoseconds: floorDivide(absolute, duration) * duration - sinceYearOne, offset: instant.offset };
}
