/**
 * The marker that the webhooks are out of force on purpose: a ConfigMap, which whoever broke the glass leaves, and
 * which the server honours. Source:
 * docs/decisions/056-serve-in-a-cluster.md.
 */
import type { JsonObject } from "../../core/encoding/json.ts";
import { isObject, textOr } from "../../core/encoding/shape.ts";
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
}

export const markerAddress = (namespace: string): ObjectAddress => ({
  apiVersion: "v1",
  resource: "configmaps",
  namespace,
  name: `${ownName}-break-glass`,
});

export const markerObject = (
  namespace: string,
  { reason, by, isUninstall }: Pick<Marker, "reason" | "by" | "isUninstall">,
): JsonObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { namespace, name: markerAddress(namespace).name, labels: ownLabels },
  data: { reason, by, kind: isUninstall ? "uninstall" : "break-glass" },
});

/** By which what the program wrote is known. */
export const ownLabels = {
  "app.kubernetes.io/name": ownName,
  "app.kubernetes.io/component": "admission",
  "app.kubernetes.io/managed-by": ownName,
} as const;

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
  if (found === undefined) return undefined;
  const data = isObject(found.data) ? found.data : {};
  const metadata = isObject(found.metadata) ? found.metadata : {};
  return {
    reason: textOr(data.reason),
    by: textOr(data.by),
    since: textOr(metadata.creationTimestamp),
    isUninstall: data.kind === "uninstall",
  };
}

/** Removes the webhook configurations. Their number. */
export async function removeWebhooks(cluster: Pick<Cluster, "write">, signal: AbortSignal): Promise<number> {
  let count = 0;
  // Who validates goes first: until then what was not mutated would be denied for its missing digest.
  for (const at of [...webhookAddresses].reverse())
    if ((await cluster.write.remove(at, signal)).state === "done") count += 1;
  return count;
}
