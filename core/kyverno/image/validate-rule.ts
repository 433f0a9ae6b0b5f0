/**
 * The validating pass of a `verifyImages` rule: `verifyDigest` and `required`, over the resource after all mutating
 * passes. Source: docs/spec/kyverno.md#validating-pass. Differs: it verifies again where Kyverno reads an annotation.
 * An undecided image stays unknown, with the same code.
 */
import { conjunction } from "../../verdict.ts";
import { imageName, missingDigest, unverifiedImage } from "../outcome/message.ts";
import type { CompiledEntry } from "./compile-entry.ts";
import type { ImageResult, RuleResult } from "./result.ts";
import { isVerified, type RuleImage, type RuleImages } from "./rule-images.ts";
import { imageFailureMessage, nothing, type RuleOutcome, type RuleRun, ruleResult } from "./rule-run.ts";

/** One result for the whole rule. A refutation is reported before an unknown. */
export function validateRule(run: RuleRun, images: RuleImages): RuleOutcome {
  return { ...nothing, results: [judgeRule(run, images)] };
}

function judgeRule(run: RuleRun, { entries, images, failed }: RuleImages): RuleResult {
  const [malformed] = failed;
  if (malformed !== undefined) {
    const { error, pointer } = malformed;
    return ruleResult(run, "fail", unverifiedImage(malformed.text), {
      failures: [{ check: "image.reference", code: "malformed", reason: error.message, subject: pointer, stage: 0 }],
    });
  }
  // An entry excuses an image only from its own requirements, not from another entry's.
  const problems: Problem[] = [];
  for (const [index, entry] of entries.entries())
    for (const image of images)
      if (image.stances[index] === "judged")
        problems.push(...problemOf(entry, entries, image, image.logicals[index]?.canonical));
  const refutation = problems.find((problem) => problem.truth === "refuted");
  if (refutation !== undefined) {
    const { code, message } = refutation;
    return ruleResult(run, "fail", message, {
      failures: [{ check: "image.required", code, reason: message, stage: 0 }],
    });
  }
  const doubt = problems.find((problem) => problem.truth === "unknown");
  if (doubt !== undefined) {
    const { failures, open } = doubt.verdict;
    return ruleResult(run, "error", imageFailureMessage(doubt.verdict), { failures, open });
  }
  const skipped = images
    .filter((image) => image.stances.includes("skipped") && !isVerified(image, entries))
    .map(({ image }) => image.reference.canonical);
  const tail = skipped.length === 0 ? "" : `, skipped images: ${skipped.join(" ")}`;
  return skipped.length === 0 || images.some((image) => isVerified(image, entries))
    ? ruleResult(run, "pass", `image verified${tail}`)
    : ruleResult(run, "skip", `image skipped${tail}`);
}

type Problem =
  | { readonly truth: "refuted"; readonly code: "missing-digest" | "unverified-image"; readonly message: string }
  | { readonly truth: "unknown"; readonly verdict: ImageResult };

/** The entry's unmet requirements for an image that it judges. It verifies only with `required`. */
function problemOf(
  entry: CompiledEntry,
  entries: readonly CompiledEntry[],
  image: RuleImage,
  logical: string | undefined,
): readonly Problem[] {
  const { canonical, digest } = image.image.reference;
  const name = imageName({ image: canonical, ...(logical === undefined ? {} : { logical }) });
  const { verifyDigest, mutateDigest, required } = entry.source;
  const verdicts = (): readonly ImageResult[] => [...image.verdicts().values()];
  const doubtful = (): readonly Problem[] =>
    verdicts()
      .filter(({ truth }) => truth === "unknown")
      .slice(0, 1)
      .map((verdict) => ({ truth: "unknown", verdict }));
  if (verifyDigest && digest === undefined) {
    // The tag to pin could not be resolved: unknown, unlike a reference without a digest.
    const unresolved = mutateDigest && verdicts().every((verdict) => verdict.digest === undefined) ? doubtful() : [];
    return unresolved.length > 0
      ? unresolved
      : [{ truth: "refuted", code: "missing-digest", message: missingDigest(name) }];
  }
  if (!required) return [];
  const truth = isVerified(image, entries) ? conjunction(verdicts().map((verdict) => verdict.truth)) : "refuted";
  if (truth === "refuted") return [{ truth, code: "unverified-image", message: unverifiedImage(name) }];
  return truth === "unknown" ? doubtful() : [];
}
