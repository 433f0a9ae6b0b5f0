/**
 * TUF metadata as a source of trust: verified once per content, its expiry judged each time. Source:
 * docs/spec/offline.md#time-and-freshness, TUF 1.0.
 */
import { type Digest, digestOf } from "../crypto/digest.ts";
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import type { ValidityPeriod } from "../encoding/instant.ts";
import { codedText, EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { expiries } from "../tuf/trusted-set.ts";
import { type TufSource, type VerifiedSource, verifySource } from "../tuf/verify-source.ts";
import type { AgeBudget } from "./age-budget.ts";
import { defaultTrustBudget, defaultTrustMode, judgeExpiry, type TrustBudget, type TrustMode } from "./freshness.ts";
import { publicGoodRoot } from "./public-good.ts";

export const withoutInitialRoot = (name: string): EngineError =>
  new EngineError("no-trust", "the trusted root is TUF metadata, but no initial root is configured to verify it from", {
    subject: name,
  });

export interface TrustSettings {
  /** TUF roots by the names of trusted roots. `public-good` has a built-in one. */
  readonly initialRoots?: Readonly<Record<string, Uint8Array>>;
  /** Default `budget`. */
  readonly mode?: TrustMode;
  /** Default: warns after 7 days, denies after 90. */
  readonly maxTrustAge?: Partial<TrustBudget>;
  /** How old a mirror may be. Default: warns after 30 days, denies never. */
  readonly maxMirrorAge?: AgeBudget;
  /** How old the newest checkpoint of a log may be whose entries are believed. Default: neither warns nor denies. */
  readonly maxCheckpointAge?: AgeBudget;
  /** In the mode `pin`: the digest of `trusted_root.json`, by name. */
  readonly pins?: Readonly<Record<string, Digest>>;
}

/** How a trusted root was proven from metadata. Plain JSON; versions are decimal, times RFC 3339. */
export interface TufEvidence {
  readonly name: string;
  readonly mode: TrustMode;
  /** Version of the root from which the chain was walked. */
  readonly initialRoot: string;
  /** By role. */
  readonly versions: Readonly<Record<string, string>>;
  /** The role that expires first, and when. */
  readonly expires: { readonly role: string; readonly at: string };
  /** A warning for people: freshness has ended. */
  readonly warning?: string;
}

export interface JudgedTrust {
  readonly bytes: Uint8Array;
  readonly tuf: TufEvidence;
  readonly steady?: ValidityPeriod;
}

export interface TufVerifier {
  /**
   * The verified target, and the period in which this result holds; without one, only this instant.
   * @throws EngineError `stale` when it is too old for the mode, `no-trust` for any other fault and when no initial
   * root has this name.
   */
  verify(name: string, source: TufSource, now: () => Date, verifier: SignatureVerifier): JudgedTrust;
  /** @throws EngineError `no-trust` when the mode is `pin` and another digest is pinned. */
  requirePin(name: string, bytes: Uint8Array): void;
}

/** The name of the target that is a trusted root. */
export const trustedRootTarget = "trusted_root.json";

/** How many contents are remembered: one for each trusted root, and some for updates. */
const capacity = 16;

export function createTufVerifier(settings: TrustSettings, limits: Limits): TufVerifier {
  const { initialRoots = {} } = settings;
  const initialRootOf = (name: string): Uint8Array | undefined =>
    Object.hasOwn(initialRoots, name) ? initialRoots[name] : name === "public-good" ? publicGoodRoot() : undefined;
  const mode = settings.mode ?? defaultTrustMode;
  const { warn = defaultTrustBudget.warn, deny = defaultTrustBudget.deny } = settings.maxTrustAge ?? {};
  const budget: TrustBudget = { warn, deny };
  const byKey = new Map<string, VerifiedSource>();
  const contents = new WeakMap<TufSource, string>();

  const verified = (name: string, source: TufSource, verifier: SignatureVerifier): VerifiedSource => {
    const content = contents.get(source) ?? contentOf(source);
    contents.set(source, content);
    // The same metadata under another name has another initial root.
    const key = `${content} ${name}`;
    const held = byKey.get(key);
    if (held !== undefined) return held;
    const initialRoot = initialRootOf(name);
    if (initialRoot === undefined) throw withoutInitialRoot(name);
    const fresh = asTrustError(name, () =>
      verifySource({ source, initialRoot, target: trustedRootTarget, at: "later", verifier, limits }),
    );
    const oldest = byKey.keys().next().value;
    if (byKey.size >= capacity && oldest !== undefined) byKey.delete(oldest);
    byKey.set(key, fresh);
    return fresh;
  };

  const requirePin = (name: string, bytes: Uint8Array): boolean => {
    const pin = settings.pins !== undefined && Object.hasOwn(settings.pins, name) ? settings.pins[name] : undefined;
    if (mode !== "pin" || pin === undefined) return false;
    if (digestOf(bytes) !== pin)
      throw new EngineError("no-trust", `the trusted root is ${digestOf(bytes)}, but ${pin} is pinned`, {
        subject: name,
      });
    return true;
  };

  return {
    requirePin,
    verify(name, source, now, verifier) {
      const { set, initial, bytes } = verified(name, source, verifier);
      const all = expiries(set);
      const first = all.reduce((earliest, one) => (one.expires < earliest.expires ? one : earliest));
      if (mode === "pin" && !requirePin(name, bytes))
        throw new EngineError("no-trust", "the mode is pin, but no trusted root is pinned under this name", {
          subject: name,
        });
      const warning = mode === "pin" ? undefined : judgeExpiry(name, first, now(), mode, budget);
      // Until a warning is due, or the expiry without a budget. A warning counts days, so it holds only for now.
      const end = new Date(first.expires.getTime() + (mode === "budget" ? Math.min(budget.warn, budget.deny) : 0) - 1);
      const tuf: TufEvidence = {
        name,
        mode,
        initialRoot: initial.toString(),
        versions: Object.fromEntries(all.map(({ role, version }) => [role, version.toString()])),
        expires: { role: first.role, at: first.expires.toISOString() },
        ...(warning === undefined ? {} : { warning }),
      };
      return { bytes, tuf, ...(mode === "pin" ? { steady: {} } : warning === undefined ? { steady: { end } } : {}) };
    },
  };
}

/** All input of the verification except the initial roots, which belong to the verifier. */
const contentOf = ({ roots, timestamp, snapshot, targets, target, floors }: TufSource): string =>
  JSON.stringify([
    roots.map(digestOf),
    digestOf(timestamp),
    digestOf(snapshot),
    targets.map(({ role, bytes }) => [role, digestOf(bytes)]),
    digestOf(target),
    floors,
  ]);

/**
 * Wrong metadata says nothing about an image: whatever its code, trust is missing. `stale` keeps its code.
 * @throws EngineError `no-trust`, `stale`.
 */
export function asTrustError<T>(name: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof EngineError) || error.code === "stale" || error.code === "no-trust") throw error;
    throw wrongMetadata(name, error);
  }
}

/** The failure of the trusted root `name` whose metadata is wrong. */
export const wrongMetadata = (name: string, cause: EngineError): EngineError =>
  new EngineError("no-trust", `the TUF metadata does not verify: ${codedText(cause)}`, {
    subject: cause.subject === undefined ? name : `${name} ${cause.subject}`,
    cause,
  });
