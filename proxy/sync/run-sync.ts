/**
 * One sync: every image of a list until nothing is open that could be asked, each answer stored as it comes, and at the
 * end what the far side will decide. Source: docs/spec/offline.md#sync.
 */
import { AskingRun } from "../../core/decide/settle.ts";
import type { Engine } from "../../core/decide/engine.ts";
import { codeRow, EngineError } from "../../core/errors.ts";
import type { Answer, DefiniteAnswer } from "../../core/knowledge/answer.ts";
import type { CompletenessClaim } from "../../core/knowledge/completeness-claim.ts";
import type { Asker, Knowledge } from "../../core/knowledge/knowledge.ts";
import { isArtifactQuestion, type Question, questionText } from "../../core/knowledge/question.ts";
import { questionWords } from "../../core/knowledge/question-words.ts";
import { RecordingKnowledge } from "../../core/knowledge/recording-knowledge.ts";
import type { Limits } from "../../core/limits.ts";
import { parseAssociatedTag } from "../../core/oci/associated-tag.ts";
import { canonicalQuestion, imageScope } from "../../core/oci/completeness.ts";
import type { Descriptor } from "../../core/oci/descriptor.ts";
import type { Mirror } from "../mirror/mirror.ts";
import type { SaidAgain } from "../mirror/mirror-writer.ts";
import { type Coverage, coverageOf } from "./coverage.ts";
import type { FetchLayer } from "./fetch-layer.ts";
import { type Closure, type ClosureOptions, ImageClosure, type SyncImage } from "./image-closure.ts";
import { type Failed, NotingAsker } from "./noting-asker.ts";
import type {
  CoveredImage,
  Drift,
  ImageStatus,
  SyncedImage,
  SyncEvent,
  SyncOutage,
  SyncProblem,
  SyncReport,
} from "./sync-events.ts";
import { SyncStore } from "./sync-store.ts";
import type { WholeRepository } from "./list-images.ts";

export interface SyncOptions {
  readonly images: readonly SyncImage[];
  /** Open for writing; of a dry run, absent where there is none yet. */
  readonly mirror: Mirror | undefined;
  /** The mirror and what else is known. */
  readonly knowledge: Knowledge;
  /** What is never asked for: files of the command line, pins. */
  readonly given: Knowledge;
  readonly asker: Asker;
  /**
   * The asker with what an operator added to the mirror beside it. `isSaidAgain` confirms what the mirror has: then
   * nothing was added that differs.
   */
  readonly besideAdded: (asker: Asker, isSaidAgain: SaidAgain) => Asker;
  /** The far side's policies. */
  readonly engine?: Engine | undefined;
  /** What values say to every request. */
  readonly values?: ClosureOptions["values"];
  /** Asked for besides those that the policies name. */
  readonly trustedRoots: readonly string[];
  readonly now: () => Date;
  readonly limits: Limits;
  /** Questions, and images, at the same time. */
  readonly inFlight: number;
  /** Answers that can change and are younger than this are not asked for again. Default 0: all of them are. */
  readonly refreshMs?: number | undefined;
  readonly isDry: boolean;
  readonly complete?: "image" | "repository" | undefined;
  /** Repositories whose tags were listed, and those whose tags could not be. */
  readonly whole: readonly WholeRepository[];
  readonly problems: readonly SyncProblem[];
  /** Who says that what is claimed is complete. */
  readonly claimedBy: string;
  /** Fetches a layer into the mirror. */
  readonly fetchLayer?: FetchLayer | undefined;
  readonly on: (event: SyncEvent) => void;
  readonly stop?: AbortSignal | undefined;
  /** Aborted where it did not end in time: then it may write nothing any more. */
  readonly lost?: AbortSignal | undefined;
}

/**
 * @throws EngineError where the mirror cannot be written. What was reported as stored is stored.
 */
export const runSync = (options: SyncOptions): Promise<SyncReport> => new Sync(options).run();

class Sync {
  readonly #options: SyncOptions;
  readonly #asker: NotingAsker;
  readonly #store: SyncStore | undefined;
  readonly #asking: AskingRun;
  readonly #reports: Promise<void>[] = [];
  #hasFailed = false;
  readonly #drifts = new Map<string, Drift>();
  /** Answers that only this run has, by canonical text. */
  readonly #unkept = new Set<string>();
  /** Of answers that were compared with the mirror's, whether it had the same, and has it as of now. */
  readonly #saidAgain = new WeakMap<Answer, boolean>();
  #hasEndedClaims = false;
  readonly #mirrored = new Map<string, boolean>();
  readonly #outcomes: { readonly image: SyncImage; readonly synced: SyncedImage; readonly closure?: Closure }[] = [];

  constructor(options: SyncOptions) {
    const { mirror, knowledge, asker, besideAdded, now, inFlight, refreshMs = 0, isDry, on } = options;
    this.#options = options;
    this.#store =
      mirror === undefined || isDry
        ? undefined
        : new SyncStore(
            mirror,
            {
              ended: (claim) => {
                this.#hasEndedClaims = true;
                on({ event: "claim-ended", claim });
              },
              tooLarge: (question, { message }) =>
                on({ event: "not-kept", subject: questionWords(question), why: message }),
            },
            options.lost,
          );
    // The mirror keeps who was asked in vain, for people.
    this.#asker = new NotingAsker(
      besideAdded(asker, (...said) => this.#isSaidAgain(...said)),
      {
        isDry,
        failed: ({ question, outage }) => void this.#store?.put(question, outage),
      },
    );
    this.#asking = new AskingRun(knowledge, this.#asker, now(), {
      // Of all that is asked for nothing is young enough, not even what was asked in the same moment.
      refresh: refreshMs > 0 ? refreshMs : -1,
      given: options.given,
      inFlight,
      stop: options.stop ?? { aborted: false },
      store: (question, answer) => this.#keep(question, answer),
    });
  }

  /** Most answers say what the mirror has: they are confirmed there, and nothing else is looked at. */
  #isSaidAgain(question: Question, answer: DefiniteAnswer): boolean {
    if (this.#store === undefined) return false;
    const isSame = this.#store.confirm(question, answer);
    this.#saidAgain.set(answer, isSame);
    return isSame;
  }

  async run(): Promise<SyncReport> {
    const { images, now, on, isDry } = this.#options;
    const started = now().toISOString();
    on({ event: "started", images: images.length, isDry });
    try {
      await this.#settleRoots();
      await this.#inFlight(images, (image) => this.#sync(image));
      // Nothing more comes that the last commit could wait for.
      this.#store?.commit();
      await Promise.all(this.#reports);
      return this.#report(started);
    } catch (error) {
      this.#store?.abandon();
      throw error;
    }
  }

  /** Trusted roots are refreshed in every sync: their metadata has an expiry. */
  async #settleRoots(): Promise<void> {
    const { trustedRoots, limits } = this.#options;
    if (trustedRoots.length === 0) return;
    await this.#asking.settle((knowledge) => {
      const recorded = new RecordingKnowledge(knowledge);
      for (const name of trustedRoots) recorded.answer({ kind: "trusted-root", name });
      return { open: recorded.open() };
    }, limits.settleRounds);
  }

  /** At most `inFlight` at once; the first error that is not about a single image ends all. */
  async #inFlight<Item>(items: readonly Item[], act: (item: Item) => Promise<void>): Promise<void> {
    const { inFlight, stop } = this.#options;
    let next = 0;
    let failed = false;
    const work = async (): Promise<void> => {
      while (next < items.length && !failed && !this.#hasFailed && stop?.aborted !== true)
        try {
          await act(items[next++] as Item);
        } catch (error) {
          failed = true;
          throw error;
        }
    };
    await Promise.all(Array.from({ length: Math.min(inFlight, items.length) }, work));
  }

  #keep(question: Question, answer: Answer): boolean {
    const isSame = this.#saidAgain.get(answer);
    if (isSame === true) return true;
    this.#noteDrift(question, answer);
    const isKept = this.#store?.put(question, answer, isSame === false) ?? false;
    if (!isKept) this.#unkept.add(questionText(question));
    return isKept;
  }

  #noteDrift(question: Question, answer: Answer): void {
    if (question.kind !== "tag" || parseAssociatedTag(question.tag) !== undefined) return;
    const before = this.#options.mirror?.knowledge().recorded(question);
    if (before?.state !== "present") return;
    const after = answer.state === "present" ? (answer.value as Descriptor).digest : undefined;
    if (after === before.value.digest) return;
    const drift = { before: before.value.digest, ...(after === undefined ? {} : { after }) };
    this.#drifts.set(questionText(canonicalQuestion(question)), drift);
    this.#options.on({ event: "drifted", image: `${question.repository}:${question.tag}`, drift });
  }

  async #sync(image: SyncImage): Promise<void> {
    const { limits, engine, values, now, on, images, fetchLayer, isDry } = this.#options;
    const started = now().getTime();
    const walk = new ImageClosure(image, { engine, values, limits, withLayers: fetchLayer !== undefined });
    let closure: Closure | undefined;
    let fault: EngineError | undefined;
    let layerBytes = 0;
    let hadLayer = false;
    try {
      if (engine !== undefined)
        await this.#asking.settle((knowledge, at) => walk.gather(knowledge, at), limits.settleRounds);
      closure = await this.#asking.settle((knowledge, at) => walk.attempt(knowledge, at), limits.settleRounds);
      for (const { repository, descriptor } of fetchLayer === undefined || isDry ? [] : closure.layers) {
        const layer = await fetchLayer?.(repository, descriptor);
        layerBytes += layer?.bytes ?? 0;
        hadLayer ||= layer?.wasHere === true;
      }
    } catch (error) {
      if (!(error instanceof EngineError) || !isOfImage(error)) throw error;
      fault = error;
    }
    const synced = this.#outcome(image, closure, { fault, layerBytes, hadLayer, ms: now().getTime() - started });
    const report = (): void => {
      this.#outcomes.push({ image, synced, ...(closure === undefined ? {} : { closure }) });
      on({ event: "image", image: synced, done: this.#outcomes.length, total: images.length });
    };
    if (this.#store === undefined) report();
    else this.#afterCommit(this.#store.committed(), report);
  }

  /** What is reported is on the disk; the next image does not wait for that. */
  #afterCommit(committed: Promise<void>, report: () => void): void {
    const reported = committed.then(report);
    // Whoever waits for all of them hears of a failure.
    reported.catch(() => {
      this.#hasFailed = true;
    });
    this.#reports.push(reported);
  }

  #outcome(
    image: SyncImage,
    closure: Closure | undefined,
    seen: {
      readonly fault: EngineError | undefined;
      readonly layerBytes: number;
      readonly hadLayer: boolean;
      readonly ms: number;
    },
  ): SyncedImage {
    const { fault, layerBytes, hadLayer, ms } = seen;
    const read = [...(closure?.read ?? [])];
    const problems = [
      ...read.flatMap(([text]) => this.#asker.failure(text) ?? []).map(toProblem),
      ...[...(closure?.faults ?? []), ...(fault === undefined ? [] : [fault])].map(faultProblem),
    ];
    const content = read.filter(([, { kind }]) => kind === "manifest" || kind === "blob").map(([text]) => text);
    const { fetchRepository, tag = "" } = image.reference;
    const drifted = this.#drifts.get(questionText({ kind: "tag", repository: fetchRepository, tag }));
    const bytes = content.reduce((sum, text) => sum + this.#asker.claim(text), 0) + layerBytes;
    const isFetched = layerBytes > 0 || content.some((text) => this.#asker.fetched(text) !== undefined);
    const isHeld = content.some(
      (text) => this.#asker.fetched(text) === undefined && closure !== undefined && !closure.open.some(isText(text)),
    );
    const isWanted = this.#options.isDry && (isFetched || read.some(([text]) => this.#asker.isWanted(text)));
    const came: ImageStatus = isHeld || hadLayer ? "resumed" : "copied";
    const brought: ImageStatus = isWanted ? "wanted" : isFetched ? came : "exists";
    const status = closure?.absent === true ? "absent" : problems.length > 0 ? "failed" : brought;
    return {
      image: image.text,
      from: image.from,
      status,
      bytes,
      ms,
      problems,
      ...(closure?.digest === undefined ? {} : { digest: closure.digest }),
      ...(drifted === undefined ? {} : { drifted }),
    };
  }

  #report(started: string): SyncReport {
    const { now, isDry, engine, values, limits, mirror, stop, images } = this.#options;
    // From the mirror alone: what only this run knows is not there. A dry run has no other place.
    const known = mirror === undefined || isDry ? this.#asking.knowledge : mirror.knowledge();
    const covered = this.#outcomes.map(({ image, synced, closure }): CoveredImage & { readonly listed: SyncImage } => {
      const settled = closure !== undefined && this.#isMirrored(closure) ? closure : undefined;
      const coverage = coverageOf(image, { engine, values, limits }, known, now(), settled);
      return { ...synced, coverage, listed: image };
    });
    const { complete, withheld } = this.#claim(covered);
    const wanted = this.#asker.wanted();
    const order = new Map(images.map((image, index) => [image, index]));
    const report: SyncReport = {
      started,
      ended: now().toISOString(),
      images: covered
        .sort((left, right) => (order.get(left.listed) ?? 0) - (order.get(right.listed) ?? 0))
        .map(({ listed: _, ...image }) => image),
      outages: toOutages([...this.#options.problems, ...this.#asker.failures().map(toProblem)]),
      asked: this.#asker.counts(),
      bytes: covered.reduce((sum, { bytes }) => sum + bytes, 0),
      ...(isDry
        ? {
            wanted: {
              questions: wanted.map(({ question }) => questionWords(question)),
              bytes: wanted.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
            },
          }
        : {}),
      complete,
      withheld,
      isStopped: stop?.aborted === true && covered.length < images.length,
    };
    this.#store?.write(() => mirror?.log.addRun(toRun(report, this.#options.claimedBy)));
    this.#store?.commit();
    return report;
  }

  /** Whether the mirror alone has every answer that an image's last attempt read: then it would decide the same. */
  #isMirrored({ open, faults, read }: Closure): boolean {
    if (this.#store === undefined || this.#hasEndedClaims || open.length > 0 || faults.length > 0) return false;
    for (const [text, question] of read)
      if (this.#unkept.has(text) || this.#asker.failure(text) !== undefined || !this.#isSame(text, question))
        return false;
    return true;
  }

  /** Artifacts are the mirror's own or were put into it. Trust, keys and the cluster may come from files. */
  #isSame(text: string, question: Question): boolean {
    if (isOfRegistry(question)) return true;
    const held = this.#mirrored.get(text);
    if (held !== undefined) return held;
    const [here, there] = [this.#asking.knowledge, this.#options.mirror?.knowledge()].map((known): Answer | undefined =>
      known?.answer(question),
    );
    const isSame = here?.state === there?.state && here?.at === there?.at && here?.from === there?.from;
    this.#mirrored.set(text, isSame);
    return isSame;
  }

  /** Claims what was asked for: each image without an open question, each repository without one in any of its tags. */
  #claim(covered: readonly (CoveredImage & { readonly listed: SyncImage })[]) {
    const { complete: grain, mirror, now, claimedBy, whole } = this.#options;
    const complete: CompletenessClaim[] = [];
    const withheld: { readonly scope: string; readonly why: string }[] = [];
    const store = this.#store;
    if (grain === undefined || mirror === undefined || store === undefined) return { complete, withheld };
    const claim = (scope: string): void => {
      const stated = { scope, at: now().toISOString(), from: claimedBy };
      store.write(() => mirror.writer().setComplete(scope, stated));
      complete.push(stated);
    };
    const openOf = ({ coverage, problems, status }: CoveredImage): string | undefined =>
      status === "absent"
        ? noSuchImage
        : problems.length > 0
          ? `${problems[0]?.subject ?? ""}: ${problems[0]?.why ?? ""}`
          : coverage.missing[0] === undefined
            ? undefined
            : questionWords(coverage.missing[0]);
    if (grain === "image") {
      for (const image of covered) {
        const { fetchRepository } = image.listed.reference;
        const why = openOf(image);
        const scope = image.digest === undefined ? image.image : imageScope(fetchRepository, image.digest);
        if (why === undefined && image.digest !== undefined) claim(scope);
        else withheld.push({ scope, why: why ?? "its digest is not known" });
      }
      return { complete, withheld };
    }
    // Also tags that hold signatures: their image may have no tag of its own.
    const read = new Set(this.#outcomes.flatMap(({ closure }) => [...(closure?.read.keys() ?? [])]));
    for (const { repository, tags, why } of whole) {
      const own = covered.filter(({ listed }) => listed.reference.fetchRepository === repository);
      const left = tags.filter((tag) => !read.has(questionText(placeOf(repository, tag))));
      const open = own.map(openOf).find((text) => text !== undefined);
      const reason =
        why ??
        (left.length > 0
          ? `${left.length} of its ${tags.length} tags are not in the list: ${left.slice(0, 3).join(", ")}`
          : open);
      if (reason === undefined) claim(repository);
      else withheld.push({ scope: repository, why: reason });
    }
    return { complete, withheld };
  }
}

/** The question that covers a tag: a tag of the referrers fallback is read by asking for the referrers. */
function placeOf(repository: string, tag: string): Question {
  const associated = parseAssociatedTag(tag);
  return associated?.kind === "referrers"
    ? { kind: "referrers", repository, digest: associated.image }
    : { kind: "tag", repository, tag };
}

const isOfRegistry = ({ kind }: Question): boolean =>
  kind === "tag" || kind === "manifest" || kind === "blob" || kind === "referrers";

const isText =
  (text: string) =>
  (question: Question): boolean =>
    questionText(question) === text;

/** Whether the error is about an image, and not about the mirror or the program. */
const isOfImage = ({ code }: EngineError): boolean => ["refuted", "unknown"].includes(codeRow(code).truth);

const isIgnorable = ({ question, outage }: Failed): boolean =>
  isArtifactQuestion(question) && codeRow(outage.code).ignorable === "artifact";

const toProblem = (failed: Failed): SyncProblem => ({
  subject: failed.outage.asked ?? questionWords(failed.question),
  code: failed.outage.code,
  why: failed.outage.why ?? failed.outage.code,
  from: failed.outage.from,
  isIgnorable: isIgnorable(failed),
});

const faultProblem = ({ code, message, subject = "" }: EngineError): SyncProblem => ({
  subject,
  code,
  why: message,
  from: "",
  isIgnorable: false,
});

/** One for each of those that could not be asked, and each code. */
function toOutages(problems: readonly SyncProblem[]): readonly SyncOutage[] {
  const found = new Map<string, SyncOutage>();
  for (const { from, code, why, isIgnorable } of problems) {
    const key = `${from} ${code} ${isIgnorable}`;
    const held = found.get(key) ?? { from, code, why, questions: 0, isIgnorable };
    found.set(key, { ...held, questions: held.questions + 1 });
  }
  return [...found.values()].sort((left, right) => (left.from < right.from ? -1 : 1));
}

/** The row of the mirror's log: counts, and what failed. */
function toRun({ started, ended, images, outages, bytes, asked, isStopped }: SyncReport, from: string) {
  const count = (status: ImageStatus): number => images.filter((image) => image.status === status).length;
  return {
    kind: "mirror sync",
    started,
    ended,
    from,
    summary: {
      images: images.length,
      copied: count("copied"),
      exists: count("exists"),
      resumed: count("resumed"),
      absent: count("absent"),
      failed: count("failed"),
      drifted: images.filter(({ drifted }) => drifted !== undefined).length,
      uncovered: images.filter(({ coverage }: { readonly coverage: Coverage }) => !coverage.isCovered).length,
      bytes,
      asked: { ...asked },
      ...(isStopped ? { stopped: true } : {}),
      outages: outages.map(({ from: who, code, questions }) => ({ from: who, code, questions })),
      problems: images
        .filter(({ status }) => status === "failed" || status === "absent")
        .slice(0, mostNamed)
        .map(({ image, status, problems }) => ({ image, status, why: problems[0]?.why ?? noSuchImage })),
    },
  };
}

const noSuchImage = "there is no such image";
/** Failed images that a row of the log names. */
const mostNamed = 100;
