/**
 * The common start of both passes of a `verifyImages` rule: images, context, preconditions, exceptions.
 * Source: docs/spec/kyverno.md#order-inside-a-rule, #deciding-a-rule.
 */
import { EngineError } from "../../errors.ts";
import { evaluatePreconditions } from "../rule/conditions.ts";
import type { JsonContext } from "../rule/json-context.ts";
import { loadContext } from "../rule/load-context.ts";
import { variablesOf } from "../rule/request.ts";
import type { StaleTags } from "../rule/stale-tag.ts";
import type { CompiledEntry } from "./compile-entry.ts";
import { type ExtractedImage, type Extraction, extractImages, type FailedImage, imagesVariable } from "./extract.ts";
import type { ImageReference } from "../../oci/reference.ts";
import { selectedNames, skipsImage } from "./reference-filter.ts";
import type { ImageResult } from "./result.ts";
import { nothing, type RuleOutcome, type RuleRun, ruleResult, stoppedRule } from "./rule-run.ts";
import { verifyImageEntry, whileMirrorIsNew } from "./verify-image-entry.ts";

/** `other`: the entry does not select the image; `skipped`: it selects and excuses it. */
export type Stance = "judged" | "skipped" | "other";

/** An image that some entry of the rule selects. */
export class RuleImage {
  readonly image: ExtractedImage;
  /** One for each entry, in order. */
  readonly stances: readonly Stance[];
  /** The name by which each entry judges it, if that is not the resource's; none where it has no other. */
  readonly logicals: readonly (ImageReference | undefined)[];
  readonly #run: RuleRun;
  readonly #entries: readonly CompiledEntry[];
  readonly #variables: () => JsonContext;
  #verdicts: ReadonlyMap<number, ImageResult> | undefined;

  constructor(
    run: RuleRun,
    entries: readonly CompiledEntry[],
    image: ExtractedImage,
    selection: Selection,
    variables: () => JsonContext,
  ) {
    this.image = image;
    const { exhaustive, limits } = run.decision;
    // Each name counts for itself: an alias adds a name, and excuses no image from what its own name asks for.
    this.stances = entries.map((entry, index): Stance => {
      const names = selection[index] ?? [];
      if (names.length === 0) return "other";
      return !exhaustive && names.every((name) => skipsImage(entry.references, name, limits)) ? "skipped" : "judged";
    });
    // An entry that names the mirror alone judges what is there by the name that is there.
    const { reference, mirrored } = image;
    this.logicals =
      mirrored === undefined
        ? []
        : selection.map((names) => (names.some((name) => name !== reference) ? mirrored.reference : undefined));
    this.#run = run;
    this.#entries = entries;
    this.#variables = variables;
  }

  /** Results of the entries that judge the image, by index. Verified when first asked. */
  verdicts(): ReadonlyMap<number, ImageResult> {
    if (this.#verdicts !== undefined) return this.#verdicts;
    const { counted, exhaustive, knowledge, verifier } = this.#run.decision;
    const { position, ages } = this.#run.compiled.policy;
    const maxMirrorAge = ages?.maxMirrorAge;
    const stale = staleTagsOf(this.#run);
    const siblings = this.#entries;
    const variables = this.#variables;
    const verdicts = new Map<number, ImageResult>();
    for (const [index, entry] of siblings.entries()) {
      if (this.stances[index] !== "judged") continue;
      // Spelled out: V8 gives what is spread into a longer literal a new shape each time, and all reads of it miss.
      const context = {
        knowledge,
        verifier,
        variables,
        position,
        exhaustive,
        counted,
        stale,
        maxMirrorAge,
        index,
        entry,
        siblings,
      };
      const { reference, pointer } = this.image;
      const logical = this.logicals[index];
      const judged = { reference, pointer, ...(logical === undefined ? {} : { logical }) };
      verdicts.set(index, whileMirrorIsNew(verifyImageEntry(judged, context), judged, context));
    }
    this.#verdicts = verdicts;
    return verdicts;
  }
}

/** For each entry, the names by which it selects an image. */
type Selection = readonly (readonly ImageReference[])[];

export interface RuleImages {
  readonly entries: readonly CompiledEntry[];
  readonly images: readonly RuleImage[];
  /** Unreadable texts in the place of images. */
  readonly failed: readonly FailedImage[];
}

/** Whether the entry asks for signatures or attestations, not just for a digest. */
export const verifies = (entry: CompiledEntry): boolean => entry.sets.length > 0 || entry.attestations.length > 0;

/** Whether an entry that asks for signatures or attestations judges the image. */
export const isVerified = ({ stances }: RuleImage, entries: readonly CompiledEntry[]): boolean =>
  entries.some((entry, index) => stances[index] === "judged" && verifies(entry));

/**
 * The images of the rule, or its outcome if it ends before. A rule whose references select no image yields no result,
 * whatever its context and preconditions say.
 * @throws EngineError when its context, a precondition or an entry cannot be evaluated.
 */
export function findRuleImages(run: RuleRun): RuleImages | RuleOutcome {
  const resource = run.request.object;
  if (resource === undefined || run.request.operation === "DELETE") return nothing;
  const { rule, filters } = run.compiled;
  const { kind } = run.request.kind;
  let context: JsonContext | undefined;
  const bare = (): JsonContext => (context ??= run.decision.variables(run.request, run.compiled.policy));
  let extracted: Extraction;
  try {
    extracted =
      rule.imageExtractors !== undefined && Object.hasOwn(rule.imageExtractors, kind)
        ? extractImages(resource, kind, rule.imageExtractors, {
            references: run.decision.references,
            aliases: run.decision.aliases,
            evaluate: (expression, node) => bare().evaluateOn(expression, node),
            limits: run.decision.limits,
          })
        : run.decision.defaults.of(resource, kind);
  } catch (error) {
    return stoppedRule(run, error, "failed to extract images");
  }
  const { failed } = extracted;
  const selections = extracted.images.map(
    (image): Selection => filters.map((filter) => selectedNames(filter, image, run.decision.limits)),
  );
  if (failed.length === 0 && !selections.some(isSelected)) return nothing;

  let declared = false;
  const variables = (): JsonContext => {
    if (!declared) declare(run, extracted, bare());
    declared = true;
    return bare();
  };
  const gate = run.decision.exhaustive ? undefined : passGates(run, variables);
  if (gate !== undefined) return gate;
  const entries = run.compiled.entries(variables);
  const images: RuleImage[] = [];
  for (const [index, selection] of selections.entries())
    if (isSelected(selection))
      images.push(new RuleImage(run, entries, extracted.images[index] as ExtractedImage, selection, variables));
  return { entries, images, failed };
}

const isSelected = (selection: Selection): boolean => selection.some((names) => names.length > 0);

/** The images and the rule's context. Context entries load on first use, so a rule without variables loads none. */
function declare(run: RuleRun, extracted: Extraction, variables: JsonContext): void {
  const images = imagesVariable(extracted);
  const { othersFault } = extracted;
  if (images !== undefined) variables.add("images", images);
  if (othersFault !== undefined) variables.defer("images", () => unreadable(othersFault), "merge");
  const { rule, policy } = run.compiled;
  const given = variablesOf(rule.name, run.request);
  loadContext(rule.context, variables, run.decision.knowledge, given, policy, staleTagsOf(run));
}

/** A sync decides for a side that asks nobody: what it has of a tag is all that is known there. */
const staleTagsOf = ({ decision, compiled }: RuleRun): StaleTags => ({
  hides: compiled.policy.spec.failurePolicy === "Fail" && !decision.exhaustive,
  warn: decision.warn,
});

/** Kyverno looks for the default images when an expression first reads the variable, and fails then. */
const unreadable = (fault: EngineError): never => {
  throw new EngineError("unresolved", `failed to load images: ${fault.message}`, {
    subject: fault.subject,
    cause: fault,
  });
};

/** Preconditions, then exceptions. @throws EngineError when a precondition cannot be evaluated. */
function passGates(run: RuleRun, variables: () => JsonContext): RuleOutcome | undefined {
  const { policy, rule } = run.compiled;
  const { match, exceptions } = run.decision;
  const skip = (message: string): RuleOutcome => ({ ...nothing, results: [ruleResult(run, "skip", message)] });
  if (rule.preconditions !== undefined) {
    const { holds, message } = evaluatePreconditions(rule.preconditions, variables());
    if (!holds) return skip(message === "" ? "preconditions not met" : `preconditions not met; ${message}`);
  }
  const excused = exceptions.matching(policy, rule, run.request, match, variables);
  if (excused.length > 0) return skip(`rule is skipped due to policy exceptions ${excused.join(", ")}`);
  return undefined;
}
