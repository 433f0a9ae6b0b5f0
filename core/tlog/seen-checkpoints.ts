/**
 * The newest checkpoint of each log that was seen, of those that were verified. A smaller one is no fault: older
 * evidence carries older checkpoints. Another tree of the same size is: a log has one. Source: RFC 9162 §2.1.4.
 */
import { equalBytes } from "../encoding/bytes.ts";
import type { Limits } from "../limits.ts";
import { type Checkpoint, parseCheckpoint } from "./checkpoint.ts";

export interface SeenCheckpoint {
  readonly origin: string;
  /** Of the tree. */
  readonly size: bigint;
  /** As its log signed it. */
  readonly note: string;
}

/** How a checkpoint is to one of the same log that was seen before. */
export function compareCheckpoints(
  before: Pick<Checkpoint, "treeSize" | "rootHash">,
  later: Pick<Checkpoint, "treeSize" | "rootHash">,
): "newer" | "same" | "older" | "another tree" {
  if (before.treeSize !== later.treeSize) return before.treeSize < later.treeSize ? "newer" : "older";
  return equalBytes(before.rootHash, later.rootHash) ? "same" : "another tree";
}

export class SeenCheckpoints {
  readonly #limits: Limits;
  readonly #newest = new Map<string, { readonly parsed: Checkpoint; readonly note: string }>();
  readonly #forks = new Map<string, string>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** @throws EngineError `malformed` when it is none. */
  add(note: string): void {
    const parsed = parseCheckpoint(note, this.#limits);
    const before = this.#newest.get(parsed.origin);
    if (before?.note === note) return;
    const found = before === undefined ? "newer" : compareCheckpoints(before.parsed, parsed);
    if (found === "newer") this.#newest.set(parsed.origin, { parsed, note });
    else if (found === "another tree") this.#forks.set(parsed.origin, twoTrees(parsed));
  }

  /** One of each log. */
  newest(): readonly SeenCheckpoint[] {
    return [...this.#newest.values()].map(({ parsed: { origin, treeSize: size }, note }) => ({ origin, size, note }));
  }

  /** What is wrong, one text for each log that has two trees of one size. */
  forks(): readonly string[] {
    return [...this.#forks.values()];
  }
}

/** What people read of a log that signed two trees of one size. */
export const twoTrees = ({ origin, treeSize }: Pick<Checkpoint, "origin" | "treeSize">): string =>
  `[rollback] the log ${origin} signed two different trees of ${treeSize} entries: somebody was shown a wrong one; ` +
  "keep both signatures, and ask who runs the log";
