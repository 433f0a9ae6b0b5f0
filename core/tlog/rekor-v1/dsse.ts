/**
 * Rekor v1 entries of kind dsse 0.0.1: digests of an envelope and of its payload, its signatures with their verifiers.
 *
 *     {"apiVersion":"0.0.1","kind":"dsse","spec":{"envelopeHash":{"algorithm":"sha256","value":"5be1…"},
 *       "payloadHash":{"algorithm":"sha256","value":"91c2…"},
 *       "signatures":[{"signature":"MEUCIQ…","verifier":"base64 of a PEM key or certificate"}]}}
 */
import type { JsonObject } from "../../encoding/json.ts";
import { member, readString } from "../../encoding/shape.ts";
import {
  bytesAt,
  foreignEntry,
  objectAt,
  onlyElement,
  requireHashOf,
  requireSignature,
  requireVerifier,
} from "../binding.ts";
import type { EntryLayout, LoggedSignature } from "../log-entry.ts";
import type { Limits } from "../../limits.ts";

/**
 * The envelope's digest counts where the envelope is stored as it was signed, in a layer; a bundle keeps only its
 * parts. The payload type is not recorded, so the reader of the payload must check it.
 * @throws EngineError `bad-log-proof` when the entry records something else, `malformed`.
 */
export function bindDsse(spec: JsonObject, logged: LoggedSignature, layout: EntryLayout, limits: Limits): void {
  if (logged.content.kind !== "dsse") throw foreignEntry("an envelope, not a message", "/kind");
  const signature = onlyElement(member(spec, "signatures"), "/spec/signatures");
  requireSignature(bytesAt(signature, "signature", "/spec/signatures/0"), logged, "/spec/signatures/0/signature");
  requireVerifier(
    readString(member(signature, "verifier"), "/spec/signatures/0/verifier"),
    logged,
    layout,
    "/spec/signatures/0/verifier",
    limits,
  );
  requireHashOf(objectAt(spec, "payloadHash", "/spec"), logged.content.payload, "/spec/payloadHash");
  if (layout === "layer") {
    if (logged.content.envelopeBytes === undefined)
      throw foreignEntry("an envelope that is not known", "/spec/envelopeHash");
    requireHashOf(objectAt(spec, "envelopeHash", "/spec"), logged.content.envelopeBytes, "/spec/envelopeHash");
  }
}
