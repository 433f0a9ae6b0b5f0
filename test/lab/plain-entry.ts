/** Log entries of which tests say one thing: the sixth of nine, at noon, with all the evidence that its log gives. */
import type { JsonObject } from "../../core/encoding/json.ts";
import type { LogEntry } from "../../core/tlog/log-entry.ts";
import type { EntryBody } from "./entry-body.ts";
import { type EntryChanges, RekorV1, RekorV2 } from "./entry-log.ts";
import { newKey, type KeyType } from "./keys.ts";
import { noon } from "./plain-certificate.ts";

export const newRekorV1 = (type: KeyType = "p256", host = "rekor.example"): RekorV1 => new RekorV1(newKey(type), host);
export const newRekorV2 = (type: KeyType = "ed25519", host = "log.example"): RekorV2 => new RekorV2(newKey(type), host);

export function plainEntry(
  log: RekorV1 | RekorV2,
  body: EntryBody | JsonObject | Uint8Array,
  changes: EntryChanges = {},
): LogEntry {
  const whole = { index: 5, size: 9, ...changes };
  if (log instanceof RekorV1) return log.entry(body as EntryBody, noon, whole);
  const { inclusionProof, integratedTime: _, ...entry } = log.entry(body as EntryBody, whole);
  return changes.proof === false || inclusionProof === undefined ? entry : { ...entry, inclusionProof };
}

/** The entry with a promise over what it now says. */
export const promised = (log: RekorV1, entry: LogEntry): LogEntry => ({
  ...entry,
  inclusionPromise: log.promise(entry),
});
