/**
 * Why a request was allowed or denied: one tree for each image, with the policy line that asked for each check. Source:
 * docs/spec/command-line.md#explaining-a-decision.
 */
import type { Decision } from "../../core/decide/engine.ts";
import type { Question } from "../../core/knowledge/question.ts";
import type { AttestationResult, AttestorResult, ImageResult, RuleResult } from "../../core/kyverno/image/result.ts";
import { type Failure, leadingFailure } from "../../core/verdict.ts";
import { candidateNode, failureNode, openNodes } from "./evidence.ts";
import type { Mark, Style } from "./style.ts";
import { toUtcText } from "./time.ts";
import { renderTree, type TreeNode, visible } from "./tree.ts";

const truthMarks = { proven: "pass", refuted: "fail", unknown: "unknown" } as const satisfies Record<string, Mark>;
const statusMarks = {
  pass: "pass",
  fail: "fail",
  error: "unknown",
  warn: "warning",
  skip: "skip",
} as const satisfies Record<RuleResult["status"], Mark>;

const placeText = ({ file, line }: RuleResult["position"]): string => `${file}:${line}`;

/** A part's own failures: those that none of its children has. */
function ownFailures(failures: readonly Failure[], below: readonly TreeNode[]): readonly TreeNode[] {
  const told = new Set<string>();
  const collect = (node: TreeNode): void => {
    told.add(`${node.label} ${node.text ?? ""}`);
    for (const child of node.children ?? []) collect(child);
  };
  for (const node of below) collect(node);
  return failures.map(failureNode).filter((node) => !told.has(`${node.label} ${node.text ?? ""}`));
}

function attestorNode(attestor: AttestorResult, now: Date): TreeNode {
  const { path, position, truth, required, entries = [], candidates = [], failures, open } = attestor;
  const below = [
    ...entries.map((entry) => attestorNode(entry, now)),
    ...candidates.map((candidate, index) => candidateNode(candidate, index, candidates.length, now)),
  ];
  const text = required === undefined ? path : `${path} (${required} of ${entries.length} required)`;
  return {
    mark: truthMarks[truth],
    label: required === undefined ? "attestor" : "attestors",
    text,
    asked: placeText(position),
    children: [...below, ...ownFailures(failures, below), ...openNodes(entries.length > 0 ? [] : open)],
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
    children: [...below, ...ownFailures(failures, below), ...openNodes(sets.length > 0 ? [] : open)],
  };
}

/** One rule's result for one image. */
function imageNodes({ digest, attestors, attestations, failures, open }: ImageResult, now: Date): readonly TreeNode[] {
  const below = [
    ...attestors.map((attestor) => attestorNode(attestor, now)),
    ...attestations.map((attestation) => attestationNode(attestation, now)),
  ];
  const told = new Set([...attestors, ...attestations].flatMap((part) => part.open));
  return [
    digest === undefined
      ? { mark: "unknown", label: "image", text: "no digest is known" }
      : { mark: "pass", label: "image", text: digest },
    ...below,
    ...ownFailures(failures, below),
    ...openNodes(open.filter((question: Question) => !told.has(question))),
  ];
}

function ruleNode(result: RuleResult, now: Date): TreeNode {
  const children = result.image === undefined ? ownFailures(result.failures, []) : imageNodes(result.image, now);
  return {
    mark: statusMarks[result.status],
    label: "rule",
    text: `${result.policy}/${result.rule} ${result.status}: ${result.message}`,
    asked: placeText(result.position),
    children,
  };
}

/** One tree for each image, and one for results about the whole request. */
export function decisionTrees(decision: Decision, now: Date): readonly TreeNode[] {
  const groups = new Map<string, RuleResult[]>();
  for (const result of decision.results) {
    const image = result.image?.image ?? "the request as a whole";
    groups.set(image, [...(groups.get(image) ?? []), result]);
  }
  return [...groups].map(([image, results]) => ({
    mark: worstMark(results),
    label: image,
    children: results.map((result) => ruleNode(result, now)),
  }));
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
      results.find(({ status }) => status === "error"))) ??
  results.find(({ status }) => status === "fail" || status === "error");

/** The verdict line, the reason, and the trees. */
export function renderDecision(decision: Decision, style: Style, options: { readonly brief: boolean }): string {
  const now = new Date(decision.at);
  const result = decisive(decision);
  const trees = decisionTrees(decision, now).map((tree) => (options.brief ? pruneTree(tree) : tree));
  const verdict = decision.allowed ? "ALLOW" : "DENY";
  const by = result === undefined ? "" : `  by ${result.policy}/${result.rule} (${placeText(result.position)})`;
  const failure =
    result === undefined || result.failures.length === 0
      ? undefined
      : leadingFailure(result.status === "error" ? "unknown" : "refuted", result.failures);
  const because = failure === undefined ? [] : [`because  ${visible(failure.reason)}  [${failure.code}]\n`];
  const nothing = decision.results.length === 0 ? ["no rule applies to this request\n"] : [];
  return [
    `${style.bold(`${verdict}${by}`)}  now ${toUtcText(now)}\n`,
    ...because,
    ...nothing,
    ...trees.map((tree) => `\n${renderTree(tree, style)}`),
  ].join("");
}
