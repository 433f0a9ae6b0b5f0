import type { LabKey } from "./keys.ts";
/** One line of a note. Each part can be another than the one that follows from name and key. */
export interface NoteSigner {
  readonly name: string;
  readonly key: LabKey;
  /**
   * `plain`: over the text; `rekor-v1`: with SHA-256 whatever the curve, and a hint without name; `cosignature`: a
   * witness's, at a time.
   */
  readonly kind?: "plain" | "rekor-v1" | "cosignature";
  readonly at?: Date;
  /** Signs another text than the one that the line stands under. */
  readonly text?: string;
  readonly hint?: Uint8Array;
  /** Made of the signature. */
  readonly signature?: (signature: Uint8Array) => Uint8Array;
}
/** A line as it stands below a note. */
export declare const noteLine: (name: string, hint: Uint8Array, signature: Uint8Array) => string;
/** `text` ends with a line feed. */
export declare function signLine(text: string, signer: NoteSigner): string;
export declare const signNote: (text: string, signers: readonly NoteSigner[]) => string;
export interface CheckpointText {
  readonly origin: string;
  readonly size: bigint | string;
  readonly root: Uint8Array | string;
  /** Further lines. */
  readonly more?: readonly string[];
}
export declare const checkpointText: ({ origin, size, root, more }: CheckpointText) => string;
