/**
 * Checkpoints that an archive brings, against those that are here: a log grows, and keeps what it had. Source:
 * docs/spec/archive.md#what-is-refused, RFC 9162 §2.1.4.2.
 */
import type { CarriedConsistency } from "../../core/archive/archive-statement.ts";
import { readingArchive } from "../../core/archive/corrupt.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { type Checkpoint, parseCheckpoint } from "../../core/tlog/checkpoint.ts";
import { compareCheckpoints } from "../../core/tlog/seen-checkpoints.ts";
import { verifyConsistency } from "../../core/tlog/consistency-proof.ts";

/** The newest checkpoint that is here of a log. */
export interface HeldCheckpoint {
  readonly note: string;
  /** It came with evidence that this side has by itself, and by no archive. */
  readonly isOwn: boolean;
}

/** A log that grew since what is here, and whether an archive proved that it holds what it held. */
export interface CheckedGrowth {
  readonly origin: string;
  readonly firstSize: string;
  readonly secondSize: string;
  readonly proved: boolean;
}

export class CheckpointGate {
  /** Of the checkpoints that were news. */
  readonly grown: CheckedGrowth[] = [];
  readonly #held: (origin: string) => HeldCheckpoint | undefined;
  readonly #proofs: readonly CarriedConsistency[];
  readonly #limits: Limits;

  constructor(
    held: (origin: string) => HeldCheckpoint | undefined,
    proofs: readonly CarriedConsistency[] | undefined,
    limits: Limits,
  ) {
    this.#held = held;
    this.#proofs = proofs ?? [];
    this.#limits = limits;
  }

  /**
   * Whether it takes the place of the one that is here. One of this side's own evidence may be newer than all that the
   * exporter has seen, and stays.
   * @throws EngineError `archive-corrupt` for what is no checkpoint of this size, `rollback` when the log was larger in
   * an archive before, or is not the one that it was.
   */
  isNews(origin: string, note: string, size: string): boolean {
    const brought = readingArchive(origin, () => parseCheckpoint(note, this.#limits));
    if (brought.origin !== origin || brought.treeSize.toString() !== size)
      throw new EngineError("archive-corrupt", "a checkpoint of another log or size than its entry says", {
        subject: origin,
      });
    const before = this.#held(origin);
    if (before === undefined || before.note === note) return true;
    const held = parseCheckpoint(before.note, this.#limits);
    switch (compareCheckpoints(held, brought)) {
      case "older":
        if (before.isOwn) return false;
        throw rolledBack(origin, `a checkpoint of ${size} entries after one of ${held.treeSize}`);
      case "another tree":
        throw rolledBack(origin, `two different logs of ${size} entries: one of the two sides was shown a wrong one`);
      case "newer":
        this.#requireGrowth(held, brought);
        return true;
      case "same":
        return true;
    }
  }

  /** Where no proof was to be had, that it grew is all that is known. */
  #requireGrowth(held: Checkpoint, brought: Checkpoint): void {
    const proof = this.#proofs.find(
      ({ origin, firstSize, secondSize }) =>
        origin === held.origin && firstSize === held.treeSize && secondSize === brought.treeSize,
    );
    if (held.treeSize === 0n) return;
    this.grown.push({
      origin: held.origin,
      firstSize: held.treeSize.toString(),
      secondSize: brought.treeSize.toString(),
      proved: proof !== undefined,
    });
    if (proof === undefined) return;
    try {
      verifyConsistency(proof, held.rootHash, brought.rootHash);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      throw rolledBack(held.origin, `the log does not hold what it held here: ${error.message}`, error);
    }
  }
}

const rolledBack = (origin: string, why: string, cause?: unknown): EngineError =>
  new EngineError("rollback", why, { subject: origin, cause });
