/** Fixes with several values of their own, for which the texts of `core/errors.ts` have no places. */
import type { EngineError } from "../../core/errors.ts";

const own = new WeakMap<EngineError, string>();

/** The same error. Commands in the fix are in backquotes. */
export function withFix(error: EngineError, fix: string): EngineError {
  own.set(error, fix);
  return error;
}

export const ownFix = (error: EngineError): string | undefined => own.get(error);
