/**
 * Which images rest on damaged rows: a digest is followed upwards, from content to the manifests that name it, from
 * signatures to what they are about, to tags. For people, so that they know what to bring again. Source:
 * docs/spec/offline.md#damage.
 */
import { basename } from "node:path";
import type { Database } from "better-sqlite3";
import { type Digest, isDigest } from "../../core/crypto/digest.ts";
import { EngineError } from "../../core/errors.ts";
import { parseQuestion, type Question } from "../../core/knowledge/question.ts";
import type { Limits } from "../../core/limits.ts";
import { parseAssociatedTag } from "../../core/oci/associated-tag.ts";
import type { Descriptor } from "../../core/oci/descriptor.ts";
import { type AnswerRow, checkRow, loadValue } from "./answer-row.ts";
import type { Damage } from "./damage.ts";
import { placeKey } from "./named-key.ts";
import { sqlText } from "./statements.ts";

/** Rows whose images are looked for: of a disk that is bad altogether nobody reads them one by one. */
const mostRows = 100;

/** What one repository says of digests: tags that lead there, and what hangs on what. Damaged rows say nothing. */
interface Links {
  readonly tags: ReadonlyMap<string, readonly string[]>;
  readonly owners: ReadonlyMap<string, readonly Digest[]>;
}

/** The images that need each of these rows, by their names; rows that no image needs are left out. */
export function imagesThatNeed(
  database: Database,
  damage: readonly Damage[],
  limits: Limits,
): ReadonlyMap<Damage, readonly string[]> {
  const needing = new Needing(database, limits);
  const found = new Map<Damage, readonly string[]>();
  for (const row of damage.slice(0, mostRows)) {
    const images = needing.of(row);
    if (images.length > 0) found.set(row, images);
  }
  return found;
}

class Needing {
  readonly #database: Database;
  readonly #limits: Limits;
  readonly #repositories: readonly string[];
  readonly #links = new Map<string, Links>();

  constructor(database: Database, limits: Limits) {
    this.#database = database;
    this.#limits = limits;
    this.#repositories = database
      .prepare<[], { readonly repository: string }>(sqlText("list-repositories"))
      .all()
      .map(({ repository }) => repository);
  }

  of({ table, key: [first = "", second = ""] }: Damage): readonly string[] {
    if (table === "answer") return this.#ofQuestion(second);
    const digest = table === "blob" ? first : `sha256:${basename(first)}`;
    if ((table !== "blob" && table !== "layer") || !isDigest(digest)) return [];
    const found = this.#repositories.flatMap((repository) => this.#above(repository, digest, false));
    return [...new Set(found)].sort();
  }

  #ofQuestion(text: string): readonly string[] {
    const question = readable(text);
    if (question === undefined || !("repository" in question)) return [];
    const { repository } = question;
    if (question.kind !== "tag") return this.#above(repository, question.digest, question.kind === "referrers").sort();
    const image = parseAssociatedTag(question.tag)?.image;
    return image === undefined ? [`${repository}:${question.tag}`] : this.#above(repository, image, true).sort();
  }

  /** `isImage`: the digest is that of an image, whether or not its manifest is here. */
  #above(repository: string, digest: Digest, isImage: boolean): string[] {
    const { tags, owners } = this.#linksOf(repository);
    const names = new Set<string>();
    const seen = new Set<Digest>([digest]);
    const next = [digest];
    for (let one = next.pop(); one !== undefined && seen.size <= this.#limits.listedRemovals; one = next.pop()) {
      const led = tags.get(one) ?? [];
      for (const tag of led) names.add(`${repository}:${tag}`);
      const above = [...(owners.get(one) ?? []), ...this.#naming(repository, one)];
      if (above.length === 0 && led.length === 0 && (one !== digest || isImage || this.#hasManifest(repository, one)))
        for (const name of this.#elsewhere(repository, one)) names.add(name);
      for (const owner of above) {
        if (seen.has(owner)) continue;
        seen.add(owner);
        next.push(owner);
      }
    }
    return [...names];
  }

  /** Signatures may be in another repository than the image that they are about. */
  #elsewhere(repository: string, digest: Digest): readonly string[] {
    if (this.#hasManifest(repository, digest)) return [`${repository}@${digest}`];
    const found = this.#repositories.flatMap((other) =>
      (this.#linksOf(other).tags.get(digest) ?? []).map((tag) => `${other}:${tag}`),
    );
    return found.length > 0 ? found : [`${repository}@${digest}`];
  }

  #naming(repository: string, digest: Digest): readonly Digest[] {
    return this.#database
      .prepare<[Buffer, number], { readonly digest: string }>(sqlText("list-naming"))
      .all(placeKey(repository, digest), this.#limits.listedRemovals)
      .flatMap((row) => (isDigest(row.digest) ? [row.digest] : []));
  }

  #hasManifest(repository: string, digest: Digest): boolean {
    return this.#database.prepare(sqlText("has-manifest")).get(repository, digest) !== undefined;
  }

  #linksOf(repository: string): Links {
    const held = this.#links.get(repository);
    if (held !== undefined) return held;
    const tags = new Map<string, string[]>();
    const owners = new Map<string, Digest[]>();
    const add = <V>(map: Map<string, V[]>, key: string, value: V): void => {
      const held = map.get(key);
      if (held === undefined) map.set(key, [value]);
      else held.push(value);
    };
    const rows = this.#database.prepare<[string, string], AnswerRow>(sqlText("list-repository-answers"));
    for (const row of rows.iterate(repository, "tag")) {
      const target = this.#valueOf<Descriptor>(row)?.digest;
      const image = parseAssociatedTag(row.subject ?? "")?.image;
      if (target !== undefined && row.subject !== null)
        if (image === undefined) add(tags, target, row.subject);
        else add(owners, target, image);
    }
    for (const row of rows.iterate(repository, "referrers"))
      if (row.subject !== null && isDigest(row.subject))
        for (const { digest } of this.#valueOf<readonly Descriptor[]>(row) ?? []) add(owners, digest, row.subject);
    const links = { tags, owners };
    this.#links.set(repository, links);
    return links;
  }

  #valueOf<V>(row: AnswerRow): V | undefined {
    if (row.state !== "present") return undefined;
    try {
      checkRow(row);
      return loadValue(row, this.#limits) as V;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      return undefined;
    }
  }
}

function readable(text: string): Question | undefined {
  try {
    return parseQuestion(text);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return undefined;
  }
}
