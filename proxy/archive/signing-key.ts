/**
 * The private key that signs archives and snapshots: ECDSA P-256, as PEM (PKCS #8 or SEC 1, encrypted or not) or in
 * cosign's encrypted form. Signatures are deterministic, so that the same content gives the same bytes.
 * Source: docs/spec/archive.md#keys, RFC 6979.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import { encodeSignedStatement, signedBytes } from "../../core/archive/verify-envelope.ts";
import { readArchiveKey } from "../../core/archive/archive-statement.ts";
import { parsePem } from "../../core/encoding/pem.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { decryptCosignKey, encryptedLabels } from "./cosign-key.ts";

export interface SigningKey {
  /** The public key, PEM. */
  readonly publicKey: string;
  /** Lower-case hexadecimal SHA-256 of the public key (SPKI). */
  readonly fingerprint: string;
  /** The envelope of a statement, signed. */
  sign(payload: Uint8Array): Uint8Array;
}

interface SigningKeyOptions {
  /** Names the file in errors. */
  readonly subject: string;
  /** COSIGN_PASSWORD: of a key that is encrypted. An empty one is a password. */
  readonly password: string | undefined;
  readonly limits: Limits;
}

const labels = /-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----/;

/**
 * The key of a PEM text.
 * @throws EngineError `invalid-usage` when it is no private key of ECDSA P-256, or is encrypted and the password is
 * missing or wrong; `malformed`, `unsupported`, `over-limit`.
 */
export function loadSigningKey(pem: string, options: SigningKeyOptions): SigningKey {
  const { subject, limits } = options;
  const key = openKey(pem, options);
  if (key.asymmetricKeyType !== "ec" || key.asymmetricKeyDetails?.namedCurve !== "prime256v1")
    throw new EngineError("invalid-usage", "archives are signed with a key of ECDSA P-256; this is another one", {
      subject,
    });
  const publicKey = String(createPublicKey(key).export({ type: "spki", format: "pem" }));
  const { fingerprint } = readArchiveKey(publicKey, limits);
  const secret = Buffer.from(key.export({ format: "jwk" }).d ?? "", "base64url");
  return {
    publicKey,
    fingerprint,
    sign: (payload) =>
      encodeSignedStatement(payload, fingerprint, p256.sign(signedBytes(payload), secret, { format: "der" })),
  };
}

function openKey(pem: string, { subject, password, limits }: SigningKeyOptions): KeyObject {
  const label = labels.exec(pem)?.[1];
  if (label === undefined) {
    const why = /-----BEGIN (?:[A-Z0-9]+ )*PUBLIC KEY-----/.test(pem)
      ? "a public key, and what signs is its private key"
      : "not a private key in PEM form";
    throw new EngineError("invalid-usage", why, { subject, remedy: "other-file" });
  }
  if (label.startsWith("ENCRYPTED") && password === undefined)
    throw new EngineError("invalid-usage", "the key is encrypted: set COSIGN_PASSWORD to its password", { subject });
  if (encryptedLabels.has(label)) {
    const block = parsePem(pem).find((found) => found.label === label);
    const der = decryptCosignKey(block?.bytes ?? new Uint8Array(), password ?? "", subject, limits);
    return readKey({ key: Buffer.from(der), format: "der", type: "pkcs8" }, subject);
  }
  return readKey({ key: pem, format: "pem", ...(password === undefined ? {} : { passphrase: password }) }, subject);
}

function readKey(key: Parameters<typeof createPrivateKey>[0], subject: string): KeyObject {
  try {
    return createPrivateKey(key);
  } catch (error) {
    // OpenSSL says nothing of use about what is wrong with a key: `DECODER routines::unsupported`.
    if (!(error instanceof Error)) throw error;
    throw new EngineError("invalid-usage", "the private key cannot be read, or its password is wrong", {
      subject,
      cause: error,
    });
  }
}
