/**
 * Whom policies may have `serve` ask: what is written for all namespaces, what the configuration lists, and the public
 * log. Source: docs/decisions/060-whom-policies-ask.md.
 */
import { pointer } from "../../core/encoding/shape.ts";
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
export const fixesHost = (beginning: string): boolean =>
  /^(?:(?:k8s|gcpkms|hashivault|openbao):\/\/|awskms:\/\/[^/]*\/|(?:azurekms|https?):\/\/[^/]+\/)/.test(beginning) ||
  /^(?:[^/:]*\.[^/]*|[^/:]+:\d+|localhost)\//.test(beginning);

/** Why it is no entry of `policies.mayAsk`; `undefined`: it is one. */
export function whyNotAskable(entry: string): string | undefined {
  const star = entry.indexOf("*");
  if (star !== -1 && (star < entry.length - 1 || !fixesHost(entry.slice(0, -1))))
    return "may have a star at its end only, behind the host that is asked: awskms:///*, https://HOST/*";
  const isPath = /^\.?\//.test(entry);
  return isPath || fixesHost(`${entry}/`)
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

/** What stands before the first variable of a text that has one. */
export function beforeVariable(text: string): string | undefined {
  const at = text.search(/\{\{|\$\(/);
  return at === -1 ? undefined : text.slice(0, at);
}

/** What an attestor, an attestation or an entry has asked for. */
interface Named {
  /** As it is written; a repository as its registry is asked for it. */
  readonly text: string;
  readonly pointer: string;
  /** False where another part of the attestor makes it needless. */
  readonly isAsked: boolean;
}

const named = (text: string | undefined, at: string, isAsked = true): readonly Named[] =>
  isWritten(text) ? [{ text, pointer: at, isAsked }] : [];

const namedRepository = (text: string | undefined, at: string, limits: Limits): readonly Named[] =>
  isWritten(text) ? named(repositoryOf(text, limits), pointer(at, "repository")) : [];

function namedBy(attestor: Attestor, limits: Limits): readonly Named[] {
  const { pointer: at, keys, certificates, keyless, repository } = attestor;
  const { publicKeys, kms, secret } = keys ?? {};
  const form = keys === undefined ? (certificates === undefined ? "keyless" : "certificates") : "keys";
  const rekor = (keys ?? certificates ?? keyless)?.rekor;
  const ofKeys = (name: string): string => pointer(pointer(at, "keys"), name);
  const hasKeys = isWritten(publicKeys);
  return [
    ...named(publicKeys?.includes("-----BEGIN ") === true ? undefined : publicKeys?.trim(), ofKeys("publicKeys")),
    ...named(secret && `k8s://${secret.namespace}/${secret.name}`, ofKeys("secret"), !hasKeys),
    ...named(kms, ofKeys("kms"), !hasKeys && secret === undefined),
    ...named(rekor?.url, pointer(pointer(pointer(at, form), "rekor"), "url"), rekor?.ignoreTlog !== true),
    ...namedRepository(repository, at, limits),
    ...(attestor.attestor === undefined ? [] : namedIn([attestor.attestor], limits)),
  ];
}

const namedIn = (sets: readonly AttestorSet[], limits: Limits): readonly Named[] =>
  sets.flatMap(({ entries }) => entries.flatMap((entry) => namedBy(entry, limits)));

export function namedOf({ spec }: Policy, limits: Limits): readonly Named[] {
  return spec.rules.flatMap(({ verifyImages }) =>
    verifyImages.flatMap(({ pointer: at, repository, attestors, attestations }) => [
      ...namedRepository(repository, at, limits),
      ...namedIn(attestors, limits),
      ...attestations.flatMap((attestation) => namedIn(attestation.attestors, limits)),
    ]),
  );
}

export interface MayAsk {
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
  for (const { text } of ofAll.flatMap((policy) => namedOf(policy, limits))) {
    const beginning = beforeVariable(text);
    if (beginning === undefined) written.add(text);
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
