/** The resources of a cluster that policies match, read in pages. Source: `kyverno apply` (`--cluster`). */
import { expandRules } from "../../core/kyverno/policy/autogen.ts";
import type { Policy } from "../../core/kyverno/policy/policy.ts";
import { matchKind, parseKindSelector } from "../../core/kyverno/rule/kind-selector.ts";
import type { Limits } from "../../core/limits.ts";
import type { ApiResource } from "../../proxy/upstream/cluster/discovery.ts";
import type { Cluster } from "../../proxy/upstream/cluster/open-cluster.ts";
import type { CommandIO } from "../command.ts";
import { warn } from "../render/say.ts";
import { usage } from "./given-file.ts";
import type { GivenResource } from "./resources.ts";

export interface ClusterSelection {
  readonly policies: readonly Policy[];
  /** Of this namespace alone. */
  readonly namespace?: string | undefined;
  readonly limits: Limits;
  readonly signal: AbortSignal;
}

/**
 * @throws EngineError `over-limit` for more than `documentValues` resources, and as the cluster.
 */
export async function readClusterResources(
  cluster: Cluster,
  { policies, namespace, limits, signal }: ClusterSelection,
  io: CommandIO,
): Promise<readonly GivenResource[]> {
  const selectors = [...new Set(policies.flatMap(kindsOf))].map(parseKindSelector);
  const wants = ({ group, version, kind }: ApiResource): boolean =>
    selectors.some((selector) => matchKind(selector, { group, version, kind }, "", limits));
  const unavailable = (groupVersion: string): void =>
    warn(`the cluster cannot list its resources of ${groupVersion} now`, io);
  const found: GivenResource[] = [];
  for await (const { resource, items } of cluster.resources({ wants, namespace, unavailable }, signal)) {
    for (const value of items)
      found.push({ value, position: { file: `cluster:${resource.plural}`, line: 1, column: 1 } });
    if (found.length > limits.documentValues)
      throw usage("the cluster has more resources than are judged", "--cluster");
  }
  // A success as in Kyverno, so that a namespace that is mistyped would pass unseen.
  if (found.length === 0) {
    const where = namespace === undefined ? "the cluster" : `the namespace ${namespace}`;
    warn(`${where} has no resource that a policy matches: nothing was judged`, io);
  }
  return found;
}

/** What the policy's rules match, with those that autogen adds. */
function kindsOf(policy: Policy): readonly string[] {
  return expandRules(policy).flatMap(({ match }) =>
    [match.bare, ...(match.any ?? []), ...(match.all ?? [])].flatMap((filter) => filter?.kinds ?? []),
  );
}
