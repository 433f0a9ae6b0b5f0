/**
 * The whole client workflow over given metadata: from an initial root to the bytes of one target. Source: TUF 1.0 §5.
 */
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { TrustedRootSource } from "../knowledge/answer.ts";
import { findTarget } from "./find-target.ts";
import { verifyListed } from "./listed-file.ts";
import { parseRoot } from "./root.ts";
import { type Floors, type ReferenceTime, type TrustedSet, versionsOf } from "./trusted-set.ts";
import { trustInitialRoot, updateRoot } from "./update-root.ts";
import { updateSnapshot } from "./update-snapshot.ts";
import { updateTargets } from "./update-targets.ts";
import { updateTimestamp } from "./update-timestamp.ts";

export type TufSource = Extract<TrustedRootSource, { form: "tuf" }>;

export interface SourceToVerify {
  readonly source: TufSource;
  /** The root that is trusted from the beginning. */
  readonly initialRoot: Uint8Array;
  readonly target: string;
  readonly at: ReferenceTime;
  readonly verifier: SignatureVerifier;
  readonly limits: Limits;
}

export interface VerifiedSource {
  readonly set: TrustedSet;
  /** Version of the initial root. */
  readonly initial: bigint;
  readonly bytes: Uint8Array;
}

/**
 * @throws EngineError `bad-threshold`, `rollback`, `stale`, `malformed`, `over-limit`, `unsupported`, `no-trust` when a
 * role or the target is not there.
 */
export function verifySource({ source, initialRoot, target, at, verifier, limits }: SourceToVerify): VerifiedSource {
  const trusted = trustInitialRoot(initialRoot, verifier, limits, readFloors(source.floors));
  let set = updateTimestamp(walkRoots(trusted, source.roots), source.timestamp, at);
  set = updateSnapshot(set, source.snapshot, at);
  for (;;) {
    const search = findTarget(set, target);
    if (search.state === "absent")
      throw new EngineError("no-trust", "no role vouches for the target", { subject: target });
    if (search.state === "found") {
      verifyListed(source.target, search.target, target);
      return { set, initial: trusted.root.version, bytes: source.target };
    }
    const { role } = search;
    const held = source.targets.find((entry) => entry.role === role.name);
    if (held === undefined)
      throw new EngineError("no-trust", "metadata of this role is not there", { subject: role.name });
    set = updateTargets(set, role, held.bytes, at);
  }
}

/**
 * Metadata that was carried here, with the versions that are seen from now on in place of whatever floors it brought:
 * `floors` are those of this side. Expiry is left to decisions.
 * @throws EngineError as {@link verifySource}.
 */
export function acceptSource(carried: Omit<SourceToVerify, "at">, floors: TufSource["floors"]): TufSource {
  const { floors: _, ...brought } = carried.source;
  const source: TufSource = { ...brought, ...(floors === undefined ? {} : { floors }) };
  const { set } = verifySource({ ...carried, source, at: "later" });
  return { ...source, floors: encodeFloors(versionsOf(set)) };
}

/** The given roots may begin before the trusted one; those are ignored. */
function walkRoots(trusted: TrustedSet, roots: readonly Uint8Array[]): TrustedSet {
  let set = trusted;
  let rotations = 0;
  for (const bytes of roots) {
    if (parseRoot(bytes, trusted.limits).version <= set.root.version) continue;
    if (++rotations > set.limits.tufRootRotations)
      throw new EngineError("over-limit", `more than ${set.limits.tufRootRotations} roots`, { subject: "root" });
    set = updateRoot(set, bytes);
  }
  return set;
}

/** An answer's floors, decimal. @throws EngineError `malformed` */
export function readFloors(floors: TufSource["floors"]): Floors {
  return new Map(
    Object.entries(floors ?? {}).map(([role, text]) => {
      if (!/^\d{1,20}$/.test(text))
        throw new EngineError("malformed", "a floor that is not a version", { subject: role });
      return [role, BigInt(text)];
    }),
  );
}

/** The inverse of {@link readFloors}, sorted by role. */
export const encodeFloors = (floors: Floors): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...floors].map(([role, version]) => [role, version.toString()] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
