/**
 * Shapes of `verifyImages`. Source: Kyverno API v1, v2beta1 (docs/spec/kyverno.md#image-entries, #attestors,
 * #attestation-entries, #older-fields), CRDs of 1.19. Differs: `pubKey`, as documented, beside `pubkey`.
 */
import { any, flag, integer, later, list, map, oneOf, type Shape, text, textMap, texts } from "./schema.ts";
import { type ApiGeneration, registryCredentials } from "./schema-match.ts";

const rekor = map({ url: text, pubkey: text, pubKey: text, ignoreTlog: flag });
const ctlog = map({ ignoreSCT: flag, pubkey: text, pubKey: text, tsaCertChain: text });

const attestor = map({
  keys: map({
    publicKeys: text,
    secret: map({ name: text, namespace: text }, ["name", "namespace"]),
    kms: text,
    signatureAlgorithm: text,
    rekor,
    ctlog,
  }),
  certificates: map({ cert: text, certChain: text, rekor, ctlog }),
  keyless: map({
    issuer: text,
    issuerRegExp: text,
    subject: text,
    subjectRegExp: text,
    roots: text,
    additionalExtensions: textMap,
    rekor,
    ctlog,
  }),
  attestor: later(() => attestorSet),
  annotations: textMap,
  repository: text,
  signatureAlgorithm: text,
});

const attestorSet: Shape = map({ count: integer({ least: 1 }), entries: list(attestor) });

/** Operators that attestation conditions may have: fewer than the engine knows. */
export const attestationOperators = [
  "Equals",
  "NotEquals",
  "In",
  "AnyIn",
  "AllIn",
  "NotIn",
  "AnyNotIn",
  "AllNotIn",
  "GreaterThanOrEquals",
  "GreaterThan",
  "LessThanOrEquals",
  "LessThan",
  "DurationGreaterThanOrEquals",
  "DurationGreaterThan",
  "DurationLessThanOrEquals",
  "DurationLessThan",
] as const;

const conditions = list(map({ key: any, operator: oneOf(...attestationOperators), value: any, message: text }));

const attestation = map({
  name: text,
  type: text,
  predicateType: text,
  attestors: list(attestorSet),
  conditions: list(map({ any: conditions, all: conditions })),
});

const laterEntry = {
  failureAction: oneOf("Audit", "Enforce"),
  type: oneOf("Cosign", "SigstoreBundle", "Notary"),
  imageReferences: texts,
  skipImageReferences: texts,
  attestors: list(attestorSet),
  attestations: list(attestation),
  repository: text,
  mutateDigest: flag,
  verifyDigest: flag,
  required: flag,
  useCache: flag,
  validate: map({ message: text, deny: map({ conditions: any }) }),
  imageRegistryCredentials: registryCredentials,
};

const legacyEntry = {
  image: text,
  key: text,
  roots: text,
  subject: text,
  issuer: text,
  additionalExtensions: textMap,
  annotations: textMap,
  cosignOCI11: flag,
};

/** One entry of `verifyImages`. */
export const imageVerificationShape = (generation: ApiGeneration): Shape =>
  map(generation === "v1" ? { ...laterEntry, ...legacyEntry } : laterEntry);
