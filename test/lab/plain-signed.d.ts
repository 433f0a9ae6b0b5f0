import type { JsonObject } from "../../core/encoding/json.ts";
import type { LoggedSignature } from "../../core/tlog/log-entry.ts";
import { type EntryKind } from "./entry-body.ts";
import { type LabKey } from "./keys.ts";
export interface PlainSigned {
  readonly key: LabKey;
  readonly logged: LoggedSignature;
}
export declare function signedMessage(kind?: "key" | "certificate", text?: string): PlainSigned;
export declare function signedEnvelope(kind?: "key" | "certificate", payloadType?: string): PlainSigned;
/** What a log says of the signature. */
export declare const bodyOf: (kind: EntryKind, logged: LoggedSignature) => JsonObject;
