/**
 * Who asks, as the API server knows it, and what goes with the service account of an installation: objects that it owns
 * are removed when it is. Source: https://kubernetes.io/docs/concepts/architecture/garbage-collection/.
 */
import type { JsonObject } from "../../core/encoding/json.ts";
import { isObject, member, textOr } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import type { Cluster } from "../upstream/cluster/open-cluster.ts";

export interface Asking {
  /** Empty where the API server does not say it. */
  readonly name: string;
  /** Of a service account: where it is, and as an owner. */
  readonly account?: { readonly namespace: string; readonly owner: JsonObject } | undefined;
}

const ofAccount = /^system:serviceaccount:([^:]+):([^:]+)$/;

export async function whoAsks(cluster: Pick<Cluster, "write">, signal: AbortSignal): Promise<Asking> {
  const apiVersion = "authentication.k8s.io/v1";
  const at = { apiVersion, resource: "selfsubjectreviews" };
  try {
    const said = await cluster.write.create(at, { apiVersion, kind: "SelfSubjectReview" }, signal);
    const status = said.state === "done" && isObject(said.object.status) ? said.object.status : {};
    const { username, uid = "" } = isObject(status.userInfo) ? status.userInfo : {};
    const name = textOr(username);
    const [, namespace, account] = ofAccount.exec(name) ?? [];
    if (namespace === undefined || account === undefined || uid === "") return { name };
    return { name, account: { namespace, owner: { apiVersion: "v1", kind: "ServiceAccount", name: account, uid } } };
  } catch (error) {
    // An API server before 1.28 has no such question; who is locked out must not be held up by it.
    if (!(error instanceof EngineError)) throw error;
    return { name: "" };
  }
}

/** Owners of what is made in a namespace: it goes with the service account that makes it, where that is there too. */
export const ownersIn = (namespace: string, { account }: Asking): readonly JsonObject[] =>
  account?.namespace === namespace ? [account.owner] : [];

const bindings = {
  kind: "cluster",
  verb: "list",
  apiVersion: "rbac.authorization.k8s.io/v1",
  resource: "rolebindings",
} as const;
/** Of this chart's objects; nobody else's binding goes with the installation. */
const ofChart = /^sallyport-/;

/**
 * Owners of what must outlive a service account that is deleted and made again: a collector removes an object once
 * none of its owners is there. Beside the account these are the chart's bindings of it, which go with the installation
 * alone.
 */
export async function lastingOwners(
  cluster: Pick<Cluster, "cluster" | "write">,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly JsonObject[]> {
  const [account] = ownersIn(namespace, await whoAsks(cluster, signal));
  return account === undefined ? [] : [account, ...(await bindingsOf(cluster, account, namespace, signal))];
}

const chartOf = ({ labels }: JsonObject): string => textOr(isObject(labels) ? labels["helm.sh/chart"] : "");

async function bindingsOf(
  cluster: Pick<Cluster, "cluster">,
  { name: account }: JsonObject,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly JsonObject[]> {
  try {
    const answer = await cluster.cluster.ask({ ...bindings, namespace }, signal);
    const items = answer?.state === "present" ? (isObject(answer.value) ? member(answer.value, "items") : []) : [];
    return (Array.isArray(items) ? items : []).flatMap((item) => {
      const { metadata, subjects } = isObject(item) ? item : {};
      if (!isObject(metadata) || !Array.isArray(subjects)) return [];
      const isOwn = subjects.some((one) => isObject(one) && one.kind === "ServiceAccount" && one.name === account);
      if (!isOwn || !ofChart.test(chartOf(metadata))) return [];
      const [name, uid] = [textOr(metadata.name), textOr(metadata.uid)];
      return uid === "" ? [] : [{ apiVersion: bindings.apiVersion, kind: "RoleBinding", name, uid }];
    });
  } catch (error) {
    // Who may not list them has the account alone, which owns it then.
    if (!(error instanceof EngineError)) throw error;
    return [];
  }
}

/** Metadata with these owners; what has the name of one of them and another id is gone. */
export function adopted(metadata: JsonObject, owners: readonly JsonObject[]): JsonObject {
  if (owners.length === 0) return metadata;
  const nameOf = ({ kind, name }: JsonObject): string => `${textOr(kind)} ${textOr(name)}`;
  const own = new Set(owners.map(nameOf));
  const held = Array.isArray(metadata.ownerReferences) ? metadata.ownerReferences : [];
  const others = held.filter((one) => !isObject(one) || !own.has(nameOf(one)));
  return { ...metadata, ownerReferences: [...others, ...owners] };
}

/** Whether each of them owns the object. */
export function isOwnedBy(metadata: JsonObject, owners: readonly JsonObject[]): boolean {
  const held = Array.isArray(metadata.ownerReferences) ? metadata.ownerReferences : [];
  const ids = new Set(held.map((one) => (isObject(one) ? one.uid : undefined)));
  return owners.every(({ uid }) => ids.has(uid));
}
