/**
 * The snapshot that a follower refused for what is in it, so that it is not downloaded again at each look. It is judged
 * again when the registry has another one, and when anything changes by which it was judged.
 */
import type { Digest } from "../../core/crypto/digest.ts";
import { EngineError } from "../../core/errors.ts";

/** Codes that say something about the bytes: the same bytes are refused again. A full disk and an outage are others. */
const lasting: ReadonlySet<string> = new Set(["archive-corrupt", "no-trust", "rollback", "bad-threshold"]);

export class RefusedSnapshot {
  #refused: { readonly manifest: Digest; readonly judgedBy: string; readonly error: EngineError } | undefined;

  /** @throws EngineError the same as before, where this manifest was refused by the same measures. */
  refuseAgain(manifest: Digest, judgedBy: string): void {
    if (this.#refused?.manifest === manifest && this.#refused.judgedBy === judgedBy) throw this.#refused.error;
  }

  /** Judges what was downloaded, and remembers its refusal. */
  judging<T>(manifest: Digest, judgedBy: string, judge: () => T): T {
    try {
      return judge();
    } catch (error) {
      if (error instanceof EngineError && lasting.has(error.code)) this.#refused = { manifest, judgedBy, error };
      throw error;
    }
  }
}
