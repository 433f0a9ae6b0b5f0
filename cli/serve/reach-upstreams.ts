/** The upstreams of a configuration and the API server, asked once. Only loaded where something may be dialled. */
import { once } from "../../core/cosign/signed-entity.ts";
import { EngineError } from "../../core/errors.ts";
import { createLog } from "../../proxy/log.ts";
import type { Config } from "../../proxy/serve/settings.ts";
import { readAuthorities } from "../../proxy/upstream/authorities.ts";
import { openCluster } from "../../proxy/upstream/cluster/open-cluster.ts";
import type { CommandIO } from "../command.ts";
import type { Item } from "../health/item.ts";
import { failedItem } from "../health/machine-items.ts";
import { clusterItem, registryItems } from "../health/reach-items.ts";
import { filesOf } from "../input/tool-files.ts";
import { openServeRegistry } from "./upstreams.ts";

export async function reachUpstreams(
  config: Config,
  hosts: readonly string[],
  io: CommandIO,
): Promise<readonly Item[]> {
  const log = createLog({ level: "error", format: "text", write: () => undefined, now: () => io.now() });
  try {
    const registry = openServeRegistry({ config, limits: io.limits, io, log });
    try {
      return await registryItems(hosts, registry, () => io.now());
    } finally {
      await registry.close();
    }
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return [failedItem("registry", error, "correct the upstreams of the configuration")];
  }
}

export async function reachCluster(
  { kubeconfig, context }: { readonly kubeconfig?: string; readonly context?: string },
  io: CommandIO,
): Promise<Item> {
  const { env, limits } = io;
  const files = filesOf(io);
  const authorities = once(() => readAuthorities({ env, files, added: undefined }));
  const now = (): Date => io.now();
  const cluster = openCluster({ env, files, limits, now, kubeconfig, context, authorities, log: undefined });
  try {
    return await clusterItem(cluster, now);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return failedItem("API server", error, "kubectl config view --minify");
  } finally {
    await cluster.close();
  }
}
