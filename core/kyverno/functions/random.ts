/**
 * `random`: a text that a regular expression matches. Source: docs/spec/kyverno.md#functions; Go's regexp/syntax
 * package, without Perl's additions.
 */
import { define, type JmesFunction } from "../../jmespath/functions/signature.ts";
import type { Evaluation } from "../../jmespath/value.ts";
import { evaluating, failIn, text } from "./arguments.ts";
import { makeText, parsePattern } from "./text-pattern.ts";

/** Steps for each character of a pattern, which Go's own reader looks through too. */
const parsingSteps = 32;

/**
 * A generator of fractions from 0 to 1 that its seed decides: four 32-bit words (sfc32), filled by a hash of the seed.
 */
function fractions(seed: string): () => number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < seed.length; index++) hash = Math.imul(hash ^ seed.charCodeAt(index), 0x01000193);
  let a = hash;
  let b = Math.imul(hash, 0x9e3779b1);
  let c = ~hash;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 16; round++) next();
  return next;
}

/**
 * Differs: Kyverno's texts are random; these depend on the seed and on how many were made before, so that a decision
 * can be repeated.
 */
export function randomFunctions(seed: string): readonly (readonly [string, JmesFunction])[] {
  let next: (() => number) | undefined;
  const random = (pattern: string, run: Evaluation): string => {
    if (pattern === "") return failIn("random", "no pattern provided");
    next ??= fractions(seed);
    run.spend(parsingSteps * Math.min(pattern.length, run.limits.patternBytes));
    return makeText(
      evaluating(() => parsePattern(pattern, run.limits)),
      next,
      run,
    );
  };
  return [["random", define(["string"], ([pattern], run) => random(text(pattern), run))]];
}
