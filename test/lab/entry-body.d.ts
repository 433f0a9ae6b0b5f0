/**
 * Bodies of log entries, in their canonical form. Source: Rekor v1 entry types, rekor-tiles hashedrekord.proto, RFC
 * 8785.
 */
import { type HashName } from "../../core/crypto/digest.ts";
import type { PublicKey } from "../../core/crypto/public-key.ts";
/** A body as JSON that tests may change before it is logged. */
export interface EntryBody {
  kind: string;
  apiVersion: string;
  spec: any;
}
export type EntryKind =
  | "hashedrekord 0.0.1"
  | "dsse 0.0.1"
  | "intoto 0.0.1"
  | "intoto 0.0.2"
  | "rekord 0.0.1"
  | "hashedrekord 0.0.2";
/** A key, or a certificate, which has DER. */
export interface LoggedVerifier {
  readonly pem: string;
  readonly publicKey: PublicKey;
  readonly der?: Uint8Array;
}
/** What is logged: a message with its hash, or its hash alone, or an envelope as it is stored. */
export interface Logged {
  readonly signature: Uint8Array;
  readonly verifier: LoggedVerifier;
  readonly content:
    | {
        readonly message: Uint8Array;
        readonly hash?: HashName;
      }
    | {
        readonly digest: Uint8Array;
        readonly hash?: HashName;
      }
    | {
        readonly payloadType: string;
        readonly payload: Uint8Array;
        readonly envelope: Uint8Array;
      };
}
/** @throws Error where the kind does not fit the content: a test that wants that writes the body itself. */
export declare function entryBody(kind: EntryKind, { signature, verifier, content }: Logged): EntryBody;
/** An envelope as dsse 0.0.1 logs it. Signatures and PEM texts of verifiers are in base64. */
export declare const dsseBody: ({
  envelope,
  payload,
  signatures,
}: {
  readonly envelope: Uint8Array;
  readonly payload: Uint8Array;
  readonly signatures: readonly {
    readonly signature: string;
    readonly verifier: string;
  }[];
}) => EntryBody;
export declare const encodeBody: (body: EntryBody | Uint8Array) => Uint8Array;
/** A leaf of somebody else. */
export declare const otherLeaf: (label: string) => Uint8Array;
