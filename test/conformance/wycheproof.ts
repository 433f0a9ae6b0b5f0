/**
 * Runs Wycheproof signature files through the key parsers and a verifier. Source: C2SP/wycheproof (schemas
 * `ecdsa_verify`, `ecdsa_p1363_verify`, `eddsa_verify`, `rsassa_pkcs1_verify`, `rsassa_pss_verify` and their
 * relatives).
 */
import { createPublicKey, type KeyObject } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type HashName, isHashName } from "../../core/crypto/digest.ts";
import { isEd25519Point } from "../../core/crypto/ed25519.ts";
import { p1363ToDer } from "../../core/crypto/ecdsa-signature.ts";
import { parseSpki, type PublicKey } from "../../core/crypto/public-key.ts";
import type { SignatureAlgorithm, SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { decodeHex } from "../../core/encoding/hex.ts";
import { EngineError } from "../../core/errors.ts";
import { defaultLimits } from "../../core/limits.ts";

export interface WycheproofTest {
  readonly tcId: number;
  readonly comment: string;
  readonly msg: string;
  readonly sig: string;
  readonly result: "valid" | "invalid" | "acceptable";
}

export interface WycheproofGroup {
  readonly type: string;
  readonly publicKeyDer?: string;
  readonly keyDer?: string;
  readonly publicKey?: { readonly curve?: string } | string;
  readonly sha?: string;
  readonly mgf?: string;
  readonly mgfSha?: string;
  readonly sLen?: number;
  readonly tests: readonly WycheproofTest[];
}

export interface WycheproofFile {
  readonly algorithm: string;
  readonly testGroups: readonly WycheproofGroup[];
}

export interface WycheproofCount {
  passed: number;
  /** File, test number and what was expected. */
  readonly failed: string[];
  /** Groups of keys, hashes or parameters that this program does not have, with the number of their tests. */
  readonly unsupported: { readonly what: string; readonly tests: number }[];
}

export const emptyCount = (): WycheproofCount => ({ passed: 0, failed: [], unsupported: [] });

const hashOf = (name: string | undefined): HashName | undefined => {
  const short = (name ?? "").replace("-", "").toLowerCase();
  return isHashName(short) ? short : undefined;
};

function algorithmOf(group: WycheproofGroup): SignatureAlgorithm | undefined {
  const hash = hashOf(group.sha);
  if (/^Ed(dsa|DSA)Verify$|^EddsaVerify$/.test(group.type)) return { scheme: "ed25519" };
  if (hash === undefined) return undefined;
  if (group.type.startsWith("Ecdsa")) return { scheme: "ecdsa", hash };
  if (group.type.startsWith("RsassaPkcs1")) return { scheme: "rsa-pkcs1v15", hash };
  if (
    group.type.startsWith("RsassaPss") &&
    group.mgf === "MGF1" &&
    hashOf(group.mgfSha) === hash &&
    group.sLen !== undefined
  )
    return { scheme: "rsa-pss", hash, saltLength: group.sLen };
  return undefined;
}

const algorithmNames = /^(ECDSA|EDDSA|RSASSA-PKCS1-v1_5|RSASSA-PSS)$/;
const ourCurves = /^(secp256r1|secp384r1|secp521r1|P-256|P-384|P-521|edwards25519|Ed25519)$/;

/**
 * Whether the key is a well-formed one of a kind, size or form that is refused here by design, as OpenSSL reads it: its
 * group says nothing about the verifier. A key that OpenSSL refuses too is refused for what it is.
 */
function isRefusedByDesign(der: Uint8Array): boolean {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" });
  } catch {
    return false;
  }
  const { modulusLength = 0, publicExponent = 3n, namedCurve } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case "rsa":
      return modulusLength < 1024 || modulusLength > defaultLimits.rsaModulusBits || publicExponent >= 1n << 31n;
    case "ec":
      return der.length !== uncompressedBytes[namedCurve ?? ""];
    case "ed25519":
      return !isEd25519Point(key.export({ format: "der", type: "spki" }).subarray(-32));
    default:
      return true;
  }
}

/** Our curves, with the length of a key: its curve by name, its point uncompressed. */
const uncompressedBytes: Readonly<Record<string, number>> = { prime256v1: 91, secp384r1: 120, secp521r1: 158 };

/**
 * The group's key, or why it has none: `unsupported` where it is refused by design, `refused` where it is none. A key
 * that a parser must refuse stands for a signature that is refused.
 */
function keyOf(group: WycheproofGroup): PublicKey | "unsupported" | "refused" {
  const curve = typeof group.publicKey === "object" ? group.publicKey.curve : undefined;
  if (curve !== undefined && !ourCurves.test(curve)) return "unsupported";
  const der = group.publicKeyDer ?? group.keyDer;
  if (der === undefined) return "unsupported";
  try {
    return parseSpki(decodeHex(der), defaultLimits);
  } catch (error) {
    if (error instanceof EngineError) return isRefusedByDesign(decodeHex(der)) ? "unsupported" : "refused";
    throw error;
  }
}

/** Runs one group with one verifier and adds to `count`. `name` stands before the test's number in failures. */
export function verifyWycheproofGroup(
  group: WycheproofGroup,
  verifier: SignatureVerifier,
  name: string,
  count: WycheproofCount,
  seen?: (test: WycheproofTest, accepted: boolean) => void,
): void {
  const algorithm = algorithmOf(group);
  const key = keyOf(group);
  if (algorithm === undefined || key === "unsupported") {
    count.unsupported.push({
      what: `${name} ${group.type} ${group.sha ?? ""} ${algorithm === undefined ? "" : "(key)"}`.trim(),
      tests: group.tests.length,
    });
    return;
  }
  for (const test of group.tests) {
    const given = decodeHex(test.sig);
    const isRaw = group.type.includes("P1363") && key !== "refused" && key.type === "ecdsa";
    const signature = isRaw ? p1363ToDer(given, key.curve) : given;
    const accepted =
      key !== "refused" &&
      signature !== undefined &&
      verifier.verify(algorithm, key, { message: decodeHex(test.msg) }, signature);
    seen?.(test, accepted);
    if (test.result === "acceptable" || accepted === (test.result === "valid")) count.passed += 1;
    else
      count.failed.push(`${name} ${test.tcId} (${test.comment}): ${test.result}, ${accepted ? "accepted" : "refused"}`);
  }
}

/** Every signature file of a folder as `[name, content]`; files of other kinds are left out. */
export function readWycheproof(folder: string): [string, WycheproofFile][] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name): [string, WycheproofFile] => [
      name,
      JSON.parse(readFileSync(join(folder, name), "utf8")) as WycheproofFile,
    ])
    .filter(([, file]) => algorithmNames.test(file.algorithm));
}

/** Runs every signature file of a folder with each verifier. The counts are by the verifier's name. */
export function runWycheproof(
  folder: string,
  verifiers: readonly SignatureVerifier[],
): Record<string, WycheproofCount> {
  const files = readWycheproof(folder);
  return Object.fromEntries(
    verifiers.map((verifier) => {
      const count = emptyCount();
      for (const [name, file] of files)
        for (const group of file.testGroups) verifyWycheproofGroup(group, verifier, name, count);
      return [verifier.name, count];
    }),
  );
}
