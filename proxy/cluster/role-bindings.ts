/**
 * The roles of users, by the RoleBindings and ClusterRoleBindings of a cluster, as Kyverno finds them: a review names a
 * user and groups, and no roles. They are watched once a policy selects by roles. Source:
 * docs/spec/kyverno.md#match-and-exclude.
 */
import { isObject, textOr } from "../../core/encoding/shape.ts";
import type { JsonObject, JsonValue } from "../../core/encoding/json.ts";
import { EngineError } from "../../core/errors.ts";
import type { Informer } from "../upstream/cluster/informer.ts";
import type { Cluster } from "../upstream/cluster/open-cluster.ts";

export interface RoleBindingsOptions {
  readonly cluster: Pick<Cluster, "inform" | "server">;
  /** For tests: in place of an informer's waiting. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** A bug: an informer ended. */
  readonly failed: (error: unknown) => void;
}

export interface BoundUser {
  readonly username?: string;
  readonly groups?: readonly string[];
}

/** `namespace:name` of roles, and names of cluster roles. */
export interface HeldRoles {
  readonly roles: readonly string[];
  readonly clusterRoles: readonly string[];
}

interface Watch {
  readonly informer: Informer;
  readonly resource: string;
  readonly ended: Promise<void>;
}

interface Bound {
  readonly isRole: boolean;
  readonly name: string;
}

const group = "rbac.authorization.k8s.io";
const resources = ["rolebindings", "clusterrolebindings"] as const;

export class RoleBindings {
  readonly #options: RoleBindingsOptions;
  readonly #stop = new AbortController();
  #watches: readonly Watch[] = [];
  /** What is bound to each user and each group; made again when a binding has changed. */
  #index: ReadonlyMap<string, readonly Bound[]> | undefined;

  constructor(options: RoleBindingsOptions) {
    this.#options = options;
  }

  /** A policy selects by roles: they are watched from now on. */
  want(): void {
    if (this.#watches.length > 0) return;
    const { cluster, sleep, failed } = this.#options;
    this.#watches = resources.map((resource) => {
      const informer = cluster.inform({
        at: { apiVersion: `${group}/v1`, resource },
        keep: ({ metadata, subjects = null, roleRef = null }) => ({ metadata: nameOf(metadata), subjects, roleRef }),
        changed: () => {
          this.#index = undefined;
        },
        ...(sleep === undefined ? {} : { sleep }),
      });
      return { informer, resource, ended: informer.run(this.#stop.signal).catch(failed) };
    });
  }

  /**
   * What is known stays while the API server is away.
   * @throws EngineError why bindings could not be read, where they never were.
   */
  rolesOf({ username = "", groups = [] }: BoundUser): HeldRoles {
    for (const { informer, resource } of this.#watches) {
      const { listed, failure, isAbsent } = informer.state;
      if (listed !== undefined) continue;
      const why = failure?.message ?? (isAbsent ? "it does not have them" : "they are being read");
      throw new EngineError(
        failure?.code ?? "unreachable",
        `policies select by roles, and the ${resource} of the cluster are not known: ${why}`,
        { subject: this.#options.cluster.server() },
      );
    }
    this.#index ??= indexOf(this.#watches.map(({ informer }) => informer.objects));
    const index = this.#index;
    const bound = [`User ${username}`, ...groups.map((name) => `Group ${name}`)].flatMap((key) => index.get(key) ?? []);
    const names = (isRole: boolean): readonly string[] => [
      ...new Set(bound.flatMap((one) => (one.isRole === isRole ? [one.name] : []))),
    ];
    return { roles: names(true), clusterRoles: names(false) };
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#watches.map(({ ended }) => ended));
  }
}

function nameOf(metadata: JsonValue | undefined): JsonObject {
  const { name = "", namespace = "", resourceVersion = "" } = isObject(metadata) ? metadata : {};
  return { name, namespace, resourceVersion };
}

function indexOf(lists: readonly (readonly JsonObject[])[]): ReadonlyMap<string, readonly Bound[]> {
  const index = new Map<string, Bound[]>();
  for (const { metadata, subjects, roleRef } of lists.flat()) {
    const namespace = isObject(metadata) ? textOr(metadata.namespace, "") : "";
    const bound = boundBy(roleRef, namespace);
    if (bound === undefined || !Array.isArray(subjects)) continue;
    for (const subject of subjects as readonly JsonValue[]) {
      const key = isObject(subject) ? keyOf(subject, namespace) : undefined;
      if (key === undefined) continue;
      const held = index.get(key) ?? [];
      index.set(key, held);
      held.push(bound);
    }
  }
  return index;
}

/** A binding without a namespace binds cluster roles alone. */
function boundBy(roleRef: JsonValue | undefined, namespace: string): Bound | undefined {
  const { kind, name } = isObject(roleRef) ? roleRef : {};
  if (typeof name !== "string") return undefined;
  if (kind === "ClusterRole") return { isRole: false, name };
  return kind === "Role" && namespace !== "" ? { isRole: true, name: `${namespace}:${name}` } : undefined;
}

/** A service account is the user of its name; without a namespace it is of the binding's. */
function keyOf({ kind, name, namespace }: JsonObject, ofBinding: string): string | undefined {
  if (typeof name !== "string") return undefined;
  if (kind === "User" || kind === "Group") return `${kind} ${name}`;
  return kind === "ServiceAccount"
    ? `User system:serviceaccount:${textOr(namespace, "") || ofBinding}:${name}`
    : undefined;
}
