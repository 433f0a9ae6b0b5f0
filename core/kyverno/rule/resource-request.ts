/** A resource of a file taken as the request that creates it. Source: docs/spec/kyverno.md#apply-command. */
import type { JsonObject, JsonValue } from "../../encoding/json.ts";
import { isObject } from "../../encoding/shape.ts";
import { EngineError } from "../../errors.ts";
import { isClusterKind } from "../policy/cluster-kinds.ts";
import type { AdmissionRequest } from "./request.ts";

const textAt = (object: JsonObject, key: string, subject: string): string => {
  const value: JsonValue | undefined = Object.hasOwn(object, key) ? object[key] : undefined;
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") throw new EngineError("malformed", `${key} of the resource is not text`, { subject });
  return value;
};

/**
 * The CREATE request of a resource, without user information.
 * @throws EngineError `malformed` when the resource has no apiVersion, kind or name, or is a list.
 */
export function requestFor(resource: JsonObject): AdmissionRequest {
  // No rule selects the kind of a list: what is in it would go by unseen.
  if (Object.hasOwn(resource, "items"))
    throw new EngineError("malformed", "a list of resources: each of them is decided by itself", { subject: "/items" });
  const apiVersion = textAt(resource, "apiVersion", "/apiVersion");
  const kind = textAt(resource, "kind", "/kind");
  if (apiVersion === "")
    throw new EngineError("malformed", "the resource has no apiVersion", { subject: "/apiVersion" });
  if (kind === "") throw new EngineError("malformed", "the resource has no kind", { subject: "/kind" });
  const metadata = Object.hasOwn(resource, "metadata") && isObject(resource.metadata) ? resource.metadata : undefined;
  const name =
    metadata === undefined
      ? ""
      : textAt(metadata, "name", "/metadata/name") || textAt(metadata, "generateName", "/metadata/generateName");
  if (metadata === undefined || name === "")
    throw new EngineError("malformed", "the resource has no name", { subject: "/metadata/name" });
  const cut = apiVersion.lastIndexOf("/");
  // A kind that is not known is taken to live in a namespace, and the one that kubectl takes is `default`.
  const namespace = textAt(metadata, "namespace", "/metadata/namespace") || (isClusterKind(kind) ? "" : "default");
  const object: JsonObject =
    namespace === "" || metadata.namespace === namespace
      ? resource
      : { ...resource, metadata: { ...metadata, namespace } };
  return {
    operation: "CREATE",
    kind: { group: cut < 0 ? "" : apiVersion.slice(0, cut), version: apiVersion.slice(cut + 1), kind },
    ...(namespace === "" ? {} : { namespace }),
    name,
    object,
  };
}
