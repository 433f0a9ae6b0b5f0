/**
 * Checkpoints that an archive brings, against those that are here: a log grows, and keeps what it had. Source:
 * docs/spec/archive.md#what-is-refused, RFC 9162 §2.1.4.2.
 */
import type { CarriedConsistency } from "../../core/archive/archive-statement.ts";
import { readingArchive } from "../../core/archive/corrupt.ts";
import { equalBytes } from "../../core/encoding/bytes.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { type Checkpoint, parseCheckpoint } from "../../core/tlog/checkpoint.ts";
import { verifyConsistency } from "../../core/tlog/consistency-proof.ts";

export class CheckpointGate {
  readonly #held: (origin: string) => string | undefined;
  readonly #proofs: readonly CarriedConsistency[];
  readonly #limits: Limits;

  /** `held` gives the note that is here of a log. */
  constructor(
    held: (origin: string) => string | undefined,
    proofs: readonly CarriedConsistency[] | undefined,
    limits: Limits,
  ) {
    this.#held = held;
    this.#proofs = proofs ?? [];
    this.#limits = limits;
  }

  /**
   * @throws EngineError `archive-corrupt` for what is no checkpoint of this size, `rollback` when the log was larger,
   * or is not the one that it was.
   */
  require(origin: string, note: string, size: string): void {
    const brought = readingArchive(origin, () => parseCheckpoint(note, this.#limits));
    if (brought.origin !== origin || brought.treeSize.toString() !== size)
      throw new EngineError("archive-corrupt", "a checkpoint of another log or size than its entry says", {
        subject: origin,
      });
    const before = this.#held(origin);
    if (before === undefined || before === note) return;
    const held = parseCheckpoint(before, this.#limits);
    if (held.treeSize > brought.treeSize)
      throw rolledBack(origin, `a checkpoint of ${size} entries after one of ${held.treeSize}`);
    if (held.treeSize === brought.treeSize) {
      if (!equalBytes(held.rootHash, brought.rootHash))
        throw rolledBack(origin, `two different logs of ${size} entries: one of the two sides was shown a wrong one`);
      return;
    }
    this.#requireGrowth(held, brought);
  }

  /** Where no proof was to be had, that it grew is all that is known. */
  #requireGrowth(held: Checkpoint, brought: Checkpoint): void {
    const proof = this.#proofs.find(
      ({ origin, firstSize, secondSize }) =>
        origin === held.origin && firstSize === held.treeSize && secondSize === brought.treeSize,
    );
    if (proof === undefined || held.treeSize === 0n) return;
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
