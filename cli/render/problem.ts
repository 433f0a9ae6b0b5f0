/**
 * The one shape of an error: what happened, why, and one thing to do. Source: docs/spec/command-line.md#error-messages.
 */
import type { EngineError, ErrorCode } from "../../core/errors.ts";
import { openQuestions } from "../../core/knowledge/ask.ts";
import type { Failure } from "../../core/verdict.ts";
import { fixText, type FixSettings, replaced } from "./fix.ts";
import { visible } from "./tree.ts";

export interface Problem {
  readonly code: ErrorCode;
  /** One sentence. */
  readonly what: string;
  /** The evidence: values, times, file and line. */
  readonly why?: string;
  /** A command or an edit. */
  readonly fix?: string;
}

/** An error as a problem. */
export function toProblem(error: EngineError): Problem & { readonly fix: string } {
  const causes: string[] = [];
  for (let cause: unknown = error.cause; cause instanceof Error && causes.length < 4; cause = cause.cause)
    causes.push(cause.message);
  const why = [error.subject ?? "", ...causes]
    .filter((text) => text !== "" && !error.message.includes(text))
    .join(": ");
  const [question] = openQuestions(error);
  return {
    code: error.code,
    what: error.message,
    ...(why === "" ? {} : { why }),
    fix: fixText({ code: error.code, remedy: error.remedy, subject: error.subject, question }),
  };
}

/** The failure of an image as a problem. `why` does not repeat the sentence. */
export function failureProblem(
  image: string,
  digest: string | undefined,
  failure: Failure,
  settings: FixSettings,
): Problem & { readonly fix: string } {
  const what = failure.reason.includes(image) ? failure.reason : `${image}: ${failure.reason}`;
  const why = failure.subject ?? digest;
  return {
    code: failure.code,
    what,
    ...(why === undefined || what.includes(why) ? {} : { why }),
    fix: replaced(fixText(failure, settings), "IMAGE", image),
  };
}

/** One line, in which nothing that came from outside writes to the terminal. */
const oneLine = (text: string): string => visible(text.replace(/\s*\n\s*/g, " ").trim());

/** `error CODE: what`, then `why:` and `fix:`, each on a line of its own. Ends with a newline. */
export function renderProblem({ code, what, why, fix }: Problem): string {
  const lines = [`error ${code}: ${oneLine(what)}`];
  if (why !== undefined) lines.push(`  why:  ${oneLine(why)}`);
  if (fix !== undefined) lines.push(`  fix:  ${oneLine(fix)}`);
  return `${lines.join("\n")}\n`;
}
