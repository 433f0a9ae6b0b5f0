/**
 * As of when a mirror is, from the records of its runs: the signed creation time of the last imported archive, or the
 * last complete sync, whichever is later. Source: docs/spec/offline.md#age-budgets.
 */
import { parseInstant } from "../../core/encoding/instant.ts";
import { isObject } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import type { Mirrored } from "../../core/knowledge/knowledge.ts";
import type { Run } from "./run-log.ts";

type Dated = Pick<Run, "kind" | "started" | "summary">;

/** A sync that reached the end of its list, and could ask everybody. */
const isWholeSync = ({ kind, summary }: Dated): boolean =>
  kind === "mirror sync" &&
  isObject(summary) &&
  Array.isArray(summary.outages) &&
  summary.outages.length === 0 &&
  (summary.failed ?? 0) === 0 &&
  summary.stopped !== true;

/** An import of an archive of ours: `signedTime` is the creation time that its statement signs. */
const isSignedImport = ({ kind, summary }: Dated): boolean =>
  kind === "import" && isObject(summary) && summary.signedTime !== undefined && summary.archive !== "trust";

/**
 * The newest signed time: that of decisions, or one that an archive signed, of trust alone too. This machine's clock
 * cannot be before it.
 */
export function newestTimeOf(runs: readonly Dated[], ofDecisions: Date | undefined): Date | undefined {
  const times = runs.flatMap(({ kind, summary }) =>
    kind === "import" && isObject(summary) ? (timeOf(summary.signedTime)?.getTime() ?? []) : [],
  );
  if (ofDecisions !== undefined) times.push(ofDecisions.getTime());
  return times.length === 0 ? undefined : new Date(Math.max(...times));
}

/** A record whose time cannot be read says nothing. */
function timeOf(text: unknown): Date | undefined {
  if (typeof text !== "string") return undefined;
  try {
    return parseInstant(text);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return undefined;
  }
}

/** `runs` are the newest first. A sync knows what registries said when it began. */
export function mirroredOf(runs: readonly Dated[]): Mirrored {
  const imported = runs.find(isSignedImport);
  const archive = isObject(imported?.summary) ? timeOf(imported.summary.signedTime) : undefined;
  const sync = timeOf(runs.find(isWholeSync)?.started);
  if (archive !== undefined && (sync === undefined || archive >= sync)) return { at: archive, by: "archive" };
  return sync === undefined ? {} : { at: sync, by: "sync" };
}
