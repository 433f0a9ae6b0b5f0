/**
 * What an API server is known to have, as knowledge: its namespaces, and the objects that policies name. They are
 * watched, so that a decision waits for nobody. Source: docs/spec/kyverno.md#context-entries.
 */
import type { JsonObject } from "../../core/encoding/json.ts";
import type { Answer, AnswerTo } from "../../core/knowledge/answer.ts";
import type { Knowledge, SourceState } from "../../core/knowledge/knowledge.ts";
import type { Question } from "../../core/knowledge/question.ts";
import type { Limits } from "../../core/limits.ts";
import type { Informer, InformerOptions, InformerState } from "../upstream/cluster/informer.ts";
import { type Cluster, publicKeyIn } from "../upstream/cluster/open-cluster.ts";
import { keyOf, keyReference, type NamedObject } from "./named-objects.ts";

export interface WatchedOptions {
  readonly cluster: Pick<Cluster, "inform" | "server">;
  readonly limits: Limits;
  readonly now: () => Date;
  /** For tests: in place of an informer's waiting. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** A bug: an informer ended. */
  readonly failed: (error: unknown) => void;
}

interface Watch {
  readonly informer: Informer;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

export class WatchedObjects implements Knowledge {
  readonly #options: WatchedOptions;
  readonly #namespaces: Watch;
  readonly #named = new Map<string, Watch>();
  #changes = 0;
  #state: SourceState = {};

  constructor(options: WatchedOptions) {
    this.#options = options;
    this.#namespaces = this.#watch({ at: { apiVersion: "v1", resource: "namespaces" } });
  }

  get namespaces(): InformerState {
    return this.#namespaces.informer.state;
  }

  /**
   * What policies name from now on, each by itself. The first of each policy are watched, so that one that names very
   * many takes nothing from the others.
   * @returns how many are not watched: they are asked for when a decision needs them.
   */
  want(ofPolicies: readonly (readonly NamedObject[])[]): number {
    const { watchedObjectsOfPolicy, watchedObjects } = this.#options.limits;
    const wanted = new Map<string, NamedObject>();
    for (let place = 0; place < watchedObjectsOfPolicy; place++)
      for (const one of ofPolicies.flatMap((objects) => objects.slice(place, place + 1)))
        if (wanted.size < watchedObjects) wanted.set(keyOf(one), one);
    for (const [key, { stop }] of this.#named)
      if (!wanted.has(key)) {
        stop.abort();
        this.#named.delete(key);
      }
    for (const [key, { resource, namespace, name }] of wanted) {
      if (this.#named.has(key)) continue;
      this.#named.set(key, this.#watch({ at: { apiVersion: "v1", resource, namespace }, name }));
    }
    return new Set(ofPolicies.flat().map(keyOf)).size - wanted.size;
  }

  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    return this.#find(question) as AnswerTo<Q> | undefined;
  }

  /** Times of answers are those of the clock: what changes is counted. */
  state(): SourceState {
    const version = String(this.#changes);
    if (this.#state.version !== version) this.#state = { version };
    return this.#state;
  }

  async close(): Promise<void> {
    const all = [this.#namespaces, ...this.#named.values()];
    for (const { stop } of all) stop.abort();
    await Promise.all(all.map(({ ended }) => ended));
  }

  #watch(of: Pick<InformerOptions, "at"> & { readonly name?: string }): Watch {
    const { cluster, sleep, failed } = this.#options;
    const stop = new AbortController();
    const informer = cluster.inform({
      ...of,
      changed: () => {
        this.#changes += 1;
      },
      ...(sleep === undefined ? {} : { sleep }),
    });
    return { informer, stop, ended: informer.run(stop.signal).catch(failed) };
  }

  #find(question: Question): Answer | undefined {
    if (question.kind === "key") return this.#key(question.reference);
    if (question.kind !== "cluster" || question.apiVersion !== "v1" || question.verb !== "get") return undefined;
    const { resource, namespace, name = "" } = question;
    if (resource === "namespaces") return this.#present(this.#namespaces, "", name);
    if (namespace === undefined || (resource !== "configmaps" && resource !== "secrets")) return undefined;
    return this.#present(this.#named.get(keyOf({ resource, namespace, name })), namespace, name);
  }

  /** What is not there stays a question: it may have been made a moment ago. */
  #present(watch: Watch | undefined, namespace: string, name: string): Answer | undefined {
    const value = watch?.informer.get(namespace, name);
    return watch === undefined || value === undefined ? undefined : this.#answerWith(watch, value);
  }

  #answerWith({ informer }: Watch, value: JsonObject | string): Answer {
    const { failure, heard } = informer.state;
    const at = failure === undefined ? this.#options.now() : (heard ?? this.#options.now());
    return { state: "present", value, at: at.toISOString(), from: `the API server ${this.#options.cluster.server()}` };
  }

  /** @throws EngineError `no-key` where the Secret holds none. */
  #key(reference: string): Answer | undefined {
    const [, namespace, name] = keyReference.exec(reference) ?? [];
    if (namespace === undefined || name === undefined) return undefined;
    const watch = this.#named.get(keyOf({ resource: "secrets", namespace, name }));
    const secret = watch?.informer.get(namespace, name);
    if (watch === undefined || secret === undefined) return undefined;
    return this.#answerWith(watch, publicKeyIn(secret, reference, this.#options.limits));
  }
}
