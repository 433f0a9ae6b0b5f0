/**
 * The verdicts of the real Kyverno on signed images, against ours: per pass the same set of (rule, status) and the same
 * patched images, or a difference that a row of golden-differences.json decides.
 */
import { shownStatus } from "../../core/admission/report-result.ts";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  createEngine,
  type Decision,
  type Engine,
  EngineError,
  loadPolicies,
  requestFor,
  type AdmissionRequest,
  type Answer,
  type AnswerTo,
  type Knowledge,
  type Question,
  type JsonObject,
} from "../../core/index.ts";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { type Cause, examine, type Examined, showsCause } from "./golden-cause.ts";
import { type AcceptedCase, readParts, runDamages } from "./golden-damage.ts";
import { holdsIndependently } from "./independent-signature.ts";
import { toJson } from "../../core/kyverno/policy/policy-value.ts";
import { parseYaml } from "../../core/kyverno/policy/yaml.ts";
import { openLayout } from "../../proxy/archive/oci-layout.ts";
import { defaultLimits } from "../../core/limits.ts";
import { fastVerifier } from "../lab/verify.ts";

export interface GoldenCase {
  readonly id: string;
  readonly stage: "V0" | "A1" | "V2";
  readonly what: string;
  readonly policy: string;
  readonly resource: string;
  readonly exception?: string;
  readonly layouts: readonly (
    | "registry"
    | { readonly path: string; readonly repository: string; readonly tag: string }
  )[];
  readonly unreachable?: readonly string[];
  readonly trustedRoot?: string;
  readonly contested?: string;
  readonly kyverno: {
    readonly rules: readonly { readonly rule: string; readonly status: string; readonly message: string }[];
    readonly patchedImages?: Readonly<Record<string, string>>;
    readonly exit: number;
    readonly rejected?: string;
    readonly loadError?: string;
  };
}

export interface Observed {
  /** `refused CODE` when the policy does not load, else the two passes. */
  readonly refused?: string;
  readonly mutate: readonly string[];
  readonly validate: readonly string[];
  readonly patched: Readonly<Record<string, string>>;
  readonly codes: readonly string[];
  readonly messages: readonly string[];
}

export const readGoldenCases = (folder: string): readonly GoldenCase[] =>
  readFileSync(join(folder, "cases.jsonl"), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as GoldenCase);

const validating = /^(image verified|image skipped|unverified image |missing digest for )/;

const wholeRuleMessages = [
  /^(preconditions not met|rule is skipped due to policy exception)/,
  /^failed to (evaluate|load|instantiate|substitute)/,
];

/**
 * Kyverno prints both passes in one list: the messages of the validating pass are its own, and a rule's second result
 * without image is its second pass.
 */
export function kyvernoObserved(golden: GoldenCase): Observed {
  const mutate: string[] = [];
  const validate: string[] = [];
  const ruleLevel = new Set<string>();
  for (const { rule, status, message } of golden.kyverno.rules) {
    const wholeRule = wholeRuleMessages.some((pattern) => pattern.test(message));
    if (validating.test(message) || (wholeRule && ruleLevel.has(rule))) validate.push(`${rule}=${status}`);
    else mutate.push(`${rule}=${status}`);
    if (wholeRule) ruleLevel.add(rule);
  }
  const refused =
    golden.kyverno.rejected !== undefined
      ? "rejected"
      : golden.kyverno.loadError !== undefined
        ? "loadError"
        : undefined;
  return {
    ...(refused === undefined ? {} : { refused }),
    mutate: unique(mutate),
    validate: unique(validate),
    patched: golden.kyverno.patchedImages ?? {},
    codes: [],
    messages: golden.kyverno.rules.map((rule) => rule.message),
  };
}

const unique = (items: readonly string[]): readonly string[] => [...new Set(items)].sort();

/**
 * The world of a case: what the layouts hold, on hosts of which everything is known; unreachable hosts; the trusted
 * root that TUF would have given.
 */
class GoldenKnowledge implements Knowledge {
  readonly #layouts: readonly Knowledge[];
  readonly #unreachable: readonly string[];
  readonly #trustedRoot: Uint8Array | undefined;

  constructor(layouts: readonly Knowledge[], unreachable: readonly string[], trustedRoot: Uint8Array | undefined) {
    this.#layouts = layouts;
    this.#unreachable = unreachable;
    this.#trustedRoot = trustedRoot;
  }

  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    return this.#find(question) as AnswerTo<Q> | undefined;
  }

  #find(question: Question): Answer | undefined {
    const at = "2026-11-23T00:00:00Z";
    if (question.kind === "trusted-root")
      return this.#trustedRoot === undefined
        ? undefined
        : { state: "present", value: { form: "pinned", bytes: this.#trustedRoot }, at, from: "case" };
    if (!("repository" in question)) return undefined;
    const host = question.repository.split("/")[0] ?? "";
    const outage: Answer = { state: "unavailable", code: "unreachable", at, from: host };
    if (this.#unreachable.includes(host)) return outage;
    for (const layout of this.#layouts) {
      const answer = layout.answer(question);
      if (
        answer?.state === "present" &&
        !(question.kind === "referrers" && (answer.value as readonly unknown[]).length === 0)
      )
        return answer;
    }
    return host === "localhost:5000" || host === "localhost:5001" ? { state: "absent", at, from: host } : outage;
  }
}

const layoutCache = new Map<string, Knowledge>();

function layoutFor(folder: string, layout: GoldenCase["layouts"][number]): Knowledge {
  const key = JSON.stringify(layout);
  const cached = layoutCache.get(key);
  if (cached !== undefined) return cached;
  const opened =
    layout === "registry"
      ? openLayout(join(folder, "registry"), { complete: "host", limits: defaultLimits })
      : openLayout(resolve(folder, layout.path), {
          repository: layout.repository,
          tag: layout.tag,
          complete: "host",
          limits: defaultLimits,
        });
  layoutCache.set(key, opened);
  return opened;
}

export interface GoldenRun {
  readonly observed: Observed;
  readonly decision?: Decision;
  readonly knowledge?: Knowledge;
}

/** What a case has in place of its own. */
interface Changed {
  readonly instead?: Knowledge;
  readonly policy?: (text: string) => string;
}

const count = /\bcount: (\d+)/;
/** The policy that asks for one more of each set that counts. */
const askingForMore = (text: string): string =>
  text.replace(new RegExp(count, "g"), (_, wanted: string) => `count: ${Number(wanted) + 1}`);

/** Decides one case with our engine. */
export function runGoldenCase(
  folder: string,
  golden: GoldenCase,
  now: Date,
  crypto: SignatureVerifier = fastVerifier,
  { instead, policy = (text) => text }: Changed = {},
): GoldenRun {
  const empty = { mutate: [], validate: [], patched: {}, codes: [], messages: [] };
  const text = (path: string) => readFileSync(join(folder, path), "utf8");
  const files = [golden.policy, ...(golden.exception === undefined ? [] : [golden.exception])].map((name) => ({
    name,
    text: name === golden.policy ? policy(text(name)) : text(name),
  }));
  const loaded = loadPolicies(files);
  if (loaded.errors.length > 0)
    return {
      observed: {
        ...empty,
        refused: loaded.errors[0]?.code ?? "invalid-policy",
        codes: loaded.errors.map((error) => error.code),
        messages: loaded.errors.map((error) => error.message),
      },
    };
  let engine: Engine;
  try {
    engine = createEngine({
      policies: loaded.policies,
      exceptions: loaded.exceptions,
      crypto,
      settings: { absentNamespaceLabels: "none" },
    });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { observed: { ...empty, refused: error.code, codes: [error.code], messages: [error.message] } };
  }
  const trustedRoot = golden.trustedRoot === undefined ? undefined : readFileSync(join(folder, golden.trustedRoot));
  const knowledge =
    instead ??
    new GoldenKnowledge(
      golden.layouts.map((layout) => layoutFor(folder, layout)),
      golden.unreachable ?? [],
      trustedRoot,
    );
  const request = requestOf(text(golden.resource), golden.resource);
  const decision = engine.decide(request, knowledge, now);
  const isScored = !loaded.policies.some(({ annotations }) => annotations["policies.kyverno.io/scored"] === "false");
  const results = (pass: string) =>
    unique(
      decision.results
        .filter((result) => result.pass === pass)
        .map((result) => `${result.rule}=${shownStatus(result, isScored, false)}`),
    );
  return {
    decision,
    knowledge,
    observed: {
      mutate: results("mutate"),
      validate: results("validate"),
      patched: patchedImages(request, decision),
      codes: [...new Set(decision.results.flatMap((result) => result.failures.map((failure) => failure.code)))].sort(),
      messages: decision.results.map((result) => `${result.pass} ${result.rule} ${result.status}: ${result.message}`),
    },
  };
}

const requestOf = (yaml: string, file: string): AdmissionRequest =>
  requestFor(toJson(parseYaml(yaml, file, { limits: defaultLimits })[0]?.value ?? null) as JsonObject);

/**
 * Container or step name → patched image. Where an image has no named holder, Kyverno's side of the case does not say
 * what became of it.
 */
function patchedImages(request: AdmissionRequest, decision: Decision): Record<string, string> {
  const patched: Record<string, string> = {};
  for (const { op, path, value } of decision.patches) {
    if (op !== "replace" || path.startsWith("/metadata/") || typeof value !== "string") continue;
    const parent = path.split("/").slice(1, -1);
    const holder = parent.reduce<unknown>(
      (node, step) => (node as Record<string, unknown> | undefined)?.[step],
      request.object,
    );
    const name = (holder as { readonly name?: string } | undefined)?.name;
    if (name !== undefined) patched[name] = value;
  }
  return patched;
}

export type Outcome = "accepted" | "refused" | "unknown" | "skipped" | "not-loaded";

/**
 * A row of the reference that decides a difference: what the two sides say where it applies. The patterns are regular
 * expressions over single messages.
 */
export interface GoldenDifference {
  readonly row: string;
  /** What Sallyport says instead. */
  readonly outcome: Outcome;
  /** One of the codes it gives. */
  readonly code?: string;
  /** A message of Kyverno's; `nothing` where it has none, `rejected` and `loadError` where it refuses the policy. */
  readonly theirs: string;
  /** A message of ours, as `PASS RULE STATUS: MESSAGE`, or why the policy does not load. */
  readonly ours: string;
  /** What the text of the policy holds. */
  readonly policy?: string;
  /** Patched images: as Kyverno's unless ours are right, or there are none. */
  readonly patched?: "ours" | "none";
  /** What our evidence must show, so that what differs is caused by what the row says. */
  readonly cause: Cause;
  /** The cases that the row was found in. Another one falls under it where its evidence shows the cause. */
  readonly cases: readonly string[];
}

export interface GoldenReport {
  readonly total: number;
  readonly same: number;
  /** Damaged copies of accepted cases, and those that are accepted all the same. */
  readonly damaged: ReturnType<typeof runDamages>;
  /** Case → what we say. */
  readonly observed: ReadonlyMap<string, Observed>;
  /** Case → row. */
  readonly byRow: ReadonlyMap<string, string>;
  readonly without: readonly {
    readonly id: string;
    readonly what: string;
    readonly theirs: Observed;
    readonly ours: Observed;
  }[];
  /**
   * Cases that a row names and that it does not decide: they agree with Kyverno after all, or another row has them, or
   * none.
   */
  readonly idle: readonly string[];
}

const sameSets = (ours: Observed, theirs: Observed): boolean =>
  (ours.refused !== undefined) === (theirs.refused !== undefined) &&
  String(ours.mutate) === String(theirs.mutate) &&
  String(ours.validate) === String(theirs.validate) &&
  samePatches(ours.patched, theirs.patched);

const samePatches = (left: Readonly<Record<string, string>>, right: Readonly<Record<string, string>>): boolean =>
  JSON.stringify(Object.entries(left).sort()) === JSON.stringify(Object.entries(right).sort());

/** What a side says of the resource as a whole. */
export function outcomeOf({ refused, mutate, validate }: Observed): Outcome {
  if (refused !== undefined) return "not-loaded";
  const statuses = [...mutate, ...validate].map((result) => result.slice(result.lastIndexOf("=") + 1));
  if (statuses.includes("fail") || statuses.includes("warn")) return "refused";
  if (statuses.includes("error")) return "unknown";
  return statuses.length > 0 && statuses.every((status) => status === "skip") ? "skipped" : "accepted";
}

const says = (pattern: string, messages: readonly string[]): boolean =>
  messages.some((message) => new RegExp(pattern, "s").test(message));

function decides(
  difference: GoldenDifference,
  ours: Observed,
  theirs: Observed,
  examined: Examined,
  policy: string,
): boolean {
  const kyverno =
    theirs.refused !== undefined ? [theirs.refused] : theirs.messages.length === 0 ? ["nothing"] : theirs.messages;
  const patched =
    difference.patched === "ours" ||
    difference.outcome === "not-loaded" ||
    samePatches(ours.patched, difference.patched === "none" ? {} : theirs.patched);
  return (
    outcomeOf(ours) === difference.outcome &&
    (difference.code === undefined || ours.codes.includes(difference.code)) &&
    says(difference.theirs, kyverno) &&
    says(difference.ours, ours.messages) &&
    (difference.policy === undefined || new RegExp(difference.policy).test(policy)) &&
    patched &&
    showsCause(difference.cause, examined, policy)
  );
}

/** Where the blobs of a case are. */
const layoutFolders = (folder: string, { layouts }: GoldenCase): readonly string[] =>
  layouts.map((layout) => (layout === "registry" ? join(folder, "registry") : resolve(folder, layout.path)));

/** Whether no more signatures hold than the policy counts. */
const proves = ({ proven }: Examined, policy: string): boolean => proven.length === Number(count.exec(policy)?.[1]);

/** The case for damage to its evidence: one signature of one image by its tag has proven it. */
function toAccepted(id: string, { proven }: Examined, { decision, knowledge }: GoldenRun): AcceptedCase | undefined {
  const images = new Set(decision?.results.flatMap(({ image }) => (image === undefined ? [] : [image.image])));
  const [, repository, tag] = /^(.+):([^:@/]+)$/.exec([...images][0] ?? "") ?? [];
  const [evidence] = proven;
  if (evidence === undefined || knowledge === undefined || repository === undefined || tag === undefined)
    return undefined;
  const digests = new Set(proven.map(({ source }) => source.digest));
  if (images.size !== 1 || digests.size !== 1) return undefined;
  const parts = readParts(evidence, knowledge);
  return parts === undefined ? undefined : { id, parts, knowledge, tag: { repository, tag } };
}

/**
 * Runs every case of the folder. A row that names a case comes before one whose cause the evidence shows. Whatever
 * differs or not: a signature that proved something must hold by OpenSSL too.
 */
export function runGoldenVerify(
  folder: string,
  differences: readonly GoldenDifference[],
  now: Date,
  { crypto = fastVerifier, first = false }: { readonly crypto?: SignatureVerifier; readonly first?: boolean } = {},
): GoldenReport {
  const without: { id: string; what: string; theirs: Observed; ours: Observed }[] = [];
  const byRow = new Map<string, string>();
  const idle: string[] = [];
  const observed = new Map<string, Observed>();
  const accepted: AcceptedCase[] = [];
  const counted: string[] = [];
  let same = 0;
  const cases = readGoldenCases(folder);
  for (const golden of cases) {
    if (first && without.length + idle.length > 0) break;
    const theirs = kyvernoObserved(golden);
    const run = runGoldenCase(folder, golden, now, crypto);
    const { observed: ours, decision } = run;
    observed.set(golden.id, ours);
    const policy = readFileSync(join(folder, golden.policy), "utf8");
    const folders = layoutFolders(folder, golden);
    const examined = examine(decision, folders, policy);
    const isFalse = examined.proven.some((evidence) => !holdsIndependently(evidence, folders, policy));
    const named = differences.filter((difference) => difference.cases.includes(golden.id));
    if (isFalse) {
      without.push({ id: golden.id, what: `a signature that does not hold: ${golden.what}`, theirs, ours });
      continue;
    }
    if (sameSets(ours, theirs)) {
      same += 1;
      const good = outcomeOf(ours) === "accepted" ? toAccepted(golden.id, examined, run) : undefined;
      if (good !== undefined) accepted.push(good);
      if (outcomeOf(ours) === "accepted" && count.test(policy) && proves(examined, policy)) counted.push(golden.id);
      if (named.length > 0) idle.push(golden.id);
      continue;
    }
    const row = [...named, ...differences].find((difference) => decides(difference, ours, theirs, examined, policy));
    if (row === undefined) without.push({ id: golden.id, what: golden.what, theirs, ours });
    else byRow.set(golden.id, row.row);
    if (named.length > 0 && (row === undefined || !named.includes(row))) idle.push(golden.id);
  }
  const accepts = (id: string, changed: Changed): boolean => {
    const golden = cases.find((one) => one.id === id);
    if (golden === undefined) throw new Error(`no case ${id}`);
    return outcomeOf(runGoldenCase(folder, golden, now, crypto, changed).observed) === "accepted";
  };
  const fewer = counted.filter((id) => accepts(id, { policy: askingForMore }));
  const moved = runDamages(accepted, (id, instead) => accepts(id, { instead }));
  const damaged = {
    count: moved.count + counted.length,
    accepted: [...moved.accepted, ...fewer.map((id) => ({ id, damage: "fewer signatures than the policy counts" }))],
  };
  return { total: cases.length, same, damaged, observed, byRow, without, idle };
}

export const readGoldenDifferences = (): readonly GoldenDifference[] =>
  JSON.parse(
    readFileSync(new URL("./golden-differences.json", import.meta.url), "utf8"),
  ) as readonly GoldenDifference[];

export const goldenVerifyFolder = (golden: string | undefined): string | undefined =>
  golden !== undefined && existsSync(join(golden, "verify", "cases.jsonl")) ? join(golden, "verify") : undefined;
