/**
 * Whether what comes from elsewhere, by an archive or as a snapshot, changes who is trusted here. Who makes it may not
 * decide that: an operator does. Source: docs/spec/offline.md#crossing-the-gap, docs/spec/snapshot.md#pull.
 */
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { trustedRootTarget } from "../../core/trust/tuf-verifier.ts";
import { acceptSource } from "../../core/tuf/verify-source.ts";
import type { MirrorKnowledge } from "./mirror-knowledge.ts";
import type { Pin } from "./mirror-writer.ts";
import type { StoredFloors } from "./tuf-floors.ts";

/** What an operator approved: everything, nothing, or what has these digests. */
export type AcceptedPins = boolean | readonly string[];

/** Where trust begins on this side, whatever is pinned. */
export interface InitialRoots {
  /** The root from which trust of this name is verified, where one is known. */
  readonly initialRoot: (name: string) => Uint8Array | undefined;
  /** Whether an operator gave that root. Default: nobody did. */
  readonly isRootGiven?: (name: string) => boolean;
}

export interface TrustGateOptions extends InitialRoots {
  /** What brings it, as people call it. */
  readonly what: "archive" | "snapshot";
  readonly acceptPins: AcceptedPins;
  /** The digest of a pin that is here. */
  readonly pin: (kind: Pin["kind"], name: string) => string | undefined;
  /** The digest of the trusted root that is recorded here; null and undefined: there is none. */
  readonly root: (name: string) => string | null | undefined;
}

export class TrustGate {
  readonly #options: TrustGateOptions;

  constructor(options: TrustGateOptions) {
    this.#options = options;
  }

  /** A pin that comes. @throws EngineError `no-trust` where another one, or trust without a pin, is here. */
  pin(kind: Pin["kind"], name: string, digest: Digest): void {
    const held = this.#options.pin(kind, name) ?? this.#unpinned(kind, name);
    if (held !== undefined && held !== digest)
      this.#requireAccepted(`pins ${kind} ${name} as ${digest}, and here it is ${held}`, name, digest);
  }

  /** What counts here without a pin, and no longer would with one. */
  #unpinned(kind: Pin["kind"], name: string): string | undefined {
    const { initialRoot, isRootGiven, root } = this.#options;
    if (kind === "key") return undefined;
    const initial = initialRoot(name);
    if (kind === "tuf-root") return initial === undefined ? undefined : digestOf(initial);
    if (root(name) !== undefined) return "verified without a pin";
    return isRootGiven?.(name) === true ? "verified from the root that was given" : undefined;
  }

  /** A trusted root that is only a file follows from nothing: it takes the place of no other. */
  root(name: string, form: "tuf" | "pinned", digest: Digest): void {
    const held = this.#options.root(name);
    const isOther = held === undefined ? this.#options.isRootGiven?.(name) === true : held !== digest;
    if (form === "pinned" && isOther)
      this.#requireAccepted(
        `has a trusted root ${name} (${digest}) that no root vouches for, and here is another`,
        name,
        digest,
      );
  }

  /** A pin, or an entry of the distrust list, that is here and that it takes away. `what` is it, in words. */
  leaves(what: string, name: string, digest: string): void {
    this.#requireAccepted(`takes away ${what} (${digest}), and what is trusted here changes`, name, digest);
  }

  /** @throws EngineError `no-trust` */
  #requireAccepted(why: string, subject: string, digest: string): void {
    const { acceptPins, what } = this.#options;
    if (typeof acceptPins === "boolean" ? acceptPins : acceptPins.includes(digest)) return;
    const remedy = what === "archive" ? "accept-pins" : "accept-snapshot-pins";
    throw new EngineError("no-trust", `the ${what} ${why}`, { subject, remedy });
  }
}

export interface TrustToVerify extends InitialRoots {
  readonly what: "archive" | "snapshot";
  readonly verifier: SignatureVerifier;
  readonly limits: Limits;
}

/**
 * Every trusted root that is metadata follows from the root that is trusted here, and none is older than the versions
 * that `knowledge` has seen. `seen` gets the versions that count from now on.
 * @throws EngineError `no-trust`, `rollback`, `bad-threshold`, and as `acceptSource`.
 */
export function verifyTrust(
  knowledge: MirrorKnowledge,
  { what, initialRoot, verifier, limits }: TrustToVerify,
  seen: (name: string, floors: StoredFloors) => void,
): void {
  const pinned = knowledge.tufRoots();
  for (const name of knowledge.trustedRootNames()) {
    const answer = knowledge.recorded({ kind: "trusted-root", name });
    if (answer?.state !== "present" || answer.value.form !== "tuf") continue;
    const initial = pinned[name] ?? initialRoot(name);
    if (initial === undefined)
      throw new EngineError(
        "no-trust",
        `the ${what} brings TUF metadata, and no root is known here to verify it from`,
        { subject: name },
      );
    const { floors } = answer.value;
    const carried = { source: answer.value, initialRoot: initial, target: trustedRootTarget, verifier, limits };
    seen(name, acceptSource(carried, floors).floors ?? {});
  }
}
