/**
 * How the trusted roots of a mirror are at a time: roles and when they expire, and whether they can be used. Source:
 * docs/spec/offline.md#time-and-freshness.
 */
import { digestOf } from "../../core/crypto/digest.ts";
import { codedText, EngineError } from "../../core/errors.ts";
import type { Answer, TrustedRootSource } from "../../core/knowledge/answer.ts";
import type { Limits } from "../../core/limits.ts";
import { publicGoodRoot } from "../../core/trust/public-good.ts";
import { resolveTrust, type TufSource } from "../../core/trust/resolve-trust.ts";
import { parseTrustedRoot, type TrustedRoot } from "../../core/trust/trusted-root.ts";
import { createTufVerifier, type TrustSettings, trustedRootTarget } from "../../core/trust/tuf-verifier.ts";
import { expiries } from "../../core/tuf/trusted-set.ts";
import { verifySource } from "../../core/tuf/verify-source.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import type { RoleStatus, RootStatus } from "../render/trust.ts";

const initialRootOf = (name: string, { initialRoots = {} }: TrustSettings): Uint8Array | undefined =>
  Object.hasOwn(initialRoots, name) ? initialRoots[name] : name === "public-good" ? publicGoodRoot() : undefined;

/** Every role, even of metadata that is too old to use; none if the metadata does not verify. */
function rolesOf(name: string, source: TufSource, settings: TrustSettings, limits: Limits): readonly RoleStatus[] {
  const initialRoot = initialRootOf(name, settings);
  if (initialRoot === undefined) return [];
  try {
    const { set } = verifySource({
      source,
      initialRoot,
      target: trustedRootTarget,
      at: "later",
      verifier: nodeVerifier,
      limits,
    });
    return expiries(set).map(({ role, version, expires }) => {
      const floor = source.floors?.[role];
      return { role, version: version.toString(), expires, ...(floor === undefined ? {} : { floor }) };
    });
  } catch (error) {
    if (error instanceof EngineError) return [];
    throw error;
  }
}

function statusOf(
  name: string,
  answer: Answer<TrustedRootSource> & { readonly state: "present" },
  settings: TrustSettings,
  now: Date,
  limits: Limits,
): RootStatus {
  const { value: source, from } = answer;
  const roles = source.form === "tuf" ? rolesOf(name, source, settings, limits) : [];
  const common = { name, from, at: new Date(answer.at), roles };
  try {
    const { bytes, tuf } = resolveTrust(source, {
      name,
      now: () => now,
      verifier: nodeVerifier,
      tuf: createTufVerifier(settings, limits),
    });
    const digest = digestOf(bytes);
    if (tuf === undefined) return { ...common, state: "pinned", digest };
    if (tuf.warning !== undefined) return { ...common, state: "tolerated", digest, remark: tuf.warning };
    const { role, at } = tuf.expires;
    if (tuf.mode !== "pin" && new Date(at) > now) return { ...common, state: "fresh", digest };
    return {
      ...common,
      state: "tolerated",
      digest,
      remark: `${role} expired at ${at}; ${tuf.mode === "pin" ? "its digest is pinned" : "this is within the budget"}`,
    };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return {
      ...common,
      state: error.code === "stale" ? "stale" : "broken",
      remark: codedText(error),
    };
  }
}

/** The signed time before which a clock cannot be; `--at` is no clock. */
export const newestSigned = (mirror: Mirror, { at }: { readonly at?: string }): Date | undefined =>
  at === undefined ? mirror.knowledge().state().newestSignedTime : undefined;

/**
 * The trusted roots of a mirror, or one of them, as they are at this time. As in a decision, setting the clock back
 * does not make metadata fresher: the time is the newest signed one, if that is later.
 */
export function readRootStatuses(
  mirror: Mirror,
  settings: TrustSettings,
  judgedAt: Date,
  only?: string,
): readonly RootStatus[] {
  const knowledge = mirror.knowledge();
  const names = only === undefined ? knowledge.trustedRootNames() : [only];
  return names.flatMap((name) => {
    const answer = knowledge.answer({ kind: "trusted-root", name });
    return answer?.state === "present" ? [statusOf(name, answer, settings, judgedAt, mirror.limits)] : [];
  });
}

/** The logs of the trusted roots that can be used at this time. */
export function readTrustedLogs(mirror: Mirror, settings: TrustSettings, now: Date): TrustedRoot["tlogs"] {
  const knowledge = mirror.knowledge();
  const { limits } = mirror;
  const tuf = createTufVerifier(settings, limits);
  return knowledge.trustedRootNames().flatMap((name) => {
    const answer = knowledge.answer({ kind: "trusted-root", name });
    if (answer?.state !== "present") return [];
    try {
      return parseTrustedRoot(
        resolveTrust(answer.value, { name, now: () => now, verifier: nodeVerifier, tuf }).bytes,
        limits,
      ).tlogs;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      return [];
    }
  });
}
