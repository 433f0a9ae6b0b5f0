/**
 * The targets of a TUF repository beside the trusted root, for clients that load all that are listed. No decision reads
 * them, so one that cannot be had never fails an update.
 * Source: TUF 1.0 §5.7; docs/spec/offline.md#trusted-roots-for-others.
 */
import { codeRow, EngineError } from "../../../core/errors.ts";
import type { TufSource } from "../../../core/trust/resolve-trust.ts";
import { trustedRootTarget } from "../../../core/trust/tuf-verifier.ts";
import { findTarget } from "../../../core/tuf/find-target.ts";
import { matchListed, type TargetFile } from "../../../core/tuf/listed-file.ts";
import type { TrustedSet } from "../../../core/tuf/trusted-set.ts";
import type { TufMirror } from "./fetch-files.ts";
import { fetchTarget } from "./update.ts";

/** A listed target that is not mirrored, and why. */
export interface MissedTarget {
  readonly path: string;
  readonly error: EngineError;
}

export interface OtherTargets {
  readonly found: NonNullable<TufSource["otherTargets"]>;
  readonly missed: readonly MissedTarget[];
}

/**
 * Everything that the verified metadata lists, by path. `mirror` has targets; what `held` gives is not fetched if it is
 * what is listed now. After an outage the rest are not asked for.
 */
export async function fetchOtherTargets(
  set: TrustedSet,
  mirror: TufMirror,
  held: (path: string) => Uint8Array | undefined,
): Promise<OtherTargets> {
  const found: OtherTargets["found"][number][] = [];
  const missed: MissedTarget[] = [];
  let left = set.limits.tufOtherTargetsBytes;
  let outage: EngineError | undefined;
  const read = async (path: string, place: number): Promise<Uint8Array> => {
    if (place >= set.limits.tufOtherTargets)
      throw new EngineError("over-limit", `more than ${set.limits.tufOtherTargets} targets`, { subject: path });
    const target = targetOf(set, path);
    const kept = target.length <= BigInt(left) ? orNothing(() => held(path)) : undefined;
    if (kept !== undefined && matchListed(kept, target)) return kept;
    if (outage !== undefined) throw outage;
    return fetchTarget(set, target, mirror, left);
  };
  for (const [place, path] of listedPaths(set).entries()) {
    try {
      const bytes = await read(path, place);
      left -= bytes.length;
      found.push({ path, bytes });
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      if (codeRow(error.code).exit === 5) outage ??= error;
      missed.push({ path, error });
    }
  }
  return { found, missed };
}

/** Of every role that was verified, sorted. */
const listedPaths = ({ targets }: TrustedSet): readonly string[] =>
  [...new Set([...targets.values()].flatMap(({ metadata }) => [...metadata.signed.files.keys()]))]
    .filter((path) => path !== trustedRootTarget)
    .sort();

/** A role that was not needed for the trusted root is not fetched for the others. */
function targetOf(set: TrustedSet, path: string): TargetFile {
  const search = findTarget(set, path);
  if (search.state === "found") return search.target;
  const why = search.state === "needs" ? `the role ${search.role.name} is not mirrored` : "no role vouches for it";
  throw new EngineError("no-trust", why, { subject: path });
}

/** What is held and damaged is fetched again. */
function orNothing<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}
