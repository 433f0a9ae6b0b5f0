/**
 * Log entries as Rekor v1's API answers them. Source: Rekor v1 OpenAPI, `LogEntry`; Rekor v1 sharding (entry ids).
 *
 * An answer maps ids (the tree, 16 digits, then the hash of the leaf) to entries:
 *
 *     {"108e9186e8c5677a9f86…":{"body":"eyJhcGlWZXJzaW9uIjoi…","integratedTime":1700000000,"logID":"c0d23d6a…",
 *       "logIndex":12345,"verification":{"signedEntryTimestamp":"MEUCIQ…","inclusionProof":{"checkpoint":"rekor…",
 *       "hashes":["1d3f…"],"logIndex":7,"rootHash":"672a…","treeSize":9}}}}
 */
import { decodeHex, encodeHex } from "../../encoding/hex.ts";
import { type JsonObject, type JsonValue, parseJson } from "../../encoding/json.ts";
import { member, pointer, readArray, readObject, readString } from "../../encoding/shape.ts";
import { EngineError } from "../../errors.ts";
import type { Limits } from "../../limits.ts";
import { hashLeaf } from "../inclusion-proof.ts";
import type { EntryInclusionProof, LogEntry } from "../log-entry.ts";
import { readEntryBase64, readLogId, readWholeNumber } from "./entry-fields.ts";

const entryId = /^(?:[0-9a-f]{16})?([0-9a-f]{64})$/;

function readHexHash(value: JsonValue | undefined, at: string): Uint8Array {
  const text = readString(value, at);
  if (!/^[0-9a-f]{64}$/.test(text)) throw new EngineError("malformed", "not a hash of 32 bytes", { subject: at });
  return decodeHex(text);
}

/** Old logs answered proofs without checkpoint, which prove nothing; the promise remains. */
function readProof(object: JsonObject, at: string): EntryInclusionProof | undefined {
  const checkpoint = member(object, "checkpoint");
  if (checkpoint === undefined) return undefined;
  const hashes = readArray(member(object, "hashes") ?? [], `${at}/hashes`);
  return {
    logIndex: readWholeNumber(member(object, "logIndex"), `${at}/logIndex`),
    treeSize: readWholeNumber(member(object, "treeSize"), `${at}/treeSize`),
    rootHash: readHexHash(member(object, "rootHash"), `${at}/rootHash`),
    hashes: hashes.map((hash, index) => readHexHash(hash, pointer(`${at}/hashes`, index))),
    checkpoint: readString(checkpoint, `${at}/checkpoint`),
  };
}

function readEntry(id: string, value: JsonValue, at: string): LogEntry {
  const object = readObject(value, at);
  const body = readEntryBase64(member(object, "body"), `${at}/body`);
  if (entryId.exec(id)?.[1] !== encodeHex(hashLeaf(body)))
    throw new EngineError("malformed", "the entry's id is not its body's hash", { subject: at });
  const verification = readObject(member(object, "verification"), `${at}/verification`);
  const promise = member(verification, "signedEntryTimestamp");
  const proofAt = `${at}/verification/inclusionProof`;
  const stated = member(verification, "inclusionProof");
  const proof = stated === undefined ? undefined : readProof(readObject(stated, proofAt), proofAt);
  return {
    logId: readLogId(member(object, "logID"), `${at}/logID`),
    logIndex: readWholeNumber(member(object, "logIndex"), `${at}/logIndex`),
    integratedTime: readWholeNumber(member(object, "integratedTime"), `${at}/integratedTime`),
    body,
    ...(promise === undefined
      ? {}
      : { inclusionPromise: readEntryBase64(promise, `${at}/verification/signedEntryTimestamp`) }),
    ...(proof === undefined ? {} : { inclusionProof: proof }),
  };
}

/**
 * Every entry of an answer: an object that maps entry ids to entries, or a list of such objects. Unknown fields are
 * ignored.
 * @throws EngineError `malformed`, also when an entry's id is not the hash of its body; `over-limit`.
 */
export function parseRekorApiEntries(json: string | Uint8Array, limits: Limits): readonly LogEntry[] {
  const value = parseJson(json, { exactIntegers: true, maxBytes: limits.bundleBytes, subject: "log answer", limits });
  const objects = Array.isArray(value)
    ? (value as readonly JsonValue[]).map((entry, index) => [readObject(entry, `/${index}`), `/${index}`] as const)
    : [[readObject(value, ""), ""] as const];
  const pairs = objects.flatMap(([object, at]) =>
    Object.entries(object).map(([id, entry]) => [id, entry, pointer(at, id)] as const),
  );
  if (pairs.length > limits.signaturesPerImage)
    throw new EngineError("over-limit", `${pairs.length} log entries, at most ${limits.signaturesPerImage} are read`, {
      subject: "log answer",
    });
  return pairs.map(([id, entry, at]) => readEntry(id, entry, at));
}

/**
 * The one entry of an answer.
 * @throws EngineError `malformed` when there is none or more than one, and as {@link parseRekorApiEntries}.
 */
export function parseRekorApiEntry(json: string | Uint8Array, limits: Limits): LogEntry {
  const [entry, ...more] = parseRekorApiEntries(json, limits);
  if (entry === undefined || more.length > 0)
    throw new EngineError("malformed", `an answer of ${more.length + (entry === undefined ? 0 : 1)} entries`, {
      subject: "log answer",
    });
  return entry;
}
