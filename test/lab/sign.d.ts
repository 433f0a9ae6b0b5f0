import type { AttestorSpec } from "../../core/verify/attestor.ts";
import { type Digest } from "../../core/crypto/digest.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import type { LogEntry } from "../../core/tlog/log-entry.ts";
import { type Lab } from "./lab.ts";
import type { Making, Recipe } from "./recipe.ts";
import { Store } from "./store.ts";
export interface Signed {
  readonly lab: Lab;
  readonly recipe: Making["recipe"];
  readonly repository: string;
  readonly tag: string;
  /** Of the image; for a file of its bytes. */
  readonly digest: Digest;
  /** The image's manifest, or the file. */
  readonly artifact: Uint8Array;
  readonly store: Store;
  /** The store, and the trusted root under every name. */
  readonly knowledge: Knowledge;
  readonly making: Making;
  readonly entries: readonly LogEntry[];
  readonly timestamps: readonly Uint8Array[];
  /** JSON, where the layout has one. */
  readonly bundle?: string;
  readonly trustedRoot: Uint8Array;
  /** What the recipe's signer satisfies. */
  readonly attestor: AttestorSpec;
  readonly predicateType: string;
}
export declare const isLayer: ({ layout }: Pick<Making["recipe"], "layout">) => boolean;
/** Makes it. The same lab and recipe give the same bytes. */
export declare function sign(lab: Lab, wanted?: Recipe): Signed;
/** The knowledge, and a trusted root under every name. */
export declare function withTrust(knowledge: Knowledge, trustedRoot: Uint8Array, at: Date): Knowledge;
/** The knowledge, and an answer of the log to every question for an entry. */
export declare function withLogAnswer(knowledge: Knowledge, json: string, at: Date): Knowledge;
