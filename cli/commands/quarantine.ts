/**
 * `import --verify`: the images that an archive brought, decided by policies before they count. What is refuted goes on
 * the distrust list. Source: docs/spec/offline.md#crossing-the-gap.
 */
import { EngineError } from "../../core/errors.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import type { QuarantinedImage } from "../../proxy/crossing/import-archive.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { coverageOf } from "../../proxy/sync/coverage.ts";
import { createSyncEngine } from "../../proxy/sync/sync-engine.ts";
import type { Alias } from "../../core/oci/aliases.ts";
import { parseReference } from "../../core/oci/reference.ts";
import type { CommandIO } from "../command.ts";
import { refusePolicies } from "../judge.ts";
import { readJudgingSet } from "../input/policy-files.ts";
import { defaultTrustName, readTrustSettings } from "../input/trust-flags.ts";

/**
 * A judge over policies, which are read now.
 * @throws EngineError `invalid-policy` when one does not load, `invalid-usage` without any.
 */
export function readJudge(
  paths: readonly string[],
  aliases: readonly Alias[],
  io: CommandIO,
  archive: string,
): (mirror: Mirror) => readonly QuarantinedImage[] {
  const { errors, policies, exceptions } = readJudgingSet(paths, [], {}, io);
  refusePolicies(errors, io);
  if (policies.length === 0)
    throw new EngineError("invalid-usage", "--verify needs policies: --policies DIR", { subject: "--verify" });
  return (mirror) => {
    const trust = readTrustSettings({}, io, mirror.knowledge().tufRoots());
    const { limits } = mirror;
    const settings = { trustRoot: defaultTrustName, trust, aliases };
    const engine = createSyncEngine({ policies, exceptions, crypto: nodeVerifier, limits, settings });
    const distrusted = new Set(
      mirror
        .knowledge()
        .distrustEntries()
        .map(({ row }) => row.value),
    );
    const now = io.now();
    const refuted: QuarantinedImage[] = [];
    for (const { image, digest, tag } of mirror.list()) {
      if (tag === undefined || distrusted.has(digest)) continue;
      const listed = { text: image, reference: parseReference(image, limits), from: archive };
      const { verdict, reasons } = coverageOf(listed, { engine, limits }, mirror.knowledge(), now);
      if (verdict !== "fail") continue;
      const [{ policy = "", message = "" } = {}] = reasons;
      const reason = `${archive}: refuted by ${policy}: ${message}`;
      refuted.push({ image, digest, reason });
      const row = { kind: "digest", value: digest, reason, date: now.toISOString().slice(0, 10) } as const;
      mirror.writer().addDistrust(row, { at: now.toISOString(), from: `import --verify of ${archive}` });
      distrusted.add(digest);
    }
    return refuted;
  };
}
