/**
 * What an API server must send for policies: from the kinds that their rules match to the resources of webhook
 * configurations. Source: docs/spec/kyverno.md#kind-selectors,
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#matching-requests-rules.
 */
import type { Policy } from "../../core/index.ts";
import { expandRules } from "../../core/kyverno/policy/autogen.ts";
import { parseKindSelector } from "../../core/kyverno/rule/kind-selector.ts";
import { pluralOf } from "../../core/kyverno/rule/plural.ts";

export interface WebhookRule {
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  readonly resources: readonly string[];
  readonly operations: readonly string[];
  readonly scope: "*" | "Namespaced";
}

/** A resource as an API server names it. */
export interface NamedResource {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
}

export interface WebhookRules {
  readonly rules: readonly WebhookRule[];
  /** Kinds whose resource was guessed as kubectl guesses it, since no API server was asked. */
  readonly guessed: readonly string[];
}

/** Kinds of Kubernetes that hold a Pod's specification. */
const builtIn: readonly NamedResource[] = [
  { group: "", kind: "Pod", plural: "pods" },
  { group: "", kind: "PodTemplate", plural: "podtemplates" },
  { group: "", kind: "ReplicationController", plural: "replicationcontrollers" },
  { group: "apps", kind: "DaemonSet", plural: "daemonsets" },
  { group: "apps", kind: "Deployment", plural: "deployments" },
  { group: "apps", kind: "ReplicaSet", plural: "replicasets" },
  { group: "apps", kind: "StatefulSet", plural: "statefulsets" },
  { group: "batch", kind: "CronJob", plural: "cronjobs" },
  { group: "batch", kind: "Job", plural: "jobs" },
];

/** What ends or only uses a resource brings no image. */
const operations = ["CREATE", "UPDATE"] as const;

interface Wanted {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

/** `known`: the resources of an API server, where one was asked. */
export function webhookRules(policies: readonly Policy[], known: readonly NamedResource[] = []): WebhookRules {
  const guessed = new Set<string>();
  const wanted = new Map<string, Wanted>();
  for (const selector of kindsOf(policies))
    for (const one of resourcesOf(selector, known, guessed)) wanted.set(JSON.stringify(one), one);
  const byVersion = new Map<
    string,
    { readonly group: string; readonly version: string; readonly resources: string[] }
  >();
  for (const { group, version, resource } of wanted.values()) {
    const key = `${group}/${version}`;
    const held = byVersion.get(key) ?? { group, version, resources: [] };
    byVersion.set(key, held);
    held.resources.push(resource);
  }
  const rules = [...byVersion.values()]
    .sort((a, b) => (`${a.group}/${a.version}` < `${b.group}/${b.version}` ? -1 : 1))
    .map(
      ({ group, version, resources }): WebhookRule => ({
        apiGroups: [group],
        apiVersions: [version],
        resources: withoutCovered(resources),
        operations,
        scope: resources.every((one) => areNamespaced(group, one)) ? "Namespaced" : "*",
      }),
    );
  return { rules, guessed: [...guessed].sort() };
}

/** Whether all kinds that a rule's resource stands for are namespaced. Of those that are not built in nobody knows. */
const areNamespaced = (group: string, resource: string): boolean =>
  builtIn.some((one) => one.group === group && one.plural === resource.split("/")[0]);

/**
 * Without those that a wildcard beside them covers: an API server refuses both together, and with them the whole
 * configuration.
 */
function withoutCovered(resources: readonly string[]): readonly string[] {
  const all = new Set(resources);
  if (all.has("*/*")) return ["*/*"];
  return [...all]
    .filter((one) => {
      const [resource = "", subresource] = one.split("/");
      if (subresource === undefined) return one === "*" || !all.has("*");
      const byResource = subresource !== "*" && all.has(`${resource}/*`);
      return !byResource && (resource === "*" || !all.has(`*/${subresource}`));
    })
    .sort();
}

/** The kinds of the rules that verify images, those for controllers too. */
function kindsOf(policies: readonly Policy[]): ReadonlySet<string> {
  const kinds = new Set<string>();
  for (const policy of policies)
    for (const { kind, match } of expandRules(policy)) {
      if (kind !== "verifyImages") continue;
      const { any = [], all = [], bare } = match;
      for (const { kinds: named = [] } of [...any, ...all, ...(bare === undefined ? [] : [bare])])
        for (const one of named) kinds.add(one);
    }
  return kinds;
}

function resourcesOf(text: string, known: readonly NamedResource[], guessed: Set<string>): readonly Wanted[] {
  const { group, version, kind, subresource } = parseKindSelector(text);
  // No API has an empty version, and an API server refuses one.
  if (kind === "" || version === "") return [];
  const all = (name: string): string => (/[*?]/.test(name) ? "*" : name);
  const suffix = subresource === "" ? "" : `/${all(subresource)}`;
  if (/[*?]/.test(kind)) {
    const place = { group: all(group), version: all(version) };
    // `*` means no subresource, and a debugging container comes through one.
    const mayBePod = suffix === "" && (place.group === "*" || place.group === "");
    const debugging = mayBePod ? [{ ...place, resource: "pods/ephemeralcontainers" }] : [];
    return [{ ...place, resource: `*${suffix}` }, ...debugging];
  }
  const fits = (one: NamedResource): boolean => one.kind === kind && (all(group) === "*" || one.group === group);
  const own = builtIn.filter(fits);
  const named = own.length > 0 ? own : known.filter(fits);
  if (named.length > 0)
    return named.flatMap((one) => {
      const place = { group: one.group, version: all(version) === "*" && own.length > 0 ? "v1" : all(version) };
      const resource = { ...place, resource: `${one.plural}${suffix}` };
      // A debugging container comes through a resource of its own, whatever a policy calls the Pod.
      return one.plural === "pods" && suffix === ""
        ? [resource, { ...place, resource: "pods/ephemeralcontainers" }]
        : [resource];
    });
  guessed.add(text);
  return [{ group: all(group), version: all(version), resource: `${pluralOf(kind)}${suffix}` }];
}
