/**
 * A `verifyImages` rule over one resource: Kyverno's two passes, decided together. Source:
 * docs/spec/kyverno.md#order-inside-a-rule, #deciding-a-rule, #deciding-an-entry, #digest-patch, #validating-pass.
 */
import { EngineError } from "../../errors.ts";
import { type Digest, isDigest } from "../../crypto/digest.ts";
import { conjunction, type Truth } from "../../verdict.ts";
import { canonicalWithDigest, digestPatch, type ImageStatus, type PatchOperation } from "../outcome/digest-patch.ts";
import {
  missingDigest,
  sentenceFor,
  skippedReference,
  unverifiedImage,
  verifiedAttestations,
  verifiedSignatures,
} from "../outcome/message.ts";
import { evaluatePreconditions } from "../rule/conditions.ts";
import { loadContext } from "../rule/load-context.ts";
import type { CompiledEntry } from "./compile-entry.ts";
import { type ExtractedImage, type Extraction, extractImages, type FailedImage, imagesVariable } from "./extract.ts";
import { selectsImage, skipsImage } from "./reference-filter.ts";
import type { ImageResult, RuleResult } from "./result.ts";
import {
  hasValidatingPass,
  imageFailureMessage,
  inBothPasses,
  type RuleRun,
  ruleResult,
  statusOf,
  stoppedRule,
} from "./rule-run.ts";
import { verifyImageEntry } from "./verify-image-entry.ts";

export interface RuleOutcome {
  readonly results: readonly RuleResult[];
  readonly patches: readonly PatchOperation[];
  /** What the annotations will say of each image, under its reference with digest. */
  readonly statuses: Readonly<Record<string, ImageStatus>>;
  readonly warnings: readonly string[];
}

const nothing: RuleOutcome = { results: [], patches: [], statuses: {}, warnings: [] };
const only = (results: readonly RuleResult[]): RuleOutcome => ({ ...nothing, results });

/**
 * All results of a rule that matched. A rule none of whose references selects an image yields nothing, whatever its
 * context and preconditions say.
 */
export function verifyRule(run: RuleRun): RuleOutcome {
  const { rule } = run.compiled;
  const resource = run.request.object;
  if (resource === undefined || run.request.operation === "DELETE") return nothing;
  const stop = (what: string, error: unknown): RuleOutcome => {
    if (!(error instanceof EngineError)) throw error;
    return only(stoppedRule(run, error, what));
  };
  const { kind } = run.request.kind;
  let extracted: Extraction;
  try {
    extracted =
      rule.imageExtractors !== undefined && Object.hasOwn(rule.imageExtractors, kind)
        ? extractImages(resource, kind, rule.imageExtractors, {
            references: run.references,
            evaluate: run.variables.evaluateOn,
          })
        : run.extract(resource, kind);
  } catch (error) {
    return stop("failed to extract images", error);
  }
  const matched = extracted.images.filter((image) =>
    run.compiled.filters.some((filter) => selectsImage(filter, image.reference)),
  );
  if (matched.length === 0 && extracted.failed.length === 0) return nothing;

  run.variables.checkpoint();
  try {
    const images = imagesVariable(extracted);
    const { othersFault } = extracted;
    if (images !== undefined) run.variables.add("images", images);
    if (othersFault !== undefined) run.variables.defer("images", () => unreadable(othersFault), "merge");
    loadContext(rule.context, run.variables, run.knowledge, run.request, run.compiled.policy);
    const gate = run.exhaustive ? undefined : passGates(run);
    if (gate !== undefined) return gate;
    const entries = run.compiled.entries(run.variables);
    return verifyImages(run, entries, matched, extracted.failed);
  } catch (error) {
    return stop("failed to evaluate the rule", error);
  } finally {
    run.variables.restore();
  }
}

/** Kyverno looks for the default images when an expression first reads the variable, and fails then. */
const unreadable = (fault: EngineError): never => {
  throw new EngineError("unresolved", `failed to load images: ${fault.message}`, {
    subject: fault.subject,
    cause: fault,
  });
};

/** Preconditions, then exceptions. @throws EngineError when a precondition cannot be evaluated. */
function passGates(run: RuleRun): RuleOutcome | undefined {
  const { rule } = run.compiled;
  if (rule.preconditions !== undefined) {
    const { holds, message } = evaluatePreconditions(rule.preconditions, run.variables);
    if (!holds)
      return only(
        inBothPasses(run, "skip", message === "" ? "preconditions not met" : `preconditions not met; ${message}`),
      );
  }
  const exceptions = run.exceptions(run.variables);
  if (exceptions.length > 0)
    return only(inBothPasses(run, "skip", `rule is skipped due to policy exceptions ${exceptions.join(", ")}`));
  return undefined;
}

/** One image in the course of a rule: what each entry that selects it said. */
interface ImageState {
  readonly image: ExtractedImage;
  readonly verdicts: ImageResult[];
  skipped: boolean;
  selected: boolean;
  judged: boolean;
  digest: Digest | undefined;
  pinned: boolean;
}

function verifyImages(
  run: RuleRun,
  entries: readonly CompiledEntry[],
  matched: readonly ExtractedImage[],
  failed: readonly FailedImage[],
): RuleOutcome {
  const results: RuleResult[] = failed.map((image) => malformedImage(run, image));
  const warnings: string[] = [];
  const states = matched.map(
    (image): ImageState => ({
      image,
      verdicts: [],
      skipped: false,
      selected: false,
      judged: false,
      digest: sha256Of(image),
      pinned: image.reference.digest !== undefined,
    }),
  );
  for (const [index, entry] of entries.entries()) {
    for (const state of states) results.push(...runEntry(run, entries, entry, index, state, warnings));
  }
  const patches = states.flatMap((state) =>
    state.pinned && state.image.reference.digest === undefined && state.digest !== undefined
      ? [digestPatch(state.image.pointer, state.image.reference, state.digest)]
      : [],
  );
  const statuses: Record<string, ImageStatus> = Object.create(null);
  for (const state of states) {
    if (state.skipped) statuses[nameOf(state)] = "skip";
    else if (state.judged) statuses[nameOf(state)] = truthOf(state) === "proven" ? "pass" : "fail";
  }
  if (hasValidatingPass(run)) results.push(validateRule(run, entries, states, failed));
  return { results, patches, statuses, warnings };
}

const sha256Of = ({ reference }: ExtractedImage): Digest | undefined =>
  reference.digest !== undefined && isDigest(reference.digest) ? reference.digest : undefined;
const truthOf = (state: ImageState): Truth => conjunction(state.verdicts.map((verdict) => verdict.truth));
const nameOf = (state: ImageState): string =>
  state.pinned && state.digest !== undefined
    ? canonicalWithDigest(state.image.reference, state.digest)
    : state.image.reference.canonical;

function malformedImage(run: RuleRun, image: FailedImage): RuleResult {
  const failure = {
    check: "image.reference",
    code: image.error.code,
    reason: image.error.message,
    subject: image.pointer,
    stage: 0,
  };
  return ruleResult(
    run,
    "mutate",
    "fail",
    `${sentenceFor(image.text, "refuted", image.error.code)}; ${image.pointer}: [${image.error.code}] ` +
      `${image.error.message}`,
    { failures: [failure] },
  );
}

function runEntry(
  run: RuleRun,
  entries: readonly CompiledEntry[],
  entry: CompiledEntry,
  index: number,
  state: ImageState,
  warnings: string[],
): readonly RuleResult[] {
  const { policy, rule } = run.compiled;
  const { reference, pointer } = state.image;
  const verifies = entry.sets.length > 0 || entry.attestations.length > 0;
  const selected = selectsImage(entry.references, reference);
  const skipped = selected && !run.exhaustive && skipsImage(entry.references, reference);
  if (!selected || skipped) {
    if (skipped) {
      state.skipped = true;
      state.selected = true;
    }
    const message = skippedReference(reference.canonical, policy.name, rule.name);
    if (skipped) warnings.push(message);
    return verifies ? [ruleResult(run, "mutate", "skip", message)] : [];
  }
  state.selected = true;
  const verdict = verifyImageEntry(
    { reference, pointer },
    {
      index,
      entry,
      siblings: entries,
      knowledge: run.knowledge,
      verifier: run.verifier,
      variables: run.variables,
      position: policy.position,
      exhaustive: run.exhaustive,
    },
  );
  state.verdicts.push(verdict);
  if (verifies) state.judged = true;
  if (verdict.digest !== undefined) {
    state.digest = verdict.digest;
    if (entry.source.mutateDigest) state.pinned = true;
  }
  const parts = { image: verdict, failures: verdict.failures, open: verdict.open };
  if (verdict.truth !== "proven")
    return [ruleResult(run, "mutate", statusOf(verdict.truth), imageFailureMessage(verdict), parts)];
  if (!verifies)
    return entry.source.mutateDigest && reference.digest === undefined
      ? [ruleResult(run, "mutate", "pass", "mutated image digest", parts)]
      : [];
  const message =
    entry.attestations.length > 0 ? verifiedAttestations(reference.canonical) : verifiedSignatures(reference.canonical);
  return [ruleResult(run, "mutate", "pass", message, parts)];
}

/**
 * The validating pass, re-derived from the verdicts and not from an annotation. A refutation is reported before an
 * unknown. Differs: an image that nobody could decide is an unknown here too, with the same code.
 */
function validateRule(
  run: RuleRun,
  entries: readonly CompiledEntry[],
  states: readonly ImageState[],
  failed: readonly FailedImage[],
): RuleResult {
  const first = failed[0];
  if (first !== undefined)
    return ruleResult(run, "validate", "fail", unverifiedImage(first.text), {
      failures: [
        { check: "image.reference", code: "malformed", reason: first.error.message, subject: first.pointer, stage: 0 },
      ],
    });
  const checks = entries.flatMap((entry) =>
    states
      .filter((state) => !state.skipped && selectsImage(entry.references, state.image.reference))
      .flatMap((state) => validateImage(entry, state)),
  );
  const refutation = checks.find((check) => check.truth === "refuted");
  const doubt = checks.find((check) => check.truth === "unknown");
  const problem = refutation ?? doubt;
  if (problem !== undefined) {
    const { verdict } = problem;
    const failures =
      problem.truth === "refuted"
        ? [{ check: "image.required", code: problem.code, reason: problem.message, stage: 0 }]
        : (verdict?.failures ?? []);
    return ruleResult(run, "validate", statusOf(problem.truth), problem.message, {
      failures,
      open: problem.truth === "unknown" ? (verdict?.open ?? []) : [],
    });
  }
  const skipped = states.filter((state) => state.skipped).map((state) => state.image.reference.canonical);
  const verified = states.some((state) => state.judged && !state.skipped);
  const tail = skipped.length === 0 ? "" : `, skipped images: ${skipped.join(" ")}`;
  return verified || skipped.length === 0
    ? ruleResult(run, "validate", "pass", `image verified${tail}`)
    : ruleResult(run, "validate", "skip", `image skipped${tail}`);
}

interface ImageCheck {
  readonly truth: "refuted" | "unknown";
  readonly code: "missing-digest" | "unverified-image";
  readonly message: string;
  readonly verdict: ImageResult | undefined;
}

function validateImage(entry: CompiledEntry, state: ImageState): readonly ImageCheck[] {
  const name = nameOf(state);
  const doubtful = state.verdicts.find((verdict) => verdict.truth === "unknown");
  const doubt = (verdict: ImageResult): ImageCheck => ({
    truth: "unknown",
    code: "unverified-image",
    message: imageFailureMessage(verdict),
    verdict,
  });
  if (entry.source.verifyDigest && !state.pinned) {
    // Nobody could resolve the tag that was to be pinned: that is not the same as a reference without a digest.
    if (entry.source.mutateDigest && state.digest === undefined && doubtful !== undefined) return [doubt(doubtful)];
    return [{ truth: "refuted", code: "missing-digest", message: missingDigest(name), verdict: undefined }];
  }
  if (!entry.source.required) return [];
  const truth = state.judged ? truthOf(state) : "refuted";
  if (truth === "refuted")
    return [{ truth, code: "unverified-image", message: unverifiedImage(name), verdict: undefined }];
  return truth === "unknown" && doubtful !== undefined ? [doubt(doubtful)] : [];
}
