/**
 * Which keys, logs and repositories a server asks for the attestors of a policy. Without this list, the author of a
 * namespaced policy could make the server dial any host with its own credentials. So could the author of a resource,
 * where a policy reads a variable from it. Source: docs/decisions/060-whom-policies-ask.md.
 */
import { EngineError } from "../../errors.ts";
import type { Policy } from "./policy.ts";

/**
 * References of keys, addresses of logs and repositories of signatures. An entry that ends with a star covers what
 * begins like it.
 */
export interface Askable {
  /** Of policies of all namespaces, where a variable is. */
  readonly ofCluster: readonly string[];
  /** Of policies of one namespace, beside Secrets of their own. */
  readonly ofNamespaces: readonly string[];
  /** Nobody but the cluster is asked, so that only its Secrets matter. */
  readonly secretsOnly: boolean;
}

/** @throws EngineError `access-denied` for what is not asked for this policy. */
export type RequireAskable = (text: string) => void;

const covers = (entry: string, text: string): boolean =>
  entry.endsWith("*") ? text.startsWith(entry.slice(0, -1)) : entry === text;

export function requireAskableOf(
  { kind, namespace, name }: Pick<Policy, "kind" | "namespace" | "name">,
  { ofCluster, ofNamespaces, secretsOnly }: Askable,
): RequireAskable {
  const isOfOne = kind === "Policy";
  const entries = isOfOne ? [...ofNamespaces, `k8s://${namespace}/*`] : ofCluster;
  return (text) => {
    if ((secretsOnly && !text.startsWith("k8s://")) || entries.some((entry) => covers(entry, text))) return;
    // A user and a password are nobody's to read.
    const shown = text.replace(/\/\/[^/]*@/, "//");
    const [who, why] = isOfOne
      ? [`the Policy ${namespace}/${name}`, "neither a ClusterPolicy nor policies.mayAsk names it"]
      : [`a variable of the policy ${name}`, "its host is neither written in a policy nor listed in policies.mayAsk"];
    throw new EngineError("access-denied", `${who} cannot make serve ask ${shown}: ${why}`, {
      subject: shown,
      remedy: "may-ask",
    });
  };
}
