/**
 * Digests and fingerprints for people: twelve digits name one. Source:
 * docs/spec/command-line.md#what-a-mirror-holds.
 */
import { visible } from "./escape.ts";

/** The first twelve digits of a digest, with or without its algorithm; any other text as it is. */
export const shortDigest = (text: string): string => visible(/^(?:[a-z0-9]+:)?([0-9a-f]{12})/.exec(text)?.[1] ?? text);

/** A text whose digests and fingerprints are cut to twelve digits, each with `end` behind them. */
export const withShortDigests = (text: string, end = ""): string =>
  text.replace(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, (_, digits: string) => `${digits}${end}`);
