import type { EntryInclusionProof, LogEntry } from "../../core/tlog/log-entry.ts";
import type { TransparencyLogKey } from "../../core/tlog/transparency-log-key.ts";
import { type EntryBody } from "./entry-body.ts";
import type { LabKey } from "./keys.ts";
import { type CheckpointText, type NoteSigner } from "./note.ts";
/** The tree that an entry stands in: leaves of others around it. */
export interface TreeShape {
  /** Of the entry. Default 3. */
  readonly index?: number;
  /** Default 7. */
  readonly size?: number;
  /** Leaves at given places instead of strangers'. */
  readonly leaves?: Readonly<Record<number, Uint8Array>>;
}
export interface CheckpointChanges extends Partial<CheckpointText> {
  /** In place of the log's own signature. */
  readonly signers?: readonly NoteSigner[];
  /** Beside it. */
  readonly cosigners?: readonly NoteSigner[];
}
/** What an entry of Rekor v1 brings. */
export interface EntryChanges extends TreeShape {
  readonly promise?: boolean;
  readonly proof?: boolean;
  readonly checkpoint?: CheckpointChanges;
  /** After everything was made, before the promise: a changed field that the log vouches for. */
  readonly change?: (entry: LogEntry) => LogEntry;
}
export declare abstract class EntryLog {
  #private;
  readonly key: LabKey;
  /** Host. */
  readonly host: string;
  constructor(key: LabKey, host: string);
  get url(): string;
  abstract get id(): Uint8Array;
  abstract get origin(): string;
  abstract signers(): readonly NoteSigner[];
  /** The log as a trusted root has it. */
  get trusted(): TransparencyLogKey;
  /** The log's own line below a checkpoint's text. */
  line(text: string): string;
  leaves(body: Uint8Array, { index, size, leaves }: TreeShape): readonly Uint8Array[];
  checkpoint(leaves: readonly Uint8Array[], { signers, cosigners, ...text }?: CheckpointChanges): string;
  proof(leaves: readonly Uint8Array[], index: number, checkpoint?: CheckpointChanges): EntryInclusionProof;
}
export declare class RekorV1 extends EntryLog {
  readonly treeId: string;
  get id(): Uint8Array;
  get origin(): string;
  signers(): readonly NoteSigner[];
  /** The log's signature over an entry as it stands. */
  promise(entry: LogEntry, key?: LabKey): Uint8Array;
  entry(body: EntryBody | Uint8Array, at: Date, changes?: EntryChanges): LogEntry;
}
export declare class RekorV2 extends EntryLog {
  get id(): Uint8Array;
  get origin(): string;
  signers(): readonly NoteSigner[];
  entry(body: EntryBody | Uint8Array, changes?: Omit<EntryChanges, "promise" | "proof">): LogEntry;
}
/** The entry with the proof of another: same log, same tree, another leaf. */
export declare function withForeignProof(entry: LogEntry, other: LogEntry): LogEntry;
