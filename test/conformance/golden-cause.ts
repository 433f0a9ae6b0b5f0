/** The cause of a golden difference, as the evidence of our decision shows it. */
import type { Decision } from "../../core/index.ts";
import type { EntityLayout } from "../../core/cosign/signed-entity.ts";
import type { AttestorResult } from "../../core/kyverno/image/result.ts";
import type { Failure } from "../../core/verdict.ts";
import type { Candidate } from "../../core/verify/verify-image.ts";
import type { Evidence, SignerEvidence } from "../../core/verify/evidence.ts";
import { algorithmsThatHold, laterKeyIds } from "./independent-signature.ts";

/** Where every signature that proved something was found, and how it was made; and what refused the others. */
export interface Cause {
  readonly layout?: readonly EntityLayout[];
  readonly signer?: SignerEvidence["kind"];
  /** A regular expression over names of algorithms. */
  readonly algorithm?: string;
  /** No signed time was established. */
  readonly times?: "none";
  /** A log that proved something is by a key that is not the first of its field in the policy. */
  readonly laterLogKey?: true;
  /**
   * A regular expression over names of checks: one of every candidate that proved nothing, or of the results where
   * there is no such candidate. `load` where the policy does not load.
   */
  readonly check?: string;
  /**
   * What OpenSSL says of every candidate that its signature refused: under a key of the policy it holds with a hash
   * that the policy does not name, or it holds under none of its keys.
   */
  readonly refused?: "by another hash" | "by no key";
  /** No signature was looked at. */
  readonly candidates?: "none";
}

const entriesBelow = (result: AttestorResult): readonly AttestorResult[] => [
  result,
  ...(result.entries ?? []).flatMap(entriesBelow),
];

/** What the decision says of the signatures that it looked at. */
export interface Examined {
  readonly proven: readonly Evidence[];
  /** Names of the checks that each of the other candidates failed. */
  readonly failed: readonly (readonly string[])[];
  /** By which algorithms OpenSSL accepts each candidate that its signature refused. */
  readonly refused: () => readonly (readonly string[])[];
  /** Names of the checks that failed anywhere. */
  readonly checks: readonly string[];
}

const checksOf = (failures: readonly Failure[]): readonly string[] => failures.map(({ check }) => check);

const refusedBySignature = (failures: readonly Failure[]): boolean => checksOf(failures).includes("signature");

export function examine(decision: Decision | undefined, layouts: readonly string[], policy: string): Examined {
  if (decision === undefined) return { proven: [], failed: [], refused: () => [], checks: ["load"] };
  const images = decision.results.flatMap(({ image }) => (image === undefined ? [] : [image]));
  const attestors = images
    .flatMap((image) => [...image.attestors, ...image.attestations.flatMap(({ sets }) => sets)])
    .flatMap(entriesBelow);
  const candidates = attestors.flatMap((attestor): readonly Candidate[] => attestor.candidates ?? []);
  const verifications = candidates.map(({ verification }) => verification);
  const [{ digest = "" } = {}] = images;
  return {
    refused: () =>
      candidates
        .filter(({ verification }) => verification.truth === "refuted" && refusedBySignature(verification.failures))
        .map(({ source }) => algorithmsThatHold(source, digest, layouts, policy)),
    proven: verifications.flatMap((one) => (one.truth === "proven" ? [one.evidence] : [])),
    failed: verifications.flatMap((one) => (one.truth === "proven" ? [] : [checksOf(one.failures)])),
    checks: [...attestors, ...decision.results].flatMap(({ failures }) => checksOf(failures)),
  };
}

/** Whether the evidence shows the cause. What is asked of signatures is shown by one at least. */
export function showsCause(cause: Cause, { proven, failed, refused, checks }: Examined, policy: string): boolean {
  const { layout, signer, algorithm, times, laterLogKey, check, candidates } = cause;
  if (candidates === "none") return proven.length + failed.length === 0;
  if (cause.refused === "by no key" && refused().some((held) => held.length > 0)) return false;
  if (cause.refused === "by another hash") {
    const named = [...policy.matchAll(/signatureAlgorithm: (\w+)/g)].map(([, hash]) => hash);
    const isOther = (held: readonly string[]) =>
      held.length > 0 && !held.some((algorithm) => named.includes(algorithm.split("-").at(-1)));
    if (!refused().every(isOther)) return false;
  }
  if (check !== undefined) {
    const fits = (names: readonly string[]): boolean => names.some((name) => new RegExp(check).test(name));
    if (failed.length === 0 ? !fits(checks) : !failed.every(fits)) return false;
    if (layout === undefined) return true;
  }
  const later = laterLogKey === true ? laterKeyIds(policy) : new Set<string>();
  return (
    proven.length > 0 &&
    proven.every(
      (evidence) =>
        (layout === undefined || layout.includes(evidence.source.layout)) &&
        (signer === undefined || evidence.signer.kind === signer) &&
        (algorithm === undefined || new RegExp(algorithm).test(evidence.signer.algorithm)) &&
        (times === undefined || evidence.times.length === 0) &&
        (laterLogKey === undefined ||
          [...evidence.logEntries, ...evidence.certificateTransparency].some(({ logId }) => later.has(logId))),
    )
  );
}
