/**
 * A `verifyImages` entry made ready: keys, certificates, chains and patterns parsed once. Source:
 * docs/spec/kyverno.md#counting-attestors, #keys, #certificates, #attestations.
 */
import { EngineError } from "../../errors.ts";
import { parseReference } from "../../oci/reference.ts";
import { attempt } from "../../verify/attempt.ts";
import { type AttestorSpec, compileAttestor, type Expectation } from "../../verify/attestor.ts";
import type { RequireAskable } from "../policy/askable.ts";
import type { Attestation, Attestor, AttestorSet, ImageVerification, PolicyAges } from "../policy/policy.ts";
import { toReferenceFilter, type ReferenceFilter } from "./reference-filter.ts";
import type { Limits } from "../../limits.ts";

export interface CompiledSet {
  readonly path: string;
  readonly pointer: string;
  /** How many entries must be proven, at least 1. */
  readonly required: number;
  readonly entries: readonly CompiledAttestor[];
}

export type CompiledAttestor =
  | {
      readonly kind: "single";
      readonly path: string;
      readonly pointer: string;
      readonly expectation: Expectation;
      readonly repository: string | undefined;
    }
  | { readonly kind: "broken"; readonly path: string; readonly pointer: string; readonly error: EngineError }
  | { readonly kind: "nested"; readonly path: string; readonly pointer: string; readonly set: CompiledSet };

export interface CompiledAttestation {
  readonly path: string;
  readonly pointer: string;
  readonly source: Attestation;
  readonly sets: readonly CompiledSet[];
}

export interface CompiledEntry {
  readonly source: ImageVerification;
  readonly references: ReferenceFilter;
  readonly layouts: "all" | "bundles";
  readonly sets: readonly CompiledSet[];
  readonly attestations: readonly CompiledAttestation[];
}

interface Compiling {
  readonly entry: ImageVerification;
  readonly limits: Limits;
  readonly ages: PolicyAges;
  readonly requireAskable: RequireAskable | undefined;
}

/**
 * Compiles an entry. An attestor with a part that cannot be read, or may not be asked for, becomes `broken`; that never
 * throws.
 */
export function compileEntry(
  source: ImageVerification,
  limits: Limits,
  ages: PolicyAges = {},
  requireAskable?: RequireAskable,
): CompiledEntry {
  const compiling = { entry: source, limits, ages, requireAskable };
  const sets = (list: readonly AttestorSet[], prefix: string) =>
    list.map((set, index) => compileSet(set, `${prefix}.attestors[${index}]`, compiling));
  return {
    source,
    references: toReferenceFilter(source.imageReferences, source.skipImageReferences),
    layouts: source.type === "SigstoreBundle" ? "bundles" : "all",
    sets: sets(source.attestors, ""),
    attestations: source.attestations.map((attestation, index) => ({
      path: `.attestations[${index}]`,
      pointer: attestation.pointer,
      source: attestation,
      sets: sets(attestation.attestors, `.attestations[${index}]`),
    })),
  };
}

function compileSet(set: AttestorSet, path: string, compiling: Compiling): CompiledSet {
  const expanded = set.entries.flatMap(expandKeys);
  const entries = expanded.map((attestor, index) => compileOne(attestor, `${path}.entries[${index}]`, compiling));
  // Kyverno: no count, or 0, means every entry after expansion.
  const required = set.count === undefined || set.count === 0 ? expanded.length : set.count;
  return { path, pointer: set.pointer, required: Math.max(1, required), entries };
}

const endOfKey = /-----END (?:RSA )?PUBLIC KEY-----/g;

/** One attestor for each PEM block of `publicKeys`: each of them must have signed. */
function expandKeys(attestor: Attestor): readonly Attestor[] {
  const text = attestor.keys?.publicKeys;
  if (attestor.keys === undefined || text === undefined) return [attestor];
  const ends = [...text.matchAll(endOfKey)].map((match) => match.index + match[0].length);
  if (ends.length < 2) return [attestor];
  return ends.map((end, index) => ({
    ...attestor,
    keys: { ...attestor.keys, publicKeys: text.slice(ends[index - 1] ?? 0, end).trim() },
  }));
}

const kindOf = (attestor: Attestor): string =>
  attestor.keys ? ".keys" : attestor.certificates ? ".certificates" : attestor.keyless ? ".keyless" : ".attestor";

function compileOne(attestor: Attestor, at: string, compiling: Compiling): CompiledAttestor {
  const { entry, limits, ages, requireAskable } = compiling;
  const path = `${at}${kindOf(attestor)}`;
  const pointer = attestor.pointer;
  const { minSignatureAge, maxTrustAge } = ages;
  if (attestor.attestor !== undefined)
    return { kind: "nested", path, pointer, set: compileSet(attestor.attestor, path, compiling) };
  const outcome = attempt(() => {
    const named = attestor.repository ?? entry.repository;
    const expectation = compileAttestor(toSpec(attestor), { limits, ...defined({ minSignatureAge, maxTrustAge }) });
    const repository = named === undefined ? undefined : repositoryOf(named, limits);
    if (requireAskable === undefined) return { expectation, repository };
    const { signer } = expectation;
    if (signer.kind === "key-reference") requireAskable(signer.reference);
    if (repository !== undefined) requireAskable(repository);
    return { expectation: withAskableLog(expectation, requireAskable), repository };
  });
  return outcome.ok
    ? { kind: "single", path, pointer, ...outcome.value }
    : { kind: "broken", path, pointer, error: outcome.error };
}

/** A log is asked only where a signature carries no entry: until then it may be any. */
function withAskableLog(expectation: Expectation, requireAskable: RequireAskable): Expectation {
  const { log, digest } = expectation;
  const { url } = log;
  const outcome = attempt(() => url === undefined || requireAskable(url));
  return outcome.ok
    ? expectation
    : { ...expectation, digest: `${digest} unasked`, log: { ...log, refusal: outcome.error } };
}

/** @throws EngineError `malformed` when the text is not a repository. */
function repositoryOf(text: string, limits: Limits): string {
  const reference = parseReference(text, limits);
  if (reference.digest !== undefined || text.trim() !== text || /:[^/]*$/.test(text.slice(text.lastIndexOf("/")))) {
    throw new EngineError("malformed", "a signature repository has neither tag nor digest", { subject: text });
  }
  return reference.repository;
}

function toSpec(attestor: Attestor): AttestorSpec {
  const { keys, certificates, keyless } = attestor;
  const settings = keys ?? certificates ?? keyless;
  return {
    ...(keys === undefined ? {} : { keys: keySpec(keys) }),
    ...(certificates === undefined
      ? {}
      : { certificates: defined({ cert: certificates.cert, certChain: certificates.certChain }) }),
    ...(keyless === undefined
      ? {}
      : {
          keyless: defined({
            subject: keyless.subject,
            subjectRegExp: keyless.subjectRegExp,
            issuer: keyless.issuer,
            issuerRegExp: keyless.issuerRegExp,
            roots: keyless.roots,
            additionalExtensions: keyless.additionalExtensions,
          }),
        }),
    ...defined({
      rekor: settings?.rekor,
      ctlog: settings?.ctlog,
      signatureAlgorithm: attestor.signatureAlgorithm,
      annotations: attestor.annotations,
    }),
  };
}

const knownReference = /^(k8s|awskms|gcpkms|azurekms|hashivault|openbao|env):\/\/|^\.?\//;

function keySpec(keys: NonNullable<Attestor["keys"]>): NonNullable<AttestorSpec["keys"]> {
  const algorithm = defined({ signatureAlgorithm: keys.signatureAlgorithm });
  if (keys.publicKeys !== undefined && keys.publicKeys !== "") {
    const text = keys.publicKeys.trim();
    if (text.includes("-----BEGIN ")) return { pem: text, ...algorithm };
    if (knownReference.test(text)) return { reference: text, ...algorithm };
    throw new EngineError("malformed", "neither a PEM public key nor a reference of a known scheme", {
      subject: text.slice(0, 80),
    });
  }
  if (keys.secret !== undefined)
    return { reference: `k8s://${keys.secret.namespace}/${keys.secret.name}`, ...algorithm };
  return { reference: keys.kms ?? "", ...algorithm };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The members that have a value. */
function defined<T extends object>(members: T): Defined<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Defined<T>;
}
