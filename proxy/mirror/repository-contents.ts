/**
 * What a mirror holds of one repository, as a graph: tags lead to manifests; a manifest to its children, its content
 * and what hangs on it. For removing parts of it: damage is refused, because what a damaged row kept alive is unknown.
 */
import type { Database } from "better-sqlite3";
import { type Digest, isDigest } from "../../core/crypto/digest.ts";
import type { Limits } from "../../core/limits.ts";
import { parseAssociatedTag } from "../../core/oci/associated-tag.ts";
import type { Descriptor } from "../../core/oci/descriptor.ts";
import { findManifest } from "../../core/oci/manifest.ts";
import { type AnswerRow, checkRow, loadValue } from "./answer-row.ts";
import type { MirrorKnowledge } from "./mirror-knowledge.ts";
import { sqlText } from "./statements.ts";

/** A tag of an image. `digest` is absent where the tag is known to be absent. */
export interface HeldTag {
  readonly tag: string;
  readonly digest: Digest | undefined;
  /** When it was last seen, RFC 3339. */
  readonly at: string;
}

/** An image that no tag leads to. */
export interface UntaggedImage {
  readonly digest: Digest;
  readonly at: string;
  /** Whether anything of it is here. */
  readonly isPresent: boolean;
}

/** The key of a row of the table `answer`. */
export interface AnswerKey {
  readonly kind: string;
  readonly question: string;
}

interface Node {
  /** Manifests that this one keeps: children of an index, what cosign's tags and lists of referrers name. */
  readonly keeps: Set<Digest>;
  /** Configuration and layers. */
  readonly content: Set<Digest>;
  /** Rows that are about this manifest or hang on it. */
  readonly rows: AnswerKey[];
  /** Whether anything of it is here; otherwise all that is known is that something is not there. */
  isPresent: boolean;
  /** The newest of its rows, RFC 3339. */
  at: string;
}

export class RepositoryContents {
  readonly repository: string;
  readonly tags: HeldTag[] = [];
  readonly #nodes = new Map<Digest, Node>();
  readonly #blobs = new Map<Digest, AnswerKey>();
  readonly #tagRows = new Map<string, AnswerKey>();
  /** Those that another manifest names as child, referrer or signed material. */
  readonly #kept = new Set<Digest>();

  /** @throws EngineError `mirror-corrupt` */
  constructor(database: Database, knowledge: MirrorKnowledge, repository: string, limits: Limits) {
    this.repository = repository;
    const rows = database.prepare<[string], AnswerRow>(sqlText("list-rows-of-repository"));
    for (const row of rows.iterate(repository)) {
      checkRow(row);
      this.#take(row, knowledge, limits);
    }
    for (const { keeps } of this.#nodes.values()) for (const digest of keeps) this.#kept.add(digest);
  }

  #node(digest: Digest): Node {
    const found = this.#nodes.get(digest);
    if (found !== undefined) return found;
    const node: Node = { keeps: new Set(), content: new Set(), rows: [], isPresent: false, at: "" };
    this.#nodes.set(digest, node);
    return node;
  }

  #take(row: AnswerRow, knowledge: MirrorKnowledge, limits: Limits): void {
    const { kind, question, subject, state, at } = row;
    if (subject === null) return;
    const key = { kind, question };
    const present = state === "present";
    if (kind === "tag") {
      const target = present ? (loadValue(row, limits) as Descriptor).digest : undefined;
      const image = parseAssociatedTag(subject)?.image;
      if (image === undefined) {
        this.tags.push({ tag: subject, digest: target, at });
        this.#tagRows.set(subject, key);
      } else this.#hang(image, key, at, target === undefined ? undefined : [target]);
      return;
    }
    if (!isDigest(subject)) return;
    if (kind === "blob") this.#blobs.set(subject, key);
    else if (kind === "referrers") {
      const list = present ? (loadValue(row, limits) as readonly Descriptor[]) : undefined;
      this.#hang(
        subject,
        key,
        at,
        list?.map(({ digest }) => digest),
      );
    } else if (kind === "manifest") {
      this.#hang(subject, key, at, present ? [] : undefined);
      if (present) this.#readManifest(subject, knowledge, limits);
    }
  }

  #hang(image: Digest, key: AnswerKey, at: string, digests: readonly Digest[] | undefined): void {
    const node = this.#node(image);
    node.isPresent ||= digests !== undefined;
    node.rows.push(key);
    if (at > node.at) node.at = at;
    for (const digest of digests ?? []) node.keeps.add(digest);
  }

  #readManifest(digest: Digest, knowledge: MirrorKnowledge, limits: Limits): void {
    const node = this.#node(digest);
    // What is no manifest keeps nothing; bytes that do not have their digest were refused before.
    const manifest = findManifest(knowledge.bytes(digest), limits);
    if (manifest === undefined) return;
    for (const child of manifest.manifests) node.keeps.add(child.digest);
    for (const { digest: content } of [...(manifest.config === undefined ? [] : [manifest.config]), ...manifest.layers])
      node.content.add(content);
    // A referrer hangs on its subject, whether or not a list names it yet.
    if (manifest.subject !== undefined) this.#node(manifest.subject.digest).keeps.add(digest);
  }

  /** Images that no tag and no other manifest leads to, with the newest time of what is known of each. */
  untagged(): readonly UntaggedImage[] {
    const tagged = new Set(this.tags.map(({ digest }) => digest));
    return [...this.#nodes]
      .filter(([digest]) => !tagged.has(digest) && !this.#kept.has(digest))
      .map(([digest, { at, isPresent }]) => ({ digest, at, isPresent }));
  }

  /** Digests of manifests, here or not, that anything is known of. */
  subjects(): Iterable<Digest> {
    return this.#nodes.keys();
  }

  /** These manifests with everything that they keep. */
  reach(roots: Iterable<Digest>): ReadonlySet<Digest> {
    const reached = new Set<Digest>();
    const next = [...roots];
    for (let digest = next.pop(); digest !== undefined; digest = next.pop()) {
      if (reached.has(digest)) continue;
      reached.add(digest);
      next.push(...(this.#nodes.get(digest)?.keeps ?? []));
    }
    return reached;
  }

  /** Configuration and layers of these manifests. */
  content(manifests: Iterable<Digest>): ReadonlySet<Digest> {
    const content = new Set<Digest>();
    for (const digest of manifests) for (const one of this.#nodes.get(digest)?.content ?? []) content.add(one);
    return content;
  }

  /** The rows of all but these tags and manifests, and the manifests that go with them. */
  rowsBut(tags: ReadonlySet<string>, manifests: ReadonlySet<Digest>) {
    const rows: AnswerKey[] = [];
    const images: Digest[] = [];
    for (const [tag, key] of this.#tagRows) if (!tags.has(tag)) rows.push(key);
    for (const [digest, node] of this.#nodes) {
      if (manifests.has(digest)) continue;
      rows.push(...node.rows);
      images.push(digest);
    }
    const content = this.content(manifests);
    for (const [digest, key] of this.#blobs) if (!content.has(digest)) rows.push(key);
    return { rows, images };
  }
}
