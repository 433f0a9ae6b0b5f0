/**
 * Why an image was verified without a policy, or was not: as a record of `verify` has it. Source:
 * docs/spec/command-line.md#explaining-a-decision.
 */
import { verdicts } from "../../core/decide/result-json.ts";
import type { VerifiedOutcome } from "../../core/decide/verified-json.ts";
import type { AskedVerification } from "../../core/record/verification.ts";
import { leadingFailure } from "../../core/verdict.ts";
import { header, judgedAs, labelled, ownFailures, pruneTree, truthMarks } from "./decision.ts";
import { candidateNode, openNodes } from "./evidence.ts";
import { type FixSettings, markedFix, withImage } from "./fix.ts";
import type { Style } from "./style.ts";
import { toUtcText } from "./time.ts";
import { renderTree, type TreeNode } from "./tree.ts";

export interface VerifiedSettings {
  readonly asked: AskedVerification;
  readonly brief: boolean;
  readonly fixes: FixSettings;
  /** How people know a key that is given as PEM. */
  readonly keyName: (pem: string) => string;
}

/** Whose signature was asked for, in place of a line of a policy. */
function askedText({ attestor, type }: AskedVerification, keyName: VerifiedSettings["keyName"]): string {
  const { keys, keyless, certificates, rekor } = attestor;
  const { subject, subjectRegExp, issuer, issuerRegExp } = keyless ?? {};
  const either = (text: string | undefined, pattern: string | undefined): readonly string[] =>
    text !== undefined ? [text] : pattern !== undefined ? [`/${pattern}/`] : [];
  const by = [
    ...(keys?.pem === undefined ? [] : [`the key ${keyName(keys.pem)}`]),
    ...(keys?.reference === undefined ? [] : [`the key ${keys.reference}`]),
    ...(certificates === undefined ? [] : ["the certificate that was given"]),
    ...either(subject, subjectRegExp),
  ];
  return [
    `${type === undefined ? "a signature" : `an attestation of ${type}`} by ${by.join(", ") || "anybody"}`,
    ...either(issuer, issuerRegExp).map((text) => `issuer ${text}`),
    ...(rekor?.ignoreTlog === true ? ["without a log entry"] : []),
  ].join(", ");
}

function outcomeTree({ image, logical, now, digest, verification, candidates }: VerifiedOutcome): TreeNode {
  const below = candidates.map((candidate, index) => candidateNode(candidate, index, candidates.length, now));
  const failures = verification.truth === "proven" ? [] : verification.failures;
  return {
    mark: truthMarks[verification.truth],
    label: image,
    children: [
      ...judgedAs(logical),
      digest === undefined
        ? { mark: "unknown", label: "image", text: "no digest is known" }
        : { mark: "pass", label: "image", text: digest },
      ...below,
      ...ownFailures(failures, below),
      ...(verification.truth === "unknown" ? openNodes(verification.open, failures) : []),
    ],
  };
}

/** The verdict line, what was asked, the reason, and the tree. */
export function renderVerifiedOutcome(
  outcome: VerifiedOutcome,
  { asked, brief, fixes, keyName }: VerifiedSettings,
  style: Style,
): string {
  const { image, now, verification, warnings } = outcome;
  const failure =
    verification.truth === "proven" ? undefined : leadingFailure(verification.truth, verification.failures);
  const part = (label: string, text: string, commands = false): string =>
    labelled(label, style.text(text), style, commands);
  const tree = outcomeTree(outcome);
  return [
    header(`${verdicts[verification.truth].toUpperCase()}  ${style.text(image)}`, `now ${toUtcText(now)}`, style),
    part("asked", askedText(asked, keyName)),
    ...(failure === undefined ? [] : [part("because", `${failure.reason} [${failure.code}]`)]),
    ...(failure === undefined ? [] : [part("fix", withImage(markedFix(failure, fixes), image), true)]),
    ...warnings.map((warning) => part("warning", warning)),
    `\n${renderTree(brief ? pruneTree(tree) : tree, style)}`,
  ].join("");
}
