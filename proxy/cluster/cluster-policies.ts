/**
 * Kyverno's policies and exceptions as a cluster has them, as texts that are loaded like files. Where an object no
 * longer loads, its last version that did stays. Source: docs/decisions/056-serve-in-a-cluster.md.
 */
import { createHash } from "node:crypto";
import type { JsonObject } from "../../core/encoding/json.ts";
import { isObject, textOr } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import { loadPolicies, type PolicyFile, type PolicyProblem } from "../../core/kyverno/policy/read-policy.ts";
import type { Limits } from "../../core/limits.ts";
import { namespacedLookups } from "../serve/namespaced-lookups.ts";
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
  /** Hears of each resource that has become too much to be watched, and that it no longer is (`undefined`). */
  readonly overLimit?: (resource: string, failure: EngineError | undefined) => void;
  /** A bug: an informer ended. */
  readonly failed: (error: unknown) => void;
  /** For tests. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  readonly settleMs?: number;
  readonly clock?: SettleClock;
}

/** What the time is, and who calls later. */
export interface SettleClock {
  readonly now: () => number;
  /** @returns what calls it off. */
  readonly later: (ms: number, act: () => void) => () => void;
}

export interface ReadPolicies {
  readonly files: readonly PolicyFile[];
  readonly notLoaded: readonly NotLoaded[];
  /** `PolicyException/shop/web`: exceptions of namespaces whose exceptions do not count. */
  readonly notCounted: readonly string[];
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
/**
 * Each change is a whole reload, and whoever may edit one Policy may edit it all day: of changes in a row each waits
 * twice as long as the one before, up to this many times the first wait, which is 5 seconds.
 */
const mostTimes = 25;

const realClock: SettleClock = {
  now: () => performance.now(),
  later(ms, act) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};

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
  #callOff: (() => void) | undefined;
  /** When it was looked last whether something changed, and how long that had waited. */
  #looked = { at: Number.NEGATIVE_INFINITY, waited: 0 };
  readonly #overLimit = new Set<string>();
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
        changed: () => {
          this.#tellOverLimit(resource);
          this.#soon();
        },
        ...(sleep === undefined ? {} : { sleep }),
      }),
    }));
  }

  /** Until it is told to stop. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#informers.map(({ informer }) => informer.run(signal).catch(this.#options.failed)));
    this.#callOff?.();
  }

  /** Why they are not watched now; what is known stays. */
  get failure(): EngineError | undefined {
    return this.#informers
      .map(({ informer, resource }) => failureOf(informer, resource))
      .find((one) => one !== undefined);
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
  read(): ReadPolicies {
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
    return { files, notLoaded, notCounted: this.#exceptions(false).map(nameOf).sort() };
  }

  /** What was read last is in force. */
  inForce(): void {
    this.#wasLoaded = true;
  }

  #requireListed(informer: Informer, isNeeded: boolean, resource: string): void {
    const { state } = informer;
    if (state.listed !== undefined) return;
    const subject = this.#options.cluster.server();
    if (state.isAbsent && !isNeeded) return;
    if (state.isAbsent)
      throw new EngineError(
        "invalid-config",
        `the cluster does not have ${resource}.kyverno.io: install the definitions (the chart's crds.install)`,
        { subject },
      );
    const failure = failureOf(informer, resource);
    if (failure !== undefined) throw failure;
    throw new EngineError("unreachable", `the ${resource} of the cluster are not read yet`, { subject });
  }

  #objects(): readonly JsonObject[] {
    const objects = this.#informers.flatMap(({ informer }) => informer.objects);
    return [...objects.filter((one) => !isException(one)), ...this.#exceptions(true)];
  }

  /** Those that count, or those that do not. */
  #exceptions(count: boolean): readonly JsonObject[] {
    const namespaces = this.#options.exceptionNamespaces();
    const counts = ({ metadata }: JsonObject): boolean =>
      namespaces.includes("*") || namespaces.includes(isObject(metadata) ? textOr(metadata.namespace) : "");
    const objects = this.#informers.flatMap(({ informer }) => informer.objects);
    return objects.filter((one) => isException(one) && counts(one) === count);
  }

  #judge(name: string, text: string): Judged {
    const before = this.#judged.get(name);
    if (before?.text === text) return before;
    const { errors, policies } = loadPolicies([{ name: `cluster:${name}`, text }], { limits: this.#options.limits });
    const problems = this.#options.namespacedImageRegistry() ? errors : [...errors, ...namespacedLookups(policies)];
    const judged = { text, problems };
    this.#judged.set(name, judged);
    return judged;
  }

  #tellOverLimit(of: string): void {
    const informer = this.#informers.find(({ resource }) => resource === of)?.informer;
    const failure = informer === undefined ? undefined : failureOf(informer, of);
    const isOver = failure?.code === "over-limit";
    // A try that ends in another way says nothing of how many there are.
    if (isOver === this.#overLimit.has(of) || (!isOver && failure !== undefined)) return;
    if (isOver) this.#overLimit.add(of);
    else this.#overLimit.delete(of);
    this.#options.overLimit?.(of, failure);
  }

  #soon(): void {
    if (this.#callOff !== undefined) return;
    const { settleMs = defaultSettleMs, clock = realClock } = this.#options;
    const longest = settleMs * mostTimes;
    const isInRow = clock.now() - this.#looked.at < longest;
    const waited = isInRow ? Math.min(longest, Math.max(settleMs, this.#looked.waited * 2)) : settleMs;
    this.#callOff = clock.later(waited, () => {
      this.#callOff = undefined;
      const now = this.#fingerprint();
      this.#looked = { at: clock.now(), waited };
      if (now === this.#told) return;
      this.#told = now;
      this.#options.changed();
    });
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

/** Why a resource is not watched; where it is too much, what helps. */
function failureOf({ state: { failure, listed } }: Informer, resource: string): EngineError | undefined {
  if (failure?.code !== "over-limit") return failure;
  const after = listed === undefined ? "" : ", and no instance that starts now is ready";
  return new EngineError(
    "over-limit",
    `the ${resource} of the cluster are too many or too large to be watched${after}: ${failure.message}; ` +
      `see whose they are with kubectl get ${resource}.kyverno.io -A, delete them, and bound each namespace by a ` +
      `ResourceQuota of count/${resource}.kyverno.io`,
    { subject: failure.subject, cause: failure },
  );
}

/** Policies and exceptions, which others may write than those who write what counts everywhere. */
const isOfOneNamespace = ({ kind }: JsonObject): boolean => kind !== "ClusterPolicy";

const isException = ({ kind }: JsonObject): boolean => kind === "PolicyException";

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
