/**
 * Why a request was allowed or denied: one tree for each image, with the policy line that asked for each check. Source:
 * docs/spec/command-line.md#explaining-a-decision.
 */
import type { Decision } from "../../core/decide/engine.ts";
import type { Question } from "../../core/knowledge/question.ts";
import type { AttestationResult, AttestorResult, ImageResult, RuleResult } from "../../core/kyverno/image/result.ts";
import { imageName } from "../../core/kyverno/outcome/message.ts";
import { mayOverlook } from "../../core/decide/allowed.ts";
import type { Freshness } from "../../core/trust/budgets.ts";
import { type Failure, failureOf } from "../../core/verdict.ts";
import { ruleFix, type FixSettings } from "./fix.ts";
import { candidateNode, claimNode, failureNode, openNodes, plainNodes } from "./evidence.ts";
import type { Mark, Style } from "./style.ts";
import { toTimeText, toUtcText } from "./time.ts";
import { widthOf, wrapText } from "./wrap.ts";
import { renderTree, type TreeNode } from "./tree.ts";

export const truthMarks = { proven: "pass", refuted: "fail", unknown: "unknown" } as const satisfies Record<
  string,
  Mark
>;
const statusMarks = {
  pass: "pass",
  fail: "fail",
  error: "unknown",
  warn: "warning",
  skip: "skip",
} as const satisfies Record<RuleResult["status"], Mark>;

const placeText = ({ file, line }: RuleResult["position"]): string => `${file}:${line}`;

/** A part's own failures: those that none of its children has. */
export function ownFailures(failures: readonly Failure[], below: readonly TreeNode[]): readonly TreeNode[] {
  const told = new Set<string>();
  const collect = (node: TreeNode): void => {
    told.add(`${node.label} ${node.text ?? ""}`);
    for (const child of node.children ?? []) collect(child);
  };
  for (const node of below) collect(node);
  return failures.map(failureNode).filter((node) => !told.has(`${node.label} ${node.text ?? ""}`));
}

function attestorNode(attestor: AttestorResult, now: Date): TreeNode {
  const { path, position, truth, required, entries = [], candidates = [], claims = [], failures, open } = attestor;
  const { saidNone = [] } = attestor;
  const below = [
    ...entries.map((entry) => attestorNode(entry, now)),
    ...candidates.map((candidate, index) => candidateNode(candidate, index, candidates.length, now)),
    ...claims.map(claimNode),
    ...saidNone.flatMap((source) => plainNodes("no others", source)),
  ];
  const text = required === undefined ? path : `${path} (${required} of ${entries.length} required)`;
  return {
    mark: truthMarks[truth],
    label: required === undefined ? "attestor" : "attestors",
    text,
    asked: placeText(position),
    children: [...below, ...ownFailures(failures, below), ...openNodes(entries.length > 0 ? [] : open, failures)],
  };
}

function attestationNode(
  { path, position, type, truth, sets, failures, open }: AttestationResult,
  now: Date,
): TreeNode {
  const below = sets.map((set) => attestorNode(set, now));
  return {
    mark: truthMarks[truth],
    label: "attestation",
    text: `${path} ${type ?? ""}`.trimEnd(),
    asked: placeText(position),
    children: [...below, ...ownFailures(failures, below), ...openNodes(sets.length > 0 ? [] : open, failures)],
  };
}

/** One rule's result for one image. */
function imageNodes(
  { digest, tagFrom = "", attestors, attestations, failures, open }: ImageResult,
  now: Date,
): readonly TreeNode[] {
  const below = [
    ...attestors.map((attestor) => attestorNode(attestor, now)),
    ...attestations.map((attestation) => attestationNode(attestation, now)),
  ];
  const told = new Set([...attestors, ...attestations].flatMap((part) => part.open));
  const untold = open.filter((question: Question) => !told.has(question));
  return [
    digest === undefined
      ? { mark: "unknown", label: "image", text: "no digest is known" }
      : { mark: "pass", label: "image", text: digest, children: plainNodes("tag", tagFrom) },
    ...below,
    ...ownFailures(failures, below),
    ...openNodes(untold, failures),
  ];
}

/** The documented sentence alone: what follows it is in the nodes below. */
const sentenceOf = ({ image, message }: RuleResult): string =>
  image === undefined ? message : (message.split("; ")[0] ?? message);

function ruleNode(result: RuleResult, now: Date, before: readonly RuleResult[]): TreeNode {
  const { policy, rule, status, failures, message, image } = result;
  const repeats = image === undefined && before.some((other) => repeated(result, other));
  const text = repeats ? "the validating pass, for the same reason" : sentenceOf(result);
  // What the message says is not said again below it.
  const own = failures.filter(({ reason, subject }) => !message.includes(reason) || !message.includes(subject ?? ""));
  return {
    mark: statusMarks[status],
    label: "rule",
    text: `${policy}/${rule} ${status}: ${text}`,
    asked: placeText(result.position),
    children: repeats ? [] : image === undefined ? ownFailures(own, []) : imageNodes(image, now),
  };
}

/** Whether the validating pass repeats what the mutating one of the rule could not know. */
const repeated = (result: RuleResult, other: RuleResult): boolean =>
  other.pass === "mutate" &&
  other.policy === result.policy &&
  other.policyNamespace === result.policyNamespace &&
  other.rule === result.rule &&
  other.status === result.status &&
  result.failures.length > 0 &&
  result.failures.every(({ code, reason }) =>
    other.failures.some((failure) => failure.code === code && failure.reason === reason),
  );

/** The name by which an image is judged that has another one. */
export const judgedAs = (logical: string | undefined): readonly TreeNode[] =>
  logical === undefined ? [] : [{ mark: "none", label: "judged as", text: logical }];

/** One tree for each image, and one for results about the whole request. */
export function decisionTrees(decision: Decision, now: Date): readonly TreeNode[] {
  const groups = new Map<string, RuleResult[]>();
  for (const result of decision.results) {
    const image = result.image === undefined ? "" : imageName(result.image);
    groups.set(image, [...(groups.get(image) ?? []), result]);
  }
  return [...groups.values()].map((results) => {
    const image = results[0]?.image;
    const children = results.map((result) =>
      ruleNode(result, now, decision.results.slice(0, decision.results.indexOf(result))),
    );
    return {
      mark: worstMark(results),
      label: image?.image ?? "the request as a whole",
      children: [...judgedAs(image?.logical), ...children],
    };
  });
}

const worst: readonly RuleResult["status"][] = ["fail", "error", "warn", "pass", "skip"];
const worstMark = (results: readonly RuleResult[]): Mark =>
  statusMarks[worst.find((status) => results.some((result) => result.status === status)) ?? "skip"];

/** Only the branches to a failed node, each with its first failed leaf. */
export function pruneTree(node: TreeNode): TreeNode {
  const bad = (node.children ?? []).find(({ mark }) => mark === "fail" || mark === "unknown");
  return { ...node, children: bad === undefined ? [] : [pruneTree(bad)] };
}

/** The decisive rule result: one that denies, else the first that is not a success. */
const decisive = ({ allowed, results }: Decision): RuleResult | undefined =>
  (allowed
    ? undefined
    : (results.find(({ status, action }) => status === "fail" && action === "Enforce") ??
      results.find((result) => result.status === "error" && !mayOverlook(result)))) ??
  results.find(({ status }) => status === "fail" || status === "error");

/** What the decisive result did to the request. */
function roleOf(
  { policy, rule, position, status, action }: RuleResult,
  allowed: boolean,
): readonly [label: string, text: string] {
  const place = `${policy}/${rule} (${placeText(position)})`;
  if (!allowed) return ["by", place];
  return status === "fail"
    ? ["audited", `${place} fails, and its action is ${action}: it denies nothing`]
    : ["ignored", `${place} could not be decided, and failurePolicy Ignore lets that pass`];
}

/** A label, and a text that stays to the right of it. */
export function labelled(label: string, text: string, { width }: Style, commands: boolean): string {
  const lines = wrapText(text, { width, first: label.padEnd(9), rest: " ".repeat(9), commands });
  return lines.map((line) => `${line}\n`).join("");
}

/** The verdict about a resource, and the time, below it if it does not fit beside it. */
export function header(what: string, when: string, style: Style): string {
  const fits = widthOf(what) + 2 + widthOf(when) <= style.width;
  return `${style.bold(what)}${fits ? "  " : "\n  "}${when}\n`;
}

const sources = { archive: "its last archive", sync: "its last complete sync" } as const;

function mirrorText({ at = "", by }: NonNullable<Freshness["mirror"]>, now: Date): string {
  return `as of ${toTimeText(new Date(at), now)}${by === undefined ? "" : `, ${sources[by]}`}`;
}

export interface ExplainSettings {
  readonly brief: boolean;
  /** What the request is about: `Pod shop/web`, or the image that was named. */
  readonly resource: string;
  readonly fixes: FixSettings;
  /** Fixes that were shown before: each is shown once. */
  readonly told?: Set<string>;
}

/** The verdict line, the reason, what to do, and the trees. */
export function renderDecision(decision: Decision, style: Style, settings: ExplainSettings): string {
  const { brief, resource, fixes, told = new Set() } = settings;
  const now = new Date(decision.at);
  const result = decisive(decision);
  const trees = decisionTrees(decision, now).map((tree) => (brief ? pruneTree(tree) : tree));
  const verdict = decision.allowed ? "ALLOW" : "DENY";
  const failure = result === undefined ? undefined : failureOf(result);
  const fix = result === undefined || failure === undefined ? undefined : ruleFix(result, failure, fixes);
  const isNew = fix !== undefined && !told.has(fix);
  if (fix !== undefined) told.add(fix);
  const part = (label: string, text: string, commands = false): string =>
    labelled(label, style.text(text), style, commands);
  const [role = "", about = ""] = result === undefined ? [] : roleOf(result, decision.allowed);
  return [
    header(`${verdict}  ${style.text(resource)}`, `now ${toUtcText(now)}`, style),
    ...(result === undefined ? [] : [part(role, about)]),
    ...(failure === undefined ? [] : [part("because", `${failure.reason} [${failure.code}]`)]),
    ...(isNew ? [part("fix", fix, true)] : []),
    ...(decision.freshness.mirror?.at === undefined
      ? []
      : [part("mirror", mirrorText(decision.freshness.mirror, now))]),
    ...(decision.results.length === 0 ? ["no rule applies to this request\n"] : []),
    ...trees.map((tree) => `\n${renderTree(tree, style)}`),
  ].join("");
}
