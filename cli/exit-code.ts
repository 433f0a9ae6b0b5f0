/**
 * The exit code of every command, decided here: that of one code (core's table), the gravest of several, and Kyverno's,
 * which depends on counts. Source: docs/spec/command-line.md#exit-codes.
 */
import { codeRow, type ErrorCode } from "../core/errors.ts";
import { leadingFailure, type Verification } from "../core/verdict.ts";

/** All exit codes: docs/spec/command-line.md#exit-codes. */
export type ExitCode = number;

/** The exit code of `verify`, `verify-attestation` and everything that is not `apply`. */
export const exitOf = (code: ErrorCode): ExitCode => codeRow(code).exit;

/** Gravest first: damage, trust, access, knowledge, then cosign's, then ours. */
const severity: readonly ExitCode[] = [70, 2, 6, 3, 4, 5, 12, 10, 11, 13, 14, 15, 1, 0];

/** The exit code for several images or errors: the gravest one. 0 for none. */
export function gravest(codes: readonly ExitCode[]): ExitCode {
  return codes.reduce((worst, code) => (rank(code) < rank(worst) ? code : worst), 0);
}

const rank = (code: ExitCode): number => {
  const at = severity.indexOf(code);
  return at === -1 ? severity.length - 2 : at;
};

/** The exit code of `verify` for one image: 0, or that of the decisive failure. */
export function exitOfVerification(verification: Verification<unknown>): ExitCode {
  if (verification.truth === "proven") return 0;
  const failure = leadingFailure(verification.truth, verification.failures);
  return failure === undefined ? 1 : exitOf(failure.code);
}

/** What `apply` counted. */
interface RuleCounts {
  readonly pass: number;
  readonly fail: number;
  readonly warn: number;
  readonly error: number;
  readonly skip: number;
}

export interface ExitSettings {
  readonly warnExitCode: ExitCode;
  readonly warnNoPass: boolean;
}

/** Kyverno's exit code for `apply`, and its text. */
export function exitOfCounts(
  counts: RuleCounts,
  settings: ExitSettings,
): { readonly code: ExitCode; readonly text?: string } {
  if (counts.fail > 0) return { code: 1, text: "Error: exit as there are policy violations" };
  if (counts.error > 0) return { code: 1, text: "Error: exit as there are policy errors" };
  if (counts.warn > 0 && settings.warnExitCode !== 0)
    return { code: settings.warnExitCode, text: `exit as warnExitCode is ${settings.warnExitCode}` };
  if (settings.warnNoPass && counts.pass === 0)
    return { code: settings.warnExitCode, text: "exit as no objects satisfied policy" };
  return { code: 0 };
}
