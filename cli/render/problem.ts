/**
 * The one shape of an error: what happened, why, and one thing to do. Source: docs/spec/command-line.md#error-messages.
 */
import type { EngineError, ErrorCode } from "../../core/errors.ts";
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

/** What helps against a code, whatever its subject. */
const fixes: Partial<Record<ErrorCode, string>> = {
  "no-signature": "sign the image, or add its signature to the mirror: sallyport mirror add --layout DIR IMAGE",
  "image-not-found": "correct the tag, or give a digest",
  "wrong-key": "use the key that signed, or have the image signed again",
  "wrong-identity": "sallyport explain IMAGE -p POLICY shows both sides",
  "no-certificate": "use --key, or sign keyless",
  "no-log-proof": "sign with upload to the log, or --insecure-ignore-tlog if the key alone is enough",
  "no-sct": "--insecure-ignore-sct if the authority keeps no certificate log",
  "not-in-mirror": "add it on the connected side and import it: sallyport mirror add",
  "no-trust": "give the trusted root: --trusted-root FILE, or sallyport trust import FILE",
  stale: "bring fresh trust across (sallyport trust update, trust import), or accept its age: --max-trust-age 180d",
  "no-key": "pin the key: sallyport mirror pin-key REFERENCE FILE",
  "access-denied": "log in to the registry",
  "invalid-usage": "see sallyport COMMAND --help",
  "invalid-reference": "write it as registry/repository:tag or registry/repository@sha256:…",
  "invalid-policy": "correct the place that is named",
  "mirror-corrupt": "bring the mirror again from an archive; nothing in it was believed",
  "mirror-busy": "wait until the other process is done, or end it",
  "mirror-version": "use a newer sallyport for this mirror",
};

/** The problem that an error stands for. */
export function toProblem(error: EngineError): Problem {
  const causes: string[] = [];
  for (let cause: unknown = error.cause; cause instanceof Error && causes.length < 4; cause = cause.cause)
    causes.push(cause.message);
  const why = [...(error.subject === undefined ? [] : [error.subject]), ...causes].join(": ");
  const fix = fixes[error.code];
  return {
    code: error.code,
    what: error.message,
    ...(why === "" ? {} : { why }),
    ...(fix === undefined ? {} : { fix }),
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
