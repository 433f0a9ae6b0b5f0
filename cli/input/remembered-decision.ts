/** A decision that an instance of `serve` remembers, read from its store. */
import type { Decision } from "../../core/decide/engine.ts";
import type { JsonObject } from "../../core/encoding/json.ts";
import { EngineError } from "../../core/errors.ts";
import { findState } from "../../proxy/state/open-state.ts";
import type { DecisionId } from "../../proxy/state/decision-log.ts";
import type { CommandIO } from "../command.ts";
import { fromEnvironment } from "../environment.ts";
import { usage } from "./given-file.ts";

export interface RememberedDecision {
  readonly request: JsonObject;
  readonly decision: Decision;
  /** As people name it: `Pod shop/web`. */
  readonly resource: string;
}

/**
 * @throws EngineError `invalid-usage` where no store is named, or none of its decisions has the id; `mirror-corrupt`
 * for a record that is not what was stored.
 */
export function readDecision(id: DecisionId, options: { readonly store?: string }, io: CommandIO): RememberedDecision {
  const store = options.store ?? fromEnvironment("SALLYPORT_STORE", io);
  if (store === undefined)
    throw usage("the id of a decision needs the store of the instance that made it: give --store DIR", "--store");
  const state = findState(store, io.limits);
  const found = state?.decisions((log) => log.find(id));
  state?.close();
  if (found === undefined)
    throw usage("no decision with this id is remembered here: it may be another instance's, or too old", id);
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
