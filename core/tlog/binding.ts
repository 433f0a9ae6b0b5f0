/**
 * Comparisons that bind a log entry to the signature it is presented for: same content, same signature bytes, same key
 * or certificate. Source: Rekor v1 entry types.
 */
import { digest, sha256 } from "../crypto/digest.ts";
import { parsePkcs1, parseSpki } from "../crypto/public-key.ts";
import type { HashName } from "../crypto/signature-verifier.ts";
import { decodeWrappedBase64, encodeBase64 } from "../encoding/base64.ts";
import { equalBytes } from "../encoding/bytes.ts";
import { decodeHex } from "../encoding/hex.ts";
import type { JsonObject, JsonValue } from "../encoding/json.ts";
import { encodePem, parsePem } from "../encoding/pem.ts";
import { member, pointer, readArray, readObject, readString } from "../encoding/shape.ts";
import { decodeUtf8, encodeUtf8 } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import { type Certificate, parseCertificate } from "../x509/certificate.ts";
import type { EntryLayout, LoggedContent, LoggedSignature } from "./log-entry.ts";
import type { Limits } from "../limits.ts";

/** An entry that records something else. */
export const foreignEntry = (what: string, at: string): EngineError =>
  new EngineError("bad-log-proof", `the log entry records ${what}`, { subject: at });

/** A member that must be an object. Readers of entry bodies: `at` is a JSON pointer into the body. */
export const objectAt = (object: JsonObject, key: string, at: string): JsonObject =>
  readObject(member(object, key), `${at}/${key}`);

/** Bytes of a member in base64. */
export function bytesAt(object: JsonObject, key: string, at: string): Uint8Array {
  const text = readString(member(object, key), `${at}/${key}`);
  try {
    return decodeWrappedBase64(text);
  } catch (error) {
    throw new EngineError("malformed", "not base64", { subject: `${at}/${key}`, cause: error });
  }
}

/** The only element of a list: one envelope signature is what one entry can be about. */
export function onlyElement(value: JsonValue | undefined, at: string): JsonObject {
  const list = readArray(value, at);
  if (list.length !== 1)
    throw new EngineError("bad-log-proof", `an entry of ${list.length} signatures`, { subject: at });
  return readObject(list[0], pointer(at, 0));
}

/**
 * Refuses an entry whose signature is not the presented one, byte for byte: a second valid signature is another event.
 */
export function requireSignature(found: Uint8Array, logged: LoggedSignature, at: string): void {
  if (found.length === 0 || !equalBytes(found, logged.signature)) throw foreignEntry("another signature", at);
}

/** The digest of a signed message, when it is known. */
export function messageDigest(content: LoggedContent & { kind: "message" }, hash: HashName): Uint8Array | undefined {
  return content.digests[hash] ?? (content.message === undefined ? undefined : digest(hash, content.message));
}

const hashNames: ReadonlySet<string> = new Set(["sha256", "sha384", "sha512"] satisfies HashName[]);

/** `{ algorithm, value }` with the value in hexadecimal: how Rekor v1 writes a digest. */
function readHash(object: JsonObject, at: string): { readonly hash: HashName; readonly value: Uint8Array } {
  const hash = readString(member(object, "algorithm"), `${at}/algorithm`);
  if (!hashNames.has(hash)) throw foreignEntry("content under another digest algorithm", `${at}/algorithm`);
  return { hash: hash as HashName, value: decodeHex(readString(member(object, "value"), `${at}/value`)) };
}

/** Refuses an entry whose digest is not the signed message's. */
export function requireMessageHash(object: JsonObject, content: LoggedContent & { kind: "message" }, at: string): void {
  const { hash, value } = readHash(object, at);
  const expected = messageDigest(content, hash);
  if (expected === undefined) throw foreignEntry(`content by ${hash}, which is not known`, at);
  if (!equalBytes(value, expected)) throw foreignEntry("other content", at);
}

/** Refuses an entry whose digest is not `bytes`' SHA-256. */
export function requireHashOf(object: JsonObject, bytes: Uint8Array, at: string): void {
  const { hash, value } = readHash(object, at);
  if (hash !== "sha256" || !equalBytes(value, sha256(bytes))) throw foreignEntry("other content", at);
}

const pemText = ({ der }: Certificate): string => encodeBase64(encodeUtf8(encodePem("CERTIFICATE", encodeBase64(der))));

/** Refuses an entry whose verifier, a PEM text in base64, is not the presented certificate or key. */
export function requireVerifier(
  text: string,
  logged: LoggedSignature,
  layout: EntryLayout,
  at: string,
  limits: Limits,
): void {
  // The form that every client writes: if the whole text is as expected, nothing needs to be parsed.
  if ("certificate" in logged.verifier && text === pemText(logged.verifier.certificate)) return;
  const [block, ...more] = parsePem(decodeUtf8(decodeWrappedBase64(text)));
  if (block === undefined || more.length > 0) throw new EngineError("malformed", "not one PEM block", { subject: at });
  if ("certificate" in logged.verifier) {
    if (block.label !== "CERTIFICATE" || !equalBytes(block.bytes, logged.verifier.certificate.der))
      throw foreignEntry("a signature by another certificate", at);
    return;
  }
  const { key } = logged.verifier;
  if (block.label === "CERTIFICATE") {
    // A layer may carry a certificate beside a signature that a policy checks by key: then the certificate was logged.
    const found = layout === "layer" ? parseCertificate(block.bytes, limits).publicKey : undefined;
    if (found === undefined || !equalBytes(found.spki, key.spki))
      throw foreignEntry("a signature by a certificate", at);
    return;
  }
  if (block.label !== "PUBLIC KEY" && block.label !== "RSA PUBLIC KEY")
    throw new EngineError("malformed", `PEM block ${block.label}`, { subject: at });
  const found = block.label === "PUBLIC KEY" ? parseSpki(block.bytes, limits) : parsePkcs1(block.bytes, limits);
  if (!equalBytes(found.spki, key.spki)) throw foreignEntry("a signature by another key", at);
}
