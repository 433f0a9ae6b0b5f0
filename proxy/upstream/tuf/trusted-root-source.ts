/**
 * A trusted root from a TUF mirror, in the form that Sallyport's mirror stores: the chain of roots, the newest
 * metadata, the target, the other targets that are listed, and the versions that were seen.
 */
import type { SignatureVerifier } from "../../../core/crypto/signature-verifier.ts";
import { EngineError } from "../../../core/errors.ts";
import type { TufSource } from "../../../core/trust/resolve-trust.ts";
import { trustedRootTarget } from "../../../core/trust/tuf-verifier.ts";
import { withHeldFloors } from "../../../core/tuf/held-floors.ts";
import { matchListed } from "../../../core/tuf/listed-file.ts";
import { parseRoot } from "../../../core/tuf/root.ts";
import { type ReferenceTime, type TrustedSet, versionsOf } from "../../../core/tuf/trusted-set.ts";
import { trustInitialRoot, updateRoot } from "../../../core/tuf/update-root.ts";
import { encodeFloors, readFloors } from "../../../core/tuf/verify-source.ts";
import type { TufMirror } from "./fetch-files.ts";
import { fetchOtherTargets, type MissedTarget } from "./other-targets.ts";
import { fetchTarget, type HeldRoles, lookUpTarget, refresh } from "./update.ts";
import type { Limits } from "../../../core/limits.ts";

export interface TrustToFetch {
  readonly mirror: TufMirror;
  /** The initial trusted root. */
  readonly initialRoot: Uint8Array;
  /** Metadata fetched before: it is not fetched again, and nothing older is accepted. */
  readonly held?: TufSource | undefined;
  /** Other targets that were fetched before. */
  readonly heldTarget?: ((path: string) => Uint8Array | undefined) | undefined;
  /** Hears which other targets are listed and could not be had. */
  readonly missed?: ((missed: readonly MissedTarget[]) => void) | undefined;
  /** `later`: expiry is judged by the decisions that use the metadata. */
  readonly now: ReferenceTime;
  readonly verifier: SignatureVerifier;
  readonly limits: Limits;
}

/** The roles of a source, and the roots that are added to it. */
class SourceRoles implements HeldRoles {
  readonly roots: Uint8Array[];
  readonly roles = new Map<string, Uint8Array>();

  constructor(roots: readonly Uint8Array[], held: TufSource | undefined) {
    this.roots = [...roots];
    if (held === undefined) return;
    for (const [role, bytes] of [
      ["timestamp", held.timestamp],
      ["snapshot", held.snapshot],
      ...held.targets.map(({ role, bytes }) => [role, bytes] as const),
    ] as const)
      this.roles.set(role, bytes);
  }

  read(role: string): Uint8Array | undefined {
    return this.roles.get(role);
  }

  write(role: string, bytes: Uint8Array): void {
    if (role === "root") this.roots.push(bytes);
    else this.roles.set(role, bytes);
  }

  remove(role: string): void {
    this.roles.delete(role);
  }

  get(role: string): Uint8Array {
    const bytes = this.roles.get(role);
    if (bytes === undefined) throw new EngineError("no-trust", "there is no metadata of this role", { subject: role });
    return bytes;
  }
}

/**
 * Updates a trusted root. The result's `floors` are the verified versions.
 * @throws EngineError `bad-threshold`, `rollback`, `stale`, `no-trust`, `malformed`, `over-limit`, `unsupported`, and
 * the codes of an outage.
 */
export async function fetchTrust({
  mirror,
  initialRoot,
  held,
  heldTarget = () => undefined,
  missed = () => undefined,
  now,
  verifier,
  limits,
}: TrustToFetch): Promise<TufSource> {
  const { set: trusted, roots } = walkHeldRoots(
    trustInitialRoot(initialRoot, verifier, limits, readFloors(held?.floors)),
    held?.roots ?? [],
  );
  const roles = new SourceRoles(roots, held);
  const update = { mirror, held: roles, now };
  const begun = held === undefined ? trusted : withHeldFloors(trusted, held);
  const { set, target } = await lookUpTarget(await refresh(begun, update), trustedRootTarget, update);
  const bytes =
    held !== undefined && matchListed(held.target, target)
      ? held.target
      : await fetchTarget(set, target, openTargets(mirror), limits.trustedRootBytes);
  const others = await fetchOtherTargets(set, openTargets(mirror), heldTarget);
  if (others.missed.length > 0) missed(others.missed);
  return {
    form: "tuf",
    roots: roles.roots,
    timestamp: roles.get("timestamp"),
    snapshot: roles.get("snapshot"),
    targets: [...set.targets.keys()].map((role) => ({ role, bytes: roles.get(role) })),
    target: bytes,
    floors: encodeFloors(versionsOf(set)),
    ...(others.found.length === 0 ? {} : { otherTargets: others.found }),
  };
}

/**
 * Roots held already: those after the initial one, and those before it, from which an offline side may start.
 */
function walkHeldRoots(
  initial: TrustedSet,
  held: readonly Uint8Array[],
): { readonly set: TrustedSet; readonly roots: readonly Uint8Array[] } {
  let set = initial;
  const before: Uint8Array[] = [];
  const after: Uint8Array[] = [];
  for (const bytes of held) {
    const version = versionOf(bytes, initial.limits);
    if (version === undefined) continue;
    if (version < initial.root.version) before.push(bytes);
    else if (version === set.root.version + 1n) {
      const next = orNothing(() => updateRoot(set, bytes));
      if (next !== undefined) {
        set = next;
        after.push(bytes);
      }
    }
  }
  return { set, roots: [...before, initial.root.bytes, ...after] };
}

const versionOf = (root: Uint8Array, limits: Limits): bigint | undefined =>
  orNothing(() => parseRoot(root, limits).version);

/** Held metadata that does not verify is fetched again. */
function orNothing<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}

/** Targets are served beside the metadata. */
const openTargets = (mirror: TufMirror): TufMirror => ({
  url: mirror.url,
  fetch: (path, maxBytes) => mirror.fetch(`targets/${path}`, maxBytes),
});
