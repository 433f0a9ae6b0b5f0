/**
 * The re-check list: images that were let in under `failurePolicy: Ignore` though nobody could decide about them. They
 * are decided again when answers change. What is then refuted stays on the list until somebody forgets it; what is
 * proven leaves it. Source: docs/spec/offline.md#re-check-list.
 */
import type { Database } from "better-sqlite3";
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
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

/** What was let in. `resource`: what had the image, as `Pod/shop/web`; empty where a registry was asked for it. */
export interface LetIn {
  readonly image: string;
  readonly resource: string;
}

/** What one policy says of an image of a resource. */
export interface ImageFinding extends Finding {
  readonly image: string;
}

/**
 * A resource that was let in, by its {@link admittedKey}, and the request by which it is decided again; absent: that
 * was too large to be kept.
 */
export interface AdmittedResource {
  readonly resource: string;
  readonly request?: string;
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

/**
 * How the list names what admission let in: by the resource, and the digest of what was asked about it. What has the
 * same name and is something else has another entry. No name has a line break.
 */
export const admittedKey = (resource: string, content: Digest): string => `${resource}\n${content}`;

/** What {@link admittedKey} named. */
export const resourceOf = (key: string): string => key.split("\n", 1)[0] ?? key;

const encoder = new TextEncoder();
const longestMessage = 4096;
const cut = (message: string): string => message.slice(0, longestMessage);

interface RowOfResource {
  readonly image: string;
  readonly policy: string;
  readonly state: Finding["state"];
}

const keyOf = ({ image, policy }: Pick<RowOfResource, "image" | "policy">): string => `${image}\n${policy}`;

export class RecheckList {
  readonly #database: Database;
  readonly #limits: Limits;
  /** Room is made once, at the end of what is done together: it takes as long as the list is. */
  #isTogether = false;

  constructor(database: Database, limits: Limits) {
    this.#database = database;
    this.#limits = limits;
  }

  /**
   * Puts an image onto the list, for each policy that could not decide. Of more than `recheckEntries` some go, of the
   * namespace that has the most.
   */
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

  /** All of what is done meanwhile, or none of it, by one write to the disk. */
  together(act: () => void): void {
    this.#database.transaction(() => {
      this.#isTogether = true;
      try {
        act();
      } finally {
        this.#isTogether = false;
      }
      this.#trim();
    })();
  }

  /**
   * Puts a resource onto the list, with what could not be decided about it. What was not decided about the same before
   * leaves the list.
   */
  admitResource({ resource, request }: AdmittedResource, unknown: readonly ImageFinding[], at: string): void {
    this.#database.transaction(() => {
      const put = this.#database.prepare(stateSql("put-recheck"));
      for (const { image, policy, policyDigest, code, message } of unknown)
        put.run(image, resource, policy, policyDigest, code, cut(message), at, at);
      this.#dropOthers(resource, unknown, "unknown");
      if (request === undefined) this.#database.prepare(stateSql("delete-admitted")).run(resource);
      else this.keepRequest(resource, request);
      this.#forgetRequests([resource]);
      this.#trim();
    })();
  }

  /** Takes what admission let in off the list, by its whole key: it was decided. */
  leave(resource: string): void {
    this.#database.transaction(() => {
      this.#database.prepare(stateSql("delete-recheck-resource")).run(resource);
      this.#forgetRequests([resource]);
    })();
  }

  /** In place of the request that was kept. */
  keepRequest(resource: string, request: string): void {
    this.#database.prepare(stateSql("put-admitted")).run(resource, digestOf(encoder.encode(request)), request);
  }

  /**
   * Replaces what is known of a resource by what was decided now.
   * @returns what refutes it since now.
   */
  evaluatedResource(resource: string, findings: readonly ImageFinding[], at: string): readonly ImageFinding[] {
    return this.#database.transaction(() => {
      const before = this.#ofResource(resource);
      if (before.length === 0) return [];
      const put = this.#database.prepare(stateSql("evaluate-recheck"));
      for (const finding of findings) put.run({ resource, at, ...finding, message: cut(finding.message) });
      this.#dropOthers(resource, findings);
      this.#forgetRequests([resource]);
      const known = new Set(before.map(keyOf));
      if (findings.some((one) => !known.has(keyOf(one)))) this.#trim();
      const refuted = new Set(before.flatMap((row) => (row.state === "refuted" ? [keyOf(row)] : [])));
      return findings.filter((one) => one.state === "refuted" && !refuted.has(keyOf(one)));
    })();
  }

  /** Keys of resources that are to be decided again; what was looked at longest ago comes first. */
  resources(): readonly string[] {
    return this.#database.prepare<[], string>(stateSql("list-recheck-resources")).pluck().all();
  }

  /** The request of a resource; `undefined`: it was too large, or is damaged. */
  requestOf(resource: string): string | undefined {
    const row = this.#database
      .prepare<[string], { readonly digest: string; readonly request: string }>(stateSql("find-admitted"))
      .get(resource);
    return row === undefined || digestOf(encoder.encode(row.request)) !== row.digest ? undefined : row.request;
  }

  #ofResource(resource: string): readonly RowOfResource[] {
    return this.#database.prepare<[string], RowOfResource>(stateSql("list-recheck-of-resource")).all(resource);
  }

  /** Removes what is said of a resource beside `findings`; with a state, only what has that. */
  #dropOthers(resource: string, findings: readonly ImageFinding[], state?: Finding["state"]): void {
    const found = new Set(findings.map(keyOf));
    const drop = this.#database.prepare(stateSql("delete-recheck"));
    for (const row of this.#ofResource(resource))
      if (!found.has(keyOf(row)) && (state === undefined || row.state === state))
        drop.run(row.image, resource, row.policy);
  }

  /** The entries: refuted ones first, then those that were let in last. */
  entries(most: number): readonly RecheckEntry[] {
    const rows = this.#database.prepare<[number], RecheckEntry>(stateSql("list-recheck")).all(most);
    return rows.map((row) => ({ ...row, resource: resourceOf(row.resource) }));
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

  /** Takes an image or a resource off the list, whatever became of it. @returns how many entries went. */
  forget(what: string): number {
    return this.#database.transaction(() => {
      const gone = this.#database
        .prepare<[{ readonly what: string }], string>(stateSql("delete-recheck-of"))
        .pluck()
        .all({ what });
      this.#forgetRequests(gone);
      return gone.length;
    })();
  }

  /** Those of resources of which no entry is left. */
  #forgetRequests(resources: readonly string[]): void {
    const forget = this.#database.prepare(stateSql("trim-admitted"));
    for (const resource of new Set(resources)) forget.run(resource);
  }

  /**
   * So that a namespace that fills the list pushes no other out. Namespaces are counted once, however many entries go:
   * to count them takes as long as the list is, and a Pod's images and policies make very many entries at once.
   */
  #makeRoom(entries: number): void {
    const spaces = this.#database
      .prepare<[], { readonly namespace: string; count: number }>(stateSql("count-recheck-namespaces"))
      .all();
    const trim = this.#database.prepare<[string, number], string>(stateSql("trim-recheck")).pluck();
    // The first are as large as one another. Each gives one, or all that it has more than the next.
    for (let left = entries, alike = 1; left > 0; ) {
      const [largest] = spaces;
      if (largest === undefined) return;
      const next = spaces[alike];
      if (next !== undefined && next.count === largest.count) {
        alike += 1;
        continue;
      }
      const most = Math.max(1, Math.floor(left / alike));
      const each = Math.min(most, largest.count - (next?.count ?? 0));
      for (const space of spaces.slice(0, Math.min(alike, left))) {
        this.#forgetRequests(trim.all(space.namespace, each));
        space.count -= each;
        left -= each;
      }
    }
  }

  #trim(): void {
    if (this.#isTogether) return;
    const { unknown, refuted } = this.counts();
    const changes = unknown + refuted - this.#limits.recheckEntries;
    if (changes <= 0) return;
    this.#makeRoom(changes);
    this.#database.prepare(stateSql("add-dropped")).run("recheck", changes);
  }
}
