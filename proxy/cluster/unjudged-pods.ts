/** Pods that were made while the webhooks were out of force: nobody verified their images. */
import type { JsonObject } from "../../core/encoding/json.ts";
import { isObject, textOr } from "../../core/encoding/shape.ts";
import type { Limits } from "../../core/limits.ts";
import type { Cluster } from "../upstream/cluster/open-cluster.ts";

export interface UnjudgedPod {
  readonly namespace: string;
  readonly name: string;
  /** By the API server's clock, RFC 3339. */
  readonly created: string;
  readonly images: readonly string[];
}

export interface UnjudgedPods {
  readonly count: number;
  /** The first of them, as the API server lists them. */
  readonly pods: readonly UnjudgedPod[];
}

const containers = ["initContainers", "containers", "ephemeralContainers"];

function imagesOf(spec: JsonObject): readonly string[] {
  const all = containers.flatMap((key) => (Array.isArray(spec[key]) ? spec[key] : []));
  return [...new Set(all.flatMap((one) => (isObject(one) && typeof one.image === "string" ? [one.image] : [])))];
}

/** Those that are still there. `since`: by the API server's clock, as it writes times. */
export async function unjudgedPods(
  cluster: Pick<Cluster, "pages">,
  since: string,
  { unjudgedPods: most }: Pick<Limits, "unjudgedPods">,
  signal: AbortSignal,
): Promise<UnjudgedPods> {
  const pods: UnjudgedPod[] = [];
  let count = 0;
  for await (const items of cluster.pages({ apiVersion: "v1", resource: "pods" }, signal))
    for (const { metadata, spec } of items) {
      if (!isObject(metadata)) continue;
      const { namespace, name, creationTimestamp: created } = metadata;
      // One clock wrote both, to the second and in one form.
      if (typeof created !== "string" || created < since) continue;
      count += 1;
      if (pods.length < most)
        pods.push({
          namespace: textOr(namespace),
          name: textOr(name),
          created,
          images: isObject(spec) ? imagesOf(spec) : [],
        });
    }
  return { count, pods };
}
