/**
 * Deciding again about what admission let in undecided, or by an answer that was old while nobody could give a newer
 * one. What is refuted then may be running, so that it is told and stays on the list. Source:
 * docs/spec/offline.md#re-check-list.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import { type AdmissionRequest, type Decision, EngineError, type Limits, type RuleResult } from "../../core/index.ts";
import type { UsedInOutage } from "../../core/knowledge/overlay.ts";
import { questionSubject } from "../../core/knowledge/question-words.ts";
import { admittedKey, type ImageFinding, resourceOf } from "../state/recheck-list.ts";
import { reportFaults, syncLater } from "../state/report-faults.ts";
import type { State } from "../state/state.ts";
import { shownName } from "../../core/admission/denial.ts";
import { keptContent, readKeptRequest, writeKeptRequest } from "../../core/admission/kept-request.ts";

/** A decision, and the old answers that it rests on since nobody gave newer ones. */
export interface DecidedNow {
  readonly decision: Decision;
  readonly stale: readonly UsedInOutage[];
}

/** A resource that was let in, as it was then, and what refutes it now. */
export interface RefutedLater extends ImageFinding {
  readonly resource: string;
  readonly request: AdmissionRequest;
}

/** What was decided again about one resource. */
export interface DecidedAgain {
  readonly request: AdmissionRequest;
  readonly decision: Decision;
}

export interface AdmissionRecheckOptions {
  readonly state: State;
  /**
   * For one look at the list: decides the mutating pass of the policies with `failurePolicy: Ignore`, until a time of
   * `performance`.
   */
  readonly decides: () => (request: AdmissionRequest, deadline: number) => Promise<DecidedNow> | DecidedNow;
  /** Of each policy, by {@link policyName}. */
  readonly digests: ReadonlyMap<string, Digest>;
  /** Whether a policy reads more of an object than its images. */
  readonly keepsObjects: boolean;
  readonly limits: Limits;
  readonly now: () => Date;
  /** How long one resource waits for registries. */
  readonly waitMs?: number;
  readonly refuted: (one: RefutedLater) => void;
  /** Hears of each resource that was decided again, and of whose entries something changed. */
  readonly decidedAgain?: (one: DecidedAgain) => void;
  /** Hears that the list has changed. */
  readonly changed: () => void;
  readonly report: (error: EngineError) => void;
}

/** What a look at the list came to: resources that were decided again, proven, and refuted. */
export interface AdmissionRecheckRun {
  looked: number;
  proven: number;
  refuted: number;
}

const defaultWaitMs = 9_500;
/** Requests do not wait for the disk; many entries are written at once. */
const flushMs = 200;
/** Entries that are written in one turn of the event loop: requests that come meanwhile do not wait for all. */
const perTurn = 8;
const mostWaiting = 256;
/** Keys in memory, times what the list holds. */
const mostListed = 1.25;
/** Where a rule cannot say which image it could not decide about. */
const everyImage = "*";

interface Named {
  readonly name: string;
  readonly namespace?: string | undefined;
}

interface MadeName {
  readonly name?: unknown;
  readonly generateName?: unknown;
}

export const policyName = ({ name, namespace }: Named): string =>
  namespace === undefined ? name : `${namespace}/${name}`;

interface Waiting {
  readonly request: AdmissionRequest;
  /** `undefined`: they stay. */
  readonly findings: readonly ImageFinding[] | undefined;
  readonly at: string;
}

/**
 * `Deployment.apps/shop/web`. Pods that a controller makes have no name when they are asked about, and are all alike:
 * they are named by what theirs begins with.
 */
function resourceName({ kind, namespace }: AdmissionRequest, name: string): string {
  const type = kind.group === "" ? kind.kind : `${kind.kind}.${kind.group}`;
  return shownName([type, ...(namespace === undefined ? [] : [namespace]), name].join("/"));
}

const encoder = new TextEncoder();

export class AdmissionRecheck {
  readonly #options: AdmissionRecheckOptions;
  /** Keys of what is on the list, with those that wait to be written. */
  #listed: Set<string>;
  #waiting = new Map<string, Waiting | "decided">();
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;
  #running: Promise<AdmissionRecheckRun> | undefined;
  #isClosed = false;

  constructor(options: AdmissionRecheckOptions) {
    this.#options = options;
    this.#listed = this.#readListed();
  }

  #readListed(): Set<string> {
    return new Set(this.#guard(() => this.#options.state.recheck((list) => list.resources())));
  }

  /** Hears each decision of the mutating pass that let something in under Ignore. */
  admitted(request: AdmissionRequest, { decision, stale }: DecidedNow): void {
    if (request.dryRun === true) return;
    const findings = [...this.#findings(decision.results, ["error"]), ...this.#staleFindings(decision.results, stale)];
    if (findings.length === 0 && this.#listed.size === 0) return;
    const resource = this.#keyOf(request);
    if (findings.length > 0) {
      this.#listed.add(resource);
      this.#later(resource, { request, findings, at: this.#options.now().toISOString() });
      // The same was decided now. What has other images or labels decides nothing about what was let in before.
    } else if (this.#listed.delete(resource)) this.#later(resource, "decided");
  }

  /** Hears each request of the validating pass: it has a name and an id, which it may not have had before. */
  stored(request: AdmissionRequest): void {
    if (request.dryRun === true || this.#listed.size === 0) return;
    const resource = [this.#keyOf(request), this.#keyOf(request, true)].find((key) => this.#listed.has(key));
    if (resource === undefined) return;
    const before = this.#waiting.get(resource);
    if (before === "decided") return;
    if (before === undefined) this.#later(resource, { request, findings: undefined, at: "" });
    else this.#waiting.set(resource, { ...before, request });
  }

  /**
   * `wasUnnamed`: as it was before the API server made a name of `generateName`; a name that it did not make is no
   * such name.
   */
  #keyOf(request: AdmissionRequest, wasUnnamed = false): string {
    const { name: given, generateName } = (request.object?.metadata ?? {}) as MadeName;
    const { name = "" } = request;
    const begins = typeof generateName === "string" ? generateName : "";
    const wasMade = wasUnnamed && name.startsWith(begins.slice(0, 58));
    const isUnnamed = begins !== "" && (typeof given !== "string" || given === "" || wasMade);
    const shown = resourceName(request, isUnnamed ? `${begins}*` : name);
    return admittedKey(shown, digestOf(encoder.encode(keptContent(request, this.#options.keepsObjects))));
  }

  /** Decides about everything on the list again; who calls while that is done gets the same end. */
  run(): Promise<AdmissionRecheckRun> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Writes what waits, and ends. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
    this.#writeAll();
  }

  async #run(): Promise<AdmissionRecheckRun> {
    this.#writeAll();
    const { state, waitMs = defaultWaitMs, decides, now, decidedAgain } = this.#options;
    const decide = decides();
    const run = { looked: 0, proven: 0, refuted: 0 };
    for (const resource of this.#guard(() => state.recheck((list) => list.resources())) ?? []) {
      if (this.#isClosed) break;
      const text = this.#guard(() => state.recheck((list) => list.requestOf(resource)));
      const kept = text === undefined ? undefined : readKeptRequest(text);
      if (kept === undefined) continue;
      const decided = await this.#decide(() => decide(kept, performance.now() + waitMs));
      if (decided === undefined) continue;
      const { decision, stale } = decided;
      run.looked += 1;
      const findings = [
        ...this.#findings(decision.results, ["error", "fail"]),
        ...this.#staleFindings(decision.results, stale),
      ];
      const news = this.#guard(() =>
        state.recheck((list) => list.evaluatedResource(resource, findings, now().toISOString())),
      );
      if (findings.length === 0) {
        this.#listed.delete(resource);
        run.proven += 1;
      }
      if (findings.some((one) => one.state === "refuted")) run.refuted += 1;
      if (findings.length === 0 || (news ?? []).length > 0) decidedAgain?.({ request: kept, decision });
      for (const finding of news ?? [])
        this.#options.refuted({ ...finding, resource: resourceOf(resource), request: kept });
      // Deciding is synchronous: requests that came meanwhile go first.
      await nextTurn();
    }
    this.#options.changed();
    return run;
  }

  async #decide(act: () => Promise<DecidedNow> | DecidedNow): Promise<DecidedNow | undefined> {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      this.#options.report(error);
      return undefined;
    }
  }

  /** One for each image and policy; of several results the one that is certain. */
  #findings(results: readonly RuleResult[], statuses: readonly RuleResult["status"][]): readonly ImageFinding[] {
    const found = new Map<string, ImageFinding>();
    for (const { policy, policyNamespace: namespace, status, image, failures, message } of results) {
      if (!statuses.includes(status)) continue;
      const state = status === "fail" ? "refuted" : "unknown";
      const code = failures[0]?.code ?? (state === "refuted" ? "unverified-image" : "not-in-mirror");
      this.#add(found, { name: policy, namespace }, { image: image?.image ?? everyImage, state, code, message });
    }
    return [...found.values()];
  }

  /** What passed by an answer that was too old to be used if somebody had given another. */
  #staleFindings(results: readonly RuleResult[], stale: readonly UsedInOutage[]): readonly ImageFinding[] {
    const [first] = stale;
    const found = new Map<string, ImageFinding>();
    if (first === undefined) return [];
    const { question, at, outage } = first;
    const about = questionSubject(question);
    const message = `decided by an answer of ${at} about ${about}: ${outage.from} gives no newer one`;
    for (const { policy, policyNamespace: namespace, status, image } of results)
      if (status === "pass" && image !== undefined)
        this.#add(
          found,
          { name: policy, namespace },
          { image: image.image, state: "unknown", code: outage.code, message },
        );
    return [...found.values()];
  }

  #add(found: Map<string, ImageFinding>, of: Named, finding: Omit<ImageFinding, "policy" | "policyDigest">): void {
    const policy = policyName(of);
    const policyDigest = this.#options.digests.get(policy);
    const key = `${finding.image}\n${policy}`;
    if (policyDigest === undefined || (found.has(key) && finding.state !== "refuted")) return;
    found.set(key, { ...finding, policy, policyDigest });
  }

  #later(resource: string, what: Waiting | "decided"): void {
    this.#waiting.delete(resource);
    this.#waiting.set(resource, what);
    if (this.#waiting.size > mostWaiting) this.#write(perTurn);
    if (this.#turn === undefined) this.#timer ??= setTimeout(() => this.#writeInTurns(), flushMs).unref();
  }

  #writeInTurns(): void {
    this.#timer = undefined;
    this.#turn = undefined;
    this.#write(perTurn);
    if (this.#waiting.size > 0) this.#turn = setImmediate(() => this.#writeInTurns()).unref();
    else this.#written();
  }

  #writeAll(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
    this.#timer = undefined;
    this.#turn = undefined;
    if (this.#waiting.size === 0) return;
    this.#write(this.#waiting.size);
    this.#written();
  }

  /** What an instance remembers decides nothing: that it cannot be written keeps nobody from an answer. */
  #write(most: number): void {
    const waiting = [...this.#waiting].slice(0, most);
    for (const [resource] of waiting) this.#waiting.delete(resource);
    const { state, keepsObjects, limits } = this.#options;
    this.#guard(() =>
      state.useUnsynced(({ recheck: list }) =>
        list.together(() => {
          for (const [resource, what] of waiting)
            if (what === "decided") list.leave(resource);
            else {
              const request = writeKeptRequest(what.request, keepsObjects);
              const isLarge = Buffer.byteLength(request) > limits.recheckRequestBytes;
              if (what.findings === undefined) {
                if (!isLarge) list.keepRequest(resource, request);
                continue;
              }
              list.admitResource(
                { resource, ...(isLarge ? {} : { request }) },
                isLarge ? what.findings.map((one) => tooLarge(one, limits)) : what.findings,
                what.at,
              );
            }
        }),
      ),
    );
  }

  #written(): void {
    const { state, limits, report } = this.#options;
    syncLater(state, report);
    // The list drops entries beyond its bound, and does not say which. Reading it takes as long as it is.
    if (this.#listed.size > limits.recheckEntries * mostListed) this.#listed = this.#readListed();
    this.#options.changed();
  }

  #guard<T>(act: () => T): T | undefined {
    return reportFaults(act, this.#options.report);
  }
}

/** It stays on the list, and somebody else has to decide. */
const tooLarge = (finding: ImageFinding, { recheckRequestBytes }: Limits): ImageFinding => ({
  ...finding,
  code: "over-limit",
  message: `its request has more than ${recheckRequestBytes} bytes: it is not decided again; ${finding.message}`,
});
