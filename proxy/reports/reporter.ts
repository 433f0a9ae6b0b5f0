/**
 * What a cluster is told of decisions: Events, and one policy report for each resource. Requests never wait for it, and
 * what cannot be told is counted. Source: docs/spec/kyverno.md#reports-and-events.
 */
import {
  denialEvents,
  eventKey,
  type EventFacts,
  refutedEvents,
  toEvent,
  violationEvents,
} from "../../core/admission/events.ts";
import { keptRequest } from "../../core/admission/kept-request.ts";
import {
  livingResource,
  reportPlurals,
  type ResourceReportApi,
  resourceReport,
} from "../../core/admission/resource-report.ts";
import { digestOf } from "../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import {
  type AdmissionRequest,
  EngineError,
  type JsonObject,
  type Limits,
  type Policy,
  type RuleResult,
} from "../../core/index.ts";
import { BoundedMap } from "../bounded-map.ts";
import type { ObjectWriter } from "../upstream/cluster/write-objects.ts";
import { type WriteJob, WriteQueue, type WriteQueueOptions } from "./write-queue.ts";

export interface ReporterOptions extends Omit<WriteQueueOptions, "most" | "failed"> {
  readonly write: Pick<ObjectWriter, "create" | "apply">;
  /** Which of them is written. */
  readonly events: boolean;
  /** `undefined`: no reports. */
  readonly reports: ResourceReportApi | undefined;
  /** Decides about a resource by what is known, and asks nobody. Every policy, the mutating pass. */
  readonly decide: (request: AdmissionRequest) => readonly RuleResult[];
  /** Whether a policy reads more of an object than its images. */
  readonly keepsObjects: boolean;
  readonly policyOf: (result: RuleResult) => Policy | undefined;
  readonly memory: ReportMemory;
  /** Who says it. */
  readonly instance: string;
  readonly limits: Limits;
  readonly now: () => Date;
  /** Hears once in a while what cannot be written, and why. */
  readonly failed: (what: string, error: EngineError) => void;
  /** A fault of the program. */
  readonly bug: (error: unknown) => void;
}

/** The same is not said again so soon: a controller tries again every few seconds. */
const sameEventMs = 5 * 60_000;
/** So often it is said that something cannot be written. */
const failedMs = 10 * 60_000;
/** A namespace may go away; where so many reports in a row have no place, the cluster has none for any, for a while. */
const mostAbsences = 3;
const absentMs = 60_000;

/** What was told, for the reporters of one cluster: policies that are read again make another reporter. */
export class ReportMemory {
  /** When each Event was said last. */
  readonly said: BoundedMap<string, number>;
  /** What the report of each resource says, without its times. */
  readonly reported: BoundedMap<string, string>;
  /** Resources whose report says that something could not be decided. */
  readonly undecided: BoundedMap<string, AdmissionRequest>;
  /** When it was said last of what that it cannot be written. */
  readonly failedAt = new Map<string, number>();

  constructor({ reportQueue }: Limits) {
    this.said = new BoundedMap(reportQueue);
    this.reported = new BoundedMap(reportQueue);
    this.undecided = new BoundedMap(reportQueue);
  }
}

export class Reporter {
  readonly #options: ReporterOptions;
  readonly #queue: WriteQueue;
  /** Reports in a row that the cluster had no place for, and when that was last. */
  #absences = 0;
  #absentAt = 0;

  constructor(options: ReporterOptions) {
    const { limits, counted, waiting, sleep } = options;
    this.#options = options;
    this.#queue = new WriteQueue({
      most: limits.reportQueue,
      counted,
      waiting,
      failed: (kind, error) => this.#failed(kind === "event" ? "Events" : "policy reports", error),
      ...(sleep === undefined ? {} : { sleep }),
    });
  }

  /** A request that was denied. */
  denied(request: AdmissionRequest, results: readonly RuleResult[]): void {
    if (request.dryRun !== true) this.#say(denialEvents(request, results));
  }

  /** A resource that the validating pass let through: it has its name and its id. */
  admitted(asked: AdmissionRequest): void {
    const resource = asked.dryRun === true ? undefined : livingResource(asked);
    if (resource === undefined) return;
    const { keepsObjects, limits, counted } = this.#options;
    const request = keptRequest(asked, keepsObjects);
    // Many wait, and whoever may make resources chooses how large they are.
    if (JSON.stringify(request).length > limits.recheckRequestBytes) {
      counted("report", "dropped");
      return;
    }
    this.#queue.add({
      kind: "report",
      key: `report ${resource.uid}`,
      namespace: resource.namespace,
      run: (signal) => this.#report(request, signal),
    });
  }

  /** What was let in undecided and is refuted now. */
  refuted(
    request: AdmissionRequest,
    finding: { readonly policy: string; readonly code: string; readonly message: string },
  ): void {
    this.#say(refutedEvents(request, finding));
    this.admitted(request);
  }

  /** Whether something could not be decided. */
  get isUndecided(): boolean {
    return this.#options.memory.undecided.size > 0;
  }

  /** Answers have changed: what could not be decided is looked at again. */
  again(): void {
    for (const request of [...this.#options.memory.undecided.values()]) this.admitted(request);
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  #say(facts: readonly EventFacts[]): void {
    const { events, now } = this.#options;
    if (!events) return;
    for (const one of facts) {
      const key = eventKey(one);
      const at = now().getTime();
      const before = this.#options.memory.said.get(key);
      if (before !== undefined && Math.abs(at - before) < sameEventMs) continue;
      this.#options.memory.said.set(key, at);
      this.#queue.add(this.#eventJob(one, `event ${key}`, new Date(at)));
    }
  }

  #eventJob(facts: EventFacts, key: string, at: Date): WriteJob {
    const { write, instance } = this.#options;
    return {
      kind: "event",
      key,
      namespace: facts.regarding.namespace,
      run: async (signal) => {
        const event = toEvent(facts, at, instance);
        const { namespace } = event.metadata as { readonly namespace: string };
        const place = { apiVersion: "events.k8s.io/v1", resource: "events", namespace };
        return (await write.create(place, event, signal)).state === "done" ? "written" : "gone";
      },
    };
  }

  /** Decides, and writes what is new. */
  async #report(request: AdmissionRequest, signal: AbortSignal): Promise<"written" | "unchanged" | "gone"> {
    const { decide, policyOf, reports: api, now, limits, write } = this.#options;
    const resource = livingResource(request);
    if (resource === undefined) return "unchanged";
    const results = decide(request);
    this.#say(violationEvents(request, results));
    if (results.some(({ status }) => status === "error")) this.#options.memory.undecided.set(resource.uid, request);
    else this.#options.memory.undecided.delete(resource.uid);
    // Where nothing selects a resource there is nothing to report of it, but what was reported before.
    const isNew = results.length > 0 || this.#options.memory.reported.get(resource.uid) !== undefined;
    if (api === undefined || !isNew || this.#isAbsent()) return "unchanged";
    const report = resourceReport({ resource, results, policyOf, api, at: now(), limits });
    const said = digestOf(encodeUtf8(JSON.stringify({ ...report, results: withoutTimes(report) })));
    if (this.#options.memory.reported.get(resource.uid) === said) return "unchanged";
    const { namespace } = resource;
    const plural = reportPlurals[report.kind as keyof typeof reportPlurals];
    const { name } = report.metadata as { readonly name: string };
    const at = { apiVersion: api, resource: plural, name, ...(namespace === undefined ? {} : { namespace }) };
    const { state } = await write.apply(at, report, signal);
    if (state === "done") {
      this.#absences = 0;
      this.#options.memory.reported.set(resource.uid, said);
      return "written";
    }
    if (state === "absent") {
      this.#absences += 1;
      this.#absentAt = now().getTime();
      this.#failed(
        "policy reports",
        new EngineError("unsupported", `the cluster does not have ${plural}, or not the namespace`, { subject: api }),
      );
    }
    return "gone";
  }

  #isAbsent(): boolean {
    return this.#absences >= mostAbsences && this.#options.now().getTime() - this.#absentAt < absentMs;
  }

  #failed(what: string, error: unknown): void {
    const { now, failed, bug } = this.#options;
    if (!(error instanceof EngineError)) {
      bug(error);
      return;
    }
    const at = now().getTime();
    const before = this.#options.memory.failedAt.get(what);
    if (before !== undefined && at - before < failedMs) return;
    this.#options.memory.failedAt.set(what, at);
    failed(what, error);
  }
}

const withoutTimes = ({ results }: JsonObject): JsonObject[] =>
  (results as readonly JsonObject[]).map(({ timestamp: _, ...rest }) => rest);
