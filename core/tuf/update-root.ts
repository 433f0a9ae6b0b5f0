/** From the root that is trusted to the newest. Source: TUF 1.0 §5.3. */
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { roleFingerprints, type TopLevelRole, verifyThreshold } from "./role.ts";
import { parseRoot } from "./root.ts";
import { type Floors, type ReferenceTime, requireFloor, requireUnexpired, type TrustedSet } from "./trusted-set.ts";

/**
 * 5.2: begins with the root that was shipped. It must be signed by its own keys; whether it has expired does not
 * matter, since a newer one may follow.
 * @throws EngineError `bad-threshold`, `malformed`, `over-limit`, `unsupported`.
 */
export function trustInitialRoot(
  bytes: Uint8Array,
  verifier: SignatureVerifier,
  limits: Limits,
  floors: Floors = new Map(),
): TrustedSet {
  const root = parseRoot(bytes, limits);
  verifyThreshold(root, root.signed.roles.root, verifier, "its own root role");
  return { verifier, limits, root, targets: new Map(), floors };
}

/** The roles whose floors fall when their keys are rotated. */
const recovered: readonly TopLevelRole[] = ["timestamp", "snapshot"];

/**
 * 5.3.4 to 5.3.8: the next root. The other roles must then be verified again, under the new keys.
 * @throws EngineError as {@link trustInitialRoot}, and `rollback` when it is not the very next version.
 */
export function updateRoot(set: TrustedSet, bytes: Uint8Array): TrustedSet {
  const root = parseRoot(bytes, set.limits);
  const old = set.root.signed.roles;
  // 5.3.4: signed by the old root's keys and by its own.
  verifyThreshold(root, old.root, set.verifier, `root version ${set.root.version}`);
  verifyThreshold(root, root.signed.roles.root, set.verifier, "its own root role");
  // 5.3.5: neither older nor further than the next.
  if (root.version !== set.root.version + 1n)
    throw new EngineError(
      root.version <= set.root.version ? "rollback" : "malformed",
      `version ${root.version} where ${set.root.version + 1n} belongs`,
      {
        subject: "root",
      },
    );
  // 5.3.11: keys are rotated to recover from versions that an attacker made too high, so these no longer count. Only
  // rotations count that the floors have not seen.
  const seen = set.floors.get("root");
  const isNews = seen === undefined || root.version > seen;
  const rotated =
    isNews && recovered.some((role) => roleFingerprints(old[role]) !== roleFingerprints(root.signed.roles[role]));
  const floors = rotated ? new Map([...set.floors].filter(([role]) => role === "root")) : set.floors;
  return { verifier: set.verifier, limits: set.limits, root, targets: new Map(), floors };
}

/**
 * 5.3.10: the newest root, before anything is verified with it.
 * @throws EngineError `stale` when it has expired, `rollback` when a newer one was seen.
 */
export function requireFinalRoot({ root, floors }: TrustedSet, at: ReferenceTime): void {
  requireFloor(floors, "root", root.version);
  requireUnexpired(root, at);
}
