/** Damage to a mirror: where it is, and what is wrong there. Source: docs/spec/offline.md#damage. */

/** What holds rows or bytes: the file, the tables of the schema, and the files of layers. */
export type DamagedPlace =
  | "mirror.db"
  | "answer"
  | "attempt"
  | "blob"
  | "checkpoint"
  | "complete"
  | "distrust"
  | "import_key"
  | "import_seen"
  | "layer"
  | "pin"
  | "run"
  | "signed_time"
  | "tuf_floor"
  | "tuf_metadata";

export interface Damage {
  readonly table: DamagedPlace;
  /** The columns of the row's key, as they are stored; the path of a file. */
  readonly key: readonly string[];
  /** What the row is about, as people name it. */
  readonly subject: string;
  readonly reason: string;
}
