import type { Digest } from "../../core/crypto/digest.ts";
import type { Json } from "./trusted-root.ts";
export declare const simpleSigning: (
  digest: Digest,
  repository: string,
  annotations?: Readonly<Record<string, string>>,
) => Json;
export declare const statementTypes: {
  readonly "0.1": "https://in-toto.io/Statement/v0.1";
  readonly "1": "https://in-toto.io/Statement/v1";
};
export interface StatementOptions {
  readonly type?: keyof typeof statementTypes;
  readonly predicateType: string;
  readonly predicate?: Json;
  readonly name?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}
export declare const statement: (
  digest: Digest,
  { type, predicateType, predicate, name, annotations }: StatementOptions,
) => Json;
/** The envelope as a layer keeps it. */
export declare const envelopeJson: (
  payloadType: string,
  payload: Uint8Array,
  signatures: readonly Uint8Array[],
  keyid?: string,
) => Json;
export declare const jsonBytes: (value: Json) => Uint8Array;
