/**
 * Log entries in a layer's annotation `dev.sigstore.cosign/bundle`: body, time, id, index and the log's signature over
 * them. Source: cosign signature specification.
 *
 *     {"SignedEntryTimestamp":"MEUCIQ…",
 *      "Payload":{"body":"eyJhcGlWZXJzaW9uIjoi…","integratedTime":1700000000,"logIndex":12345,"logID":"c0d23d6a…"}}
 */
import { goField } from "../../encoding/go-json.ts";
import { parseJson } from "../../encoding/json.ts";
import { readObject } from "../../encoding/shape.ts";
import { EngineError } from "../../errors.ts";
import type { Limits } from "../../limits.ts";
import type { LogEntry } from "../log-entry.ts";
import { readEntryBase64, readLogId, readWholeNumber, readWrappedBase64 } from "./entry-fields.ts";

/**
 * The entry of `{"SignedEntryTimestamp": base64, "Payload": {"body": base64, "integratedTime": n, "logIndex": n,
 * "logID": hex}}`, keys read as Go reads them. There is no inclusion proof in this format.
 * @throws EngineError `malformed`, also when a number is no integer; `over-limit`.
 */
export function parseRekorBundleAnnotation(text: string, limits: Limits): LogEntry {
  const options = {
    duplicateKeys: "last-wins",
    exactIntegers: true,
    integersOnly: true,
    maxBytes: limits.bundleBytes,
    subject: "log entry annotation",
    limits,
  } as const;
  const object = readObject(parseJson(text, options), "");
  const payload = readObject(goField(object, "Payload"), "/Payload");
  const promise = readWrappedBase64(goField(object, "SignedEntryTimestamp"), "/SignedEntryTimestamp");
  if (promise.length === 0) throw new EngineError("malformed", "empty signature", { subject: "/SignedEntryTimestamp" });
  return {
    logId: readLogId(goField(payload, "logID"), "/Payload/logID"),
    logIndex: readWholeNumber(goField(payload, "logIndex"), "/Payload/logIndex"),
    integratedTime: readWholeNumber(goField(payload, "integratedTime"), "/Payload/integratedTime"),
    body: readEntryBase64(goField(payload, "body"), "/Payload/body"),
    inclusionPromise: promise,
  };
}
