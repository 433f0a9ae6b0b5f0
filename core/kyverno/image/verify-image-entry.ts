/**
 * One `verifyImages` entry over one image: digest, attestors, attestations. Source:
 * docs/spec/kyverno.md#deciding-an-entry.
 */
import { isObject } from "../../encoding/shape.ts";
import { EngineError } from "../../errors.ts";
import type { ImageReference } from "../../oci/reference.ts";
import { type Digest, isDigest } from "../../crypto/digest.ts";
import type { Knowledge } from "../../knowledge/knowledge.ts";
import { conjunction, failed, toFailure, type Truth, unknown, type Verification } from "../../verdict.ts";
import type { SignedStatement } from "../../verify/evidence.ts";
import type { DecisionVerifier } from "../../verify/memo.ts";
import type { Position } from "../policy/policy.ts";
import { decidedWords, unresolvedWords } from "../rule/condition-words.ts";
import { evaluateConditions, unresolvedCondition } from "../rule/conditions.ts";
import { isIgnorance } from "../rule/ignorance.ts";
import type { JsonContext } from "../rule/json-context.ts";
import { openQuestions } from "../../knowledge/ask.ts";
import { substituteText } from "../rule/variables.ts";
import { checkAttestation } from "./attestation.ts";
import { checkAttestorSets, openOf, type SetContext, type SetsResult } from "./attestor-set.ts";
import type { CompiledEntry } from "./compile-entry.ts";
import { resolveDigest, resolveMirrored } from "./resolve-image.ts";
import type { StaleTags } from "../rule/stale-tag.ts";
import type { AttestationResult, ImageResult } from "./result.ts";

export interface EntryContext {
  readonly index: number;
  readonly entry: CompiledEntry;
  /** All entries of the rule: after an attestation holds, the `validate.deny` of each is judged. */
  readonly siblings: readonly CompiledEntry[];
  readonly knowledge: Knowledge;
  readonly verifier: DecisionVerifier;
  /** Called when an attestation or its conditions are judged. */
  readonly variables: () => JsonContext;
  readonly position: (pointer: string) => Position;
  readonly exhaustive: boolean;
  readonly counted: CountedSets;
  readonly stale: StaleTags;
  /** Of the policy's annotation: how old the mirror may be. */
  readonly maxMirrorAge?: number | undefined;
}

/**
 * Results of attestor sets for images in one decision. They depend only on the image, so the second pass reuses the
 * first one's.
 */
export class CountedSets {
  readonly #byEntry = new Map<CompiledEntry, Map<string, SetsResult>>();

  find(entry: CompiledEntry, image: string): SetsResult | undefined {
    return this.#byEntry.get(entry)?.get(image);
  }

  keep(entry: CompiledEntry, image: string, result: SetsResult): SetsResult {
    const byImage = this.#byEntry.get(entry) ?? new Map<string, SetsResult>();
    this.#byEntry.set(entry, byImage.set(image, result));
    return result;
  }
}

export interface ExtractedReference {
  readonly reference: ImageReference;
  /** The name by which it is judged, if that is another. */
  readonly logical?: ImageReference;
  readonly pointer: string;
}

/** The fields of the variable `image`; `logical` as in the variable `images`. */
const imageVariable = ({ reference, logical }: ExtractedReference) => ({
  ...imageFields(reference),
  ...(logical === undefined ? {} : { logical: imageFields(logical) }),
});

const imageFields = (image: ImageReference) => ({
  reference: image.canonical,
  referenceWithTag: image.withTag,
  registry: image.registry,
  path: image.path,
  name: image.name,
  tag: image.tag ?? "",
  digest: image.digest ?? "",
});

/** The same result, unknown where it rests on a mirror that is too old. A refutation stays one. */
export function whileMirrorIsNew(
  result: ImageResult,
  image: ExtractedReference,
  { entry, exhaustive, verifier, maxMirrorAge }: EntryContext,
): ImageResult {
  const reads = pins(image, entry) || entry.sets.length > 0 || entry.attestations.length > 0;
  // A sync decides for a side that has its copy only later.
  const old = reads && !exhaustive ? verifier.findOldMirror(maxMirrorAge) : undefined;
  return old === undefined
    ? result
    : { ...result, truth: conjunction([result.truth, "unknown"]), failures: [...result.failures, old] };
}

const pins = ({ reference }: ExtractedReference, { source }: CompiledEntry): boolean =>
  source.mutateDigest && reference.digest === undefined;

/**
 * The entry's result for the image. An entry without attestors and attestations only resolves the digest, and only if
 * it pins.
 */
export function verifyImageEntry(image: ExtractedReference, context: EntryContext): ImageResult {
  const { entry } = context;
  const { reference, logical } = image;
  const judged = logical ?? reference;
  const base = {
    image: reference.canonical,
    ...(logical === undefined ? {} : { logical: logical.canonical }),
    pointer: image.pointer,
    entry: context.index,
    position: context.position(entry.source.pointer),
    attestors: [],
    attestations: [],
  };
  const verifies = entry.sets.length > 0 || entry.attestations.length > 0;
  const isPinned = pins(image, entry);
  if (!verifies && !isPinned && !context.exhaustive) return pinnedResult(base, ownDigest(reference), context);
  // A sync asks for what a decision needs, and one about an image that is pinned does not need the mirror's tag.
  const resolved =
    logical === undefined || (context.exhaustive && (isPinned || !verifies))
      ? resolveDigest(judged, context.knowledge, context.stale)
      : resolveMirrored({ physical: reference, logical, pins: isPinned }, context.knowledge, context.stale);
  if (resolved.truth !== "proven")
    return {
      ...base,
      truth: resolved.truth,
      failures: resolved.failures,
      open: resolved.truth === "unknown" ? resolved.open : [],
    };
  const { digest, tagFrom } = resolved.evidence;
  if (!verifies) return pinnedResult(base, digest, context, tagFrom);
  const set: SetContext = {
    verifier: context.verifier,
    request: { image: { repository: judged.repository, digest }, layouts: entry.layouts },
    useCache: entry.source.useCache,
    position: context.position,
    exhaustive: context.exhaustive,
  };
  const pinned = `${judged.repository}@${digest}`;
  const signatures =
    context.counted.find(entry, pinned) ?? context.counted.keep(entry, pinned, checkAttestorSets(entry.sets, set));
  const { attestations, denial } = checkAttestations(image, signatures.truth, set, context);
  const parts = [...signatures.results, ...attestations];
  const truths = [signatures.truth, ...attestations.map((attestation) => attestation.truth)];
  // Field by field: spreading two objects into a third is the slowest step of a remembered decision.
  const { image: canonical, pointer, entry: index, position } = base;
  return {
    image: canonical,
    ...(logical === undefined ? {} : { logical: logical.canonical }),
    pointer,
    entry: index,
    position,
    attestors: signatures.results,
    attestations,
    truth: conjunction(denial === undefined ? truths : [...truths, denial.truth]),
    failures: [
      ...parts.flatMap((part) => (part.truth === "proven" ? [] : part.failures)),
      ...(denial === undefined || denial.truth === "proven" ? [] : denial.failures),
    ],
    open: [...openOf(parts), ...(denial?.truth === "unknown" ? denial.open : [])],
    digest,
    ...saidBy(tagFrom),
  };
}

const saidBy = (tagFrom: string | undefined) => (tagFrom === undefined ? {} : { tagFrom });

/** Where nothing but a digest is asked for: only distrust refuses one. */
function pinnedResult(
  base: Omit<ImageResult, "truth" | "failures" | "open" | "digest">,
  digest: Digest | undefined,
  { verifier }: EntryContext,
  tagFrom?: string,
): ImageResult {
  if (digest === undefined) return { ...base, truth: "proven", failures: [], open: [] };
  const distrusted = verifier.findDistrusted(digest);
  return distrusted === undefined
    ? { ...base, truth: "proven", failures: [], open: [], digest, ...saidBy(tagFrom) }
    : { ...base, truth: "refuted", failures: [distrusted], open: [], digest, ...saidBy(tagFrom) };
}

const ownDigest = ({ digest }: ImageReference): Digest | undefined =>
  digest !== undefined && isDigest(digest) ? digest : undefined;

interface Attested {
  readonly attestations: readonly AttestationResult[];
  /** The result of `validate.deny`, if everything else is proven. */
  readonly denial?: Verification<null> | undefined;
}

/** The attestations. They are not checked if the signatures are already refuted. */
function checkAttestations(
  image: ExtractedReference,
  signatures: Truth,
  set: SetContext,
  context: EntryContext,
): Attested {
  const { entry } = context;
  if (entry.attestations.length === 0 || (signatures === "refuted" && !context.exhaustive)) return { attestations: [] };
  const remembered = new Map<string, SignedStatement>();
  const variables = context.variables();
  variables.checkpoint();
  try {
    variables.add("image", imageVariable(image));
    const attestations = entry.attestations.map((attestation) =>
      checkAttestation(attestation, {
        ...set,
        variables,
        remember: (name, statement) => remembered.set(name, statement),
      }),
    );
    const truth = conjunction([signatures, ...attestations.map((attestation) => attestation.truth)]);
    return { attestations, denial: truth === "proven" ? checkDeny(remembered, variables, context) : undefined };
  } finally {
    variables.restore();
  }
}

const denyStage = 1001;

/**
 * The `validate.deny` of every entry of the rule, with the proven predicates under their attestations' names. Source:
 * docs/spec/kyverno.md#deny-conditions.
 */
function checkDeny(
  statements: ReadonlyMap<string, SignedStatement>,
  variables: JsonContext,
  { siblings, position }: EntryContext,
): Verification<null> | undefined {
  const rules = siblings.flatMap(({ source: { validate, pointer } }) =>
    validate?.deny === undefined ? [] : [{ deny: validate.deny, message: validate.message, pointer }],
  );
  if (rules.length === 0) return undefined;
  for (const [name, statement] of statements)
    if (isObject(statement.predicate)) variables.add(name, statement.predicate);
  for (const { deny, message, pointer } of rules) {
    const own = "/validate/deny/conditions";
    const placed = { value: deny, pointer: own, position: (at: string) => position(`${pointer}${own}${at}`) };
    try {
      const verdict = evaluateConditions(deny, variables);
      if (!verdict.holds) continue;
      const texts = [
        message === undefined ? "" : substituteText(message, variables),
        verdict.message,
        decidedWords(verdict, placed),
      ].filter((text) => text !== "");
      const reason =
        texts.length === 0
          ? "validation error: imageVerify  failed"
          : `validation in verifyImages failed: ${texts.join("; ")}`;
      return failed({ check: "validate.deny", code: "condition-failed", reason, stage: denyStage });
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      // What has no question, as a call to a service, is not known either.
      const open = openQuestions(error);
      if (open.length > 0 || isIgnorance(error)) return unknown([toFailure(error, "validate.deny", denyStage)], open);
      const condition = error.code === "unresolved" ? unresolvedCondition(deny, variables) : undefined;
      const why = condition === undefined ? error.message : unresolvedWords(condition, error, placed);
      const reason = `failed to check deny conditions: ${why}`;
      return failed({ check: "validate.deny", code: "condition-failed", reason, stage: denyStage });
    }
  }
  return { truth: "proven", evidence: null };
}
