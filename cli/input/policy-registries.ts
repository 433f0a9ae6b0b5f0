/**
 * How policies say that registries are asked: credentials in Secrets and by providers, and registries whose
 * certificate is not checked. Source: docs/spec/kyverno.md#policy-fields; `kyverno apply`.
 */
import type { Attestor, Policy, RegistryCredentials } from "../../core/kyverno/policy/policy.ts";
import { containsWildcard } from "../../core/patterns/wildcard.ts";
import { type Ear, warn } from "../render/say.ts";

/** The namespace in which Kyverno looks for a Secret that is named without one. */
const ownNamespace = "kyverno";

export interface RegistryAccess {
  /** Secrets of policies: `namespace/name`, in order, each once. */
  readonly secrets: readonly string[];
  readonly providers: readonly string[];
  /** Hosts that the policies themselves name; the images of resources may be on any others. */
  readonly hosts: readonly string[];
  /** Hosts whose certificate is not checked, and which are asked without TLS where they speak none. */
  readonly insecureHosts: readonly string[];
  /** Patterns of references that name no host, so that the setting has no effect for them. */
  readonly insecurePatterns: readonly string[];
}

interface Named {
  readonly references: readonly string[];
  readonly credentials: RegistryCredentials;
}

const namedBy = (policy: Policy): readonly Named[] =>
  policy.spec.rules.flatMap((rule) =>
    (rule.verifyImages ?? []).flatMap(({ imageReferences, registryCredentials }) =>
      registryCredentials === undefined ? [] : [{ references: imageReferences, credentials: registryCredentials }],
    ),
  );

/** `localhost:5000/app*` names `localhost:5000`; a reference without a host is of Docker Hub. */
function literalHost(pattern: string): string | undefined {
  const [first = "", ...rest] = pattern.split("/");
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  return isHost && !containsWildcard(first) ? first : undefined;
}

/** The hosts of the images and of the signature repositories that policies name. */
function hostsOf(policies: readonly Policy[]): readonly string[] {
  const ofAttestor = ({ repository, attestor }: Attestor): readonly string[] => [
    ...(repository === undefined ? [] : [repository]),
    ...(attestor === undefined ? [] : attestor.entries.flatMap(ofAttestor)),
  ];
  return policies
    .flatMap(({ spec }) => spec.rules.flatMap(({ verifyImages = [] }) => verifyImages))
    .flatMap(({ imageReferences, repository, attestors, attestations }) => [
      ...imageReferences,
      ...(repository === undefined ? [] : [repository]),
      ...[...attestors, ...attestations.flatMap((attestation) => attestation.attestors)].flatMap(({ entries }) =>
        entries.flatMap(ofAttestor),
      ),
    ])
    .flatMap((pattern) => literalHost(pattern) ?? []);
}

/** {@link readRegistryAccess}, with a warning about what has no effect. */
export function registryAccessOf(policies: readonly Policy[], ear: Ear): RegistryAccess {
  const access = readRegistryAccess(policies);
  for (const pattern of access.insecurePatterns)
    warn(
      `allowInsecureRegistry has no effect for ${pattern}, which names no host: give the host with --plain-http, or ` +
        "--allow-insecure-registry",
      ear,
    );
  return access;
}

function readRegistryAccess(policies: readonly Policy[]): RegistryAccess {
  const named = policies.flatMap(namedBy);
  const insecure = named.filter(({ credentials }) => credentials.allowInsecureRegistry);
  const patterns = insecure.flatMap(({ references }) => references);
  const each = (items: readonly string[]): readonly string[] => [...new Set(items)];
  return {
    secrets: each(
      named.flatMap(({ credentials }) =>
        credentials.secrets.map((name) => (name.includes("/") ? name : `${ownNamespace}/${name}`)),
      ),
    ),
    providers: each(named.flatMap(({ credentials }) => credentials.providers)),
    hosts: each(hostsOf(policies)),
    insecureHosts: each(patterns.flatMap((pattern) => literalHost(pattern) ?? [])),
    insecurePatterns: each(patterns.filter((pattern) => literalHost(pattern) === undefined)),
  };
}
