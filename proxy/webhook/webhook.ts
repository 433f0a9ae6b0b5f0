/**
 * The admission webhook: `/mutate/fail`, `/mutate/ignore`, `/validate/fail` and `/validate/ignore`. The first word is
 * the pass, the second the failure policy of the policies that are asked, as Kyverno splits them. Source:
 * docs/spec/kyverno.md#failure-policy, docs/spec/command-line.md#serve.
 */
import { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  type AdmissionRequest,
  type Asker,
  type Decision,
  type Engine,
  EngineError,
  type Knowledge,
  type Limits,
  type RuleResult,
} from "../../core/index.ts";
import { AskingRun } from "../../core/decide/settle.ts";
import { atOneMoment } from "../../core/knowledge/knowledge.ts";
import type { UsedInOutage } from "../../core/knowledge/overlay.ts";
import type { DecisionId } from "../state/decision-log.ts";
import { untilDeadline } from "../until-deadline.ts";
import {
  answerOf,
  othersThan,
  type Place,
  placeOf,
  refusalOf,
  type Strictness,
} from "../../core/admission/review-answer.ts";
import { didNotPass, resourceName } from "../../core/admission/denial.ts";
import { type Refusal, readReview, renderAnswer, type ReviewAnswer } from "../../core/admission/review.ts";
import { CurrentKnowledge, type Refreshing } from "./current-knowledge.ts";
import { type FindPlainReview, plainReviews } from "./plain-review.ts";
import { leavesImages, type OwnPlaces, ownPlaces } from "../../core/admission/unchanged.ts";
import { ReviewBodies } from "./review-bodies.ts";

export interface WebhookOptions extends Refreshing {
  /** The policies of each failure policy. */
  readonly engines: Readonly<Record<Strictness, Engine>>;
  readonly knowledge: Knowledge;
  /** Who is asked for what is not known, until a time on the clock of `performance`. Without it nobody is asked. */
  readonly asker?: ((deadline: number) => Asker) | undefined;
  /** Requests that wait for others to answer; more are shed. No namespace holds more places than are free. */
  readonly concurrency: number;
  readonly limits: Limits;
  /** Whether the whole object is kept of what is decided again. */
  readonly keepsObjects?: boolean | undefined;
  readonly now: () => Date;
  /** The roles of a user, for the policies that read them. @throws EngineError where they cannot be known. */
  readonly rolesOf?: Partial<Record<Strictness, RolesOf>> | undefined;
  /** An id for each answer, by which people ask for it. */
  readonly newId?: (() => DecisionId) | undefined;
  /** What else `explain` must be told to find a remembered decision: flags, each after a space. */
  readonly explainFlags?: string | undefined;
  /** Keeps what did not pass, under its id. */
  readonly remember?: ((one: NotPassed) => void) | undefined;
  /** Hears each decision, before it is answered; it must not take long. */
  readonly judged?: ((one: Judged) => void) | undefined;
  /** What is told of a result that did not pass, beside what the decision says. */
  readonly advice?: ((result: RuleResult) => string | undefined) | undefined;
  /**
   * Captures a decision in the turn in which it was made. What it gives back is called when the decision is answered
   * with, to write it under this id, or one of its own, which it gives back.
   */
  readonly record?: ((one: Made) => (id: string | undefined) => string) | undefined;
  readonly log: (event: AdmissionEvent, response: ServerResponse) => void;
  /** A fault of the program, which blocks the request. */
  readonly failed: (error: unknown, response: ServerResponse) => void;
}

/** A decision, and what it was made of. */
export interface Made {
  readonly request: AdmissionRequest;
  readonly decision: Decision;
  readonly knowledge: Knowledge;
  readonly place: Place;
}

/** What a URL says. */
interface Asked {
  readonly url: string;
  readonly path: string;
  readonly place: Place | undefined;
  readonly timeout: number;
}

export type RolesOf = (user: NonNullable<AdmissionRequest["userInfo"]>) => {
  readonly roles: readonly string[];
  readonly clusterRoles: readonly string[];
};

/** A decision about a request, and the old answers that it rests on because nobody could give newer ones. */
export interface Judged {
  readonly request: AdmissionRequest;
  readonly place: Place;
  readonly decision: Decision;
  readonly stale: readonly UsedInOutage[];
  /** From the request to the decision. */
  readonly seconds: number;
}

/** A decision in which something did not pass. */
export interface NotPassed {
  readonly id: DecisionId;
  readonly path: string;
  readonly request: AdmissionRequest;
  readonly decision: Decision;
}

/** One answered review. */
export type AdmissionEvent = {
  readonly uid: string;
  readonly path: string;
  readonly resource: string;
  readonly operation: string;
  readonly user?: string;
  readonly allowed: boolean;
  /** Codes of what did not pass. */
  readonly codes: readonly string[];
  readonly dryRun: boolean;
  /** The id of the answer; what did not pass is remembered by it. */
  readonly decision?: string;
  /** Whether nobody decided, since the update leaves every image. */
  readonly unchanged?: boolean;
};

/** What an API server waits if it does not say. */
const defaultTimeoutMs = 10_000;
const mostTimeoutMs = 30_000;
/** Others are waited for during this part of the time; then it is decided with what is known. */
const partForAsking = 0.7;
/** And then an answer goes out, whatever it is: after its own time the API server says only that it took too long. */
const partForDeciding = 0.9;
/** Seconds after which who was shed may come again. */
const retryAfter = 1;
/** Of what a review says of itself, in the log: who is not an API server chooses how long that is. */
const longestLogged = 1024;

export class Webhook {
  readonly #options: WebhookOptions;
  readonly #own: OwnPlaces;
  readonly #findPlain: FindPlainReview | undefined;
  readonly #current: CurrentKnowledge;
  #waiting = 0;
  /** By namespace. */
  readonly #waitingIn = new Map<string, number>();
  readonly #bodies: ReviewBodies;
  /** What was asked last. */
  #asked: Asked | undefined;

  constructor(options: WebhookOptions) {
    this.#options = options;
    this.#bodies = new ReviewBodies(options.limits.reviewBytes);
    const { fail, ignore } = options.engines;
    this.#own = ownPlaces([...fail.policies, ...ignore.policies]);
    this.#current = new CurrentKnowledge(options.knowledge, options);
    // A record is of the whole object.
    const keepsObjects = options.keepsObjects === true || options.record !== undefined;
    this.#findPlain = fail.isPlain && ignore.isPlain && !keepsObjects ? plainReviews() : undefined;
  }

  /** Answers a request to one of the paths. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    const began = performance.now();
    const { path, place, timeout } = this.#askedBy(request.url ?? "");
    if (place === undefined) {
      reply(response, 404, '{"error":"no webhook is at this path"}');
      return;
    }
    if (request.method !== "POST") {
      response.setHeader("allow", "POST");
      reply(response, 405, '{"error":"a review comes by POST"}');
      return;
    }
    this.#bodies.read(request, response, (body) => this.#answer(body, place, path, began + timeout, began, response));
  }

  /** An API server calls each of its webhooks by one URL. */
  #askedBy(url: string): Asked {
    if (this.#asked?.url === url) return this.#asked;
    const question = url.indexOf("?");
    const path = question < 0 ? url : url.slice(0, question);
    const asked = { url, path, place: placeOf(path), timeout: timeoutOf(url, question) };
    this.#asked = asked;
    return asked;
  }

  #answer(body: Buffer, place: Place, path: string, end: number, began: number, response: ServerResponse): void {
    let uid = "";
    try {
      const { limits } = this.#options;
      const review = this.#findPlain?.(body, limits) ?? readReview(body.toString("utf8"), limits);
      uid = review.uid;
      const judged = this.#judge(this.#withRoles(review.request(), place), place, path, { began, end }, response);
      if ("then" in judged)
        judged.then(
          (answer) => send(response, uid, answer),
          (error: unknown) => this.#refuse(error, uid, path, response),
        );
      else send(response, uid, judged);
    } catch (error) {
      this.#refuse(error, uid, path, response);
    }
  }

  /** What cannot be read is refused where there is an id to answer to, and is a bad request where there is none. */
  #refuse(error: unknown, uid: string, path: string, response: ServerResponse): void {
    let refused: Refusal = { code: 500, message: "this is a bug in sallyport; its log has more" };
    const codes = error instanceof EngineError ? [error.code] : [];
    if (error instanceof EngineError) refused = refusalOf(error);
    else this.#options.failed(error, response);
    if (uid === "") {
      reply(response, refused.code ?? 500, JSON.stringify({ error: refused.message }));
      return;
    }
    // What it is about was not read.
    const unread = { resource: "", operation: "", dryRun: false };
    this.#options.log({ uid: uid.slice(0, longestLogged), path, allowed: false, codes, ...unread }, response);
    send(response, uid, { refused });
  }

  /** A review names no roles. What selects by roles that nobody knows would select nothing, so that is refused. */
  #withRoles(request: AdmissionRequest, { strictness }: Place): AdmissionRequest {
    const rolesOf = this.#options.rolesOf?.[strictness];
    return rolesOf === undefined ? request : { ...request, ...rolesOf(request.userInfo ?? {}) };
  }

  /** Whether it can be asked for by its id from now on. */
  #remembers(path: string, request: AdmissionRequest, decided: Decided, id: DecisionId | undefined): boolean {
    const { remember } = this.#options;
    if (id === undefined || remember === undefined || !isDecision(decided) || !decided.results.some(didNotPass))
      return false;
    remember({ id, path, request, decision: decided });
    return true;
  }

  #advised(decided: Decided): Decided {
    const { advice } = this.#options;
    if (advice === undefined || !isDecision(decided) || !decided.results.some(didNotPass)) return decided;
    const told = decided.results.filter(didNotPass).flatMap((result) => advice(result) ?? []);
    return told.length === 0 ? decided : { ...decided, trustWarnings: [...decided.trustWarnings, ...told] };
  }

  #judge(
    request: AdmissionRequest,
    place: Place,
    path: string,
    time: { readonly began: number; readonly end: number },
    response: ServerResponse,
  ): ReviewAnswer | Promise<ReviewAnswer> {
    const {
      engines,
      knowledge,
      asker,
      now,
      refreshMs,
      given,
      judged,
      newId,
      record,
      explainFlags = "",
    } = this.#options;
    let write: ((id: string | undefined) => string) | undefined;
    const made = (decision: Decision, known: Knowledge): Decision => {
      write = record?.({ request, decision, knowledge: known, place });
      return decision;
    };
    /** A record reads the source once more after the decision: both are of one moment. */
    const together = <T>(known: Knowledge, act: () => T): T => (record === undefined ? act() : atOneMoment(known, act));
    const tell = (decided: Decided, stale: readonly UsedInOutage[] = []): ReviewAnswer => {
      if (isDecision(decided) && judged !== undefined) {
        const seconds = (performance.now() - time.began) / 1000;
        judged({ request, place, decision: decided, stale, seconds });
      }
      const given = newId?.();
      const asked = this.#remembers(path, request, decided, given) ? `${given ?? ""}${explainFlags}` : undefined;
      const id = isDecision(decided) ? (write?.(given) ?? given) : given;
      const others = othersThan(place, engines);
      const { answer, codes } = answerOf(request, place, this.#advised(decided), { others, id: asked });
      const user = request.userInfo?.username;
      const event: { -readonly [Key in keyof AdmissionEvent]: AdmissionEvent[Key] } = {
        uid: request.uid?.slice(0, longestLogged) ?? "",
        path,
        resource: resourceName(request),
        operation: request.operation,
        allowed: answer.refused === undefined,
        codes,
        dryRun: request.dryRun === true,
      };
      if (user !== undefined) event.user = user.slice(0, longestLogged);
      if (id !== undefined) event.decision = id;
      if (decided === "unchanged") event.unchanged = true;
      this.#options.log(event, response);
      return answer;
    };
    if (leavesImages(request, this.#own)) return tell("unchanged");
    const engine = engines[place.strictness];
    const options = { pass: place.pass };
    const at = now();
    const decideAs = (known: Knowledge): Decision => engine.decide(request, known, at, options);
    if (asker === undefined) return tell(together(knowledge, () => made(decideAs(knowledge), knowledge)));
    const room = this.#placeFor(request.namespace);
    // Most requests need nobody: they are decided at once, by what is remembered.
    const current = this.#current;
    const first = together(current.knowledge, () => {
      const decision = decideAs(current.knowledge);
      const currency = current.currency(decision, at);
      return currency === "current" ? made(decision, current.knowledge) : currency;
    });
    if (typeof first === "object") return tell(first);
    if (first === "copied") {
      const copied = together(knowledge, () => {
        const decision = decideAs(knowledge);
        // The age of the mirror may have made it look for more.
        return current.currency(decision, at) === "asking" ? undefined : made(decision, knowledge);
      });
      if (copied !== undefined) return tell(copied);
    }
    // Who needs no answer is never shed either, though older ones are used then.
    if (typeof room === "object") {
      const decision = together(knowledge, () => made(decideAs(knowledge), knowledge));
      return tell(decision.open.length === 0 ? decision : room);
    }
    const leave = room();
    const whole = time.end - time.began;
    const run = new AskingRun(knowledge, asker(time.began + whole * partForAsking), at, {
      heldBytes: engine.limits.heldBytes,
      refresh: refreshMs,
      ...(given === undefined ? {} : { given }),
    });
    const decide = (known: Knowledge, now: Date): Decision =>
      together(known, () => made(engine.decide(request, known, now, options), known));
    const settled = run.settle(decide, engine.limits.settleRounds);
    // What comes after its time is nobody's answer; its questions are answered for the next request.
    settled.catch((error: unknown) => this.#options.failed(error, response));
    return untilDeadline(settled, time.began + whole * partForDeciding)
      .then((decision) => (decision === "late" ? tell(late) : tell(decision, run.usedInOutages())))
      .finally(leave);
  }

  /** Takes a place among those that wait, and leaves it; or why there is none. */
  #placeFor(namespace = ""): Refusal | (() => () => void) {
    const own = this.#waitingIn.get(namespace) ?? 0;
    const free = this.#options.concurrency - this.#waiting;
    if (free <= 0) return shed("too many requests wait for registries at the same time");
    if (own >= free) return shed("too many requests of this namespace wait for registries at the same time");
    const count = (by: 1 | -1): void => {
      this.#waiting += by;
      const left = (this.#waitingIn.get(namespace) ?? 0) + by;
      if (left === 0) this.#waitingIn.delete(namespace);
      else this.#waitingIn.set(namespace, left);
    };
    return () => {
      count(1);
      return () => count(-1);
    };
  }
}

type Decided = Decision | Refusal | "unchanged";

const isDecision = (decided: Decided): decided is Decision => typeof decided === "object" && "results" in decided;

const shed = (why: string): Refusal => ({ code: 429, retryAfter, message: `[overloaded] ${why}; try again` });

const late: Refusal = {
  code: 429,
  retryAfter,
  message: "[overloaded] the time for this request is over; verification goes on: try again",
};

/** How long the API server waits: `?timeout=10s`, in whole seconds. */
function timeoutOf(url: string, question: number): number {
  const seconds = question < 0 ? undefined : /[?&]timeout=(\d{1,4})s(?:&|$)/.exec(url.slice(question))?.[1];
  return seconds === undefined ? defaultTimeoutMs : Math.min(Math.max(Number(seconds) * 1000, 1000), mostTimeoutMs);
}

const send = (response: ServerResponse, uid: string, answer: ReviewAnswer): void =>
  reply(response, 200, renderAnswer(uid, answer));

function reply(response: ServerResponse, status: number, body: string): void {
  const length = Buffer.byteLength(body);
  // As a list: Node looks at each field of an object several times.
  response.writeHead(status, ["content-type", "application/json", "content-length", String(length)]);
  // ASCII is copied as it is.
  response.end(body, length === body.length ? "latin1" : "utf8");
}
