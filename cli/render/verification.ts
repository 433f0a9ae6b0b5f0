/**
 * The answer of `verify` and `verify-attestation`: text and JSON. Source:
 * docs/spec/command-line.md#streams-and-formats.
 */
import { type CompletenessClaim, claimWords } from "../../core/knowledge/completeness-claim.ts";
import { type Failure, leadingFailure, type Verification } from "../../core/verdict.ts";
import type { Evidence, ProvenSignature } from "../../core/verify/evidence.ts";
import type { Candidate } from "../../core/verify/verify-image.ts";
import { exitOfVerification } from "../exit-code.ts";
import { sourceText, trustText } from "./evidence.ts";
import type { FixSettings } from "./fix.ts";
import type { Outage } from "./outage.ts";
import { failureProblem, toProblemJson } from "./problem.ts";
import { toCandidateJson, toFailureJson, toOpenJson, verdicts } from "../../core/decide/result-json.ts";
import type { Style } from "./style.ts";
import { toAgoText, toUtcText } from "./time.ts";
import { widthOf, wrapText } from "./wrap.ts";

/** One image that was verified. `reference` is as it was typed. */
export interface VerifiedImage {
  readonly reference: string;
  /** The name by which it is judged, where an alias gives one. */
  readonly logical?: string;
  readonly digest?: string;
  readonly verification: Verification<readonly ProvenSignature[]>;
  readonly candidates: readonly Candidate[];
  /** The claims of completeness by which it is known that there are no others. */
  readonly claims?: readonly CompletenessClaim[];
  /** Of the attestations of an image that was asked for a signature and has none. */
  readonly attestationTypes?: readonly string[];
}

function signerLines(evidence: Evidence, now: Date): readonly (readonly [string, string])[] {
  const { signer, logEntries, times, trustedRoot } = evidence;
  const entry = logEntries[0];
  const time = times[0];
  const at = time === undefined ? undefined : new Date(time.at);
  const when = at === undefined ? "" : `${toUtcText(at)} (${toAgoText(at, now)})`;
  return [
    ...(signer.kind === "key"
      ? ([["key", `${signer.fingerprint} (${signer.algorithm})`]] as const)
      : signer.subjects.map((subject) => ["signed by", subject] as const)),
    ...(signer.kind === "certificate" && signer.issuer !== undefined ? ([["issuer", signer.issuer]] as const) : []),
    ...(entry === undefined
      ? []
      : ([["log", `${entry.origin ?? entry.logId} #${entry.logIndex}${when === "" ? "" : `, ${when}`}`]] as const)),
    ...(entry === undefined && when !== "" ? ([["time", when]] as const) : []),
    ...(trustedRoot === undefined ? [] : ([["trust", trustText(evidence)]] as const)),
    ["found at", sourceText(evidence.source)],
  ];
}

/** What several candidates have in common is said once. The sentence that the error says is not repeated. */
function failureLines(failures: readonly Failure[], told: Failure | undefined, style: Style): string {
  const texts = new Set(
    failures.map(({ code, reason }) =>
      code === told?.code && reason === told.reason ? `[${code}]` : `[${code}] ${style.text(reason)}`,
    ),
  );
  return [...texts].map((text) => paragraph(text, "  ", "    ", style)).join("");
}

const paragraph = (text: string, first: string, rest: string, { width }: Style): string =>
  wrapText(text, { width, first, rest })
    .map((line) => `${line}\n`)
    .join("");

/** A paragraph for an image. */
export function renderVerifiedImage(image: VerifiedImage, style: Style, now: Date): string {
  const { reference, logical, digest, verification } = image;
  const mark = verification.truth === "proven" ? "pass" : verification.truth === "refuted" ? "fail" : "unknown";
  const name = `${style.mark(mark)} ${style.text(reference)}`;
  const fits = digest !== undefined && widthOf(name) + 2 + digest.length <= style.width;
  const judged = logical === undefined ? "" : detail("judged as", logical, style);
  const head = `${name}${digest === undefined ? "" : `${fits ? "  " : "\n  "}${digest}`}\n${judged}`;
  if (verification.truth !== "proven")
    return (
      head +
      failureLines(verification.failures, leadingFailure(verification.truth, verification.failures), style) +
      claimLines(image, style)
    );
  return head + verification.evidence.map((signature) => signatureBlock(signature, style, now)).join("");
}

/** Why it is known that there is nothing else. */
const claimLines = ({ claims = [] }: VerifiedImage, style: Style): string =>
  claims.map((claim) => paragraph(style.text(`no others: ${claimWords(claim)}`), "  ", "    ", style)).join("");

function signatureBlock({ evidence, statement }: ProvenSignature, style: Style, now: Date): string {
  const about = statement === undefined ? [] : ([["statement", statement.predicateType]] as const);
  return [...signerLines(evidence, now), ...about].map(([name, value]) => detail(name, value, style)).join("");
}

const detail = (name: string, value: string, style: Style): string =>
  paragraph(style.text(value), `  ${name.padEnd(10)} `, " ".repeat(13), style);

/** Of attestations; signatures have none. */
function toStatementsJson(proven: readonly ProvenSignature[]) {
  const statements = proven.flatMap(({ evidence, statement }) =>
    statement === undefined ? [] : [{ ...statement, evidence }],
  );
  return statements.length === 0 ? undefined : statements;
}

function toImageJson(image: VerifiedImage, fixes: FixSettings) {
  const { reference, logical, digest, verification, candidates, claims = [], attestationTypes = [] } = image;
  const settings = { ...fixes, typesOn: () => attestationTypes };
  const failure =
    verification.truth === "proven" ? undefined : leadingFailure(verification.truth, verification.failures);
  return {
    ref: reference,
    logical,
    digest,
    verdict: verdicts[verification.truth],
    code: failure?.code,
    fix:
      failure === undefined
        ? undefined
        : toProblemJson(failureProblem({ reference, logical, digest }, failure, settings)).fix,
    exitCode: exitOfVerification(image.verification),
    signatures: candidates.map(toCandidateJson),
    ...(claims.length === 0 ? {} : { claims }),
    ...(verification.truth === "proven"
      ? { statements: toStatementsJson(verification.evidence) }
      : {
          failures: verification.failures.map(toFailureJson),
          open: verification.truth === "unknown" ? toOpenJson(verification.open) : [],
        }),
  };
}

/** Of all images. */
export const toVerificationJson = (
  images: readonly VerifiedImage[],
  settings: {
    readonly at: Date;
    readonly offline: boolean;
    readonly exitCode: number;
    readonly fixes: FixSettings;
    readonly environment?: readonly string[];
    readonly outages?: readonly Outage[];
  },
) => ({
  verdict: images.every(({ verification }) => verification.truth === "proven")
    ? "pass"
    : images.some(({ verification }) => verification.truth === "refuted")
      ? "fail"
      : "error",
  exitCode: settings.exitCode,
  offline: settings.offline,
  evaluatedAt: settings.at.toISOString(),
  environment: settings.environment,
  outages: settings.outages,
  images: images.map((image) => toImageJson(image, settings.fixes)),
});
