/**
 * The marker that the webhooks are out of force on purpose: a ConfigMap, which whoever broke the glass leaves, and
 * which the server honours. Source: docs/decisions/056-serve-in-a-cluster.md.
 */
import type { JsonObject } from "../../core/encoding/json.ts";
import { isObject, textOr } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import type { Cluster } from "../upstream/cluster/open-cluster.ts";
import type { ObjectAddress } from "../upstream/cluster/write-objects.ts";

/** What `serve` keeps in a cluster begins with this name. */
export const ownName = "sallyport";

export interface Marker {
  readonly reason: string;
  readonly by: string;
  /** By the API server's clock, RFC 3339. */
  readonly since: string;
  /** Made by an uninstallation: it holds back only those that run. */
  readonly isUninstall: boolean;
  /** Who else took them out of force: a line each, with time, user and reason. */
  readonly others: readonly string[];
}

export const markerAddress = (namespace: string): ObjectAddress => ({
  apiVersion: "v1",
  resource: "configmaps",
  namespace,
  name: `${ownName}-break-glass`,
});

export const markerObject = (
  namespace: string,
  { reason, by, isUninstall, others = [] }: Pick<Marker, "reason" | "by" | "isUninstall"> & Partial<Marker>,
  /** Further metadata. */
  more: JsonObject = {},
): JsonObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { namespace, name: markerAddress(namespace).name, labels: ownLabels, ...more },
  data: {
    reason,
    by,
    kind: isUninstall ? "uninstall" : "break-glass",
    ...(others.length === 0 ? {} : { others: linesText(others) }),
  },
});

/** Lines as one member of a ConfigMap. */
export const linesText = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");

/** By which what the program wrote is known. */
export const ownLabels = {
  "app.kubernetes.io/name": ownName,
  "app.kubernetes.io/component": "admission",
  "app.kubernetes.io/managed-by": ownName,
} as const;

/** Of a webhook configuration: where the server is that wrote it, and what nobody verifies, as JSON. */
export const namespaceAnnotation = "sallyport.dev/namespace";
export const exemptAnnotation = "sallyport.dev/exempt";

/** The objects by which the API server calls the webhook. */
export const webhookAddresses: readonly ObjectAddress[] = [
  {
    apiVersion: "admissionregistration.k8s.io/v1",
    resource: "mutatingwebhookconfigurations",
    name: `${ownName}-mutate`,
  },
  {
    apiVersion: "admissionregistration.k8s.io/v1",
    resource: "validatingwebhookconfigurations",
    name: `${ownName}-validate`,
  },
];

export async function readMarker(
  cluster: Pick<Cluster, "read">,
  namespace: string,
  signal: AbortSignal,
): Promise<Marker | undefined> {
  const found = await cluster.read(markerAddress(namespace), signal);
  return found === undefined ? undefined : markerOf(found);
}

/** Reads a ConfigMap that anybody may have written. */
export function markerOf(object: JsonObject): Marker {
  const data = isObject(object.data) ? object.data : {};
  const metadata = isObject(object.metadata) ? object.metadata : {};
  return {
    reason: textOr(data.reason),
    by: textOr(data.by),
    since: textOr(metadata.creationTimestamp),
    isUninstall: data.kind === "uninstall",
    others: textOr(data.others)
      .split("\n")
      .filter((line) => line !== ""),
  };
}

/**
 * Namespaces in which somebody broke the glass: once the webhooks are gone, nothing else says where the server is. None
 * where this user may not look everywhere.
 */
async function brokenIn(cluster: Pick<Cluster, "named">, signal: AbortSignal): Promise<readonly string[]> {
  const { apiVersion, resource, name } = markerAddress("");
  try {
    const found = await cluster.named({ apiVersion, resource, name }, signal);
    return found.flatMap(({ data, metadata }) =>
      isObject(metadata) && !(isObject(data) && data.kind === "uninstall") ? [textOr(metadata.namespace)] : [],
    );
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "access-denied") throw error;
    return [];
  }
}

/** Where the server is, as its webhooks say, else as a marker says that somebody left, else by its usual name. */
export async function namespaceOf(
  cluster: Pick<Cluster, "named">,
  webhooks: readonly WebhookFacts[],
  signal: AbortSignal,
): Promise<string> {
  const said = webhooks.map(({ namespace }) => namespace).find((one) => one !== "");
  if (said !== undefined) return said;
  const broken = await brokenIn(cluster, signal);
  if (broken.length > 1)
    throw new EngineError("invalid-usage", `the glass is broken in several namespaces: ${broken.join(", ")}`, {
      subject: "--namespace",
    });
  return broken[0] ?? ownName;
}

export interface WebhookFacts {
  readonly name: string;
  /** Of the server that wrote it; empty where nobody says. */
  readonly namespace: string;
  readonly exempt: readonly string[];
}

/** Those that are there. */
export async function readWebhooks(
  cluster: Pick<Cluster, "read">,
  signal: AbortSignal,
): Promise<readonly WebhookFacts[]> {
  const found: WebhookFacts[] = [];
  for (const at of webhookAddresses) {
    const object = await cluster.read(at, signal);
    if (object === undefined) continue;
    const metadata = isObject(object.metadata) ? object.metadata : {};
    const annotations = isObject(metadata.annotations) ? metadata.annotations : {};
    const namespace = textOr(annotations[namespaceAnnotation]);
    found.push({ name: at.name, namespace, exempt: listIn(textOr(annotations[exemptAnnotation])) });
  }
  return found;
}

/** What anybody may have written there. */
function listIn(text: string): readonly string[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
  } catch {
    // No list: nothing is said of exemptions then.
    return [];
  }
}

/** Tells of it where people look for what happened. */
export async function tellEvent(
  cluster: Pick<Cluster, "write">,
  {
    namespace,
    reason,
    message,
    now,
  }: Readonly<Record<"namespace" | "reason" | "message", string>> & { readonly now: Date },
  signal: AbortSignal,
): Promise<void> {
  const at = now.toISOString().replace(/\.\d+Z$/, "Z");
  const { name } = markerAddress(namespace);
  const event: JsonObject = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { namespace, generateName: `${name}.` },
    involvedObject: { apiVersion: "v1", kind: "ConfigMap", namespace, name },
    type: "Warning",
    reason,
    message: message.slice(0, 1000),
    source: { component: ownName },
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
  };
  await cluster.write.create({ apiVersion: "v1", resource: "events", namespace }, event, signal);
}

/** Removes the webhook configurations. Their number. */
export async function removeWebhooks(cluster: Pick<Cluster, "write">, signal: AbortSignal): Promise<number> {
  let count = 0;
  // Who validates goes first: until then what was not mutated would be denied for its missing digest.
  for (const at of [...webhookAddresses].reverse())
    if ((await cluster.write.remove(at, signal)).state === "done") count += 1;
  return count;
}
