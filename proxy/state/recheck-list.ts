/**
 * The re-check list: images that were let in under `failurePolicy: Ignore` though nobody could decide about them. They
 * are decided again when answers change. What is then refuted stays on the list until somebody forgets it; what is
 * proven leaves it. Source: docs/spec/offline.md#re-check-list.
 */
import type { Database } from "better-sqlite3";
import type { Digest } from "../../core/crypto/digest.ts";
import type { ErrorCode } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { stateSql } from "./state-statements.ts";

/** What one policy says of an image. */
export interface Finding {
  readonly policy: string;
  readonly policyDigest: Digest;
  readonly state: "unknown" | "refuted";
  readonly code: ErrorCode;
  readonly message: string;
}

/** What was let in. `resource`: what had the image, as `Pod shop/web`; empty where a registry was asked for it. */
export interface LetIn {
  readonly image: string;
  readonly resource: string;
}

export interface RecheckEntry extends LetIn, Finding {
  /** When it was first let in, RFC 3339. */
  readonly since: string;
  readonly lastAdmitted: string;
  /** When it was last decided again; `null`: never. */
  readonly evaluated: string | null;
}

export interface RecheckCounts {
  readonly unknown: number;
  readonly refuted: number;
  /** Entries that made room for others. */
  readonly dropped: number;
}

const longestMessage = 4096;
const cut = (message: string): string => message.slice(0, longestMessage);

export class RecheckList {
  readonly #database: Database;
  readonly #limits: Limits;

  constructor(database: Database, limits: Limits) {
    this.#database = database;
    this.#limits = limits;
  }

  /** Puts an image onto the list, for each policy that could not decide. Of more than `recheckEntries` some go. */
  admit({ image, resource }: LetIn, unknown: readonly Finding[], at: string): void {
    this.#database.transaction(() => {
      const put = this.#database.prepare(stateSql("put-recheck"));
      for (const { policy, policyDigest, code, message } of unknown)
        put.run(image, resource, policy, policyDigest, code, cut(message), at, at);
      this.#trim();
    })();
  }

  /**
   * Replaces what is known of an image by what was decided now. Policies that found nothing wrong leave the list, even
   * where they refuted before.
   * @returns the policies that refute it since now.
   */
  evaluated({ image, resource }: LetIn, findings: readonly Finding[], at: string): readonly Finding[] {
    return this.#database.transaction(() => {
      const before = this.#database
        .prepare<[string, string], { readonly policy: string; readonly state: string }>(stateSql("list-recheck-of"))
        .all(image, resource);
      if (before.length === 0) return [];
      const put = this.#database.prepare(stateSql("evaluate-recheck"));
      for (const finding of findings) put.run({ image, resource, at, ...finding, message: cut(finding.message) });
      const found = new Set(findings.map(({ policy }) => policy));
      const drop = this.#database.prepare(stateSql("delete-recheck"));
      for (const { policy } of before) if (!found.has(policy)) drop.run(image, resource, policy);
      this.#trim();
      const refuted = new Set(before.flatMap(({ policy, state }) => (state === "refuted" ? [policy] : [])));
      return findings.filter(({ policy, state }) => state === "refuted" && !refuted.has(policy));
    })();
  }

  /** The entries: refuted ones first, then those that were let in last. */
  entries(most: number): readonly RecheckEntry[] {
    return this.#database.prepare<[number], RecheckEntry>(stateSql("list-recheck")).all(most);
  }

  /** What is to be decided again; what was looked at longest ago comes first. */
  images(): readonly LetIn[] {
    return this.#database.prepare<[], LetIn>(stateSql("list-recheck-images")).all();
  }

  counts(): RecheckCounts {
    const rows = this.#database
      .prepare<[], { readonly state: "unknown" | "refuted"; readonly count: number }>(stateSql("count-recheck"))
      .all();
    const of = (wanted: string): number => rows.find(({ state }) => state === wanted)?.count ?? 0;
    const dropped = this.#database.prepare<[string], number>(stateSql("find-dropped")).pluck().get("recheck");
    return { unknown: of("unknown"), refuted: of("refuted"), dropped: dropped ?? 0 };
  }

  /** Takes an image off the list, whatever became of it. @returns how many entries went. */
  forget(image: string): number {
    return this.#database.prepare<[string]>(stateSql("delete-recheck-of")).run(image).changes;
  }

  #trim(): void {
    const { changes } = this.#database.prepare(stateSql("trim-recheck")).run(this.#limits.recheckEntries);
    if (changes > 0) this.#database.prepare(stateSql("add-dropped")).run("recheck", changes);
  }
}
