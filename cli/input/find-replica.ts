/** Which replica in a cluster remembers a decision: its id begins with the letters of the Pod that gave it. */
import { isObject } from "../../core/encoding/shape.ts";
import type { JsonValue } from "../../core/encoding/json.ts";
import { isIdOf } from "../../proxy/state/decision-id.ts";
import type { DecisionId } from "../../proxy/state/decision-log.ts";
import { openCluster } from "../../proxy/upstream/cluster/open-cluster.ts";
import { readAuthorities } from "../../proxy/upstream/authorities.ts";
import type { CommandIO } from "../command.ts";
import { filesOf } from "./tool-files.ts";

export interface ReplicaOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
}

export interface Replica {
  readonly namespace: string;
  readonly name: string;
}

const path = "/api/v1/pods?labelSelector=app.kubernetes.io%2Fname%3Dsallyport";
const askMs = 15_000;

/**
 * Two Pods may have the same letters, so that there may be more than one.
 * @throws EngineError the codes of an API server that cannot be asked.
 */
export async function findReplicas(
  id: DecisionId,
  { kubeconfig, context }: ReplicaOptions,
  io: CommandIO,
): Promise<readonly Replica[]> {
  const { env, limits } = io;
  const files = filesOf(io);
  const authorities = () => readAuthorities({ env, files });
  const cluster = openCluster({ env, files, limits, now: () => io.now(), kubeconfig, context, authorities });
  try {
    const question = { kind: "cluster", verb: "raw", apiVersion: "v1", resource: "pods", path } as const;
    const answer = await cluster.cluster.ask(question, AbortSignal.timeout(askMs));
    return answer?.state === "present" ? podsIn(answer.value).filter(({ name }) => isIdOf(id, name)) : [];
  } finally {
    await cluster.close();
  }
}

function podsIn(list: JsonValue): readonly Replica[] {
  const items = isObject(list) && Array.isArray(list.items) ? list.items : [];
  return items.flatMap((item: JsonValue) => {
    const { namespace, name } = isObject(item) && isObject(item.metadata) ? item.metadata : {};
    return typeof namespace === "string" && typeof name === "string" ? [{ namespace, name }] : [];
  });
}
