/**
 * The common form of TUF metadata: an envelope of signatures, and a signed version and expiry. Source: TUF 1.0 §4.2 and
 * §4.3.
 *
 *     {"signatures":[{"keyid":"9f31…","sig":"3045…"}],
 *      "signed":{"_type":"timestamp","spec_version":"1.0.31","version":7,"expires":"2030-01-01T00:00:00Z"}}
 */
import { decodeHex } from "../encoding/hex.ts";
import { type IntegerJson, type IntegerJsonObject, parseIntegerJson } from "../encoding/json.ts";
import { encodeUtf8 } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import { encodeOlpcJson } from "./olpc-json.ts";
import { readInteger, readList, readObject, readText, readTime } from "./metadata-shape.ts";
import type { Limits } from "../limits.ts";

/** `role` names it in errors: a delegated role's metadata is of type `targets`. */
export interface Metadata<T> {
  readonly role: string;
  readonly version: bigint;
  readonly expires: Date;
  readonly signed: T;
  /** By key id; empty ones and those that are not hexadecimal are left out. */
  readonly signatures: ReadonlyMap<string, Uint8Array>;
  /** The signed bytes. */
  readonly signedBytes: Uint8Array;
  /** As served. */
  readonly bytes: Uint8Array;
}

export interface MetadataForm<T> {
  readonly role: string;
  readonly type: "root" | "timestamp" | "snapshot" | "targets";
  readonly limits: Limits;
  readonly maxBytes: number;
  readonly read: (signed: IntegerJsonObject) => T;
}

const supportedVersion = /^1\.\d{1,9}(?:\.\d{1,9})?$/;

/**
 * @throws EngineError `malformed` with a JSON pointer, `over-limit`, `unsupported` for another version of the
 * specification.
 */
export function parseMetadata<T>(
  bytes: Uint8Array,
  { role, type, limits, maxBytes, read }: MetadataForm<T>,
): Metadata<T> {
  return naming(role, () => {
    const document = readObject(parseIntegerJson(bytes, { maxBytes, limits }), "/");
    const signed = readObject(document.signed, "/signed");
    const stated = readText(signed._type, "/signed/_type");
    if (stated !== type)
      throw new EngineError(
        "malformed",
        `metadata of type ${JSON.stringify(stated.slice(0, 40))} where ${type} belongs`,
        { subject: "/signed/_type" },
      );
    const specification = readText(signed.spec_version, "/signed/spec_version");
    if (!supportedVersion.test(specification))
      throw new EngineError(
        "unsupported",
        `version ${JSON.stringify(specification.slice(0, 40))} of the specification`,
        { subject: "/signed/spec_version" },
      );
    return {
      role,
      version: readInteger(signed.version, 1n, "/signed/version"),
      expires: readTime(signed.expires, "/signed/expires"),
      signed: read(signed),
      signatures: readSignatures(document.signatures),
      signedBytes: encodeUtf8(encodeOlpcJson(signed)),
      bytes,
    };
  });
}

/** Puts the role before the place that an error names. */
function naming<T>(role: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError(error.code, error.message, {
      subject: `${role}${error.subject === undefined ? "" : ` ${error.subject}`}`,
      cause: error,
    });
  }
}

function readSignatures(value: IntegerJson | undefined): ReadonlyMap<string, Uint8Array> {
  const signatures = new Map<string, Uint8Array>();
  const seen = new Set<string>();
  for (const [index, entry] of readList(value, "/signatures").entries()) {
    const object = readObject(entry, `/signatures/${index}`);
    const keyId = readText(object.keyid, `/signatures/${index}/keyid`);
    if (seen.has(keyId))
      throw new EngineError("malformed", `two signatures of one key id: ${keyId.slice(0, 80)}`, {
        subject: `/signatures/${index}`,
      });
    seen.add(keyId);
    const bytes = hexOf(readText(object.sig, `/signatures/${index}/sig`));
    if (bytes !== undefined && bytes.length > 0) signatures.set(keyId, bytes);
  }
  return signatures;
}

function hexOf(text: string): Uint8Array | undefined {
  try {
    return decodeHex(text);
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}
