/** Objects that are written. Source: Kubernetes API reference (verbs, server-side apply, merge patches). */
import type { JsonObject } from "../../../core/encoding/json.ts";
import { isObject } from "../../../core/encoding/shape.ts";
import { EngineError } from "../../../core/errors.ts";
import type { Limits } from "../../../core/limits.ts";
import { type ResourceAddress, resourcePath } from "./api-path.ts";
import type { ApiChange, ApiServer } from "./api-server.ts";

/** Of one object. */
export type ObjectAddress = ResourceAddress & { readonly name: string };

/** How it is afterwards; or why it is as it was: somebody else was there before. */
export type Written =
  | { readonly state: "done"; readonly object: JsonObject }
  | { readonly state: "absent" }
  | { readonly state: "conflict"; readonly why: string };

/** What an object must still be, to be removed. */
export interface Expected {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

export interface ObjectWriter {
  /** `conflict` where it is there already. The object says its name, or `generateName`. */
  create(at: ResourceAddress, object: JsonObject, signal: AbortSignal): Promise<Written>;
  /** All of it; `conflict` where it is no longer the `resourceVersion` that the object says. */
  update(at: ObjectAddress, object: JsonObject, signal: AbortSignal): Promise<Written>;
  /** Server-side apply: the fields that are said are ours, others stay; created where it is not there. */
  apply(at: ObjectAddress, object: JsonObject, signal: AbortSignal): Promise<Written>;
  /** A merge patch: `null` removes a member. */
  merge(at: ObjectAddress, patch: JsonObject, signal: AbortSignal): Promise<Written>;
  /** `conflict` where it is another than expected. */
  remove(at: ObjectAddress, signal: AbortSignal, expected?: Expected): Promise<Written>;
}

/** Who owns the fields that are applied. */
const fieldManager = "sallyport";

const wordsFor = (verb: string, { apiVersion, resource, namespace, name }: ResourceAddress): string => {
  const group = apiVersion.includes("/") ? `.${apiVersion.split("/")[0] ?? ""}` : "";
  return `${verb} ${resource}${group}${name === undefined ? "" : ` ${name}`}${
    namespace === undefined ? "" : ` in namespace ${namespace}`
  }`;
};

/** Each throws EngineError as `ApiServer.change`, and `over-limit` for an object that no API server takes. */
export function objectWriter(server: ApiServer, limits: Limits): ObjectWriter {
  async function send(
    verb: string,
    at: ResourceAddress,
    change: Pick<ApiChange, "method" | "type"> & { readonly query?: string },
    object: JsonObject | undefined,
    signal: AbortSignal,
  ): Promise<Written> {
    const body = object === undefined ? undefined : JSON.stringify(object);
    if (body !== undefined && Buffer.byteLength(body) > limits.writtenObjectBytes)
      throw new EngineError("over-limit", `an object of more than ${limits.writtenObjectBytes} bytes`, {
        subject: wordsFor(verb, at),
      });
    const { query, ...how } = change;
    const answer = await server.change(
      {
        ...how,
        doing: wordsFor(verb, at),
        path: `${resourcePath(at)}${query === undefined ? "" : `?${query}`}`,
        maxBytes: limits.resourceBytes,
        ...(body === undefined ? {} : { body }),
      },
      signal,
    );
    if (answer.state !== "done") return answer;
    if (!isObject(answer.json))
      throw new EngineError("upstream-error", "its answer is not an object", { subject: resourcePath(at) });
    return { state: "done", object: answer.json };
  }
  const manager = `fieldManager=${fieldManager}`;
  return {
    create: ({ name: _, ...at }, object, signal) =>
      send("create", at, { method: "POST", query: manager }, object, signal),
    update: (at, object, signal) => send("update", at, { method: "PUT", query: manager }, object, signal),
    apply: (at, object, signal) =>
      // YAML holds JSON, which is what is sent.
      send(
        "patch",
        at,
        { method: "PATCH", type: "application/apply-patch+yaml", query: `${manager}&force=true` },
        object,
        signal,
      ),
    merge: (at, patch, signal) =>
      send("patch", at, { method: "PATCH", type: "application/merge-patch+json", query: manager }, patch, signal),
    remove: (at, signal, expected) =>
      send(
        "delete",
        at,
        { method: "DELETE" },
        expected === undefined
          ? undefined
          : { kind: "DeleteOptions", apiVersion: "v1", preconditions: { ...expected } },
        signal,
      ),
  };
}
