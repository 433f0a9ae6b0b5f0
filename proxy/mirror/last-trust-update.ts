/** How the last `trust update` ended, by the log of a mirror's runs: one of the command, or of `serve`. */
import { isObject } from "../../core/encoding/shape.ts";
import type { Mirror } from "./mirror.ts";

export interface LastTrustUpdate {
  readonly from: string;
  /** RFC 3339. */
  readonly ended: string;
  /** Of one that brought nothing: its code, and why. */
  readonly failed?: string;
  readonly error?: string;
}

/** @throws EngineError `mirror-corrupt` when the record of a run was changed. */
export function lastTrustUpdate({ log, limits }: Pick<Mirror, "log" | "limits">): LastTrustUpdate | undefined {
  const run = log.runs(limits.mirrorRuns).find(({ kind }) => kind === "trust update");
  if (run === undefined) return undefined;
  const { failed, error } = isObject(run.summary) ? run.summary : {};
  const said = typeof failed === "string" && typeof error === "string" ? { failed, error } : {};
  return { from: run.from, ended: run.ended, ...said };
}
