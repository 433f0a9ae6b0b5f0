/** The trusted root of the repository that `trust.tufMirror` names, as `/readyz` speaks of it. */
import { EngineError } from "../../core/errors.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import type { TufServer } from "../../proxy/registry/tuf-server.ts";
import { defaultTrustName } from "../input/trust-flags.ts";

export class NamedTrust {
  readonly #knowledge: Pick<Knowledge, "answer">;
  readonly #tuf: Pick<TufServer, "look">;
  /** Why the last look at the repository brought nothing. */
  failure: EngineError | undefined;

  constructor(knowledge: Pick<Knowledge, "answer">, tuf: Pick<TufServer, "look">) {
    this.#knowledge = knowledge;
    this.#tuf = tuf;
  }

  /** Why the mirror has none that verifies. How old one may be is not said here: each decision judges that. */
  missing(): EngineError | undefined {
    if (this.#knowledge.answer({ kind: "trusted-root", name: defaultTrustName })?.state !== "present")
      return (
        this.failure ?? new EngineError("no-trust", "the mirror has no trusted root", { subject: defaultTrustName })
      );
    try {
      this.#tuf.look([defaultTrustName]);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      return error.code === "stale" ? undefined : error;
    }
    return undefined;
  }
}
