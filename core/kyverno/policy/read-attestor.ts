/** Attestor sets and their entries as they stand in a file. Source: docs/spec/kyverno.md#attestors. */
import { pointer } from "../../encoding/shape.ts";
import { flagOf, integerOf, isMap, listOf, mapOf, present, textMapOf, textOf } from "./policy-value.ts";
import type { Attestor, AttestorSet, CtlogSettings, PolicyMap, PolicyValue, RekorSettings } from "./policy.ts";

/** `pubkey` and, as documented, `pubKey`; that they agree is checked apart. */
const publicKeyOf = (value: PolicyMap): string | undefined => textOf(value, "pubkey") ?? textOf(value, "pubKey");

function readRekor(value: PolicyMap | undefined): RekorSettings | undefined {
  return (
    value && {
      ignoreTlog: flagOf(value, "ignoreTlog") ?? false,
      ...present({ url: textOf(value, "url"), pubKey: publicKeyOf(value) }),
    }
  );
}

function readCtlog(value: PolicyMap | undefined): CtlogSettings | undefined {
  return (
    value && {
      ignoreSCT: flagOf(value, "ignoreSCT") ?? false,
      ...present({ pubKey: publicKeyOf(value), tsaCertChain: textOf(value, "tsaCertChain") }),
    }
  );
}

const settingsOf = (value: PolicyMap) => ({
  rekor: readRekor(mapOf(value, "rekor")),
  ctlog: readCtlog(mapOf(value, "ctlog")),
});

function readKeys(value: PolicyMap): NonNullable<Attestor["keys"]> {
  const secret = mapOf(value, "secret");
  return present({
    publicKeys: textOf(value, "publicKeys"),
    secret: secret && { name: textOf(secret, "name") ?? "", namespace: textOf(secret, "namespace") ?? "" },
    kms: textOf(value, "kms"),
    signatureAlgorithm: textOf(value, "signatureAlgorithm"),
    ...settingsOf(value),
  });
}

const readCertificates = (value: PolicyMap): NonNullable<Attestor["certificates"]> =>
  present({ cert: textOf(value, "cert"), certChain: textOf(value, "certChain"), ...settingsOf(value) });

const readKeyless = (value: PolicyMap): NonNullable<Attestor["keyless"]> =>
  present({
    subject: textOf(value, "subject"),
    subjectRegExp: textOf(value, "subjectRegExp"),
    issuer: textOf(value, "issuer"),
    issuerRegExp: textOf(value, "issuerRegExp"),
    roots: textOf(value, "roots"),
    additionalExtensions: textMapOf(value, "additionalExtensions"),
    ...settingsOf(value),
  });

/** Defaults that the entry gives its attestors. */
export interface AttestorDefaults {
  readonly annotations?: Readonly<Record<string, string>>;
}

function readAttestor(value: PolicyValue, at: string, defaults: AttestorDefaults): Attestor {
  const keys = mapOf(value, "keys");
  const certificates = mapOf(value, "certificates");
  const keyless = mapOf(value, "keyless");
  const nested = mapOf(value, "attestor");
  return {
    pointer: at,
    ...present({
      keys: keys && readKeys(keys),
      certificates: certificates && readCertificates(certificates),
      keyless: keyless && readKeyless(keyless),
      attestor: nested && readAttestorSet(nested, pointer(at, "attestor"), defaults),
      annotations: textMapOf(value, "annotations") ?? (nested === undefined ? defaults.annotations : undefined),
      repository: textOf(value, "repository"),
      signatureAlgorithm: textOf(value, "signatureAlgorithm"),
    }),
  };
}

function readAttestorSet(value: PolicyValue, at: string, defaults: AttestorDefaults): AttestorSet {
  const entries = listOf(value, "entries") ?? [];
  return {
    pointer: at,
    ...present({ count: integerOf(value, "count") }),
    entries: entries.flatMap((entry, index) =>
      isMap(entry) ? [readAttestor(entry, pointer(pointer(at, "entries"), index), defaults)] : [],
    ),
  };
}

export const readAttestorSets = (
  sets: readonly PolicyValue[],
  at: string,
  defaults: AttestorDefaults = {},
): readonly AttestorSet[] =>
  sets.flatMap((set, index) => (isMap(set) ? [readAttestorSet(set, pointer(at, index), defaults)] : []));
