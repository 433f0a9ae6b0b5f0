/**
 * How an answer's source says that its host was asked without TLS: anybody on the way may have changed what it says of
 * tags, and of what does not exist. Source: docs/spec/offline.md#mirror.
 */

const plainWords = " (without TLS)";

/** A host as the source of answers that anybody on the way may have changed. */
export const withoutTls = (host: string): string => `${host}${plainWords}`;

/** The hosts of a source that were asked without TLS. */
export const plainHostsIn = (source: string): readonly string[] =>
  source.split(", ").flatMap((one) => (one.endsWith(plainWords) ? [one.slice(0, -plainWords.length)] : []));
