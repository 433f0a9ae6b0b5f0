/** The newest ever seen, below which nothing goes back: versions of TUF metadata, signed times, checkpoints. */
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { parseCheckpoint } from "../../core/tlog/checkpoint.ts";
import { compareCheckpoints, type SeenCheckpoint, twoTrees } from "../../core/tlog/seen-checkpoints.ts";
import { type CheckpointRow, checkCheckpoint } from "./checkpoint-row.ts";
import { rowChecksum, textDigest } from "./row-checksum.ts";
import type { Origin, RowWriter } from "./row-writer.ts";
import { readSignedTime, type SignedTimeRow } from "./signed-time-row.ts";
import { sqlText } from "./statements.ts";
import { floorRows, type StoredFloors } from "./tuf-floors.ts";

export class SeenWriter {
  readonly #rows: RowWriter;
  readonly #limits: Limits;

  constructor(rows: RowWriter, limits: Limits) {
    this.#rows = rows;
    this.#limits = limits;
  }

  /**
   * Replaces the floors of a trusted root with the versions that verified metadata gave, since a rotation of keys may
   * have removed some.
   */
  raiseFloors(name: string, floors: StoredFloors): void {
    this.#rows.run("delete-tuf-floors", name);
    for (const row of floorRows(name, floors)) this.#rows.run("put-tuf-floor", ...row);
  }

  /** Remembers the newest signed time; an older one changes nothing. */
  raiseSignedTime(signed: Date, { at, from }: Origin): void {
    this.#rows.transaction(() => {
      const before = this.#rows.database.prepare<[], SignedTimeRow>(sqlText("find-signed-time")).get();
      if (before !== undefined && readSignedTime(before) >= signed) return;
      const text = signed.toISOString();
      this.#rows.run("put-signed-time", text, at, from, rowChecksum(text, at, from));
    });
  }

  /**
   * Remembers checkpoints that were verified, where they are newer than what is here.
   * @returns what is wrong, for people: a log that signed another tree of the same size. The first one stays.
   */
  raiseCheckpoints(seen: readonly SeenCheckpoint[], origin: Origin): readonly string[] {
    return this.#rows.transaction(() =>
      seen.flatMap((checkpoint) => {
        const before = this.#checkpoint(checkpoint.origin);
        const found =
          before === undefined
            ? "newer"
            : compareCheckpoints(
                parseCheckpoint(before.note, this.#limits),
                parseCheckpoint(checkpoint.note, this.#limits),
              );
        if (found === "newer") this.setCheckpoint(checkpoint, origin);
        return found === "another tree" ? [twoTrees({ origin: checkpoint.origin, treeSize: checkpoint.size })] : [];
      }),
    );
  }

  #checkpoint(origin: string): CheckpointRow | undefined {
    const row = this.#rows.database.prepare<[string], CheckpointRow>(sqlText("find-checkpoint")).get(origin);
    if (row !== undefined) checkCheckpoint(row);
    return row;
  }

  /** Removes the checkpoints that archives brought; those of this side's own evidence stay. */
  leaveImportedCheckpoints(): void {
    this.#rows.run("leave-checkpoints");
  }

  /**
   * Remembers the newest checkpoint of a log.
   * @throws EngineError `rollback` when the log was larger before.
   */
  setCheckpoint({ origin, size, note }: SeenCheckpoint, { at, from }: Origin): void {
    this.#rows.transaction(() => {
      const before = this.#checkpoint(origin);
      if (before !== undefined && BigInt(before.size) > size)
        throw new EngineError("rollback", `a checkpoint of ${size} entries after one of ${before.size}`, {
          subject: origin,
        });
      const columns = [origin, size.toString(), textDigest(note)] as const;
      this.#rows.run("put-checkpoint", ...columns, note, at, from, rowChecksum(...columns, at, from));
    });
  }
}
