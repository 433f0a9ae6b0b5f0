/**
 * Certification path validation. Source: RFC 5280 §6.1 as Go's crypto/x509 applies it
 * (docs/spec/sigstore.md#certificate-paths).
 *
 * A path is built from the leaf upwards, depth first; the first that satisfies everything is the answer. Any
 * certificate may be an anchor; its own signature is not asked for, its constraints and validity are.
 */
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import { equalBytes } from "../encoding/bytes.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { isSignedBy, type KnownSignatures } from "./authority.ts";
import type { Certificate } from "./certificate.ts";
import { Purpose, standardNumber } from "./extension.ts";
import type { GeneralName } from "./general-name.ts";
import { isEmptyName, toNameText } from "./name.ts";
import { checkNameConstraints, type ComparisonBudget } from "./name-constraints.ts";
import { checkPolicies } from "./policies.ts";

export type PathUsage = "code-signing" | "timestamping" | "any";

export interface PathRequest {
  readonly leaf: Certificate;
  /** Trusted as they are; the leaf or an intermediate may be among them. */
  readonly anchors: readonly Certificate[];
  readonly intermediates: readonly Certificate[];
  /** From `prepareAuthority`. Signatures that are not in it are verified now. */
  readonly knownSignatures?: KnownSignatures;
  /** Every certificate of the path is valid at this instant, ends included. */
  readonly at: Date;
  /** Every certificate that has an extended key usage allows it. */
  readonly usage: PathUsage;
  readonly verifier: SignatureVerifier;
  readonly limits: Limits;
  /** The leaf itself names the usage, and its key usage, where there is one, allows digital signatures. */
  readonly requireLeafUsage?: boolean;
}

const purposes = { "code-signing": Purpose.codeSigning, timestamping: Purpose.timeStamping } as const;

/** A certificate's name for people: its subject, or its first alternative name if the subject is empty. */
function label(certificate: Certificate): string {
  if (!isEmptyName(certificate.subject)) return toNameText(certificate.subject, certificate.limits);
  const name = certificate.subjectAlternativeNames.find(
    (candidate): candidate is GeneralName & { value: string } =>
      "value" in candidate && typeof candidate.value === "string",
  );
  return name?.value ?? `certificate ${certificate.fingerprint}`;
}

const untrusted = (certificate: Certificate, why: string): EngineError =>
  new EngineError("untrusted-certificate", `${label(certificate)}: ${why}`, { subject: label(certificate) });

/**
 * Extensions of id-ce that validation handles. Go's list: key usage, basic constraints, name constraints, policies and
 * what belongs to them, EKU.
 */
const handled = new Set([15, 19, 30, 32, 33, 36, 37, 54]);

function checkCriticalExtensions(certificate: Certificate, isLeaf: boolean): void {
  for (const extension of certificate.extensions) {
    if (!extension.critical) continue;
    const number = standardNumber(extension);
    // The leaf's alternative names are read by whoever asks for an identity, whatever their form: Fulcio's user names
    // are otherNames.
    const isNames =
      number === 17 &&
      (isLeaf ||
        certificate.subjectAlternativeNames.some(
          ({ kind }) => kind === "dns" || kind === "email" || kind === "ip" || kind === "uri",
        ));
    if (!handled.has(number) && !isNames)
      throw untrusted(certificate, `critical extension ${extension.oid} is not understood`);
  }
}

/** RFC 5280 §6.1.4 (k) to (n), for a certificate that issued the last of `path`. */
function checkIssuer(issuer: Certificate, path: readonly Certificate[], isAnchor: boolean): void {
  const { basicConstraints, keyUsage } = issuer;
  // An anchor of version 1 or 2 has no extensions and needs none.
  if (basicConstraints?.isAuthority !== true && !(isAnchor && issuer.version < 3))
    throw untrusted(issuer, "is not a certificate authority");
  if (keyUsage !== undefined && !keyUsage.includes("keyCertSign"))
    throw untrusted(issuer, "may not sign certificates by its key usage");
  // Every certificate between issuer and leaf counts, self-issued ones too.
  if (basicConstraints?.pathLength !== undefined && path.length - 1 > basicConstraints.pathLength)
    throw untrusted(
      issuer,
      `path is longer than the ${basicConstraints.pathLength} authorities that it allows below it`,
    );
}

/** RFC 5280 §6.1.4 (g): the names of everything below an authority, alternative names and subjects. */
function checkNames(issuer: Certificate, path: readonly Certificate[], budget: ComparisonBudget): void {
  if (issuer.nameConstraints === undefined) return;
  const isCritical = issuer.extensions.some((extension) => standardNumber(extension) === 30 && extension.critical);
  for (const { subject, subjectAlternativeNames } of path) {
    const names: readonly GeneralName[] = isEmptyName(subject)
      ? subjectAlternativeNames
      : [{ kind: "directory", name: subject }, ...subjectAlternativeNames];
    checkNameConstraints(issuer.nameConstraints, isCritical, names, budget);
  }
}

function checkUsage(path: readonly Certificate[], { usage, requireLeafUsage = false }: PathRequest): void {
  if (usage === "any") return;
  const purpose = purposes[usage];
  for (const certificate of path) {
    const allowed = certificate.extendedKeyUsage;
    if (allowed !== undefined && !allowed.includes(purpose) && !allowed.includes(Purpose.any))
      throw untrusted(certificate, `may not be used for ${usage}`);
  }
  const [leaf] = path;
  if (!requireLeafUsage || leaf === undefined) return;
  if (leaf.extendedKeyUsage?.includes(purpose) !== true) throw untrusted(leaf, `does not say that it is for ${usage}`);
  if (leaf.keyUsage !== undefined && !leaf.keyUsage.includes("digitalSignature"))
    throw untrusted(leaf, "may not make digital signatures by its key usage");
}

/** One search for a path. */
class PathSearch {
  readonly #request: PathRequest;
  readonly #limits: Limits;
  readonly #budget: ComparisonBudget;
  #checks: number;
  /** The refusal of the attempt that got furthest. */
  #failure: { readonly depth: number; readonly error: EngineError } | undefined;

  constructor(request: PathRequest) {
    this.#request = request;
    this.#limits = request.limits;
    this.#budget = { comparisons: this.#limits.constraintComparisons };
    this.#checks = this.#limits.chainSignatureChecks;
  }

  run(): readonly Certificate[] {
    const { leaf, anchors, intermediates } = this.#request;
    const most = this.#limits.certificatesPerChain - 1;
    if (intermediates.length > most)
      throw new EngineError("over-limit", `more than ${most} intermediate certificates`, { subject: label(leaf) });
    const path = [leaf];
    const found = this.#attempt(path.length, () => {
      checkCriticalExtensions(leaf, true);
      return anchors.some((anchor) => isSame(anchor, leaf)) ? this.#finish(path) : this.#extend(path);
    });
    if (found !== undefined) return found;
    throw this.#failure?.error ?? untrusted(leaf, "no authority that is trusted here issued it");
  }

  /** Runs a step whose refusal ends this attempt but not the search. */
  #attempt<Result>(depth: number, step: () => Result | undefined): Result | undefined {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof EngineError) || error.code === "over-limit") throw error;
      // A path that only time refuses is the best of the refused ones.
      const rank = error.code === "certificate-not-valid-then" ? Number.POSITIVE_INFINITY : depth;
      if (this.#failure === undefined || rank > this.#failure.depth) this.#failure = { depth: rank, error };
      return undefined;
    }
  }

  #extend(path: readonly Certificate[]): readonly Certificate[] | undefined {
    const { anchors, intermediates } = this.#request;
    for (const candidate of this.#candidates(path, anchors)) {
      const found = this.#attempt(path.length + 1, () => this.#finish(this.#accept(path, candidate, true)));
      if (found !== undefined) return found;
    }
    if (path.length >= this.#limits.certificatesPerChain) return undefined;
    for (const candidate of this.#candidates(path, intermediates)) {
      const found = this.#attempt(path.length + 1, () => this.#extend(this.#accept(path, candidate, false)));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Certificates that by their name may have issued the last of `path`; those whose key identifier fits first. */
  #candidates(path: readonly Certificate[], pool: readonly Certificate[]): readonly Certificate[] {
    const child = path[path.length - 1] as Certificate;
    const named = pool.filter(
      (candidate) =>
        equalBytes(candidate.subject, child.issuer) && !path.some((earlier) => isSameEntity(earlier, candidate)),
    );
    const wanted = child.authorityKeyIdentifier;
    if (named.length < 2 || wanted === undefined) return named;
    const differs = (candidate: Certificate): number =>
      candidate.subjectKeyIdentifier === undefined || equalBytes(candidate.subjectKeyIdentifier, wanted) ? 0 : 1;
    return [...named].sort((left, right) => differs(left) - differs(right));
  }

  /** The path with `issuer` at its end, once everything but time, usage and policies is checked. */
  #accept(path: readonly Certificate[], issuer: Certificate, isAnchor: boolean): readonly Certificate[] {
    const child = path[path.length - 1] as Certificate;
    // Known signatures count too: the budget also bounds the number of paths that are tried.
    if (--this.#checks < 0)
      throw new EngineError(
        "over-limit",
        `more than ${this.#limits.chainSignatureChecks} signature checks for one path`,
        { subject: label(child) },
      );
    checkIssuer(issuer, path, isAnchor);
    if (!(this.#request.knownSignatures?.get(child)?.get(issuer) ?? isSignedBy(child, issuer, this.#request.verifier)))
      throw untrusted(child, `is not signed by ${label(issuer)}`);
    checkCriticalExtensions(issuer, false);
    checkNames(issuer, path, this.#budget);
    return [...path, issuer];
  }

  /** Checks of a whole path. Time is checked last, so that a path reported as expired is otherwise valid. */
  #finish(path: readonly Certificate[]): readonly Certificate[] {
    checkUsage(path, this.#request);
    checkPolicies(
      path
        .slice(0, -1)
        .reverse()
        .map((certificate) => ({
          policies: certificate.policies,
          policyMappings: certificate.policyMappings,
          policyConstraints: certificate.policyConstraints,
          inhibitAnyPolicy: certificate.inhibitAnyPolicy,
          isSelfIssued: equalBytes(certificate.issuer, certificate.subject),
        })),
    );
    const at = this.#request.at.getTime();
    for (const certificate of path) {
      if (at >= certificate.notBefore.getTime() && at <= certificate.notAfter.getTime()) continue;
      const period = `${certificate.notBefore.toISOString()} to ${certificate.notAfter.toISOString()}`;
      throw new EngineError(
        "certificate-not-valid-then",
        `${label(certificate)}: valid ${period}, not at ${this.#request.at.toISOString()}`,
        {
          subject: label(certificate),
        },
      );
    }
    return path;
  }
}

const isSame = (left: Certificate, right: Certificate): boolean => left === right || equalBytes(left.der, right.der);

const alternativeNamesOf = (certificate: Certificate): Uint8Array =>
  certificate.extensions.find((extension) => standardNumber(extension) === 17)?.value ?? new Uint8Array(0);

/** The same name, key and alternative names: a path that holds both goes in a circle. */
const isSameEntity = (left: Certificate, right: Certificate): boolean =>
  equalBytes(left.subject, right.subject) &&
  equalBytes(left.subjectPublicKeyInfo, right.subjectPublicKeyInfo) &&
  equalBytes(alternativeNamesOf(left), alternativeNamesOf(right));

/**
 * The path from the leaf to an anchor, both included; the leaf alone where it is an anchor.
 * @throws EngineError `untrusted-certificate` when there is none; `certificate-not-valid-then` when there is one but
 * for `at`;
 *   `over-limit` above ten intermediates or a spent budget
 */
export const verifyPath = (request: PathRequest): readonly Certificate[] => new PathSearch(request).run();
