/** Trust material, compiled once for each content of a trusted root. The cache is an object that its owner passes on; there is none behind the scenes. */
import { sha256 } from "@noble/hashes/sha2.js";
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import { encodeHex } from "../encoding/hex.ts";
import { EngineError } from "../errors.ts";
import type { TrustedRootSource } from "../question.ts";
import { resolveTrust, type TufVerifier } from "./resolve-trust.ts";
import { parseTrustedRoot, type TrustedRoot } from "./trusted-root.ts";

/** How many trusted roots are kept: a policy set has a few, and each update adds one. */
const capacity = 16;

export class TrustCache {
  readonly #verifier: SignatureVerifier;
  readonly #tuf: TufVerifier | undefined;
  readonly #bySource = new WeakMap<TrustedRootSource, TrustedRoot>();
  readonly #byDigest = new Map<string, TrustedRoot>();

  constructor(verifier: SignatureVerifier, options: { readonly tuf?: TufVerifier } = {}) {
    this.#verifier = verifier;
    this.#tuf = options.tuf;
  }

  /**
   * The trusted root of a source. Metadata is verified on each call, because its expiry depends on `now`; what it vouches for is parsed once.
   * @throws EngineError `no-trust` when the document cannot be read, and as `resolveTrust`.
   */
  root(source: TrustedRootSource, now: Date): TrustedRoot {
    const pinned = source.form === "pinned" ? this.#bySource.get(source) : undefined;
    if (pinned !== undefined) return pinned;
    const root = this.#parsed(resolveTrust(source, now, this.#verifier, this.#tuf));
    if (source.form === "pinned") this.#bySource.set(source, root);
    return root;
  }

  #parsed(bytes: Uint8Array): TrustedRoot {
    const digest = encodeHex(sha256(bytes));
    const held = this.#byDigest.get(digest);
    if (held !== undefined) return held;
    const root = readTrustedRoot(bytes);
    const oldest = this.#byDigest.keys().next().value;
    if (this.#byDigest.size >= capacity && oldest !== undefined) this.#byDigest.delete(oldest);
    this.#byDigest.set(digest, root);
    return root;
  }
}

/** An unreadable trusted root says nothing about the image: it is a want of trust, not a refutation. */
function readTrustedRoot(bytes: Uint8Array): TrustedRoot {
  try {
    return parseTrustedRoot(bytes);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError("no-trust", `the trusted root cannot be read: ${error.message}`, { subject: error.subject ?? "trusted-root", cause: error });
  }
}
