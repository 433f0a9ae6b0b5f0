/**
 * Objects of one resource as the API server has them: listed once, then watched, and listed again now and then. What is
 * known stays while the API server is away. Source:
 * https://kubernetes.io/docs/reference/using-api/api-concepts/.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { JsonObject } from "../../../core/encoding/json.ts";
import { isObject, textOr } from "../../../core/encoding/shape.ts";
import { EngineError } from "../../../core/errors.ts";
import type { Limits } from "../../../core/limits.ts";
import { type ResourceAddress, resourcePath } from "./api-path.ts";
import type { ApiServer } from "./api-server.ts";
import { listPages } from "./list-pages.ts";
import { versionOf, watchEvents } from "./watch-events.ts";

export interface InformerOptions {
  readonly at: Pick<ResourceAddress, "apiVersion" | "resource" | "namespace">;
  /** One object of this name alone. */
  readonly name?: string | undefined;
  /** What is kept of an object. Default: all but `managedFields`. */
  readonly keep?: (object: JsonObject) => JsonObject;
  /** Called after each change of what is known, and of {@link Informer.state}. */
  readonly changed: () => void;
  readonly limits: Limits;
  readonly now: () => Date;
  /** Time after which the list is read again, in case an event was lost. */
  readonly resyncMs?: number;
  /** For tests: what waits, and what spreads the waiting. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  readonly random?: () => number;
}

export interface InformerState {
  /** When all of it was known last. */
  readonly listed: Date | undefined;
  /** When the server said something last. */
  readonly heard: Date | undefined;
  /** The server does not have the resource. */
  readonly isAbsent: boolean;
  /** Why it is not watched now. */
  readonly failure: EngineError | undefined;
}

const firstDelayMs = 250;
const longestDelayMs = 30_000;
/** A resource that the server does not have may come. */
const absentMs = 15_000;
const defaultResyncMs = 10 * 60_000;
/** A watch ends after this long and at most twice that, so that one on a dead connection does not last. */
const watchSeconds = 90;

interface Kept {
  readonly object: JsonObject;
  readonly bytes: number;
}

export class Informer {
  readonly #server: ApiServer;
  readonly #options: InformerOptions;
  #objects = new Map<string, Kept>();
  #bytes = 0;
  #version = "";
  #state: InformerState = { listed: undefined, heard: undefined, isAbsent: false, failure: undefined };

  constructor(server: ApiServer, options: InformerOptions) {
    this.#server = server;
    this.#options = options;
  }

  get state(): InformerState {
    return this.#state;
  }

  /** In the order of namespaces and names. */
  get objects(): readonly JsonObject[] {
    return [...this.#objects].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { object }]) => object);
  }

  get(namespace: string, name: string): JsonObject | undefined {
    return this.#objects.get(`${namespace}/${name}`)?.object;
  }

  /** Until it is told to stop; then it resolves. */
  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      try {
        if (!(await this.#list(signal))) {
          await this.#pause(absentMs, signal);
          continue;
        }
        failures = 0;
        await this.#watchUntilOld(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof EngineError)) throw error;
        failures += 1;
        this.#became({ failure: error });
        await this.#pause(Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures, 10)), signal);
      }
    }
  }

  /** Spread, so that not all replicas come back at once. */
  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const { sleep = sleepFor, random = Math.random } = this.#options;
    try {
      await sleep(ms * (0.5 + random() / 2), signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  get #request() {
    const { at, name } = this.#options;
    const where = at.namespace === undefined ? "" : ` in namespace ${at.namespace}`;
    const group = at.apiVersion.includes("/") ? `.${at.apiVersion.split("/")[0] ?? ""}` : "";
    return {
      path: resourcePath(at),
      words: `${at.resource}${group}${name === undefined ? "" : ` ${name}`}${where}`,
      query: name === undefined ? undefined : `fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`,
    };
  }

  #became(change: Partial<InformerState>): void {
    this.#state = { ...this.#state, ...change };
    this.#options.changed();
  }

  /** False: the server does not have the resource. */
  async #list(signal: AbortSignal): Promise<boolean> {
    const { limits, now } = this.#options;
    const { path, words, query } = this.#request;
    let found = new Map<string, Kept>();
    let bytes = 0;
    let version: string | undefined;
    const request = { path, doing: `list ${words}`, limits, query, shortens: true };
    for await (const page of listPages(this.#server, request, signal)) {
      if (page === "absent") {
        // What was there is not forgotten: a resource does not go away by itself, and whoever uses it decides.
        this.#became({ heard: now(), isAbsent: true, failure: undefined });
        return false;
      }
      if (page === "begin") {
        [found, bytes, version] = [new Map(), 0, undefined];
        continue;
      }
      version = page.resourceVersion;
      for (const item of page.items) {
        const kept = this.#kept(item, JSON.stringify(item).length);
        bytes += kept.bytes;
        found.set(keyOf(item), kept);
      }
    }
    if (version === undefined)
      throw new EngineError("upstream-error", "its list says no resourceVersion", { subject: path });
    [this.#objects, this.#bytes, this.#version] = [found, bytes, version];
    this.#became({ listed: now(), heard: now(), isAbsent: false, failure: undefined });
    return true;
  }

  /** Returns when the list is to be read again. */
  async #watchUntilOld(signal: AbortSignal): Promise<void> {
    const { limits, now, random = Math.random, resyncMs = defaultResyncMs } = this.#options;
    const { path, words, query } = this.#request;
    const until = now().getTime() + resyncMs;
    let cuts = 0;
    while (!signal.aborted && now().getTime() < until) {
      const seconds = watchSeconds + Math.floor(watchSeconds * random());
      const request = { path, doing: `watch ${words}`, resourceVersion: this.#version, query, seconds, limits };
      let events = 0;
      try {
        for await (const event of watchEvents(this.#server, request, signal)) {
          events += 1;
          if (event.type === "gone") return;
          if (event.type === "BOOKMARK") this.#version = event.resourceVersion || this.#version;
          else this.#take(event.type, event.object, event.bytes);
          this.#became({ heard: now(), failure: undefined });
        }
        // A server that ends each watch at once is not asked as fast as it can answer.
        if (events > 0) cuts = 0;
        else await this.#pause(firstDelayMs * 2 ** Math.min(cuts++, 7), signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof EngineError)) throw error;
        if (error.code === "over-limit" || error.code === "access-denied" || cuts >= mostCuts) throw error;
        // Nothing is lost: the next watch goes on where this one was cut.
        cuts = events > 0 ? 1 : cuts + 1;
        this.#became({ failure: error });
        await this.#pause(firstDelayMs * 2 ** cuts, signal);
      }
    }
  }

  #take(type: "ADDED" | "MODIFIED" | "DELETED", object: JsonObject, bytes: number): void {
    const { limits, at } = this.#options;
    const key = keyOf(object);
    this.#version = versionOf(object) || this.#version;
    const before = this.#objects.get(key)?.bytes ?? 0;
    if (type === "DELETED") {
      this.#objects.delete(key);
      this.#bytes -= before;
      return;
    }
    const kept = this.#kept(object, bytes);
    const isOver = !this.#objects.has(key) && this.#objects.size >= limits.clusterObjects;
    // What was known stays: the list that is read next says the same.
    if (isOver || this.#bytes - before + kept.bytes > limits.jsonBytes)
      throw new EngineError("over-limit", `more than ${limits.clusterObjects} objects or ${limits.jsonBytes} bytes`, {
        subject: resourcePath(at),
      });
    this.#objects.set(key, kept);
    this.#bytes += kept.bytes - before;
  }

  #kept(object: JsonObject, bytes: number): Kept {
    const { keep = withoutManagers } = this.#options;
    return { object: keep(object), bytes };
  }
}

/** Watches that fail one after the other; then the list is read again. */
const mostCuts = 5;

const sleepFor = (ms: number, signal: AbortSignal): Promise<unknown> => wait(ms, undefined, { signal });

const keyOf = ({ metadata }: JsonObject): string => {
  const { namespace, name } = isObject(metadata) ? metadata : {};
  return `${textOr(namespace)}/${textOr(name)}`;
};

/** Who changed which field last is most of an object, and nobody here reads it. */
function withoutManagers(object: JsonObject): JsonObject {
  if (!isObject(object.metadata)) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
