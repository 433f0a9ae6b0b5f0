/** Certificate extensions by name. Source: RFC 5280 §4.2.1, Fulcio's object identifiers, RFC 6962 §3.1. */
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { sha256 } from "../../core/crypto/digest.ts";
import { fulcioExtensions } from "../../core/x509/fulcio.ts";
import { commonName, type ExtensionSpec } from "./certificate.ts";
import { boolean, constructed, integer, namedBits, nothing, octets, oid, primitive, sequence, utf8 } from "./der.ts";

export const extensionId = {
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAlternativeName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  nameConstraints: "2.5.29.30",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  timestampList: "1.3.6.1.4.1.11129.2.4.2",
  poison: "1.3.6.1.4.1.11129.2.4.3",
} as const;

export const purposes = {
  any: "2.5.29.37.0",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  codeSigning: "1.3.6.1.5.5.7.3.3",
  timeStamping: "1.3.6.1.5.5.7.3.8",
} as const;

export const basicConstraints = (isAuthority: boolean, pathLength?: number, critical = true): ExtensionSpec => ({
  id: extensionId.basicConstraints,
  critical,
  value: sequence(...(isAuthority ? [boolean(true)] : []), ...(pathLength === undefined ? [] : [integer(pathLength)])),
});

const usageBits = {
  digitalSignature: 0,
  contentCommitment: 1,
  keyEncipherment: 2,
  keyAgreement: 4,
  keyCertSign: 5,
  cRLSign: 6,
} as const;

export const keyUsage = (...usages: readonly (keyof typeof usageBits)[]): ExtensionSpec => ({
  id: extensionId.keyUsage,
  critical: true,
  value: namedBits(...usages.map((usage) => usageBits[usage])),
});

export const extendedKeyUsage = (ids: readonly string[], critical = false): ExtensionSpec => ({
  id: extensionId.extendedKeyUsage,
  critical,
  value: sequence(...ids.map(oid)),
});

/**
 * `directory` has a common name, `otherName` an object identifier and a text or the DER of a value; `raw` is a whole
 * element.
 */
export type GeneralNameSpec =
  | { readonly email: string }
  | { readonly dns: string }
  | { readonly uri: string }
  | { readonly ip: Uint8Array }
  | { readonly directory: string }
  | { readonly otherName: string | Uint8Array; readonly id?: string }
  | { readonly raw: Uint8Array };

const userName = "1.3.6.1.4.1.57264.1.7";

export function encodeGeneralName(name: GeneralNameSpec): Uint8Array {
  if ("email" in name) return primitive(1, encodeUtf8(name.email));
  if ("dns" in name) return primitive(2, encodeUtf8(name.dns));
  if ("uri" in name) return primitive(6, encodeUtf8(name.uri));
  if ("ip" in name) return primitive(7, name.ip);
  if ("raw" in name) return name.raw;
  if ("directory" in name) return constructed(4, commonName(name.directory));
  const { id = userName, otherName } = name;
  return constructed(0, oid(id), constructed(0, otherName instanceof Uint8Array ? otherName : utf8(otherName)));
}

export const subjectAlternativeName = (names: readonly GeneralNameSpec[], critical = true): ExtensionSpec => ({
  id: extensionId.subjectAlternativeName,
  critical,
  value: sequence(...names.map(encodeGeneralName)),
});

export function nameConstraints(
  {
    permitted = [],
    excluded = [],
  }: { readonly permitted?: readonly GeneralNameSpec[]; readonly excluded?: readonly GeneralNameSpec[] },
  critical = true,
): ExtensionSpec {
  const trees = (number: number, names: readonly GeneralNameSpec[]): Uint8Array[] =>
    names.length === 0 ? [] : [constructed(number, ...names.map((name) => sequence(encodeGeneralName(name))))];
  return { id: extensionId.nameConstraints, critical, value: sequence(...trees(0, permitted), ...trees(1, excluded)) };
}

const keyIdentifier = (spki: Uint8Array): Uint8Array => sha256(spki).subarray(0, 20);
export const subjectKeyIdentifier = (spki: Uint8Array): ExtensionSpec => ({
  id: extensionId.subjectKeyIdentifier,
  value: octets(keyIdentifier(spki)),
});
export const authorityKeyIdentifier = (spki: Uint8Array): ExtensionSpec => ({
  id: extensionId.authorityKeyIdentifier,
  value: sequence(primitive(0, keyIdentifier(spki))),
});

/** What makes a certificate a precertificate. */
export const poison: ExtensionSpec = { id: extensionId.poison, critical: true, value: nothing };

/** One that nobody knows. */
export const unknownExtension = (critical: boolean): ExtensionSpec => ({
  id: "1.3.6.1.4.1.57264.99.1",
  critical,
  value: utf8("unknown"),
});

/** Values by Fulcio's names, or by number; `issuer` is written as extension 8 (DER), number 1 is the old form. */
export function fulcio(values: Readonly<Record<string, string>>): readonly ExtensionSpec[] {
  return Object.entries(values).map(([name, value]) => {
    const row = fulcioExtensions.find(
      (candidate) =>
        String(candidate.number) === name ||
        (candidate.name === name && !(name === "issuer" && candidate.number === 1)),
    );
    if (row === undefined) throw new Error(`no extension of Fulcio is called ${name}`);
    return {
      id: `1.3.6.1.4.1.57264.1.${row.number}`,
      value: row.encoding === "text" ? encodeUtf8(value) : utf8(value),
    };
  });
}

/** The extensions with one replaced, added (at the end) or removed: `undefined` removes. */
export function withExtension(
  extensions: readonly ExtensionSpec[],
  id: string,
  replacement: ExtensionSpec | undefined,
): readonly ExtensionSpec[] {
  const kept = extensions.flatMap((extension) =>
    extension.id !== id ? [extension] : replacement === undefined ? [] : [replacement],
  );
  return replacement === undefined || extensions.some((extension) => extension.id === id)
    ? kept
    : [...kept, replacement];
}
