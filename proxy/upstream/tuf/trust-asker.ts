/**
 * Answers the question for a trusted root from its TUF mirror. A root that cannot be fetched or does not verify is
 * `unavailable` with its code, so that an earlier answer stays valid.
 */
import type { SignatureVerifier } from "../../../core/crypto/signature-verifier.ts";
import { EngineError } from "../../../core/errors.ts";
import type { Answer, TrustedRootSource } from "../../../core/knowledge/answer.ts";
import type { TufSource } from "../../../core/trust/resolve-trust.ts";
import { fetchTrust } from "./trusted-root-source.ts";
import type { TufMirror } from "./fetch-files.ts";
import type { Limits } from "../../../core/limits.ts";

export interface TufRepositories {
  /** By the names of trusted roots. */
  readonly repositories: Readonly<Record<string, { readonly mirror: TufMirror; readonly initialRoot: Uint8Array }>>;
  /** What is known under a name already. */
  readonly held: (name: string) => TufSource | undefined;
  readonly now: () => Date;
  readonly verifier: SignatureVerifier;
  readonly limits: Limits;
}

export type TrustAsker = (name: string) => Promise<Answer<TrustedRootSource>>;

/** A name without repository is `no-trust`, not absent: no source said that there is no such root. */
export function createTrustAsker({ repositories, held, now, verifier, limits }: TufRepositories): TrustAsker {
  return async (name) => {
    const at = now();
    const repository = Object.hasOwn(repositories, name) ? repositories[name] : undefined;
    if (repository === undefined)
      return { state: "unavailable", code: "no-trust", at: at.toISOString(), from: "configuration" };
    const from = repository.mirror.url;
    try {
      const value = await fetchTrust({ ...repository, held: held(name), now: at, verifier, limits });
      return { state: "present", value, at: at.toISOString(), from };
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      return { state: "unavailable", code: error.code, at: at.toISOString(), from };
    }
  };
}
