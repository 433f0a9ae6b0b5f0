/** Log entries inside a Sigstore bundle. Source: sigstore_rekor.proto `TransparencyLogEntry`. */
import { encodeHex } from "../encoding/hex.ts";
import type { JsonObject, JsonValue } from "../encoding/json.ts";
import {
  decodeProtoBase64,
  optionalMessage,
  readBytes,
  readCount,
  readMessage,
  readRepeated,
  readText,
  requireBytes,
} from "../encoding/proto-json.ts";
import { member, pointer, readString } from "../encoding/shape.ts";
import { EngineError } from "../errors.ts";
import type { EntryInclusionProof, LogEntry } from "../tlog/log-entry.ts";

const keys = (...names: string[]): ReadonlySet<string> => new Set(names);
const entryKeys = keys(
  "logIndex",
  "logId",
  "kindVersion",
  "integratedTime",
  "inclusionPromise",
  "inclusionProof",
  "canonicalizedBody",
);
const proofKeys = keys("logIndex", "rootHash", "treeSize", "hashes", "checkpoint");
const idKeys = keys("keyId");
const kindKeys = keys("kind", "version");
const promiseKeys = keys("signedEntryTimestamp");
const checkpointKeys = keys("envelope");

function requireText(object: JsonObject, key: string, at: string): string {
  const text = readText(object, key, at);
  if (text === "") throw new EngineError("malformed", "missing or empty", { subject: pointer(at, key) });
  return text;
}

function readProof(object: JsonObject, at: string): EntryInclusionProof {
  const checkpoint = readMessage(member(object, "checkpoint"), checkpointKeys, `${at}/checkpoint`);
  return {
    logIndex: readCount(object, "logIndex", at),
    treeSize: readCount(object, "treeSize", at),
    rootHash: readBytes(object, "rootHash", at),
    hashes: readRepeated(object, "hashes", at).map((hash, index) => {
      const here = `${at}/hashes/${index}`;
      return decodeProtoBase64(readString(hash, here), here);
    }),
    checkpoint: requireText(checkpoint, "envelope", `${at}/checkpoint`),
  };
}

/**
 * The entry of a `TransparencyLogEntry` message. An empty promise counts as absent. @throws EngineError `malformed`.
 */
export function readBundleLogEntry(value: JsonValue, at: string): LogEntry {
  const object = readMessage(value, entryKeys, at);
  const kindVersion = readMessage(member(object, "kindVersion"), kindKeys, `${at}/kindVersion`);
  const promise = optionalMessage(object, "inclusionPromise", promiseKeys, at);
  const promised =
    promise === undefined ? undefined : readBytes(promise, "signedEntryTimestamp", `${at}/inclusionPromise`);
  const proof = optionalMessage(object, "inclusionProof", proofKeys, at);
  const entry: { -readonly [Key in keyof LogEntry]: LogEntry[Key] } = {
    logId: encodeHex(requireBytes(readMessage(member(object, "logId"), idKeys, `${at}/logId`), "keyId", `${at}/logId`)),
    logIndex: readCount(object, "logIndex", at),
    integratedTime: readCount(object, "integratedTime", at),
    body: requireBytes(object, "canonicalizedBody", at),
    kindVersion: {
      kind: requireText(kindVersion, "kind", `${at}/kindVersion`),
      version: requireText(kindVersion, "version", `${at}/kindVersion`),
    },
  };
  if (promised !== undefined && promised.length > 0) entry.inclusionPromise = promised;
  if (proof !== undefined) entry.inclusionProof = readProof(proof, `${at}/inclusionProof`);
  return entry;
}
