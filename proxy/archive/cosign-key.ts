/**
 * Private keys as cosign keeps them: a PEM block whose content is JSON, with the key encrypted by a password. The key
 * is derived by scrypt, the cipher is NaCl's secretbox. Source: docs/spec/archive.md#keys, RFC 7914.
 *
 *     {"kdf":{"name":"scrypt","params":{"N":65536,"r":8,"p":1},"salt":"…"},
 *      "cipher":{"name":"nacl/secretbox","nonce":"…"},"ciphertext":"…"}
 */
import { scryptSync } from "node:crypto";
import { xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { decodeBase64 } from "../../core/encoding/base64.ts";
import { type JsonObject, parseJson } from "../../core/encoding/json.ts";
import { readInteger, readObject, readString } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";

export const encryptedLabels: ReadonlySet<string> = new Set([
  "ENCRYPTED SIGSTORE PRIVATE KEY",
  "ENCRYPTED COSIGN PRIVATE KEY",
]);

/** Memory that scrypt may take: four times what cosign's own parameters need. */
const mostMemory = 256 * 1024 * 1024;

function readBase64(object: JsonObject, key: string, at: string): Uint8Array {
  return decodeBase64(readString(object[key], `${at}/${key}`));
}

function named(value: JsonObject, name: string, at: string): void {
  const found = readString(value.name, `${at}/name`);
  if (found !== name)
    throw new EngineError("unsupported", `a key encrypted with ${found}; ${name} can be read`, { subject: at });
}

/**
 * The private key in PKCS #8, DER.
 * @param content of the PEM block.
 * @throws EngineError `malformed`; `unsupported` for another cipher; `invalid-usage` when the password is wrong.
 */
export function decryptCosignKey(content: Uint8Array, password: string, subject: string, limits: Limits): Uint8Array {
  const object = readObject(parseJson(content, { limits, subject }), "");
  const kdf = readObject(object.kdf, "/kdf");
  const cipher = readObject(object.cipher, "/cipher");
  named(kdf, "scrypt", "/kdf");
  named(cipher, "nacl/secretbox", "/cipher");
  const params = readObject(kdf.params, "/kdf/params");
  const [N, r, p] = (["N", "r", "p"] as const).map((key) => readInteger(params[key], `/kdf/params/${key}`)) as [
    number,
    number,
    number,
  ];
  const salt = readBase64(kdf, "salt", "/kdf");
  const nonce = readBase64(cipher, "nonce", "/cipher");
  const ciphertext = readBase64(object, "ciphertext", "");
  if (N < 2 || (N & (N - 1)) !== 0 || r < 1 || p < 1 || nonce.length !== 24 || ciphertext.length < 16)
    throw new EngineError("malformed", "an encrypted key whose parameters cannot be", { subject });
  if (128 * N * r > mostMemory || p > 16)
    throw new EngineError("over-limit", `an encrypted key that needs more than ${mostMemory} bytes to open`, {
      subject,
    });
  const key = scryptSync(password, salt, 32, { N, r, p, maxmem: mostMemory + 1024 * 1024 });
  try {
    return xsalsa20poly1305(key, nonce).decrypt(ciphertext);
  } catch (error) {
    // The library throws plain errors: what it was given fits, so that only the tag can be wrong.
    if (!(error instanceof Error)) throw error;
    throw new EngineError("invalid-usage", "the password in COSIGN_PASSWORD does not open this key", {
      subject,
      cause: error,
    });
  }
}
