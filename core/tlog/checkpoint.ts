/**
 * Checkpoints of a log: signed notes that state size and root of its tree. Source: C2SP signed-note, C2SP
 * tlog-checkpoint, Rekor v1 and v2.
 *
 *     rekor.example - 2605736670972794746        origin; of Rekor v1 with the tree, of Rekor v2 the host alone
 *     1163431                                    size of the tree
 *     Zyq1cTXKVcRjPVCgQ2iRk1gKC9K4sPTSKNW5kLmVbW4=     root
 *
 *     — rekor.example wNI9ajBEAiB…               a signature: name, base64 of four bytes of hint and the signature
 */
import { sha256 } from "../crypto/digest.ts";
import type { PublicKey } from "../crypto/public-key.ts";
import type { SignatureAlgorithm, SignatureVerifier } from "../crypto/signature-verifier.ts";
import { decodeBase64 } from "../encoding/base64.ts";
import { concat, equalBytes } from "../encoding/bytes.ts";
import { decodeUtf8, encodeUtf8 } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { hashLength, maxTreeSize } from "./merkle-hash.ts";

/** One line `— name base64`: `hint` is its first four bytes, `signature` the rest. */
export interface NoteSignature {
  readonly name: string;
  readonly hint: Uint8Array;
  readonly signature: Uint8Array;
}

/** Parsed, not verified. */
export interface Checkpoint {
  readonly origin: string;
  readonly treeSize: bigint;
  readonly rootHash: Uint8Array;
  /** The signed bytes: everything before the blank line, with its last line feed. */
  readonly text: Uint8Array;
  readonly signatures: readonly NoteSignature[];
}

const malformed = (what: string): EngineError => new EngineError("malformed", what, { subject: "checkpoint" });
const unproven = (what: string): EngineError => new EngineError("bad-log-proof", what, { subject: "checkpoint" });

// Go's rule for a name: no white space, no plus sign.
const signatureLine = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u;

function readSignature(line: string): NoteSignature {
  const match = signatureLine.exec(line);
  if (match === null) throw malformed("signature line that is not of the form — name base64");
  const bytes = decodeBase64(match[2] as string);
  if (bytes.length < 5) throw malformed("signature of less than five bytes");
  return { name: match[1] as string, hint: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

/**
 * The statement of a checkpoint: `origin LF size LF base64 root LF`, further lines, a blank line, signatures.
 * @throws EngineError `malformed`, `over-limit`.
 */
export function parseCheckpoint(note: string, limits: Limits): Checkpoint {
  if (note.length > limits.checkpointBytes)
    throw new EngineError("over-limit", "checkpoint is too long", { subject: "checkpoint" });
  for (let index = 0; index < note.length; index++) {
    const unit = note.charCodeAt(index);
    if ((unit < 32 && unit !== 10) || unit === 0xfffd) throw malformed("control character");
  }
  const split = note.lastIndexOf("\n\n");
  if (split < 0 || !note.endsWith("\n") || split + 2 >= note.length) throw malformed("not a signed note");
  const lines = note.slice(split + 2, -1).split("\n");
  if (lines.length > limits.checkpointSignatures)
    throw new EngineError("over-limit", `${lines.length} signatures on a checkpoint`, { subject: "checkpoint" });
  const text = note.slice(0, split + 1);
  const [origin, size, root] = text.split("\n") as [string, string?, string?];
  if (origin === "") throw malformed("no origin");
  if (size === undefined || !/^(?:0|[1-9][0-9]{0,19})$/.test(size)) throw malformed("no tree size");
  const treeSize = BigInt(size);
  if (treeSize > maxTreeSize) throw malformed("tree size out of range");
  const rootHash = decodeBase64(root ?? "");
  if (rootHash.length !== hashLength) throw malformed(`root hash of ${rootHash.length} bytes`);
  return { origin, treeSize, rootHash, text: encodeUtf8(text), signatures: lines.map(readSignature) };
}

// Nanoseconds since 1970, up to the year 2286.
const timeLine = /^Timestamp: ([1-9][0-9]{0,18})$/;

/**
 * The time that a Rekor v1 log puts into what it signs, below the root; Rekor v2 gives none. It counts only once the
 * checkpoint verifies.
 */
export function signedTimeOf({ text }: Checkpoint): Date | undefined {
  const lines = decodeUtf8(text).split("\n").slice(3);
  const nanoseconds = lines.flatMap((line) => timeLine.exec(line)?.[1] ?? [])[0];
  return nanoseconds === undefined ? undefined : new Date(Number(BigInt(nanoseconds) / 1_000_000n));
}

const rsaKeyType = encodeUtf8("PKIX-RSA-PKCS#1v1.5");

/**
 * The id of a key that signs notes as `name`, 32 bytes: its first four are the hint in a signature line, all of it is a
 * Rekor v2 log's id.
 */
export function noteKeyId(name: string, key: PublicKey): Uint8Array {
  if (key.type === "ecdsa") return sha256(key.spki);
  if (key.type === "ed25519") return sha256(concat(encodeUtf8(name), Uint8Array.of(10, 1), key.point));
  return sha256(concat(encodeUtf8(name), Uint8Array.of(10, 0xff), rsaKeyType, key.spki));
}

const curveHash = { "P-256": "sha256", "P-384": "sha384", "P-521": "sha512" } as const;

/**
 * Checks a Rekor v1 checkpoint: every signature line must be by the log's key, and by the name that its origin `name -
 * tree` begins with. The host of the log's URL is not compared: a private log signs with the name of its machine.
 * @throws EngineError `bad-log-proof`.
 */
export function verifyRekorV1Checkpoint(checkpoint: Checkpoint, key: PublicKey, verifier: SignatureVerifier): void {
  const hint = sha256(key.spki).subarray(0, 4);
  const algorithm: SignatureAlgorithm =
    key.type === "ecdsa"
      ? { scheme: "ecdsa", hash: "sha256" }
      : key.type === "rsa"
        ? { scheme: "rsa-pkcs1v15", hash: "sha256" }
        : { scheme: "ed25519" };
  const name = checkpoint.origin.replace(/ - [0-9]+$/, "");
  for (const line of checkpoint.signatures) {
    if (line.name !== name)
      throw unproven(`signed by ${JSON.stringify(line.name)}, origin is ${JSON.stringify(checkpoint.origin)}`);
    if (!equalBytes(line.hint, hint)) throw unproven("signature by a key that is not the log's");
    if (!verifier.verify(algorithm, key, { message: checkpoint.text }, line.signature))
      throw unproven("signature does not verify");
  }
}

/**
 * Checks a Rekor v2 checkpoint: its origin must be `origin`, and a line by that name and the key's hint must verify.
 * Other lines (witnesses, other keys) are skipped.
 * @throws EngineError `bad-log-proof`.
 */
export function verifyRekorV2Checkpoint(
  checkpoint: Checkpoint,
  origin: string,
  key: PublicKey,
  verifier: SignatureVerifier,
): void {
  if (origin === "") throw unproven("the log has no base URL, so its checkpoints have no name");
  if (checkpoint.origin !== origin)
    throw unproven(`origin is ${JSON.stringify(checkpoint.origin)}, the log is ${JSON.stringify(origin)}`);
  const hint = noteKeyId(origin, key).subarray(0, 4);
  const algorithm: SignatureAlgorithm =
    key.type === "ecdsa"
      ? { scheme: "ecdsa", hash: curveHash[key.curve] }
      : key.type === "rsa"
        ? { scheme: "rsa-pkcs1v15", hash: "sha256" }
        : { scheme: "ed25519" };
  const line = checkpoint.signatures.find((candidate) => candidate.name === origin && equalBytes(candidate.hint, hint));
  if (line === undefined) throw unproven("no signature by the log");
  if (!verifier.verify(algorithm, key, { message: checkpoint.text }, line.signature))
    throw unproven("signature does not verify");
}
