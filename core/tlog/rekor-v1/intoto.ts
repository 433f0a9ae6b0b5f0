/**
 * Rekor v1 entries of kind intoto 0.0.1 and 0.0.2: digests of an envelope and of its payload; 0.0.2 has the envelope's
 * signatures too.
 *
 * 0.0.2, whose `sig` is base64 of base64:
 *
 *     {"apiVersion":"0.0.2","kind":"intoto","spec":{"content":{"envelope":{
 *       "payloadType":"application/vnd.in-toto+json","signatures":[{"publicKey":"base64 of PEM","sig":"VFVWVlEy…"}]},
 *       "hash":{"algorithm":"sha256","value":"5be1…"},
 *       "payloadHash":{"algorithm":"sha256","value":"91c2…"}}}}
 */
import { decodeWrappedBase64 } from "../../encoding/base64.ts";
import type { JsonObject } from "../../encoding/json.ts";
import { member, readString } from "../../encoding/shape.ts";
import { decodeUtf8 } from "../../encoding/utf8.ts";
import { EngineError } from "../../errors.ts";
import {
  bytesAt,
  foreignEntry,
  objectAt,
  onlyElement,
  requireHashOf,
  requireSignature,
  requireVerifier,
} from "../binding.ts";
import type { EntryLayout, LoggedContent, LoggedSignature } from "../log-entry.ts";
import type { Limits } from "../../limits.ts";

const envelopeOf = (logged: LoggedSignature): LoggedContent & { kind: "dsse" } => {
  if (logged.content.kind !== "dsse") throw foreignEntry("an envelope, not a message", "/kind");
  return logged.content;
};

function bindEnvelopeHash(spec: JsonObject, content: LoggedContent & { kind: "dsse" }): void {
  if (content.envelopeBytes === undefined) throw foreignEntry("an envelope that is not known", "/spec/content/hash");
  requireHashOf(
    objectAt(objectAt(spec, "content", "/spec"), "hash", "/spec/content"),
    content.envelopeBytes,
    "/spec/content/hash",
  );
}

/**
 * 0.0.1 records no signature, so in a layer the envelope's digest and the verifier are what it can be compared with; in
 * a bundle, which keeps no envelope bytes, it proves nothing.
 * @throws EngineError `bad-log-proof` when the entry is about something else, `malformed`.
 */
export function bindInToto001(spec: JsonObject, logged: LoggedSignature, layout: EntryLayout, limits: Limits): void {
  if (layout === "bundle")
    throw new EngineError("bad-log-proof", "entries of kind intoto 0.0.1 record no signature", {
      subject: "/apiVersion",
    });
  const content = envelopeOf(logged);
  requireVerifier(readString(member(spec, "publicKey"), "/spec/publicKey"), logged, layout, "/spec/publicKey", limits);
  bindEnvelopeHash(spec, content);
  const payloadHash = member(objectAt(spec, "content", "/spec"), "payloadHash");
  if (payloadHash !== undefined)
    requireHashOf(
      objectAt(objectAt(spec, "content", "/spec"), "payloadHash", "/spec/content"),
      content.payload,
      "/spec/content/payloadHash",
    );
}

/** @throws EngineError `bad-log-proof` when the entry is about something else, `malformed`. */
export function bindInToto002(spec: JsonObject, logged: LoggedSignature, layout: EntryLayout, limits: Limits): void {
  const content = envelopeOf(logged);
  const recorded = objectAt(spec, "content", "/spec");
  const envelope = objectAt(recorded, "envelope", "/spec/content");
  const at = "/spec/content/envelope/signatures";
  const signature = onlyElement(member(envelope, "signatures"), at);
  // The entry holds base64 of the envelope's base64 text.
  requireSignature(decodeWrappedBase64(decodeUtf8(bytesAt(signature, "sig", `${at}/0`))), logged, `${at}/0/sig`);
  requireVerifier(
    readString(member(signature, "publicKey"), `${at}/0/publicKey`),
    logged,
    layout,
    `${at}/0/publicKey`,
    limits,
  );
  if (readString(member(envelope, "payloadType"), "/spec/content/envelope/payloadType") !== content.payloadType)
    throw foreignEntry("another payload type", "/spec/content/envelope/payloadType");
  requireHashOf(objectAt(recorded, "payloadHash", "/spec/content"), content.payload, "/spec/content/payloadHash");
  if (layout === "layer") bindEnvelopeHash(spec, content);
}
