/**
 * Trust material, compiled once for each content of a trusted root. The cache is an object that its owner passes on;
 * there is no global one.
 */
import { type Digest, digestOf } from "../crypto/digest.ts";
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import type { ValidityPeriod } from "../encoding/instant.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { TrustedRootSource } from "../knowledge/answer.ts";
import { resolveTrust } from "./resolve-trust.ts";
import { compileTrust, type TrustMaterial } from "./trust-material.ts";
import type { TufEvidence, TufVerifier } from "./tuf-verifier.ts";
import { parseTrustedRoot, type TrustedRoot } from "./trusted-root.ts";

/** How many trusted roots are kept: a policy set has a few, and each update adds one. */
const capacity = 16;

export interface LoadedTrust {
  readonly material: TrustMaterial;
  /** How it was proven from TUF metadata; absent for a pinned root. */
  readonly tuf?: TufEvidence;
  /** The period in which this result holds; absent: only this instant. */
  readonly steady?: ValidityPeriod;
}

export class TrustCache {
  readonly #verifier: SignatureVerifier;
  readonly #limits: Limits;
  readonly #tuf: TufVerifier | undefined;
  /** By the source, and by the name under which it was asked for. */
  readonly #pinned = new WeakMap<TrustedRootSource, Map<string, LoadedTrust>>();
  readonly #byDigest = new Map<Digest, TrustMaterial>();

  constructor(verifier: SignatureVerifier, options: { readonly limits: Limits; readonly tuf?: TufVerifier }) {
    this.#verifier = verifier;
    this.#limits = options.limits;
    this.#tuf = options.tuf;
  }

  /**
   * The material of a source. Metadata is judged on each call, because its expiry depends on `now`. The trusted root
   * that it vouches for is compiled once.
   * @throws EngineError `no-trust` when the document cannot be read, and as `resolveTrust`.
   */
  load(source: TrustedRootSource, now: () => Date, name: string): LoadedTrust {
    const held = this.#pinned.get(source)?.get(name);
    if (held !== undefined) return held;
    const { bytes, ...proof } = resolveTrust(source, { name, now, verifier: this.#verifier, tuf: this.#tuf });
    const loaded = { material: this.#compiled(bytes), ...proof };
    if (source.form === "pinned")
      this.#pinned.set(source, (this.#pinned.get(source) ?? new Map<string, LoadedTrust>()).set(name, loaded));
    return loaded;
  }

  #compiled(bytes: Uint8Array): TrustMaterial {
    const digest = digestOf(bytes);
    const held = this.#byDigest.get(digest);
    if (held !== undefined) return held;
    const material = compileTrust(readTrustedRoot(bytes, this.#limits, digest), this.#verifier, this.#limits);
    const oldest = this.#byDigest.keys().next().value;
    if (this.#byDigest.size >= capacity && oldest !== undefined) this.#byDigest.delete(oldest);
    this.#byDigest.set(digest, material);
    return material;
  }
}

/** An unreadable trusted root says nothing about the image: trust is missing, nothing is refuted. */
function readTrustedRoot(bytes: Uint8Array, limits: Limits, digest: Digest): TrustedRoot {
  try {
    return parseTrustedRoot(bytes, limits, digest);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError("no-trust", `the trusted root cannot be read: ${error.message}`, {
      subject: error.subject ?? "trusted-root",
      cause: error,
    });
  }
}
