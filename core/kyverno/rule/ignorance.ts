/** Ignorance among the errors of expressions. Source: docs/architecture.md#decide-then-ask. */
import { codeRow, EngineError } from "../../errors.ts";

/** Whether an error is ignorance that no default and no alternative may hide. */
export const isIgnorance = (error: unknown): boolean =>
  error instanceof EngineError && error.code !== "unresolved" && codeRow(error.code).truth === "unknown";
