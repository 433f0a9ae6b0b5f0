/**
 * The one seam between the two ways of failing: below it code throws, above it a failure is a value. Source:
 * docs/architecture.md#three-values.
 */
import { EngineError } from "../errors.ts";

export type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: EngineError };

/**
 * Runs `run` and returns its result or the `EngineError` it throws. Any other exception is a bug and is not caught.
 */
export function attempt<T>(run: () => T): Attempt<T> {
  try {
    return { ok: true, value: run() };
  } catch (error) {
    if (error instanceof EngineError) return { ok: false, error };
    throw error;
  }
}
