/**
 * Entries of `verifyImages`: defaults of the CRD applied, legacy fields converted. Source:
 * docs/spec/kyverno.md#image-entries, #attestation-entries, #older-fields.
 */
import { pointer } from "../../encoding/shape.ts";
import { flagOf, isMap, listOf, mapOf, member, present, textMapOf, textOf, textsOf } from "./policy-value.ts";
import type {
  Attestation,
  AttestorSet,
  FailureAction,
  ImageVerification,
  PolicyMap,
  PolicyValue,
  RegistryCredentials,
} from "./policy.ts";
import type { Findings } from "./findings.ts";
import { type AttestorDefaults, readAttestorSets } from "./read-attestor.ts";

function readAttestation(value: PolicyMap, at: string, defaults: AttestorDefaults): Attestation {
  return {
    pointer: at,
    attestors: readAttestorSets(listOf(value, "attestors") ?? [], pointer(at, "attestors"), defaults),
    ...present({
      name: textOf(value, "name"),
      type: textOf(value, "type") || textOf(value, "predicateType"),
      conditions: member(value, "conditions"),
    }),
  };
}

const isLegacy = (value: PolicyMap): boolean =>
  ["image", "key", "issuer"].some((field) => (textOf(value, field) ?? "") !== "");

/** The set equivalent to `key`, or to `issuer` with `subject` and `roots`. */
function legacySet(value: PolicyMap, at: string): AttestorSet | undefined {
  const key = textOf(value, "key");
  const issuer = textOf(value, "issuer");
  const annotations = textMapOf(value, "annotations");
  const source =
    key !== undefined && key !== ""
      ? "key"
      : issuer !== undefined && issuer !== ""
        ? "issuer"
        : annotations === undefined
          ? undefined
          : "annotations";
  if (source === undefined) return undefined;
  const where = pointer(at, source);
  const keyless = { keyless: present({ issuer, subject: textOf(value, "subject"), roots: textOf(value, "roots") }) };
  const attestor = source === "key" ? { keys: present({ publicKeys: key }) } : source === "issuer" ? keyless : {};
  return { pointer: where, entries: [{ pointer: where, ...attestor, ...present({ annotations }) }] };
}

/** Differs: Kyverno silently drops what the older fields require. Annotations are defaults of attestors too. */
function refuseBesideAttestations(value: PolicyMap, at: string, findings: Findings): void {
  if (!namesOlderAttestor(value))
    findings.warn(at, "count only as defaults of the attestors in attestations[].attestors");
  else
    findings.refuse(
      at,
      "is not asked of attestations, and no signature is asked for beside them; write it as " +
        `${textOf(value, "key") ? "keys.publicKeys" : "keyless"} of attestations[].attestors[].entries[]`,
    );
}

/** Whether the entry names an attestor by older fields. */
export const namesOlderAttestor = (value: PolicyMap): boolean =>
  ["key", "issuer"].some((field) => (textOf(value, field) ?? "") !== "");

/** The entry at `at`. Fields that Kyverno silently drops get a warning. */
export function readImageVerification(value: PolicyMap, at: string, findings: Findings): ImageVerification {
  const defaults = present({ annotations: textMapOf(value, "annotations") });
  const legacy = isLegacy(value);
  const image = textOf(value, "image");
  const validate = mapOf(value, "validate");
  const attestations = (listOf(value, "attestations") ?? []).flatMap((item, index) =>
    isMap(item) ? [readAttestation(item, pointer(pointer(at, "attestations"), index), defaults)] : [],
  );
  const given = readAttestorSets(listOf(value, "attestors") ?? [], pointer(at, "attestors"), defaults);
  const converted = legacy ? legacySet(value, at) : undefined;
  if (converted !== undefined && attestations.length > 0) refuseBesideAttestations(value, converted.pointer, findings);
  return {
    pointer: at,
    type: textOf(value, "type") === "SigstoreBundle" ? "SigstoreBundle" : "Cosign",
    imageReferences: [
      ...(textsOf(value, "imageReferences") ?? []),
      ...(legacy && image !== undefined && image !== "" ? [image] : []),
    ],
    skipImageReferences: textsOf(value, "skipImageReferences") ?? [],
    attestors: converted !== undefined && attestations.length === 0 ? [...given, converted] : given,
    attestations,
    mutateDigest: flagOf(value, "mutateDigest") ?? true,
    verifyDigest: flagOf(value, "verifyDigest") ?? true,
    required: flagOf(value, "required") ?? true,
    useCache: flagOf(value, "useCache") ?? true,
    ...present({
      failureAction: textOf(value, "failureAction") as FailureAction | undefined,
      repository: textOf(value, "repository") || undefined,
      validate: validate && readValidate(validate),
      registryCredentials: readCredentials(mapOf(value, "imageRegistryCredentials")),
    }),
  };
}

const readCredentials = (value: PolicyMap | undefined): RegistryCredentials | undefined =>
  value && {
    secrets: textsOf(value, "secrets") ?? [],
    providers: textsOf(value, "providers") ?? [],
    allowInsecureRegistry: flagOf(value, "allowInsecureRegistry") ?? false,
  };

/** `deny` is the value of `deny.conditions`. */
const readValidate = (value: PolicyMap): NonNullable<ImageVerification["validate"]> =>
  present({
    message: textOf(value, "message"),
    deny: member(mapOf(value, "deny"), "conditions") as PolicyValue | undefined,
  });
