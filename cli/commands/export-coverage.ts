/**
 * Coverage before crossing: what the other side will decide about each image of the mirror, by its own policies and
 * from what is carried alone. Source: docs/spec/command-line.md#archives, docs/spec/offline.md#sync.
 */
import type { JsonObject, JsonValue } from "../../core/encoding/json.ts";
import type { Alias } from "../../core/oci/aliases.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { coverageOf } from "../../proxy/sync/coverage.ts";
import { createSyncEngine } from "../../proxy/sync/sync-engine.ts";
import type { CommandIO } from "../command.ts";
import { type ExitCode, gravest } from "../exit-code.ts";
import { readDistrustFiles } from "../input/distrust-file.ts";
import { tellWarnings } from "../input/files.ts";
import { parseImage } from "../input/image-argument.ts";
import { type LimitOptions, readLimits } from "../input/limit-flags.ts";
import { type ExceptionOptions, readJudgingSet } from "../input/policy-files.ts";
import { defaultTrustName, readTrustSettings, type TrustOptions } from "../input/trust-flags.ts";
import { refusePolicies } from "../judge.ts";
import type { ImageCoverage } from "../render/archive.ts";
import { toCoverageJson } from "../render/sync.ts";

export interface CoverageOptions extends ExceptionOptions, TrustOptions, LimitOptions {
  readonly policies?: readonly string[];
  readonly distrust?: readonly string[];
}

/** Under which names repositories are mirrored there. */
export interface CoveredBy extends CoverageOptions {
  readonly aliases?: readonly Alias[];
}

export interface ExportCoverage {
  readonly images: readonly ImageCoverage[];
  /** What travels in the archive, and is shown. */
  readonly json: JsonObject;
  readonly exitCode: ExitCode;
}

/** The exit codes are those of a sync that must be covered: 5 where something is missing, 1 where it is refused. */
const exitOfVerdict = { pass: 0, audit: 0, none: 0, fail: 1, absent: 1, unknown: 5 } as const;

/** Undefined where no policies are given. @throws EngineError as policies and trust settings are read. */
export function coverMirror(mirror: Mirror, options: CoveredBy, io: CommandIO): ExportCoverage | undefined {
  const { policies: paths = [], trust = defaultTrustName } = options;
  if (paths.length === 0) return undefined;
  const limits = readLimits(options, io);
  const { policies, exceptions, errors } = readJudgingSet(paths, [], options, io);
  refusePolicies(errors, io);
  const knowledge = mirror.knowledge();
  const engine = createSyncEngine({
    policies,
    exceptions,
    distrust: readDistrustFiles(options.distrust, io),
    crypto: nodeVerifier,
    limits,
    settings: {
      trustRoot: trust,
      trust: readTrustSettings(options, io, knowledge.tufRoots()),
      aliases: options.aliases ?? [],
    },
  });
  tellWarnings(engine, io);
  const now = io.now();
  const images = mirror.list().map(({ image, digest }): ImageCoverage => {
    const listed = { text: image, reference: parseImage(image, limits), from: "the mirror" };
    return { image, digest, coverage: coverageOf(listed, { engine, limits }, knowledge, now) };
  });
  const counts: Record<string, number> = {};
  for (const { coverage } of images) counts[coverage.verdict] = (counts[coverage.verdict] ?? 0) + 1;
  return {
    images,
    json: {
      at: now.toISOString(),
      policies: [...new Set(policies.map(({ name }) => name))].sort(),
      summary: counts,
      images: images.map(({ image, digest, coverage }) => ({
        image,
        digest,
        coverage: toCoverageJson(coverage) as unknown as JsonValue,
      })),
    },
    exitCode: gravest(images.map(({ coverage }) => exitOfVerdict[coverage.verdict])),
  };
}
