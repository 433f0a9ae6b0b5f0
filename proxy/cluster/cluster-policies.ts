/**
 * Kyverno's policies and exceptions as a cluster has them, as texts that are loaded like files. Where an object no
 * longer loads, its last version that did stays. Source: docs/decisions/056-serve-in-a-cluster.md.
 */
import { createHash } from "node:crypto";
import type { JsonObject } from "../../core/encoding/json.ts";
import { isObject, textOr } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import { loadPolicies, type PolicyFile, type PolicyProblem } from "../../core/kyverno/policy/read-policy.ts";
import type { Policy } from "../../core/kyverno/policy/policy.ts";
import type { Limits } from "../../core/limits.ts";
import type { Informer } from "../upstream/cluster/informer.ts";
import type { Cluster } from "../upstream/cluster/open-cluster.ts";

export interface ClusterPoliciesOptions {
  readonly cluster: Pick<Cluster, "inform" | "server">;
  /** Namespaces whose exceptions count; `*`: all. */
  readonly exceptionNamespaces: () => readonly string[];
  /** Whether Policies of one namespace may read what registries say of images, by the logins of whoever decides. */
  readonly namespacedImageRegistry: () => boolean;
  /** Called some time after something changed, once for what changes together. */
  readonly changed: () => void;
  readonly limits: Limits;
  /** A bug: an informer ended. */
  readonly failed: (error: unknown) => void;
  /** For tests. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  readonly settleMs?: number;
}

/** An object of which an earlier version, or nothing, is in force. */
export interface NotLoaded {
  /** `ClusterPolicy/check-image`. */
  readonly name: string;
  /** Whether an earlier version stays. */
  readonly keeps: boolean;
  readonly problems: readonly PolicyProblem[];
}

const resources = [
  { apiVersion: "kyverno.io/v1", resource: "clusterpolicies", isNeeded: true },
  { apiVersion: "kyverno.io/v1", resource: "policies", isNeeded: false },
  { apiVersion: "kyverno.io/v2", resource: "policyexceptions", isNeeded: false },
] as const;

/** What is applied together by kubectl is one change. */
const defaultSettleMs = 200;

interface Judged {
  readonly text: string;
  readonly problems: readonly PolicyProblem[];
}

export class ClusterPolicies {
  readonly #options: ClusterPoliciesOptions;
  readonly #informers: readonly {
    readonly informer: Informer;
    readonly isNeeded: boolean;
    readonly resource: string;
  }[];
  /** By name, the text that loaded last. */
  readonly #good = new Map<string, string>();
  readonly #judged = new Map<string, Judged>();
  #told = "";
  #timer: NodeJS.Timeout | undefined;
  #wasLoaded = false;

  constructor(options: ClusterPoliciesOptions) {
    this.#options = options;
    const { cluster, sleep } = options;
    this.#informers = resources.map(({ apiVersion, resource, isNeeded }) => ({
      isNeeded,
      resource,
      informer: cluster.inform({
        at: { apiVersion, resource },
        keep: withoutStatus,
        changed: () => this.#soon(),
        ...(sleep === undefined ? {} : { sleep }),
      }),
    }));
  }

  /** Until it is told to stop. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#informers.map(({ informer }) => informer.run(signal).catch(this.#options.failed)));
    clearTimeout(this.#timer);
  }

  /** Why they are not watched now; what is known stays. */
  get failure(): EngineError | undefined {
    return this.#informers.map(({ informer }) => informer.state.failure).find((one) => one !== undefined);
  }

  /** When the server said something last. */
  get heard(): Date | undefined {
    const times = this.#informers.flatMap(({ informer: { state } }) =>
      state.heard === undefined ? [] : [state.heard],
    );
    return times.sort((a, b) => b.getTime() - a.getTime())[0];
  }

  /**
   * The texts to load. Once they were loaded, a new object that does not load is left out, and of a changed one the
   * last text that did stays; both are in `notLoaded`. Before, nothing was in force that could stay, and a policy for
   * all namespaces that does not load holds all of them back; one that somebody wrote for one namespace does not.
   * @throws EngineError `unreachable` and others before the first list; `invalid-config` without the definitions.
   */
  read(): { readonly files: readonly PolicyFile[]; readonly notLoaded: readonly NotLoaded[] } {
    for (const { informer, isNeeded, resource } of this.#informers) this.#requireListed(informer, isNeeded, resource);
    const files: PolicyFile[] = [];
    const notLoaded: NotLoaded[] = [];
    const seen = new Set<string>();
    for (const object of this.#objects()) {
      const name = nameOf(object);
      seen.add(name);
      const text = JSON.stringify(object);
      const { problems } = this.#judge(name, text);
      if (problems.length === 0) this.#good.set(name, text);
      const good = this.#good.get(name);
      const isLeftOut = problems.length > 0 && (this.#wasLoaded || isOfOneNamespace(object));
      if (isLeftOut) notLoaded.push({ name, keeps: good !== undefined, problems });
      const used = isLeftOut ? good : text;
      if (used !== undefined) files.push({ name: `cluster:${name}`, text: used });
    }
    for (const name of this.#good.keys()) if (!seen.has(name)) this.#good.delete(name);
    for (const name of this.#judged.keys()) if (!seen.has(name)) this.#judged.delete(name);
    return { files, notLoaded };
  }

  /** What was read last is in force. */
  inForce(): void {
    this.#wasLoaded = true;
  }

  #requireListed({ state }: Informer, isNeeded: boolean, resource: string): void {
    if (state.listed !== undefined) return;
    const subject = this.#options.cluster.server();
    if (state.isAbsent && !isNeeded) return;
    if (state.isAbsent)
      throw new EngineError(
        "invalid-config",
        `the cluster does not have ${resource}.kyverno.io: install the definitions (the chart's crds.install)`,
        { subject },
      );
    if (state.failure !== undefined) throw state.failure;
    throw new EngineError("unreachable", `the ${resource} of the cluster are not read yet`, { subject });
  }

  #objects(): readonly JsonObject[] {
    const namespaces = this.#options.exceptionNamespaces();
    const counts = ({ kind, metadata }: JsonObject): boolean => {
      if (kind !== "PolicyException") return true;
      const namespace = isObject(metadata) ? textOr(metadata.namespace) : "";
      return namespaces.includes("*") || namespaces.includes(namespace);
    };
    return this.#informers.flatMap(({ informer }) => informer.objects).filter(counts);
  }

  #judge(name: string, text: string): Judged {
    const before = this.#judged.get(name);
    if (before?.text === text) return before;
    const { errors, policies } = loadPolicies([{ name: `cluster:${name}`, text }], { limits: this.#options.limits });
    const problems = this.#options.namespacedImageRegistry() ? errors : [...errors, ...policies.flatMap(lookups)];
    const judged = { text, problems };
    this.#judged.set(name, judged);
    return judged;
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const now = this.#fingerprint();
      if (now === this.#told) return;
      this.#told = now;
      this.#options.changed();
    }, this.#options.settleMs ?? defaultSettleMs);
  }

  /** Of what is there, not of when it was heard. */
  #fingerprint(): string {
    const seen = this.#informers.map(({ informer: { state, objects } }) => [
      state.listed !== undefined,
      state.isAbsent,
      objects,
    ]);
    return createHash("sha256").update(JSON.stringify(seen)).digest("hex");
  }
}

/** Policies and exceptions, which others may write than those who write what counts everywhere. */
const isOfOneNamespace = ({ kind }: JsonObject): boolean => kind !== "ClusterPolicy";

/**
 * Where a Policy of one namespace reads the configuration of any image: the registry is asked with the server's logins,
 * which see more than its author may, and a message of the policy would show it.
 */
function lookups(policy: Policy): readonly PolicyProblem[] {
  if (policy.kind !== "Policy") return [];
  return policy.spec.rules.flatMap(({ context }) =>
    context.flatMap(({ name, pointer, imageRegistry }) => {
      if (imageRegistry === undefined) return [];
      const at = policy.position(pointer);
      const message =
        `the context entry ${name} asks registries with the server's logins, which no Policy of one namespace may; ` +
        "a ClusterPolicy may, or set policies.namespacedImageRegistry: true";
      return [{ ...at, code: "unsupported" as const, message, pointer, policy: policy.name }];
    }),
  );
}

function nameOf({ kind, metadata }: JsonObject): string {
  const { namespace, name } = isObject(metadata) ? metadata : {};
  return [textOr(kind), ...(namespace === undefined ? [] : [textOr(namespace)]), textOr(name)].join("/");
}

/** Kyverno writes the status of a policy again and again: its policy is the same. */
function withoutStatus({ status: _, metadata, ...object }: JsonObject): JsonObject {
  if (!isObject(metadata)) return object;
  const { managedFields: __, resourceVersion: ___, ...rest } = metadata;
  return { ...object, metadata: rest };
}
