/**
 * The one shape of an error: what happened, why, and one thing to do. Source: docs/spec/command-line.md#error-messages.
 */
import type { EngineError, ErrorCode } from "../../core/errors.ts";
import type { Failure } from "../../core/verdict.ts";
import { errorFix, imageFix, type FixSettings, plainFix } from "./fix.ts";
import { type Ear, fitLine } from "./say.ts";
import { visibleLine } from "./escape.ts";
import { asciiText } from "./style.ts";
import { wrapText } from "./wrap.ts";

export interface Problem {
  readonly code: ErrorCode;
  /** One sentence. */
  readonly what: string;
  /** The evidence: values, times, file and line. */
  readonly why?: string;
  /** A command or an edit; commands are in backquotes. */
  readonly fix?: string;
}

/** An error as a problem. */
export function toProblem(error: EngineError, settings?: FixSettings): Problem & { readonly fix: string } {
  const causes: string[] = [];
  for (let cause: unknown = error.cause; cause instanceof Error && causes.length < 4; cause = cause.cause)
    causes.push(cause.message);
  const why = [error.subject ?? "", ...causes]
    .filter((text) => text !== "" && !error.message.includes(text))
    .join(": ");
  return {
    code: error.code,
    what: error.message,
    ...(why === "" ? {} : { why }),
    fix: errorFix(error, settings),
  };
}

/** The thing at fault, and what it is where it is only a fingerprint. */
function labelled({ code, subject }: Failure, { key }: FixSettings): string | undefined {
  if (subject === undefined || !/^[0-9a-f]{64}$/.test(subject)) return subject;
  const from = key === undefined ? "" : ` (${key})`;
  return code === "wrong-key" ? `key asked for: ${subject}${from}` : `certificate: ${subject}`;
}

/** The failure of an image as a problem. `why` does not repeat the sentence. */
export function failureProblem(
  { reference, logical, digest }: FailedImage,
  failure: Failure,
  settings: FixSettings,
): Problem & { readonly fix: string } {
  const image = logical === undefined ? reference : `${reference} (as ${logical})`;
  const what = failure.reason.includes(reference) ? failure.reason : `${image}: ${failure.reason}`;
  const why = labelled(failure, settings) ?? digest;
  return {
    code: failure.code,
    what,
    ...(why === undefined || what.includes(why) ? {} : { why }),
    fix: imageFix({ image: reference, logical }, failure, settings),
  };
}

interface FailedImage {
  readonly reference: string;
  readonly logical?: string | undefined;
  readonly digest?: string | undefined;
}

/** As a document's members. */
export const toProblemJson = ({ code, what, why, fix }: Omit<Problem, "code"> & { readonly code: string }) => ({
  code,
  message: what,
  why,
  fix: fix === undefined ? undefined : plainFix(fix),
});

/** One line, in which nothing that came from outside writes to the terminal. */
const oneLine = (text: string, unicode: boolean): string => {
  const line = visibleLine(text);
  return unicode ? line : asciiText(line);
};

/** `error CODE: what`, then `why:` and `fix:`. A line that is too long goes on below. Ends with a newline. */
export function renderProblem(
  { code, what, why, fix }: Problem,
  { width, unicode }: { readonly width: number; readonly unicode: boolean },
): string {
  const part = (label: string, text: string | undefined, commands = false): readonly string[] =>
    text === undefined
      ? []
      : wrapText(oneLine(text, unicode), { width, first: `  ${label}:  `, rest: " ".repeat(8), commands });
  const head = wrapText(`error ${code}: ${oneLine(what, unicode)}`, { width, first: "", rest: "  " });
  return [...head, ...part("why", why), ...part("fix", fix, true)].map((line) => `${line}\n`).join("");
}

export const tellProblem = (problem: Problem, { err, width, unicode }: Ear): void =>
  err(renderProblem(problem, { width: width.err, unicode }));

/** `fix for CODE: …`, with commands in backquotes. */
export function tellFix(line: string, { err, width, unicode }: Ear): void {
  const shown = fitLine(oneLine(line, unicode), width.err, { commands: true });
  err(`${shown.join("\n")}\n`);
}
