/** TUF metadata under bounds that are set low. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import type { Limits } from "../../core/limits.ts";
import type { MissedTarget } from "../../proxy/upstream/tuf/other-targets.ts";
import { fetchTrust } from "../../proxy/upstream/tuf/trusted-root-source.ts";
import { quickTufMirror } from "../support/quick-fetcher.ts";
import { decide, fastVerifier, sign } from "../lab/index.ts";
import { makeTufRepository, type TufRepository } from "../lab/tuf-repository.ts";
import { insteadPresent } from "../support/instead.ts";
import { at, temporaryFolder } from "../support/temporary-mirror.ts";
import { failures, lab, type Row, type Run, signed, thrown } from "./limit-runs.ts";

/** `fetchTrust` from a TUF repository in a folder. */
const fetching = (change: (repository: TufRepository) => void = () => undefined): Run => {
  const missed = ([first]: readonly MissedTarget[]): void => {
    throw first?.error ?? new Error("nothing is missed");
  };
  const repository = makeTufRepository(signed.trustedRoot, { now: lab.now });
  repository.addTarget("rekor.pub", encodeUtf8("key"));
  repository.publish();
  change(repository);
  const folder = temporaryFolder();
  for (const [name, bytes] of repository.files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  const initialRoot = repository.rootHistory[0] as Uint8Array;
  const mirror = quickTufMirror(pathToFileURL(folder).href);
  return thrown((limits) =>
    fetchTrust({ mirror, initialRoot, held: undefined, now: lab.now, verifier: fastVerifier, limits, missed }),
  );
};

/** `createEngine` with a trusted root that is known as TUF metadata with two roots. */
const rotated: Run = (limits) => {
  const keyless = sign(lab, { by: "certificate" });
  const repository = makeTufRepository(keyless.trustedRoot, { now: lab.now });
  repository.publishRoot();
  const knowledge = insteadPresent(keyless.knowledge, "trusted-root", repository.source(), { at, from: "lab" });
  const trust = { initialRoots: { lab: repository.rootHistory[0] as Uint8Array } };
  return failures(
    decide(keyless, fastVerifier, { knowledge, engine: { limits, settings: { trustRoot: "lab", trust } } }),
  );
};

export const tufRows = {
  tufRootBytes: { low: 10, run: fetching() },
  tufTimestampBytes: { low: 10, run: fetching() },
  tufSnapshotBytes: { low: 10, run: fetching() },
  tufTargetsBytes: { low: 10, run: fetching() },
  // What a decision says of metadata that does not hold is a want of trust; the reason stands in it.
  tufRootRotations: { low: 0, run: rotated, says: /^no-trust: .*\[over-limit\]/ },
  tufDelegations: {
    low: 0,
    run: fetching((repository) => {
      delete (repository.signed("targets").targets as Record<string, unknown>)["trusted_root.json"];
      repository.delegate("targets", "deeper", { paths: ["*"] });
      repository.addTarget("trusted_root.json", signed.trustedRoot, "deeper");
      repository.publish();
    }),
    says: /^no-trust: no role vouches for the target/,
  },
  tufKeysPerRole: { low: 1, run: fetching() },
  tufOtherTargets: { low: 0, run: fetching() },
  tufOtherTargetsBytes: { low: 2, run: fetching() },
  integerDigits: { low: 0, run: fetching() },
} satisfies Partial<Record<keyof Limits, Row>>;
