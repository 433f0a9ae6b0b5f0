/**
 * Rekor v1 entries of kind hashedrekord 0.0.1: the digest of a message, its signature, its verifier.
 *
 *     {"apiVersion":"0.0.1","kind":"hashedrekord","spec":{"data":{"hash":{"algorithm":"sha256","value":"91c2…"}},
 *       "signature":{"content":"MEUCIQ…","publicKey":{"content":"base64 of a PEM key or certificate"}}}}
 */
import type { JsonObject } from "../../encoding/json.ts";
import { member, readString } from "../../encoding/shape.ts";
import { bytesAt, foreignEntry, objectAt, requireMessageHash, requireSignature, requireVerifier } from "../binding.ts";
import type { EntryLayout, LoggedSignature } from "../log-entry.ts";
import type { Limits } from "../../limits.ts";

/** @throws EngineError `bad-log-proof` when the entry records something else, `malformed`. */
export function bindHashedRekord(spec: JsonObject, logged: LoggedSignature, layout: EntryLayout, limits: Limits): void {
  if (logged.content.kind !== "message") throw foreignEntry("a message, not an envelope", "/kind");
  const signature = objectAt(spec, "signature", "/spec");
  requireSignature(bytesAt(signature, "content", "/spec/signature"), logged, "/spec/signature/content");
  const key = objectAt(signature, "publicKey", "/spec/signature");
  requireVerifier(
    readString(member(key, "content"), "/spec/signature/publicKey/content"),
    logged,
    layout,
    "/spec/signature/publicKey/content",
    limits,
  );
  requireMessageHash(
    objectAt(objectAt(spec, "data", "/spec"), "hash", "/spec/data"),
    logged.content,
    "/spec/data/hash",
  );
}
