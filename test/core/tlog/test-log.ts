/** Transparency logs for tests: a few leaves, real hashes and signatures, every part of an entry replaceable. */
import { createHash, sign } from "node:crypto";
import { parsePublicKeyPem, parseSpki, type PublicKey } from "../../../core/crypto/public-key.ts";
import { encodeBase64 } from "../../../core/encoding/base64.ts";
import { encodeCanonicalJson } from "../../../core/encoding/canonical-json.ts";
import { encodeHex } from "../../../core/encoding/hex.ts";
import type { JsonValue } from "../../../core/encoding/json.ts";
import { encodePem } from "../../../core/encoding/pem.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { noteKeyId } from "../../../core/tlog/checkpoint.ts";
import type { LogEntry } from "../../../core/tlog/log-entry.ts";
import { hashLeaf, hashNode } from "../../../core/tlog/merkle-hash.ts";
import { encodeEntryTimestampPayload } from "../../../core/tlog/signed-entry-timestamp.ts";
import type { TransparencyLogKey } from "../../../core/tlog/transparency-log-key.ts";
import { type KeyKind, newKey, type TestKey } from "../x509/pki.ts";
import { defaultLimits } from "../../../core/limits.ts";

export const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());

/** The largest power of two below `size`. */
const split = (size: number): number => {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
};

/** RFC 9162 §2.1.1, by its recursive definition. */
export function treeHash(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256(new Uint8Array(0));
  if (leaves.length === 1) return leaves[0] as Uint8Array;
  const half = split(leaves.length);
  return hashNode(treeHash(leaves.slice(0, half)), treeHash(leaves.slice(half)));
}

/** RFC 9162 §2.1.3.1. */
export function inclusionPath(leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  if (leaves.length <= 1) return [];
  const half = split(leaves.length);
  return index < half
    ? [...inclusionPath(leaves.slice(0, half), index), treeHash(leaves.slice(half))]
    : [...inclusionPath(leaves.slice(half), index - half), treeHash(leaves.slice(0, half))];
}

/** RFC 9162 §2.1.4.1. */
export function consistencyPath(leaves: readonly Uint8Array[], size: number, whole = true): Uint8Array[] {
  if (size === leaves.length) return whole ? [] : [treeHash(leaves)];
  const half = split(leaves.length);
  return size <= half
    ? [...consistencyPath(leaves.slice(0, half), size, whole), treeHash(leaves.slice(half))]
    : [...consistencyPath(leaves.slice(half), size - half, false), treeHash(leaves.slice(0, half))];
}

/** A signature line over a note's text. */
export const noteLine = (name: string, hint: Uint8Array, signature: Uint8Array): string =>
  `— ${name} ${encodeBase64(Uint8Array.from([...hint.subarray(0, 4), ...signature]))}\n`;

export interface TestLog {
  readonly version: 1 | 2;
  readonly key: TestKey;
  readonly publicKey: PublicKey;
  readonly trusted: TransparencyLogKey;
  /** Name that signs, and first line of checkpoints. */
  readonly name: string;
  readonly origin: string;
  line(text: string): string;
}

const start = new Date("2024-01-01T00:00:00Z");

export function newLog(
  version: 1 | 2,
  kind: KeyKind = version === 1 ? "P-256" : "ed25519",
  name = version === 1 ? "rekor.example" : "log.example",
): TestLog {
  const key = newKey(kind);
  const publicKey = parseSpki(key.spki, defaultLimits);
  const id = version === 1 ? sha256(key.spki) : noteKeyId(name, publicKey);
  return {
    version,
    key,
    publicKey,
    name,
    origin: version === 1 ? `${name} - 1234567890` : name,
    trusted: { logId: encodeHex(id), publicKey, origin: name, validFor: { start } },
    line: (text) => noteLine(name, id, signNote(version, key, publicKey, encodeUtf8(text))),
  };
}

const signNote = (version: 1 | 2, key: TestKey, publicKey: PublicKey, text: Uint8Array): Uint8Array =>
  version === 1 && publicKey.type === "ecdsa" ? new Uint8Array(sign("sha256", text, key.privateKey)) : key.sign(text);

export interface EntryOptions {
  /** Seconds; none for Rekor v2. */
  readonly time?: bigint | undefined;
  readonly promise?: boolean;
  readonly proof?: boolean;
  readonly leavesBefore?: number;
  readonly leavesAfter?: number;
}

/** An entry of `body` in `log`, proven by promise and proof (Rekor v1) or proof (Rekor v2). */
export function logEntry(log: TestLog, body: JsonValue | Uint8Array, options: EntryOptions = {}): LogEntry {
  const { promise = log.version === 1, proof = true, leavesBefore = 5, leavesAfter = 3 } = options;
  const time =
    "time" in options
      ? options.time
      : log.version === 1
        ? BigInt(Date.parse("2026-03-01T12:00:00Z") / 1000)
        : undefined;
  const bytes = body instanceof Uint8Array ? body : encodeUtf8(encodeCanonicalJson(body));
  const filler = (count: number, from: number) =>
    Array.from({ length: count }, (_, index) => hashLeaf(Uint8Array.of(from + index)));
  const leaves = [...filler(leavesBefore, 0), hashLeaf(bytes), ...filler(leavesAfter, 100)];
  const root = treeHash(leaves);
  const text = `${log.origin}\n${leaves.length}\n${encodeBase64(root)}\n`;
  const declared = body instanceof Uint8Array ? undefined : (body as { kind: string; apiVersion: string });
  const entry: LogEntry = {
    logId: log.trusted.logId,
    logIndex: BigInt(leavesBefore) + (log.version === 1 ? 1_000_000n : 0n),
    ...(time === undefined ? {} : { integratedTime: time }),
    body: bytes,
    ...(declared === undefined ? {} : { kindVersion: { kind: declared.kind, version: declared.apiVersion } }),
    ...(proof
      ? {
          inclusionProof: {
            logIndex: BigInt(leavesBefore),
            treeSize: BigInt(leaves.length),
            rootHash: root,
            hashes: inclusionPath(leaves, leavesBefore),
            checkpoint: `${text}\n${log.line(text)}`,
          },
        }
      : {}),
  };
  return promise ? signEntry(log, entry) : entry;
}

/** The entry with a promise over what it now says. */
export const signEntry = (log: TestLog, entry: LogEntry): LogEntry => ({
  ...entry,
  inclusionPromise: new Uint8Array(sign("sha256", encodeEntryTimestampPayload(entry), log.key.privateKey)),
});

/** PEM text of a key or certificate, in base64, as Rekor v1 records verifiers. */
export const pemOf = (der: Uint8Array, label: "PUBLIC KEY" | "CERTIFICATE"): string =>
  encodeBase64(encodeUtf8(encodePem(label, encodeBase64(der))));

export const publicKeyOf = (key: TestKey): PublicKey =>
  parsePublicKeyPem(encodePem("PUBLIC KEY", encodeBase64(key.spki)), defaultLimits);
