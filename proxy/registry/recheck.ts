/**
 * Deciding again about what was let in undecided: when a sync ended, when the mirror changed, when a registry answers
 * again. What is refuted then may be running somewhere, so that it is told and stays on the list. Source:
 * docs/spec/offline.md#re-check-list.
 */
import { setImmediate } from "node:timers/promises";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { hostOf } from "../../core/oci/completeness.ts";
import { parseReference, verifiableDigest } from "../../core/oci/reference.ts";
import type { Finding, LetIn, RecheckCounts } from "../state/recheck-list.ts";
import { reportFaults } from "../state/report-faults.ts";
import type { State } from "../state/state.ts";
import { type Door, type DoorImage, imageText, type Verdict } from "./door/door.ts";
import { isOutageCode } from "./outage-code.ts";

export interface RecheckOptions {
  readonly state: State;
  readonly door: Door;
  readonly limits: Limits;
  readonly now: () => Date;
  /** How long one image waits for registries. */
  readonly waitMs?: number;
  /** Hears of an image that was let in, and that a policy refutes now. */
  readonly refuted: (image: string, finding: Finding) => void;
  /** Hears how long the list is, when that may have changed. */
  readonly counted: (counts: RecheckCounts) => void;
  readonly report: (error: EngineError) => void;
}

/** What a look at the list came to. */
export interface RecheckRun {
  /** Images that were decided again. */
  readonly looked: number;
  /** Images that are proven now, and left the list. */
  readonly proven: number;
  readonly refuted: number;
  /** Images whose registry does not answer, and that were left for the next time. */
  readonly left: number;
}

const defaultWaitMs = 9_500;

/** A pull has no resource: what was let in for a Pod is looked at by who let it in. */
const noResource = "";

/** In place of a policy's name: what refuses an image that no policy selects. */
export const noPolicy = "proxy.noMatch";

/** Where no policy selects an image any more, and what nobody selects is refused. */
const unselected = (message: string): Finding => ({
  policy: noPolicy,
  policyDigest: `sha256:${"0".repeat(64)}`,
  state: "refuted",
  code: "unverified-image",
  message,
});

export class Recheck {
  readonly #options: RecheckOptions;
  #running: Promise<RecheckRun> | undefined;
  #isClosed = false;

  constructor(options: RecheckOptions) {
    this.#options = options;
    this.#count();
  }

  /** Hears each verdict of the door. */
  judged(image: DoorImage, verdict: Verdict, isLetIn: boolean): void {
    const { state, now } = this.#options;
    const what = { image: imageText(image), resource: noResource };
    this.#guard(() => {
      if (verdict.verdict === "unknown" && isLetIn)
        state.recheck((list) => list.admit(what, verdict.findings ?? [], now().toISOString()));
      else if (verdict.verdict !== "unknown") this.#evaluated(what, verdict);
    });
    if (verdict.verdict !== "admitted") this.#count();
  }

  /** Decides about everything on the list again; who calls while that is done gets the same end. */
  run(): Promise<RecheckRun> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** How long the list is; `undefined` where it cannot be read. */
  counts(): RecheckCounts | undefined {
    return this.#guard(() => this.#options.state.recheck((list) => list.counts()));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  async #run(): Promise<RecheckRun> {
    const { state, door, waitMs = defaultWaitMs } = this.#options;
    const run = { looked: 0, proven: 0, refuted: 0, left: 0 };
    /** Registries that did not answer: one image of each is enough to know. */
    const silent = new Set<string>();
    const open = this.#guard(() => state.recheck((list) => list.images())) ?? [];
    for (const what of open) {
      if (this.#isClosed) break;
      if (what.resource !== noResource) continue;
      const image = this.#read(what);
      if (image === undefined) continue;
      const host = hostOf(image.repository);
      if (silent.has(host)) {
        run.left += 1;
        continue;
      }
      const verdict = await this.#judge(door, image, performance.now() + waitMs);
      if (verdict === undefined) continue;
      run.looked += 1;
      if (verdict.verdict === "admitted") run.proven += 1;
      if (verdict.verdict === "refused") run.refuted += 1;
      if (verdict.verdict === "unknown" && isOutage(verdict)) silent.add(host);
      this.#guard(() => this.#evaluated(what, verdict));
      // Deciding is synchronous: requests that came meanwhile go first.
      await setImmediate();
    }
    this.#count();
    return run;
  }

  async #judge(door: Door, image: DoorImage, deadline: number): Promise<Verdict | undefined> {
    try {
      return await door.judge(image, deadline);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      this.#options.report(error);
      return undefined;
    }
  }

  #evaluated(what: LetIn, verdict: Verdict): void {
    const { state, now, refuted } = this.#options;
    const findings =
      verdict.verdict === "admitted"
        ? []
        : (verdict.findings ?? (verdict.verdict === "refused" ? [unselected(verdict.message)] : []));
    // An unknown without its policies says nothing new.
    if (verdict.verdict === "unknown" && findings.length === 0) return;
    for (const finding of state.recheck((list) => list.evaluated(what, findings, now().toISOString())))
      refuted(what.image, finding);
  }

  /** An entry whose text damage has changed names nothing. */
  #read({ image }: LetIn): DoorImage | undefined {
    const { state, limits, report } = this.#options;
    return this.#guard(() => {
      try {
        const reference = parseReference(image, limits);
        const digest = verifiableDigest(reference);
        if (digest !== undefined)
          return {
            repository: reference.fetchRepository,
            digest,
            ...(reference.tag === undefined ? {} : { tag: reference.tag }),
          };
      } catch (error) {
        if (!(error instanceof EngineError) || (error.code !== "malformed" && error.code !== "over-limit")) throw error;
      }
      report(
        new EngineError("malformed", "an entry of the re-check list names no image: it was removed", {
          subject: image,
        }),
      );
      state.recheck((list) => list.forget(image));
      return undefined;
    });
  }

  #count(): void {
    const counts = this.counts();
    if (counts !== undefined) this.#options.counted(counts);
  }

  #guard<T>(act: () => T): T | undefined {
    return reportFaults(act, this.#options.report);
  }
}

/** Nobody answered: what is not here and cannot be asked for costs no time, and keeps no other back. */
const isOutage = ({ code }: Extract<Verdict, { verdict: "unknown" }>): boolean =>
  isOutageCode(code) && code !== "not-in-mirror";
