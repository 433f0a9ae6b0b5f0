/**
 * Letters and their capitals, one code point each, where each is the other's: of Unicode 17.0, whatever Unicode a host
 * has. Source: https://www.unicode.org/Public/17.0.0/ucd/UnicodeData.txt (simple case mapping).
 */
import { readPackedNumbers } from "./packed-numbers.ts";

/**
 * Beyond ASCII, in runs: from the last letter of the run before to the first of this one; twice how many there are,
 * and one more where every second code point is of the run; how far it is to the capital, with its sign in the lowest
 * bit. Numbers are of five bits a digit, the lowest first; a sixth bit says that there is more.
 */
const runs =
  "gHuB-BCO-BBCyHCxBBEHBDRBDvBBDHBCCmMDFBDCBECBGCBDCiGECBBCmKBCikzCDCkIDHBDCBFCBDCBEFBDCBECBCCwDHCDDCDDCDCRBBC9" +
  "ECTBECDCCBEpBBETBJCBDE+jVCCBFLBBC+hVBC4hVBC8hVBCjNBC7MCE5MCCzMCC1MBC+0yCEC5MBC20yCCC9MBCu2yCBCwyyCBCo0yCCChN" +
  "BClNBCo0yCBCu-UBCi0yCDClNCC6-UBCpNDCrNICu+UDCzNCCm0yCBCzNEC0yyCBCzNBCpEBExNBCtEGC1NLCqxyCBCkxyCzGFBECBEGkIvB" +
  "CrCBGpCCiB-BCS-BBC-DBE9DJCPCZBDCOBCnHFCBDCB1BgC-BBgB-ECjBBK3BBDPBBCdChDByBsC-Cq6C2Cg8FDGg8F5XMPtkCCBvHCoglCE" +
  "CsuHRCwjlCzD3EBMhDBBQQJMQLQQJQQJMQMJQJQQJE0EBIsFBEoGBEgIBEgHBE8HzBEQfEQPEQECOpLC3BiBgBfFCBsa0BzBn6BgD-CCCBEC" +
  "1iVBCviVCHBHCBDCBLlDBJFBFCBNsC-lOCC-lOGC-lO0oevBBUdBoEPBE-BBLFBDLBFCBFFBBCgDDVBMRBFFBDRBbCB9aC-5BdgF-8rCi8U0" +
  "B-BumBwCvCpEoCvC8EWtCCetCCOtCCEtCk4BmD-D+DsB-B75CgC-BhsVgC-B8ByB1BvyekCjC";

interface Pairs {
  readonly upper: ReadonlyMap<number, number>;
  readonly lower: ReadonlyMap<number, number>;
}

function readPairs(): Pairs {
  const numbers = readPackedNumbers(runs);
  const upper = new Map<number, number>();
  const lower = new Map<number, number>();
  let letter = 0;
  for (let index = 0; index < numbers.length; index += 3) {
    const [gap = 0, count = 0, distance = 0] = numbers.slice(index, index + 3);
    letter += gap;
    for (let left = count >> 1; left > 0; left--) {
      const capital = letter + (distance & 1 ? -(distance + 1) / 2 : distance / 2);
      upper.set(letter, capital);
      lower.set(capital, letter);
      if (left > 1) letter += 1 + (count & 1);
    }
  }
  return { upper, lower };
}

let read: Pairs | undefined;
const pairs = (): Pairs => (read ??= readPairs());

/** The capital of a letter that is its capital's letter; else what was given. */
export const pairedUpper = (point: number): number =>
  point < 128 ? (point > 96 && point < 123 ? point - 32 : point) : (pairs().upper.get(point) ?? point);

/** The letter of a capital that is its letter's capital; else what was given. */
export const pairedLower = (point: number): number =>
  point < 128 ? (point > 64 && point < 91 ? point + 32 : point) : (pairs().lower.get(point) ?? point);
