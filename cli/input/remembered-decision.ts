/** A decision that an instance of `serve` remembers, read from its store. */
import type { Decision } from "../../core/decide/engine.ts";
import type { JsonObject } from "../../core/encoding/json.ts";
import { EngineError } from "../../core/errors.ts";
import { findState } from "../../proxy/state/open-state.ts";
import type { DecisionId, StoredDecision } from "../../proxy/state/decision-log.ts";
import type { CommandIO } from "../command.ts";
import { fromEnvironment } from "../environment.ts";
import { withFix } from "../render/fix.ts";
import type { ReplicaOptions } from "./find-replica.ts";
import { usage } from "./given-file.ts";

export interface RememberedDecision {
  readonly request: JsonObject;
  readonly decision: Decision;
  /** As people name it: `Pod shop/web`. */
  readonly resource: string;
}

export interface RememberedOptions extends ReplicaOptions {
  readonly store?: string;
  readonly cluster?: boolean;
}

/**
 * From the store; where it is not there and the cluster may be asked, who has it is said.
 * @throws EngineError `invalid-usage` where no store is named, or none of its decisions has the id; `mirror-corrupt`
 * for a record that is not what was stored; the codes of an API server that cannot be asked.
 */
export async function readDecision(
  id: DecisionId,
  options: RememberedOptions,
  io: CommandIO,
): Promise<RememberedDecision> {
  const store = options.store ?? fromEnvironment("SALLYPORT_STORE", io);
  if (store === undefined && options.cluster !== true)
    throw usage(
      "the id of a decision needs the store of the instance that made it: give --store DIR, or --cluster to be told " +
        "which replica has it",
      "--store",
    );
  const state = store === undefined ? undefined : findState(store, io.limits);
  const found = state?.decisions((log) => log.find(id));
  state?.close();
  if (found !== undefined) return readRecord(id, found);
  if (options.cluster !== true)
    throw usage(
      "no decision with this id is remembered here: it may be another instance's (--cluster says whose), of a " +
        "request that passed, or too old",
      id,
    );
  const { findReplicas } = await import("./find-replica.ts");
  const replicas = await findReplicas(id, options, io);
  const [first] = replicas;
  if (first === undefined)
    throw usage("no replica in this cluster gives such ids: the one that gave it may have been replaced", id);
  const whose = replicas.map(({ namespace, name }) => `${namespace}/${name}`).join(" or ");
  throw withFix(
    new EngineError("invalid-usage", `the replica ${whose} gave the id ${id}`, { subject: id }),
    `ask there: \`kubectl exec -n ${first.namespace} ${first.name} -- sallyport explain ${id}\``,
  );
}

function readRecord(id: DecisionId, found: StoredDecision): RememberedDecision {
  try {
    const { request, decision } = JSON.parse(Buffer.from(found.record).toString("utf8")) as {
      readonly request: JsonObject & { readonly kind: Readonly<Record<"group" | "version" | "kind", string>> };
      readonly decision: Decision;
    };
    const { kind, namespace, name } = request;
    const place = [namespace, name].filter((part) => typeof part === "string").join("/");
    const apiVersion = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
    const resource = { apiVersion, kind: kind.kind, namespace, name } as JsonObject;
    return { request: resource, decision, resource: `${kind.kind} ${place}` };
  } catch (error) {
    throw new EngineError("mirror-corrupt", "the record of this decision cannot be read", {
      subject: id,
      cause: error,
    });
  }
}
