/** What is said of an input while a limit is low: the ways to put one through, and the rows of a table of them. */
import type { Decision } from "../../core/decide/engine.ts";
import { EngineError } from "../../core/errors.ts";
import { type Limits, limitsWith } from "../../core/limits.ts";
import type { Failure } from "../../core/verdict.ts";
import { decide, fastVerifier, type Judged, Lab, policyFor, type Recipe, sign, verify } from "../lab/index.ts";

/** What is said under these limits: nothing, or `code: reason` of each failure. */
export type Run = (limits: Partial<Limits>) => readonly string[] | Promise<readonly string[]>;

export interface Row {
  readonly low: number;
  readonly run: Run;
  /** Default: `over-limit`. */
  readonly says?: RegExp;
}

export const say = (code: string, why: string): string => `${code}: ${why}`;
export const sayFailure = ({ code, reason }: Failure): string => say(code, reason);

/** What an act throws. */
export const thrown =
  (act: (limits: Limits) => unknown): Run =>
  async (given) => {
    try {
      await act(limitsWith(given));
      return [];
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      return [say(error.code, error.message)];
    }
  };

export const lab = new Lab();
export const failures = ({ results }: Decision): readonly string[] =>
  results.flatMap((result) => result.failures.map(sayFailure));

/** `createImageVerifier` about what the recipe makes. */
export const verifying =
  (recipe: Recipe): Run =>
  (limits) => {
    const verification = verify(sign(lab, recipe), fastVerifier, { limits });
    return verification.truth === "proven" ? [] : verification.failures.map(sayFailure);
  };

/** `createEngine` about a Pod with the image that the recipe makes. */
export const deciding =
  (recipe: Recipe, asked: Judged = {}): Run =>
  (limits) =>
    failures(decide(sign(lab, recipe), fastVerifier, { ...asked, engine: { ...asked.engine, limits } }));

/** What most rows are about: an image signed by a key, and a policy that it satisfies. */
export const signed = sign(lab, { layout: "tag" });
export const policyText = JSON.stringify(policyFor(signed));
export const keyless: Recipe = { by: "certificate" };
