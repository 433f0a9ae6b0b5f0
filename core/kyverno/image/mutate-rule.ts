/**
 * The mutating pass of a `verifyImages` rule: verifies, pins digests, and gives the statuses for the annotations.
 * Source: docs/spec/kyverno.md#deciding-a-rule, #deciding-an-entry, #digest-patch.
 */
import { type Digest, isDigest } from "../../crypto/digest.ts";
import { conjunction } from "../../verdict.ts";
import {
  canonicalWithDigest,
  digestPatch,
  type ImageStatus,
  noteStatus,
  type PatchOperation,
} from "../outcome/digest-patch.ts";
import {
  imageName,
  sentenceFor,
  skippedReference,
  verifiedAttestations,
  verifiedSignatures,
} from "../outcome/message.ts";
import type { CompiledEntry } from "./compile-entry.ts";
import type { FailedImage } from "./extract.ts";
import type { ImageResult, RuleResult } from "./result.ts";
import { isVerified, type RuleImage, type RuleImages, verifies } from "./rule-images.ts";
import { imageFailureMessage, type RuleOutcome, type RuleRun, ruleResult, statusOf } from "./rule-run.ts";

/** Each entry and image has its own result. A judged image has a status, and its digest if it is pinned. */
export function mutateRule(run: RuleRun, { entries, images, failed }: RuleImages): RuleOutcome {
  const results = failed.map((image) => malformedImage(run, image));
  const warnings: string[] = [];
  for (const [index, entry] of entries.entries()) {
    for (const image of images) {
      const verdict = image.verdicts().get(index);
      results.push(...imageResults(run, entry, image, verdict));
      if (image.stances[index] === "skipped") warnings.push(skipMessage(run, image));
    }
  }
  const patches: PatchOperation[] = [];
  const statuses = new Map<string, ImageStatus>();
  for (const image of images) {
    const { reference, pointer } = image.image;
    const digest = digestOf(image, entries);
    if (digest !== undefined && reference.digest === undefined) patches.push(digestPatch(pointer, reference, digest));
    const status = recordedStatus(image, entries);
    if (status === undefined) continue;
    const logical = image.logicals.find((name, index) => name !== undefined && image.stances[index] !== "other");
    for (const name of logical === undefined ? [reference] : [reference, logical])
      noteStatus(statuses, digest === undefined ? name.canonical : canonicalWithDigest(name, digest), status);
  }
  return { results, patches, statuses, warnings };
}

/** The image's digest after the rule: its own, or the one that it is pinned to. */
function digestOf(image: RuleImage, entries: readonly CompiledEntry[]): Digest | undefined {
  const own = image.image.reference.digest;
  if (own !== undefined) return isDigest(own) ? own : undefined;
  for (const [index, { digest }] of image.verdicts()) if (entries[index]?.source.mutateDigest === true) return digest;
  return undefined;
}

/** An image that one entry skips may be judged by another, whose result then counts. */
function recordedStatus(image: RuleImage, entries: readonly CompiledEntry[]): ImageStatus | undefined {
  if (!isVerified(image, entries)) return image.stances.includes("skipped") ? "skip" : undefined;
  return conjunction([...image.verdicts().values()].map(({ truth }) => truth)) === "proven" ? "pass" : "fail";
}

const skipMessage = ({ compiled: { policy, rule } }: RuleRun, { image }: RuleImage): string =>
  skippedReference(image.reference.canonical, policy.name, rule.name);

function malformedImage(run: RuleRun, image: FailedImage): RuleResult {
  const { code, message } = image.error;
  return ruleResult(
    run,
    "fail",
    `${sentenceFor(image.text, "refuted", code)}; ${image.pointer}: [${code}] ${message}`,
    { failures: [{ check: "image.reference", code, reason: message, subject: image.pointer, stage: 0 }] },
  );
}

/** The pass's result for an image from the entry's; none if the entry does not judge it. */
function imageResults(
  run: RuleRun,
  entry: CompiledEntry,
  image: RuleImage,
  verdict: ImageResult | undefined,
): readonly RuleResult[] {
  const { reference } = image.image;
  if (verdict === undefined) return verifies(entry) ? [ruleResult(run, "skip", skipMessage(run, image))] : [];
  const parts = { image: verdict, failures: verdict.failures, open: verdict.open };
  if (verdict.truth !== "proven")
    return [ruleResult(run, statusOf(verdict.truth), imageFailureMessage(verdict), parts)];
  if (!verifies(entry))
    return entry.source.mutateDigest && reference.digest === undefined
      ? [ruleResult(run, "pass", "mutated image digest", parts)]
      : [];
  const name = imageName(verdict);
  const message = entry.attestations.length > 0 ? verifiedAttestations(name) : verifiedSignatures(name);
  return [ruleResult(run, "pass", message, parts)];
}
