/**
 * Transparency logs: entries of Rekor v1 with promise and proof, of Rekor v2 with proof; each part can be another than
 * the right one. Source: Rekor v1 and v2.
 */
import { decodeHex, encodeHex } from "../../core/encoding/hex.ts";
import { decodeUtf8 } from "../../core/encoding/utf8.ts";
import { noteKeyId } from "../../core/tlog/checkpoint.ts";
import type { EntryInclusionProof, LogEntry } from "../../core/tlog/log-entry.ts";
import { encodeEntryTimestampPayload } from "../../core/tlog/signed-entry-timestamp.ts";
import type { TransparencyLogKey } from "../../core/tlog/transparency-log-key.ts";
import { encodeBody, type EntryBody, otherLeaf } from "./entry-body.ts";
import type { LabKey } from "./keys.ts";
import { inclusionPath, treeRoot } from "./merkle-tree.ts";
import { type CheckpointText, checkpointText, type NoteSigner, signLine, signNote } from "./note.ts";

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

const logStart = new Date("2024-01-01T00:00:00Z");

export abstract class EntryLog {
  readonly key: LabKey;
  /** Host. */
  readonly host: string;
  #trusted: TransparencyLogKey | undefined;

  constructor(key: LabKey, host: string) {
    this.key = key;
    this.host = host;
  }

  get url(): string {
    return `https://${this.host}`;
  }

  abstract get id(): Uint8Array;
  abstract get origin(): string;
  abstract signers(): readonly NoteSigner[];

  /** The log as a trusted root has it. */
  get trusted(): TransparencyLogKey {
    const { publicKey } = this.key;
    this.#trusted ??= { logId: encodeHex(this.id), publicKey, origin: this.host, validFor: { start: logStart } };
    return this.#trusted;
  }

  /** The log's own line below a checkpoint's text. */
  line(text: string): string {
    return this.signers()
      .map((signer) => signLine(text, signer))
      .join("");
  }

  leaves(body: Uint8Array, { index = 3, size = 7, leaves = {} }: TreeShape): readonly Uint8Array[] {
    return Array.from({ length: size }, (_, place) =>
      place === index ? body : (leaves[place] ?? otherLeaf(`${this.host} ${place}`)),
    );
  }

  checkpoint(leaves: readonly Uint8Array[], { signers, cosigners = [], ...text }: CheckpointChanges = {}): string {
    const whole = checkpointText({ origin: this.origin, size: BigInt(leaves.length), root: treeRoot(leaves), ...text });
    return signNote(whole, [...(signers ?? this.signers()), ...cosigners]);
  }

  proof(leaves: readonly Uint8Array[], index: number, checkpoint: CheckpointChanges = {}): EntryInclusionProof {
    return {
      logIndex: BigInt(index),
      treeSize: BigInt(leaves.length),
      rootHash: treeRoot(leaves),
      hashes: inclusionPath(leaves, index),
      checkpoint: this.checkpoint(leaves, checkpoint),
    };
  }
}

/** What the log declares of an entry: nothing of bytes that a test gives it and that say nothing. */
function declared(bytes: Uint8Array): Pick<LogEntry, "kindVersion"> {
  const { kind, apiVersion } = readBody(bytes);
  return kind === undefined || apiVersion === undefined ? {} : { kindVersion: { kind, version: apiVersion } };
}

function readBody(bytes: Uint8Array): Partial<EntryBody> {
  try {
    return (JSON.parse(decodeUtf8(bytes)) ?? {}) as Partial<EntryBody>;
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/** Entries before this log's current shard. */
const shardStart = 1000n;

export class RekorV1 extends EntryLog {
  readonly treeId: string = "1193050959916656506";

  get id(): Uint8Array {
    return decodeHex(this.key.publicKey.fingerprint);
  }

  get origin(): string {
    return `${this.host} - ${this.treeId}`;
  }

  signers(): readonly NoteSigner[] {
    return [{ name: this.host, key: this.key, kind: "rekor-v1" }];
  }

  /** The log's signature over an entry as it stands. */
  promise(entry: LogEntry, key: LabKey = this.key): Uint8Array {
    return key.sign(
      encodeEntryTimestampPayload(entry),
      key.type.startsWith("p") ? { scheme: "ecdsa", hash: "sha256" } : undefined,
    );
  }

  entry(body: EntryBody | Uint8Array, at: Date, changes: EntryChanges = {}): LogEntry {
    const bytes = encodeBody(body);
    const { index = 3, promise = true, proof = true, change = (entry) => entry } = changes;
    const entry = change({
      logId: encodeHex(this.id),
      logIndex: shardStart + BigInt(index),
      integratedTime: BigInt(Math.floor(at.getTime() / 1000)),
      body: bytes,
      ...declared(bytes),
    });
    return {
      ...entry,
      ...(promise ? { inclusionPromise: this.promise(entry) } : {}),
      ...(proof ? { inclusionProof: this.proof(this.leaves(entry.body, changes), index, changes.checkpoint) } : {}),
    };
  }
}

export class RekorV2 extends EntryLog {
  get id(): Uint8Array {
    return noteKeyId(this.host, this.key.publicKey);
  }

  get origin(): string {
    return this.host;
  }

  signers(): readonly NoteSigner[] {
    return [{ name: this.host, key: this.key }];
  }

  entry(body: EntryBody | Uint8Array, changes: Omit<EntryChanges, "promise" | "proof"> = {}): LogEntry {
    const bytes = encodeBody(body);
    const { index = 3, change = (entry) => entry } = changes;
    const entry = change({
      logId: encodeHex(this.id),
      logIndex: BigInt(index),
      integratedTime: 0n,
      body: bytes,
      ...declared(bytes),
    });
    return { ...entry, inclusionProof: this.proof(this.leaves(entry.body, changes), index, changes.checkpoint) };
  }
}

/** The entry with the proof of another: same log, same tree, another leaf. */
export function withForeignProof(entry: LogEntry, other: LogEntry): LogEntry {
  if (other.inclusionProof === undefined) throw new Error("the other entry has no proof");
  return { ...entry, inclusionProof: other.inclusionProof };
}
