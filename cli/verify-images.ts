/**
 * Verifying images by flags, without a policy: what `verify` and `verify-attestation` share. Source:
 * docs/spec/sigstore.md#cosign-flags, docs/spec/command-line.md#flags-of-other-programs, #exit-codes,
 * #streams-and-formats.
 */
import type { Command } from "commander";
import { EngineError } from "../core/errors.ts";
import type { Attempt } from "../core/decide/settle.ts";
import { atOneMoment, type DistrustRow, type Knowledge } from "../core/knowledge/knowledge.ts";
import type { VerifiedOutcome } from "../core/decide/verified-json.ts";
import type { CapturedDecision } from "../core/record/decision-record.ts";
import { type ResolvedDigest, resolveDigest, resolveMirrored } from "../core/kyverno/image/resolve-image.ts";
import { leadingFailure, proven, type Verification } from "../core/verdict.ts";
import {
  type AttestorSpec,
  type CompileAttestor,
  compileAttestorWithoutPatterns,
} from "../core/verify/compile-attestor.ts";
import { clockWarning, later } from "../core/verify/clock.ts";
import { createImageVerifier } from "../core/verify/image-verifier.ts";
import type { DecisionVerifier } from "../core/verify/memo.ts";
import type { ImageRequest } from "../core/verify/verify-image.ts";
import { withMirrorAge } from "../core/verify/with-mirror-age.ts";
import type { LayoutSource } from "../proxy/archive/layout-source.ts";
import { attestationTypes } from "./input/attestation-types.ts";
import { addAttestorOptions, type AttestorOptions, foldAliases, readAttestor } from "./input/attestor-flags.ts";
import { parseImage } from "./input/image-argument.ts";
import { type CosignImage, renderEnvelopes, renderPayloads } from "./cosign-output.ts";
import type { CommandIO } from "./command.ts";
import type { Located } from "./local-image.ts";
import { type ExitCode, exitOfVerification, gravest } from "./exit-code.ts";
import { outputOption } from "./input/output-flag.ts";
import { addCapsuleOptions } from "./input/capsule-options.ts";
import { addRecordOptions, type RecordOptions } from "./input/record-options.ts";
import { fromEnvironment } from "./environment.ts";
import { addFlagVariables } from "./input/flag-variables.ts";
import { cosignFlags } from "./input/other-flags.ts";
import { tellVariables, usedVariables } from "./render/environment.ts";
import { addKnowledgeOptions, type KnowledgeOptions, type OpenKnowledge, openKnowledge } from "./input/knowledge.ts";
import { outagesMember } from "./render/outage.ts";
import { failureProblem, tellProblem } from "./render/problem.ts";
import { warn } from "./render/say.ts";
import { styleOf } from "./render/style.ts";
import { isDocumentFormat, renderDocument } from "./render/document.ts";
import type { FixSettings } from "./render/fix.ts";
import { renderVerifiedImage, toVerificationJson, type VerifiedImage } from "./render/verification.ts";

export interface VerifyOptions extends KnowledgeOptions, AttestorOptions, RecordOptions {
  readonly localImage?: boolean;
  readonly output: "text" | "json" | "yaml" | "cosign";
  readonly type?: string;
  readonly quiet?: boolean;
}

/** Adds the arguments and flags of both commands. */
export function addVerifyOptions(command: Command, io: CommandIO): Command {
  command.argument("<image...>", "images, or layouts with --local-image");
  addRecordOptions(addCapsuleOptions(addKnowledgeOptions(addAttestorOptions(command), { likeCosign: true })));
  addFlagVariables(command, cosignFlags, io);
  return command
    .option("--local-image", "IMAGE is a layout made by cosign save, or another: a folder or a tar archive")
    .addOption(outputOption("cosign"))
    .option("-q, --quiet", "print only errors");
}

const digestOf = (resolved: Verification<ResolvedDigest>): Located["digest"] =>
  resolved.truth === "proven" ? proven(resolved.evidence.digest) : resolved;

/** The image that a reference names. @throws EngineError `invalid-reference` */
function locate(text: string, { knowledge, limits, aliases }: Place): Located {
  const reference = parseImage(text, limits);
  const logical = aliases.logicalOf(reference)?.reference;
  if (logical === undefined)
    return { repository: reference.repository, digest: digestOf(resolveDigest(reference, knowledge)), knowledge };
  // Nobody pins what is verified here, so that the name that was given has to be known, too.
  const digest = resolveMirrored({ physical: reference, logical, pins: false }, knowledge);
  return { repository: logical.repository, logical: logical.canonical, digest: digestOf(digest), knowledge };
}

type Place = Pick<OpenKnowledge, "knowledge" | "limits" | "aliases">;

/** The image that a reference names. @throws EngineError `invalid-reference`, and why its digest is not known. */
export function locateDigest(text: string, opened: Place) {
  const { repository, logical, digest } = locate(text, opened);
  if (digest.truth === "proven") return { repository, logical, digest: digest.evidence };
  const failure = leadingFailure(digest.truth, digest.failures);
  throw new EngineError(failure?.code ?? "not-in-mirror", failure?.reason ?? "its digest is not known", {
    subject: failure?.subject ?? text,
  });
}

interface OneVerified extends Attempt, CosignImage {
  /** Warnings. */
  readonly told: readonly string[];
  readonly newest?: Date | undefined;
}

/** Only who gives a regular expression pays for loading them: they are a third of what a verification needs. */
const attestorCompiler = async ({ keyless }: AttestorSpec): Promise<CompileAttestor> =>
  keyless?.subjectRegExp === undefined && keyless?.issuerRegExp === undefined
    ? compileAttestorWithoutPatterns
    : (await import("../core/verify/attestor.ts")).compileAttestor;

/**
 * Verifies signatures of every image, or with a predicate type its attestations, and reports. The exit code is that of
 * the gravest outcome.
 * @throws EngineError for a wrong command line, before anything is verified.
 */
export async function verifyImages(
  images: readonly string[],
  given: VerifyOptions,
  io: CommandIO,
  predicateType?: string,
): Promise<ExitCode> {
  const options = { ...given, ...foldAliases({ ...given }) };
  const spec: AttestorSpec = readAttestor(options, io);
  const stampedOnly = options.useSignedTimestamps === true;
  const expectation = (await attestorCompiler(spec))(spec, {
    identityTexts: "exact",
    timestampRequired: stampedOnly,
    privateRoots: options.caRoots !== undefined || options.certificateChain !== undefined,
    limits: io.limits,
  });
  const repository = fromEnvironment("COSIGN_REPOSITORY", io);
  // Only who gives a list pays for reading YAML.
  const distrust =
    options.distrust === undefined
      ? []
      : (await import("./input/distrust-file.ts")).readDistrustFiles(options.distrust, io);
  const opened = await openKnowledge(options, io);
  const local: LayoutSource[] = [];
  if (options.localImage === true && options.record !== undefined)
    throw new EngineError("unsupported", "what is verified of --local-image is not recorded: leave it out", {
      subject: "--record",
    });
  try {
    const recording = await recordingOf(options, { spec, predicateType, repository }, opened, distrust, io);
    const locals = options.localImage === true ? await import("./local-image.ts") : undefined;
    if (locals !== undefined) for (const path of images) local.push(await locals.openLayoutSource(path, opened.limits));
    const verifier = createImageVerifier({
      crypto: opened.crypto,
      sawCheckpoint: opened.sawCheckpoint,
      limits: opened.limits,
      distrust: [...distrust, ...(opened.capsule?.engine.distrust ?? [])],
      ...opened.trust,
    });
    const request: Omit<ImageRequest, "image"> = {
      expectation,
      layouts: "all",
      ...(predicateType === undefined ? {} : { predicateType }),
      ...(repository === undefined ? {} : { signatureRepository: repository }),
    };
    const verifyOne = (text: string, source: LayoutSource | undefined, known: Knowledge): OneVerified => {
      const told: string[] = [];
      const place = { ...opened, knowledge: known };
      const local = locals === undefined || source === undefined ? undefined : locals.locateLocal(text, source, place);
      // Every signature with a timestamp is shown, not only the first.
      const decision = verifier.open(local?.knowledge ?? known, opened.now, {
        exhaustive: stampedOnly,
        warn: (warning) => told.push(warning),
      });
      const located = local ?? { ...locate(text, { ...place, knowledge: decision.knowledge }), knowledge: known };
      const { logical, digest: found } = located;
      const named = { reference: text, ...(logical === undefined ? {} : { logical }) };
      if (found.truth !== "proven") {
        recording?.verified(
          { image: text, logical, verification: found, candidates: [], warnings: [] },
          decision,
          known,
        );
        return {
          image: { ...named, verification: found, candidates: [] },
          knowledge: located.knowledge,
          open: found.truth === "unknown" ? found.open : [],
          told: [],
        };
      }
      const digest = found.evidence;
      const outcome = withMirrorAge(
        decision.verify({ ...request, image: { repository: located.repository, digest } }),
        decision.findOldMirror(),
      );
      recording?.verified({ image: text, logical, digest, ...outcome, warnings: told }, decision, known);
      const types =
        outcome.verification.truth === "refuted" && outcome.candidates.length === 0 && predicateType === undefined
          ? attestationTypes(`${located.repository}@${digest}`, located.knowledge, opened.limits, repository)
          : [];
      return {
        image: { ...named, digest, ...outcome, ...(types.length === 0 ? {} : { attestationTypes: types }) },
        knowledge: located.knowledge,
        open: outcome.verification.truth === "unknown" ? outcome.verification.open : outcome.undecided.open,
        told,
        newest: decision.newestSignedTime(),
      };
    };
    const verifyNow = (text: string, source: LayoutSource | undefined, known: Knowledge): OneVerified =>
      atOneMoment(known, () => verifyOne(text, source, known));
    const outcomes = await Promise.all(
      images.map((text, index) => opened.settle((known) => verifyNow(text, local[index], known))),
    );
    const verified = outcomes.map(({ image }) => image);
    const newest = outcomes.reduce<Date | undefined>((latest, one) => later(latest, one.newest), undefined);
    const warnings = new Set(outcomes.flatMap(({ told }) => told));
    opened.saw(newest);
    const clock = clockWarning(opened.now, newest);
    if (clock !== undefined) warnings.add(clock);
    const code = gravest(verified.map(({ verification }) => exitOfVerification(verification)));
    for (const warning of warnings) warn(warning, io);
    tellVariables("flags", io);
    report(outcomes, options, { ...opened, code, predicateType }, io);
    await recording?.write();
    return code;
  } finally {
    for (const source of local) source.close();
    opened.close();
  }
}

interface Recording {
  /** In the turn in which it was verified. A later attempt at the same image takes its place. */
  verified(outcome: Omit<VerifiedOutcome, "now">, decision: DecisionVerifier, known: Knowledge): void;
  write(): Promise<void>;
}

/** Only who records pays for it. */
async function recordingOf(
  options: VerifyOptions,
  asked: {
    readonly spec: AttestorSpec;
    readonly predicateType: string | undefined;
    readonly repository: string | undefined;
  },
  { limits, now, trust, aliases, capsule, contentId }: OpenKnowledge,
  distrust: readonly DistrustRow[],
  io: CommandIO,
): Promise<Recording | undefined> {
  if ((options.record ?? options.recordKey) === undefined) return undefined;
  const { openRecorder } = await import("./input/record-flags.ts");
  const { captureVerification } = await import("../core/record/decision-record.ts");
  const { encodeEngineDocument } = await import("../core/decide/engine-document.ts");
  const recorder = await openRecorder(options, limits, io);
  const input = {
    policies: [],
    distrust: [...distrust, ...(capsule?.engine.distrust ?? [])],
    limits,
    settings: { ...trust, aliases: aliases.list },
  };
  const { spec: attestor, predicateType: type, repository: signatureRepository } = asked;
  const timestampRequired = options.useSignedTimestamps === true;
  const privateRoots = options.caRoots !== undefined || options.certificateChain !== undefined;
  const captured = new Map<string, CapturedDecision>();
  return {
    verified(outcome, decision, known) {
      const { image, digest } = outcome;
      const wanted = { image, attestor, type, signatureRepository, timestampRequired, privateRoots };
      // What nobody found is not judged by any time.
      const clock = digest === undefined ? undefined : decision.clockWarning();
      const warnings = [...new Set([...outcome.warnings, ...(clock === undefined ? [] : [clock])])];
      captured.set(image, captureVerification(wanted, { ...outcome, now, warnings }, decision.read(), known));
    },
    async write() {
      const engine = encodeEngineDocument(input);
      for (const one of captured.values()) recorder?.add(one, engine, contentId?.());
      await recorder?.write();
    },
  };
}

interface Reported
  extends Pick<
    OpenKnowledge,
    "now" | "hasSource" | "store" | "snapshotOf" | "tagsOf" | "digestOf" | "online" | "limits" | "outages" | "capsule"
  > {
  readonly code: ExitCode;
  readonly predicateType: string | undefined;
}

function report(
  verified: readonly CosignImage[],
  options: VerifyOptions,
  {
    now,
    code,
    hasSource,
    store,
    snapshotOf,
    tagsOf,
    digestOf,
    online,
    limits,
    outages,
    capsule,
    predicateType,
  }: Reported,
  io: CommandIO,
): void {
  const images = verified.map(({ image }) => image);
  const fixes = {
    hasSource: hasSource || options.localImage === true,
    online,
    said: { store },
    snapshotOf,
    tagsOf,
    digestOf,
    ofCapsule: capsule !== undefined,
    ...(options.key === undefined ? {} : { key: options.key }),
  };
  if (isDocumentFormat(options.output)) {
    const members = toVerificationJson(images, {
      at: now,
      offline: !online,
      exitCode: code,
      fixes,
      ...usedVariables(io),
      ...outagesMember(outages()),
    });
    io.out(renderDocument("VerificationResult", members, options.output));
  } else if (options.output === "cosign")
    io.out((predicateType === undefined ? renderPayloads : renderEnvelopes)(verified, limits));
  else if (options.quiet !== true) for (const image of images) io.out(renderVerifiedImage(image, styleOf(io), now));
  const told = new Set<string>();
  for (const image of images) reportFailure(image, fixes, told, io);
}

/** `told` has the fixes that were shown before: each is shown once. */
function reportFailure(image: VerifiedImage, fixes: FixSettings, told: Set<string>, io: CommandIO): void {
  const { reference, logical, digest, verification, attestationTypes: types = [] } = image;
  if (verification.truth === "proven") return;
  const failure = leadingFailure(verification.truth, verification.failures);
  const settings = { ...fixes, typesOn: () => types };
  if (failure === undefined) return;
  const { fix, ...problem } = failureProblem({ reference, logical, digest }, failure, settings);
  tellProblem(told.has(fix) ? problem : { ...problem, fix }, io);
  told.add(fix);
}
