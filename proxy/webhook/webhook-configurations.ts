/**
 * The objects by which an API server calls the webhook: one mutating and one validating configuration, each with a
 * webhook for the policies of each failure policy. Source:
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#webhook-configuration.
 */
import { Buffer } from "node:buffer";
import type { JsonObject, Policy } from "../../core/index.ts";
import type { Destination } from "../serve/destination.ts";
import { type OwnPlaces, ownPlaces } from "../../core/admission/unchanged.ts";
import type { Strictness } from "../../core/admission/review-answer.ts";
import { type NamedResource, type WebhookRule, webhookRules } from "./webhook-rules.ts";

export interface ConfigurationOptions {
  readonly policies: readonly Policy[];
  readonly destination: Destination;
  /** PEM of the authorities by which the API server knows the webhook. */
  readonly authorities: string;
  /** How long an API server waits, where a policy does not say. Default: 10, as Kyverno's. */
  readonly timeoutSeconds?: number;
  /** Namespaces whose resources are not sent. */
  readonly exemptNamespaces?: readonly string[];
  /** Whether namespaces with the label `sallyport.dev/verify: ignore` are not sent. */
  readonly exemptsLabelled?: boolean;
  /** The Pods of the program itself, which must start before it can answer. */
  readonly own?: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> } | undefined;
  /** Resources of an API server, where one was asked. */
  readonly known?: readonly NamedResource[];
}

export interface WebhookConfigurations {
  readonly objects: readonly JsonObject[];
  /** What nobody verifies, for people. */
  readonly exempt: readonly string[];
  /** Kinds whose resource was guessed. */
  readonly guessed: readonly string[];
}

const ignoreLabel = "sallyport.dev/verify";
const name = "sallyport";
const labels = { "app.kubernetes.io/name": name, "app.kubernetes.io/component": "admission" };
/**
 * As Kyverno's: else AKS puts a selector of its own in, which leaves out each namespace with a label that anybody can
 * give who may label namespaces. Source: https://github.com/Azure/AKS/issues/1771.
 */
const annotations = { "admissions.enforcer/disabled": "true" };
/** Kyverno's default. */
const defaultTimeout = 10;

const strictnesses = [
  ["fail", "Fail"],
  ["ignore", "Ignore"],
] as const satisfies readonly (readonly [Strictness, Policy["spec"]["failurePolicy"]])[];

/** What is sent: from everywhere, or from some namespaces alone. */
interface Sent {
  readonly suffix: string;
  readonly namespaces?: readonly string[];
  readonly rules: readonly WebhookRule[];
}

const everything: WebhookRule = {
  apiGroups: ["*"],
  apiVersions: ["*"],
  resources: ["*/*"],
  operations: ["CREATE", "UPDATE"],
  scope: "Namespaced",
};

/**
 * Bytes of the rules of one namespace. Whoever may write a Policy chooses its kinds, and an object has room for some:
 * of a namespace that takes more, everything is sent.
 */
const mostOfNamespace = 8192;

/** A Policy has the resources of its own namespace sent, and those of no other. */
function sentFor(policies: readonly Policy[], rulesOf: (policies: readonly Policy[]) => readonly WebhookRule[]) {
  const sent: Sent[] = [];
  const general = rulesOf(policies.filter(({ kind }) => kind !== "Policy"));
  if (general.length > 0) sent.push({ suffix: "", rules: general });
  const byNamespace = new Map<string, Policy[]>();
  for (const policy of policies)
    if (policy.kind === "Policy") {
      const { namespace = "" } = policy;
      byNamespace.set(namespace, [...(byNamespace.get(namespace) ?? []), policy]);
    }
  const more = [...byNamespace]
    .map(([namespace, own]) => ({ namespace, own, rules: withoutThese(rulesOf(own), general) }))
    .filter(({ rules }) => rules.length > 0);
  const isLarge = ({ rules }: (typeof more)[number]): boolean => JSON.stringify(rules).length > mostOfNamespace;
  const add = (suffix: string, of: typeof more, rules: readonly WebhookRule[]): void => {
    if (of.length > 0) sent.push({ suffix, namespaces: of.map(({ namespace }) => namespace).sort(), rules });
  };
  const small = more.filter((one) => !isLarge(one));
  add("-of-namespaces", small, withoutThese(rulesOf(small.flatMap(({ own }) => own)), general));
  add("-all-of-namespaces", more.filter(isLarge), [everything]);
  return sent;
}

/** What others have sent anyway is not sent twice. */
function withoutThese(rules: readonly WebhookRule[], others: readonly WebhookRule[]): readonly WebhookRule[] {
  const placeOf = ({ apiGroups, apiVersions }: WebhookRule): string => JSON.stringify([apiGroups, apiVersions]);
  return rules.flatMap((rule) => {
    const there = new Set(others.filter((one) => placeOf(one) === placeOf(rule)).flatMap(({ resources }) => resources));
    const resources = rule.resources.filter((resource) => !there.has(resource));
    return resources.length === 0 ? [] : [{ ...rule, resources }];
  });
}

/** Without policies of a failure policy there is no webhook for it. */
export function webhookConfigurations(options: ConfigurationOptions): WebhookConfigurations {
  const { policies, known = [], timeoutSeconds = defaultTimeout } = options;
  const guessed = new Set<string>();
  const rulesOf = (some: readonly Policy[]): readonly WebhookRule[] => {
    const { rules, guessed: more } = webhookRules(some, known);
    for (const kind of more) guessed.add(kind);
    return rules;
  };
  const groups = strictnesses.flatMap(([strictness, failurePolicy]) => {
    const own = policies.filter(({ spec }) => spec.failurePolicy === failurePolicy);
    const timeout = Math.max(0, ...own.map(({ spec }) => spec.webhookTimeoutSeconds ?? timeoutSeconds));
    return sentFor(own, rulesOf).map((sent) => ({ strictness, failurePolicy, timeout, ...sent }));
  });
  const unchanged = unchangedConditions(ownPlaces(policies));
  const webhooks = (pass: "mutate" | "validate"): readonly JsonObject[] =>
    groups.map(({ strictness, failurePolicy, rules, timeout, suffix, namespaces }) => ({
      name: `${pass}.${name}.svc-${strictness}${suffix}`,
      clientConfig: {
        ...clientConfig(options.destination, `/${pass}/${strictness}`),
        caBundle: Buffer.from(options.authorities).toString("base64"),
      },
      rules: rules as unknown as readonly JsonObject[],
      failurePolicy,
      matchPolicy: "Equivalent",
      sideEffects: "NoneOnDryRun",
      timeoutSeconds: timeout,
      admissionReviewVersions: ["v1"],
      ...(pass === "mutate" ? { reinvocationPolicy: "IfNeeded" } : {}),
      ...namespaceSelector(options, namespaces),
      matchConditions: [...unchanged, ...ownPods(options.own)],
    }));
  const object = (kind: string, pass: "mutate" | "validate"): JsonObject => ({
    apiVersion: "admissionregistration.k8s.io/v1",
    kind,
    metadata: { name: `${name}-${pass}`, labels, annotations },
    webhooks: webhooks(pass),
  });
  return {
    objects: [object("MutatingWebhookConfiguration", "mutate"), object("ValidatingWebhookConfiguration", "validate")],
    exempt: exemptionsOf(options),
    guessed: [...guessed].sort(),
  };
}

const clientConfig = (to: Destination, path: string): JsonObject =>
  "url" in to
    ? { url: `${to.url.replace(/\/$/, "")}${path}` }
    : { service: { namespace: to.namespace, name: to.name, port: to.port, path } };

function namespaceSelector(
  { exemptNamespaces = [], exemptsLabelled = false }: ConfigurationOptions,
  only: readonly string[] | undefined,
): JsonObject {
  const matchExpressions = [
    ...(only === undefined ? [] : [{ key: "kubernetes.io/metadata.name", operator: "In", values: [...only] }]),
    ...(exemptNamespaces.length === 0
      ? []
      : [{ key: "kubernetes.io/metadata.name", operator: "NotIn", values: [...exemptNamespaces].sort() }]),
    ...(exemptsLabelled ? [{ key: ignoreLabel, operator: "NotIn", values: ["ignore"] }] : []),
  ];
  return matchExpressions.length === 0 ? {} : { namespaceSelector: { matchExpressions } };
}

function exemptionsOf({
  exemptNamespaces = [],
  exemptsLabelled = false,
  own,
}: ConfigurationOptions): readonly string[] {
  return [
    ...exemptNamespaces.map((namespace) => `namespace ${namespace}`),
    ...(exemptsLabelled ? [`namespaces with the label ${ignoreLabel}=ignore`] : []),
    ...(own === undefined
      ? []
      : [
          `Pods, and what makes them, in namespace ${own.namespace} with the labels ${Object.entries(own.labels)
            .map(([key, value]) => `${key}=${value}`)
            .join(", ")}`,
        ]),
  ];
}

/** Where kinds of Kubernetes keep the specification of their Pods, as paths of CEL, with the kinds in each place. */
const places = [
  { path: ["spec"], kinds: ["Pod"] },
  {
    path: ["spec", "template", "spec"],
    kinds: ["DaemonSet", "Deployment", "Job", "ReplicaSet", "ReplicationController", "StatefulSet"],
  },
  { path: ["spec", "jobTemplate", "spec", "template", "spec"], kinds: ["CronJob"] },
] as const;
const containerLists = ["containers", "initContainers", "ephemeralContainers"] as const;

/**
 * How many members of a list are compared at most: an API server counts what a condition costs, and what costs too much
 * counts as one that failed. Where the failure policy is Ignore, nothing would be sent then.
 */
const mostCompared = 100;

/**
 * Updates that leave every image are not sent: the load of a cluster is mostly such. The webhook says the same of them
 * where an API server does not know conditions. `own`: kinds whose images are elsewhere.
 */
const unchangedConditions = (own: OwnPlaces): readonly JsonObject[] =>
  places.flatMap(({ path, kinds }) => {
    const compared = kinds.filter((kind) => ![...own.values()].some((ofNamespace) => ofNamespace.has(kind)));
    if (compared.length === 0) return [];
    const spec = path.join(".");
    const list = (root: string, field: string, read: string): string =>
      `(has(${root}.${spec}.${field}) ? ${root}.${spec}.${field}.map(c, ${read}) : [])`;
    const isShort = (root: string, field: string): string =>
      `(!has(${root}.${spec}.${field}) || size(${root}.${spec}.${field}) <= ${mostCompared})`;
    const image = "c.name + ' ' + (has(c.image) ? c.image : '')";
    const volume = "c.name + ' ' + (has(c.image) && has(c.image.reference) ? c.image.reference : '')";
    const lists = [...containerLists.map((field) => [field, image] as const), ["volumes", volume] as const];
    const short = lists.flatMap(([field]) => ["object", "oldObject"].map((root) => isShort(root, field)));
    const same = lists.map(([field, read]) => `${list("object", field, read)} == ${list("oldObject", field, read)}`);
    const isPod = kinds.some((kind) => kind === "Pod");
    const named = `request.kind.kind in [${compared.map((kind) => `'${kind}'`).join(", ")}]`;
    const group = isPod ? "request.kind.group == ''" : "request.kind.group in ['', 'apps', 'batch']";
    return {
      name: `changes-images-of-${kinds.length === 1 ? String(kinds[0]).toLowerCase() : "controllers"}`,
      expression: `!(request.operation == 'UPDATE' && ${group} && ${named} && ${[...short, ...same].join(" && ")})`,
    };
  });

/**
 * Only in the program's own namespace: anybody could give a Pod its labels. What makes its Pods is left out too: an
 * upgrade, and the Job that takes the webhooks away, must not wait for a server that does not run.
 */
function ownPods(own: ConfigurationOptions["own"]): readonly JsonObject[] {
  if (own === undefined) return [];
  const ownKinds = places.flatMap(({ kinds }) => kinds.map((kind) => `'${kind}'`)).join(", ");
  const has = Object.entries(own.labels).map(
    ([key, value]) => `'${key}' in object.metadata.labels && object.metadata.labels['${key}'] == '${value}'`,
  );
  return [
    {
      name: "is-not-sallyport-itself",
      expression:
        `!(request.kind.group in ['', 'apps', 'batch'] && request.kind.kind in [${ownKinds}] && ` +
        `request.namespace == '${own.namespace}' && has(object.metadata.labels) && ${has.join(" && ")})`,
    },
  ];
}
