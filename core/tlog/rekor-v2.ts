/**
 * Rekor v2 entries: hashedrekord 0.0.2, for messages and for envelopes, and their proof by checkpoint. Source:
 * rekor-tiles (hashedrekord.proto, verifier.proto).
 *
 *     {"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{
 *       "data":{"algorithm":"SHA2_256","digest":"kcI…="},"signature":{"content":"MEUCIQ…",
 *       "verifier":{"keyDetails":"PKIX_ECDSA_P256_SHA_256","x509Certificate":{"rawBytes":"MIIC…"}}}}}}
 */
import { digest } from "../crypto/digest.ts";
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import { equalBytes } from "../encoding/bytes.ts";
import { encodeHex } from "../encoding/hex.ts";
import type { JsonObject } from "../encoding/json.ts";
import { member, readString, refuseUnknownKeys } from "../encoding/shape.ts";
import { encodePae } from "../dsse/envelope.ts";
import { EngineError } from "../errors.ts";
import { bytesAt, foreignEntry, messageDigest, objectAt, requireSignature } from "./binding.ts";
import { type Checkpoint, noteKeyId, parseCheckpoint, verifyRekorV2Checkpoint } from "./checkpoint.ts";
import { hashLeaf, verifyInclusion } from "./inclusion-proof.ts";
import { prehashedAlgorithm } from "./key-details.ts";
import type { LogEntry, LoggedSignature } from "./log-entry.ts";
import type { TransparencyLogKey } from "./transparency-log-key.ts";
import type { Limits } from "../limits.ts";

const record = "/spec/hashedRekordV002";
const rawBytesOnly: ReadonlySet<string> = new Set(["rawBytes"]);
/** By the name of the object alone: its whole path would be a text made at each call, which is slow to look up. */
const keysOf = {
  hashedRekordV002: new Set(["data", "signature"]),
  data: new Set(["algorithm", "digest"]),
  signature: new Set(["content", "verifier"]),
  verifier: new Set(["keyDetails", "x509Certificate", "publicKey"]),
  x509Certificate: rawBytesOnly,
  publicKey: rawBytesOnly,
} as const satisfies Readonly<Record<string, ReadonlySet<string>>>;

const specKeys: ReadonlySet<string> = new Set(["hashedRekordV002"]);

/** An object of the body, by protobuf's JSON rules: unknown fields are refused. */
function strictObject(parent: JsonObject, key: keyof typeof keysOf, at: string): JsonObject {
  const object = objectAt(parent, key, at);
  refuseUnknownKeys(object, keysOf[key], `${at}/${key}`);
  return object;
}

/**
 * Algorithm and digest are those of the key's default prehashing algorithm; for an envelope the digest covers the
 * pre-authentication encoding, payload type included.
 * @throws EngineError `bad-log-proof` when the entry records something else, `malformed`.
 */
export function bindHashedRekord002(spec: JsonObject, logged: LoggedSignature): void {
  refuseUnknownKeys(spec, specKeys, "/spec");
  const body = strictObject(spec, "hashedRekordV002", "/spec");
  const signature = strictObject(body, "signature", record);
  requireSignature(bytesAt(signature, "content", `${record}/signature`), logged, `${record}/signature/content`);

  const at = `${record}/signature/verifier`;
  const verifier = strictObject(signature, "verifier", `${record}/signature`);
  const [wanted, other] =
    "certificate" in logged.verifier
      ? (["x509Certificate", "publicKey"] as const)
      : (["publicKey", "x509Certificate"] as const);
  if (member(verifier, wanted) === undefined || member(verifier, other) !== undefined)
    throw foreignEntry("a signature by another kind of verifier", at);
  const expected = "certificate" in logged.verifier ? logged.verifier.certificate.der : logged.verifier.key.spki;
  if (!equalBytes(bytesAt(strictObject(verifier, wanted, at), "rawBytes", `${at}/${wanted}`), expected))
    throw foreignEntry("a signature by another verifier", at);

  const key = "certificate" in logged.verifier ? logged.verifier.certificate.publicKey : logged.verifier.key;
  const algorithm = key === undefined ? undefined : prehashedAlgorithm(key);
  const data = strictObject(body, "data", record);
  if (
    algorithm === undefined ||
    readString(member(verifier, "keyDetails"), `${at}/keyDetails`) !== algorithm.keyDetails ||
    readString(member(data, "algorithm"), `${record}/data/algorithm`) !== algorithm.hashAlgorithm
  ) {
    throw foreignEntry("a signature by another algorithm", at);
  }
  const { content } = logged;
  const signed =
    content.kind === "dsse"
      ? digest(algorithm.hash, encodePae(content.payloadType, content.payload))
      : messageDigest(content, algorithm.hash);
  if (signed === undefined) throw foreignEntry(`content by ${algorithm.hash}, which is not known`, `${record}/data`);
  if (!equalBytes(bytesAt(data, "digest", `${record}/data`), signed))
    throw foreignEntry("other content", `${record}/data/digest`);
}

/** The log that an entry names, by the id that the trusted root states or by the one that follows from key and name. */
function findLog(
  entry: LogEntry,
  checkpoint: Checkpoint,
  logs: readonly TransparencyLogKey[],
): TransparencyLogKey | undefined {
  return (
    logs.find((log) => log.logId === entry.logId) ??
    logs.find((log) => encodeHex(noteKeyId(log.origin ?? checkpoint.origin, log.publicKey)) === entry.logId)
  );
}

/**
 * Checks a Rekor v2 entry's inclusion. The index is the entry's, size and root are the checkpoint's; the numbers that
 * stand beside the proof are not looked at.
 * @returns the log, or undefined when the entry names none of `logs`.
 * @throws EngineError `bad-log-proof`, `malformed`.
 */
export function verifyRekorV2Inclusion(
  entry: LogEntry,
  logs: readonly TransparencyLogKey[],
  verifier: SignatureVerifier,
  limits: Limits,
): TransparencyLogKey | undefined {
  const proof = entry.inclusionProof;
  if (proof === undefined) throw new EngineError("bad-log-proof", "a Rekor v2 entry without an inclusion proof");
  const checkpoint = parseCheckpoint(proof.checkpoint, limits);
  const log = findLog(entry, checkpoint, logs);
  if (log === undefined) return undefined;
  verifyRekorV2Checkpoint(checkpoint, log.origin ?? checkpoint.origin, log.publicKey, verifier);
  verifyInclusion(
    { leafIndex: entry.logIndex, treeSize: checkpoint.treeSize, path: proof.hashes },
    hashLeaf(entry.body),
    checkpoint.rootHash,
  );
  return log;
}
