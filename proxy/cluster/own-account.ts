/**
 * Who asks, as the API server knows it, and what goes with the service account of an installation: objects that it owns
 * are removed when it is. Source: https://kubernetes.io/docs/concepts/architecture/garbage-collection/.
 */
import type { JsonObject } from "../../core/encoding/json.ts";
import { isObject, textOr } from "../../core/encoding/shape.ts";
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

/** Metadata by which what is made in a namespace goes with the service account that makes it, where that is there. */
export const ownedBy = ({ account }: Asking, namespace: string): JsonObject =>
  account?.namespace === namespace ? { ownerReferences: [account.owner] } : {};
