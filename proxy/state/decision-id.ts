/** Ids of decisions that people can read to each other. Source: docs/spec/offline.md#what-an-instance-remembers. */
import { randomBytes } from "node:crypto";
import type { DecisionId } from "./decision-log.ts";

/** Crockford's: no letter that looks like a digit. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const length = 8;

/** Of 2^40, so that instances that know nothing of each other give different ones. */
export function newDecisionId(): DecisionId {
  const letters = [...randomBytes(length)].map((byte) => alphabet[byte % alphabet.length]);
  return `d-${letters.join("")}`;
}

/** As somebody may have typed it. */
export function findDecisionId(text: string): DecisionId | undefined {
  const upper = text.toUpperCase();
  return /^D-[0-9A-HJKMNP-TV-Z]{8}$/.test(upper) ? `d-${upper.slice(2)}` : undefined;
}
