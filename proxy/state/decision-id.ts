/** Ids of decisions that people can read to each other. Source: docs/spec/offline.md#what-an-instance-remembers. */
import { randomFillSync } from "node:crypto";
import { sha256 } from "../../core/crypto/digest.ts";
import type { DecisionId } from "./decision-log.ts";

/** Crockford's: no letter that looks like a digit. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const length = 8;
/** Of 2^10: enough to tell the replicas of a cluster apart, nearly always. */
const ofInstance = 2;

function lettersOf(bytes: Uint8Array, from = 0, to = bytes.length): string {
  let letters = "";
  for (let at = from; at < to; at++) letters += alphabet[(bytes[at] as number) % alphabet.length];
  return letters;
}

/** Random bytes are asked for in advance, many at once: a call takes a twentieth of a review, however few it brings. */
const pool = new Uint8Array(4096);
let used = pool.length;

function randomLetters(count: number): string {
  if (used + count > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += count;
  return lettersOf(pool, used - count, used);
}

/** The letters with which an instance's ids begin. `name`: that of its machine or Pod. */
export const instanceLetters = (name: string): string =>
  lettersOf(sha256(new TextEncoder().encode(name)).slice(0, ofInstance));

/** Of 2^30 after the instance's letters, of which it keeps thousands. */
export const newDecisionId = (letters: string): DecisionId => `d-${letters}${randomLetters(length - letters.length)}`;

/** Whether an instance of this name gave the id. Another one may have the same letters. */
export const isIdOf = (id: DecisionId, name: string): boolean => id.startsWith(`d-${instanceLetters(name)}`);

/** As somebody may have typed it. */
export function findDecisionId(text: string): DecisionId | undefined {
  const upper = text.toUpperCase();
  return /^D-[0-9A-HJKMNP-TV-Z]{8}$/.test(upper) ? `d-${upper.slice(2)}` : undefined;
}
