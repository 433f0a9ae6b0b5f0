/**
 * The variables that every rule has: `request`, and the service account behind it. Source:
 * docs/spec/kyverno.md#variables; Kubernetes admission/v1.
 */
import type { JsonObject, JsonValue } from "../../encoding/json.ts";
import type { AdmissionRequest, UserInfo } from "./request.ts";

const given = <T extends JsonValue>(name: string, value: T | undefined): JsonObject =>
  value === undefined ? {} : { [name]: value };

const userVariable = ({ username, uid, groups, extra }: UserInfo): JsonObject => ({
  ...given("username", username),
  ...given("uid", uid),
  ...given("groups", groups),
  ...given("extra", extra),
});

/** Unknown properties of the request are absent, so that reading one is an error and not an empty text. */
export function requestVariables(request: AdmissionRequest): JsonObject {
  const { kind, userInfo } = request;
  return {
    request: {
      ...given("uid", request.uid),
      kind: { group: kind.group, version: kind.version, kind: kind.kind },
      operation: request.operation,
      ...given("subResource", request.subResource),
      ...given("namespace", request.namespace),
      ...given("name", request.name),
      ...given("object", request.object),
      ...given("oldObject", request.oldObject),
      ...given("dryRun", request.dryRun),
      ...(userInfo === undefined ? {} : { userInfo: userVariable(userInfo) }),
      ...given("roles", request.roles),
      ...given("clusterRoles", request.clusterRoles),
    },
    ...(userInfo === undefined ? {} : serviceAccount(userInfo.username ?? "")),
  };
}

const prefix = "system:serviceaccount:";

/**
 * Empty unless the user is a service account. Differs: Kyverno cuts as many characters off any name, without looking at
 * them.
 */
function serviceAccount(username: string): JsonObject {
  const [namespace = "", name = ""] = username.startsWith(prefix) ? username.slice(prefix.length).split(":") : [];
  return { serviceAccountName: name, serviceAccountNamespace: name === "" ? "" : namespace };
}
