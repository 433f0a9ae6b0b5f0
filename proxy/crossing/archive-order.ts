/**
 * Whether an archive may be imported after those that were: none twice, no older one, and a change only onto what it
 * changes. Source: docs/spec/archive.md#sequence.
 */
import { fromFuture } from "../../core/archive/from-future.ts";
import type { ArchiveStatement } from "../../core/archive/archive-statement.ts";
import type { Digest } from "../../core/crypto/digest.ts";
import { EngineError, type Remedy } from "../../core/errors.ts";
import type { SeenArchives } from "../mirror/import-state.ts";

export interface OrderOptions {
  /** The other side began to count again: a full archive with a lower number is taken, if it was made later. */
  readonly restart: boolean;
  /** By this machine's clock. */
  readonly now: Date;
  /** This is the last archive again, and has something to put back. */
  readonly mends?: boolean;
  /** Where this is the last archive again: how many rows that archives brought are damaged or gone. */
  readonly lost?: number;
  /** What archives pinned and somebody unpinned here, in words: `the key k8s://a/b`. */
  readonly away?: readonly string[];
}

const mostNamed = 5;
const named = (all: readonly string[]): string =>
  [...all.slice(0, mostNamed), ...(all.length > mostNamed ? [`and ${all.length - mostNamed} more`] : [])].join(", ");

/** @throws EngineError `archive-sequence`, with a sentence for each way to be out of order. */
export function requireOrder(
  statement: ArchiveStatement,
  digest: Digest,
  { last, base }: SeenArchives,
  { restart, now, mends, lost = 0, away = [] }: OrderOptions,
): void {
  const { sequence, kind, created, previous } = statement;
  const wrong = (why: string, remedy: Remedy = "archive-full"): EngineError =>
    new EngineError("archive-sequence", why, { subject: `archive ${sequence}`, remedy });
  const later = fromFuture(created, now);
  if (later !== undefined) throw wrong(later, "from-future");
  if (mends === true) return;
  const already = `archive ${sequence} was imported already`;
  if (last?.statement === digest && lost === 0 && away.length > 0)
    throw wrong(
      `${already}, and all that it brought is here, but for what was unpinned: ` +
        `${named(away)}; with --accept-pins ${kind === "full" ? "it" : "a full archive"} ` +
        "brings that back",
      "archive-here",
    );
  if (last?.statement === digest && lost === 0)
    throw wrong(`${already}, and all that it brought is here`, "archive-here");
  if (last?.statement === digest)
    throw wrong(`${already}, and rows that are damaged or gone here (${lost}) it cannot put back`);
  if (last !== undefined && base?.statement === digest)
    throw wrong(`${already}, and archive ${last.sequence} after it`, "archive-replay");
  if (last !== undefined && restart && kind === "full") {
    // It cannot have been made after it was imported, whatever it says.
    const before = [last.created, last.at].toSorted((one, other) => Date.parse(one) - Date.parse(other))[0] ?? "";
    if (Date.parse(created) > Date.parse(before)) return;
    throw wrong(`made ${created}, before archive ${last.sequence}, which is here: ${before}`, "archive-replay");
  }
  if (last !== undefined && sequence <= last.sequence)
    throw wrong(`archive ${sequence} after archive ${last.sequence}, which is here and newer`, "archive-replay");
  if (last !== undefined && sequence === last.sequence + 1 && previous !== undefined && previous !== last.statement)
    throw wrong(`it follows another archive ${last.sequence} than the one that was imported here: somebody else's`);
  if (kind === "delta") requireBase(statement, base, wrong);
}

function requireBase(
  { base: wanted }: ArchiveStatement,
  held: SeenArchives["base"],
  wrong: (why: string) => EngineError,
): void {
  if (wanted === undefined) return;
  if (held === undefined) throw wrong(`it changes archive ${wanted.sequence}, and none was imported here`);
  const here = `here is archive ${held.sequence}`;
  if (wanted.sequence > held.sequence)
    throw wrong(`it changes archive ${wanted.sequence}, which was not imported: ${here}`);
  if (wanted.sequence < held.sequence)
    throw wrong(`it changes archive ${wanted.sequence}; ${here}: ask for what changed since that`);
  if (wanted.statement !== held.statement || wanted.contentId !== held.contentId)
    throw wrong(`it changes another archive ${wanted.sequence} than the one that is here`);
}
