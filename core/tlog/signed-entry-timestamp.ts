/**
 * Signed entry timestamps: Rekor v1's promise to include an entry, and the only signature over its time. Source: Rekor
 * v1 API, RFC 8785.
 *
 * Signed is canonical JSON, `logIndex` the index over all shards:
 *
 *     {"body":"eyJhcGlWZXJzaW9uIjoi…","integratedTime":1700000000,"logID":"c0d23d6a…","logIndex":12345}
 */
import type { PublicKey } from "../crypto/public-key.ts";
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import { encodeBase64 } from "../encoding/base64.ts";
import { encodeUtf8 } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import type { LogEntry } from "./log-entry.ts";

const exact = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * The signed bytes: the canonical JSON of body, time, log id and index.
 * @throws EngineError `malformed` when a number is negative or one that canonical JSON (doubles) cannot hold.
 */
export function encodeEntryTimestampPayload(entry: LogEntry): Uint8Array {
  const time = entry.integratedTime ?? 0n;
  for (const number of [time, entry.logIndex])
    if (number < 0n || number > exact)
      throw new EngineError("malformed", `${number} is out of range`, { subject: "signed entry timestamp" });
  return encodeUtf8(
    `{"body":"${encodeBase64(entry.body)}","integratedTime":${time},"logID":"${entry.logId}",` +
      `"logIndex":${entry.logIndex}}`,
  );
}

/**
 * Whether the entry's promise is one by `key`, always ECDSA over SHA-256. The caller has found `key` by the entry's log
 * id. A log with another kind of key makes no promises.
 * @throws EngineError `malformed` as {@link encodeEntryTimestampPayload}.
 */
export function matchEntryTimestamp(entry: LogEntry, key: PublicKey, verifier: SignatureVerifier): boolean {
  if (entry.inclusionPromise === undefined || key.type !== "ecdsa") return false;
  return verifier.verify(
    { scheme: "ecdsa", hash: "sha256" },
    key,
    { message: encodeEntryTimestampPayload(entry) },
    entry.inclusionPromise,
  );
}
