/**
 * Answers the question for a trusted root from its TUF mirror. A root that cannot be fetched or does not verify leaves
 * an earlier answer valid.
 */
import type { SignatureVerifier } from "../../../core/crypto/signature-verifier.ts";
import { EngineError } from "../../../core/errors.ts";
import type { TufSource } from "../../../core/trust/resolve-trust.ts";
import type { Limits } from "../../../core/limits.ts";
import type { Part } from "../route.ts";
import type { TufMirror } from "./fetch-files.ts";
import type { MissedTarget } from "./other-targets.ts";
import { fetchTrust } from "./trusted-root-source.ts";

export interface TufRepositories {
  /** By the names of trusted roots. */
  readonly repositories: Readonly<Record<string, { readonly mirror: TufMirror; readonly initialRoot: Uint8Array }>>;
  /** What is known under a name already. */
  readonly held: (name: string) => TufSource | undefined;
  /** Another target of the repository of that name, if it is known already. */
  readonly heldTarget?: (name: string, path: string) => Uint8Array | undefined;
  /** Hears which other targets could not be had. The trusted root is there without them. */
  readonly missed?: (name: string, missed: readonly MissedTarget[]) => void;
  readonly now: () => Date;
  readonly verifier: SignatureVerifier;
  readonly limits: Limits;
}

/** A name without repository is `no-trust`, not absent: no source said that there is no such root. */
export function createTrustAsker({
  repositories,
  held,
  heldTarget,
  missed,
  now,
  verifier,
  limits,
}: TufRepositories): Part<"trusted-root"> {
  const repositoryOf = (name: string) => (Object.hasOwn(repositories, name) ? repositories[name] : undefined);
  return {
    from: ({ name }) => repositoryOf(name)?.mirror.url ?? "the configuration",
    async ask({ name }) {
      const at = now();
      const repository = repositoryOf(name);
      if (repository === undefined)
        throw new EngineError("no-trust", "no TUF repository is configured for it", { subject: name });
      const value = await fetchTrust({
        ...repository,
        held: held(name),
        heldTarget: (path) => heldTarget?.(name, path),
        missed: (targets) => missed?.(name, targets),
        now: at,
        verifier,
        limits,
      });
      return { state: "present", value, at: at.toISOString(), from: repository.mirror.url };
    },
  };
}
