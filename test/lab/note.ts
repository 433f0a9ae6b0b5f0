/**
 * Signed notes: a log's checkpoints, and cosignatures of witnesses. Source: C2SP signed-note, C2SP tlog-checkpoint,
 * C2SP tlog-cosignature.
 */
import { encodeBase64 } from "../../core/encoding/base64.ts";
import { concat } from "../../core/encoding/bytes.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { sha256 } from "../../core/crypto/digest.ts";
import { noteKeyId } from "../../core/tlog/checkpoint.ts";
import type { LabKey } from "./keys.ts";

/** One line of a note. Each part can be another than the one that follows from name and key. */
export interface NoteSigner {
  readonly name: string;
  readonly key: LabKey;
  /**
   * `plain`: over the text; `rekor-v1`: with SHA-256 whatever the curve, and a hint without name; `cosignature`: a
   * witness's, at a time.
   */
  readonly kind?: "plain" | "rekor-v1" | "cosignature";
  readonly at?: Date;
  /** Signs another text than the one that the line stands under. */
  readonly text?: string;
  readonly hint?: Uint8Array;
  /** Made of the signature. */
  readonly signature?: (signature: Uint8Array) => Uint8Array;
}

const eightBytes = (value: bigint): Uint8Array => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
};

function cosignature(
  text: string,
  { name, key, at = new Date(0) }: NoteSigner,
): { readonly hint: Uint8Array; readonly signature: Uint8Array } {
  const time = BigInt(at.getTime() / 1000);
  const point = key.publicKey.type === "ed25519" ? key.publicKey.point : key.publicKey.spki;
  const signature = concat(eightBytes(time), key.sign(encodeUtf8(`cosignature/v1\ntime ${time}\n${text}`)));
  return { hint: sha256(concat(encodeUtf8(name), Uint8Array.of(10, 4), point)), signature };
}

/** A line as it stands below a note. */
export const noteLine = (name: string, hint: Uint8Array, signature: Uint8Array): string =>
  `— ${name} ${encodeBase64(concat(hint, signature))}\n`;

/** `text` ends with a line feed. */
export function signLine(text: string, signer: NoteSigner): string {
  const { name, key, kind = "plain" } = signer;
  const signed = signer.text ?? text;
  const made =
    kind === "cosignature"
      ? cosignature(signed, signer)
      : kind === "rekor-v1"
        ? {
            hint: sha256(key.publicKey.spki),
            signature: key.sign(
              encodeUtf8(signed),
              key.algorithm.scheme === "ecdsa" ? { scheme: "ecdsa", hash: "sha256" } : undefined,
            ),
          }
        : { hint: noteKeyId(name, key.publicKey), signature: key.sign(encodeUtf8(signed)) };
  const hint = signer.hint ?? made.hint.subarray(0, 4);
  return noteLine(name, hint, signer.signature?.(made.signature) ?? made.signature);
}

export const signNote = (text: string, signers: readonly NoteSigner[]): string =>
  `${text}\n${signers.map((signer) => signLine(text, signer)).join("")}`;

export interface CheckpointText {
  readonly origin: string;
  readonly size: bigint | string;
  readonly root: Uint8Array | string;
  /** Further lines. */
  readonly more?: readonly string[];
}

export const checkpointText = ({ origin, size, root, more = [] }: CheckpointText): string =>
  `${[origin, size, typeof root === "string" ? root : encodeBase64(root), ...more].join("\n")}\n`;
