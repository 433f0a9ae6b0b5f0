/**
 * Whom policies may have `serve` ask: what is written for all namespaces, what the configuration lists, and the public
 * log. Source: docs/decisions/060-whom-policies-ask.md.
 */
import { EngineError } from "../../core/errors.ts";
import type { Askable } from "../../core/kyverno/policy/askable.ts";
import type { Attestor, AttestorSet, Policy } from "../../core/kyverno/policy/policy.ts";
import type { Limits } from "../../core/limits.ts";
import { parseReference } from "../../core/oci/reference.ts";
import { publicLog } from "../../core/verify/log-url.ts";

/**
 * Whether whatever follows is asked of the same host: the beginning of a reference, of an address or of a repository
 * that names its host whole, or one whose host is not written in it at all.
 */
const fixesHost = (beginning: string): boolean =>
  /^(?:(?:k8s|gcpkms|hashivault|openbao):\/\/|awskms:\/\/[^/]*\/|(?:azurekms|https?):\/\/[^/]+\/)/.test(beginning) ||
  /^(?:[^/:]*\.[^/]*|[^/:]+:\d+|localhost)\//.test(beginning);

/** Why it is no entry of `policies.mayAsk`; `undefined`: it is one. */
export function whyNotAskable(entry: string): string | undefined {
  const star = entry.indexOf("*");
  if (star !== -1 && (star < entry.length - 1 || !fixesHost(entry.slice(0, -1))))
    return "may have a star at its end only, behind the host that is asked: awskms:///*, https://HOST/*";
  const isPath = /^\.?\//.test(entry);
  const base = star === -1 ? `${entry}/` : entry;
  return isPath || fixesHost(base)
    ? undefined
    : "is a reference of a key (awskms:///alias/NAME), a log (https://HOST) or a repository (HOST/REPOSITORY)";
}

/** A log's address covers what is below it. */
function entriesOf(entry: string): readonly string[] {
  if (!/^https?:/.test(entry) || entry.endsWith("*")) return [entry];
  const base = entry.replace(/\/+$/, "");
  return [base, `${base}/*`];
}

const isWritten = (text: string | undefined): text is string => text !== undefined && text !== "";

/** As the registry is asked for it. What is none yet, or at all, stays as it is. */
function repositoryOf(text: string, limits: Limits): string {
  try {
    return parseReference(text, limits).repository;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return text;
  }
}

/** What an attestor has asked for, as it is written. */
function namedBy({ keys, certificates, keyless, attestor, repository }: Attestor, limits: Limits): readonly string[] {
  const { publicKeys, kms, secret } = keys ?? {};
  const texts = [
    publicKeys?.includes("-----BEGIN ") === true ? undefined : publicKeys?.trim(),
    secret && `k8s://${secret.namespace}/${secret.name}`,
    kms,
    (keys ?? certificates ?? keyless)?.rekor?.url,
    isWritten(repository) ? repositoryOf(repository, limits) : undefined,
  ];
  return [...texts.filter(isWritten), ...(attestor === undefined ? [] : namedIn([attestor], limits))];
}

const namedIn = (sets: readonly AttestorSet[], limits: Limits): readonly string[] =>
  sets.flatMap(({ entries }) => entries.flatMap((entry) => namedBy(entry, limits)));

function namedOf({ spec }: Policy, limits: Limits): readonly string[] {
  return spec.rules.flatMap(({ verifyImages }) =>
    verifyImages.flatMap(({ repository, attestors, attestations }) => [
      ...(isWritten(repository) ? [repositoryOf(repository, limits)] : []),
      ...namedIn(attestors, limits),
      ...attestations.flatMap((attestation) => namedIn(attestation.attestors, limits)),
    ]),
  );
}

interface MayAsk {
  /** `policies.mayAsk`. */
  readonly mayAsk: readonly string[];
  /** Whether anybody but the cluster is asked. */
  readonly isOnline: boolean;
  readonly limits: Limits;
}

/** `policies`: all of them. */
export function askableIn(policies: readonly Policy[], { mayAsk, isOnline, limits }: MayAsk): Askable {
  const listed = [publicLog, ...mayAsk].flatMap(entriesOf);
  const written = new Set<string>();
  const beginnings = new Set<string>();
  const ofAll = policies.filter(({ kind }) => kind === "ClusterPolicy");
  for (const text of ofAll.flatMap((policy) => namedOf(policy, limits))) {
    const variable = text.search(/\{\{|\$\(/);
    const beginning = text.slice(0, variable);
    if (variable === -1) written.add(text);
    else if (fixesHost(beginning)) beginnings.add(`${beginning}*`);
  }
  // What ends with a star is no reference of a key and no log, and must not cover others.
  const exact = [...written].filter((text) => !text.endsWith("*"));
  return {
    // A Secret is read for its public key alone, by whoever may write for all namespaces.
    ofCluster: [...listed, ...exact, ...beginnings, "k8s://*"],
    ofNamespaces: [...listed, ...exact],
    secretsOnly: !isOnline,
  };
}
