/** Assertions of this project: errors are compared by code, never by message. */
import * as assert from "uvu/assert";
import { EngineError, type ErrorCode } from "../../core/errors.ts";

function expectCode(codes: readonly ErrorCode[], thrown: unknown): EngineError {
  if (!(thrown instanceof EngineError))
    throw thrown instanceof Error ? thrown : new Error(`not an EngineError: ${String(thrown)}`);
  if (!codes.includes(thrown.code))
    assert.unreachable(`expected [${codes.join(" or ")}], got [${thrown.code}] ${thrown.message}`);
  return thrown;
}

const listed = (code: ErrorCode | readonly ErrorCode[]): readonly ErrorCode[] =>
  typeof code === "string" ? [code] : code;
const nothingThrown = Symbol("nothing thrown");

/**
 * Runs `run`, which must throw an `EngineError` of this code (or one of these). Any other exception flies on. Returns
 * the error.
 */
export function throwsCode(code: ErrorCode | readonly ErrorCode[], run: () => unknown): EngineError {
  let thrown: unknown = nothingThrown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  if (thrown === nothingThrown) assert.unreachable(`expected [${listed(code).join(" or ")}], nothing was thrown`);
  return expectCode(listed(code), thrown);
}

/** {@link throwsCode} for a promise. */
export async function rejectsCode(
  code: ErrorCode | readonly ErrorCode[],
  run: () => Promise<unknown>,
): Promise<EngineError> {
  const thrown = await run().then(
    () => nothingThrown,
    (error: unknown) => error,
  );
  if (thrown === nothingThrown) assert.unreachable(`expected [${listed(code).join(" or ")}], nothing was thrown`);
  return expectCode(listed(code), thrown);
}

/**
 * Runs `run`, which may succeed or throw an `EngineError`, nothing else. Says which. For damaged and truncated input.
 */
export function onlyEngineErrors(run: () => unknown): "returned" | "threw" {
  try {
    run();
    return "returned";
  } catch (error) {
    if (error instanceof EngineError) return "threw";
    throw error;
  }
}
