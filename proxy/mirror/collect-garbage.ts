/**
 * Removing what nothing keeps: images that no rule of retention keeps, with what hangs on them; bytes and layers that
 * nothing refers to; superseded TUF metadata. One transaction; files of layers go after it, so that whatever stops the
 * program leaves at most files that the next run finds. Source: docs/spec/offline.md#retention.
 */
import { rmSync } from "node:fs";
import type { Database } from "better-sqlite3";
import type { Digest } from "../../core/crypto/digest.ts";
import { EngineError } from "../../core/errors.ts";
import type { CompletenessClaim } from "../../core/knowledge/completeness-claim.ts";
import type { Limits } from "../../core/limits.ts";
import { hostOf, imageScope } from "../../core/oci/completeness.ts";
import { type AnswerRow, loadRootSource } from "./answer-row.ts";
import { withHonestAge } from "./honest-age.ts";
import type { LayerStore } from "./layer-store.ts";
import type { MirrorKnowledge } from "./mirror-knowledge.ts";
import { RepositoryContents } from "./repository-contents.ts";
import { keptBy, type Retention } from "./retention.ts";
import { sqlText } from "./statements.ts";

export interface Collection {
  /** Tags, and images without a tag, that were removed: `repository:tag` or `repository@digest`. The first ones. */
  readonly images: readonly string[];
  readonly imagesRemoved: number;
  /** Rows of answers; bytes of blobs and layers. */
  readonly answers: number;
  readonly blobs: number;
  readonly layers: number;
  readonly metadata: number;
  readonly bytes: number;
  /** Repositories of which nothing was removed because they, or their hosts, are claimed to be complete. */
  readonly claimed: readonly string[];
  /** The claims that ended. */
  readonly ended: readonly CompletenessClaim[];
  /** Of images that were named: other repositories with what hangs on them, which stays. The first ones. */
  readonly elsewhere: readonly string[];
}

export interface MirrorToCollect {
  readonly database: Database;
  readonly knowledge: MirrorKnowledge;
  readonly layers: LayerStore;
  readonly limits: Limits;
}

interface Removal {
  readonly images: string[];
  count: number;
  answers: number;
  /** Before anything was removed, by their scopes. */
  readonly claims: ReadonlyMap<string, CompletenessClaim>;
  readonly ended: Map<string, CompletenessClaim>;
  /** Images that are gone, by their repositories. */
  readonly gone: Map<string, readonly Digest[]>;
}

/** Thrown to undo a dry run. */
class Undo extends Error {}

/**
 * By rules, every repository; without rules only what nothing refers to is removed.
 * @throws EngineError `mirror-corrupt`, and as {@link withHonestAge}, before anything is removed.
 */
export function collectGarbage(mirror: MirrorToCollect, retention: Retention | undefined, isDry: boolean): Collection {
  const rules = retention === undefined ? undefined : withHonestAge(retention, mirror);
  return removed(mirror, { isDry }, (removal) => {
    if (rules === undefined) return [];
    return applyRetention(mirror, rules, removal);
  });
}

/** An image of the command line: a tag or a digest of a repository. */
export type ImageToRemove = { readonly repository: string } & ({ readonly tag: string } | { readonly digest: Digest });

/**
 * These images with what hangs on them. What another tag, another image or an index of the repository keeps stays.
 * @throws EngineError `invalid-usage` when one is not here, or an index that stays has it; `mirror-corrupt`. Then
 * nothing is removed.
 */
export function removeImages(mirror: MirrorToCollect, images: readonly ImageToRemove[], isDry: boolean): Collection {
  return removed(mirror, { isDry, isNamed: true }, (removal) => {
    const byRepository = new Map<string, ImageToRemove[]>();
    for (const image of images)
      byRepository.set(image.repository, [...(byRepository.get(image.repository) ?? []), image]);
    for (const [repository, named] of byRepository) removeOf(mirror, repository, named, removal);
    return [];
  });
}

function removed(
  mirror: MirrorToCollect,
  { isDry, isNamed = false }: { readonly isDry: boolean; readonly isNamed?: boolean },
  remove: (removal: Removal) => readonly string[],
): Collection {
  const { database } = mirror;
  const claims = new Map(mirror.knowledge.allClaims().map((claim) => [claim.scope, claim]));
  const removal: Removal = { images: [], count: 0, answers: 0, claims, ended: new Map(), gone: new Map() };
  let collection: Collection | undefined;
  let files: readonly string[] = [];
  try {
    database
      .transaction(() => {
        const claimed = remove(removal);
        const trust = trustReferences(database, mirror.limits);
        const blobs = JSON.stringify(trust.blobs);
        const gone = database
          .prepare<[string], { readonly count: number; readonly bytes: number }>(sqlText("count-unreferenced-blobs"))
          .get(blobs) ?? { count: 0, bytes: 0 };
        // Layers are looked for while the manifests that name them are still here.
        const layers = unreferencedLayers(mirror);
        database.prepare(sqlText("delete-unreferenced-blobs")).run(blobs);
        database.prepare(sqlText("delete-unheld-named")).run();
        const current = JSON.stringify(trust.metadata);
        database.prepare(sqlText("note-taken-metadata")).run(current);
        const metadata = database.prepare(sqlText("delete-old-metadata")).run(current).changes;
        files = layers.files;
        collection = {
          images: removal.images,
          imagesRemoved: removal.count,
          answers: removal.answers,
          blobs: gone.count,
          layers: files.length,
          metadata,
          bytes: gone.bytes + layers.bytes,
          claimed,
          ended: [...removal.ended.values()].sort((left, right) => (left.scope < right.scope ? -1 : 1)),
          elsewhere: isNamed ? elsewhere(mirror, removal) : [],
        };
        if (isDry) throw new Undo();
      })
      .immediate();
  } catch (error) {
    if (!(error instanceof Undo)) throw error;
  }
  if (!isDry) for (const file of files) rmSync(file, { force: true });
  return collection as Collection;
}

const repositoriesOf = (database: Database): readonly string[] =>
  database
    .prepare<[], { readonly repository: string }>(sqlText("list-repositories"))
    .all()
    .map(({ repository }) => repository);

/** @returns the repositories that a claim protects. */
function applyRetention(mirror: MirrorToCollect, retention: Retention, removal: Removal): readonly string[] {
  const { database, knowledge, limits } = mirror;
  const isClaimed = (repository: string): boolean =>
    retention.endClaims !== true && (removal.claims.has(repository) || removal.claims.has(hostOf(repository)));
  const read = (repository: string) => new RepositoryContents(database, knowledge, repository, limits);
  database.exec("CREATE TEMP TABLE IF NOT EXISTS kept (digest TEXT PRIMARY KEY) WITHOUT ROWID; DELETE FROM temp.kept");
  const keep = database.prepare("INSERT OR IGNORE INTO temp.kept (digest) VALUES (?)");
  const isKept = database.prepare<[string]>("SELECT 1 FROM temp.kept WHERE digest = ?");
  const repositories = repositoriesOf(database);
  const rootsOf = (contents: RepositoryContents) => {
    if (isClaimed(contents.repository))
      return { tags: new Set(contents.tags.map(({ tag }) => tag)), roots: new Set(contents.subjects()) };
    const kept = keptBy(retention, contents);
    return { tags: kept.tags, roots: new Set([...kept.untagged, ...targets(contents, kept.tags)]) };
  };
  // What is kept anywhere keeps its signatures everywhere: they may be in another repository.
  for (const repository of repositories) {
    const contents = read(repository);
    for (const digest of contents.reach(rootsOf(contents).roots)) keep.run(digest);
  }
  const claimed: string[] = [];
  for (const repository of repositories) {
    const contents = read(repository);
    if (isClaimed(repository)) {
      claimed.push(repository);
      continue;
    }
    const { tags, roots } = rootsOf(contents);
    for (const digest of contents.subjects()) if (isKept.get(digest) !== undefined) roots.add(digest);
    removeRows(mirror, contents, tags, contents.reach(roots), removal);
  }
  return claimed;
}

const targets = ({ tags }: RepositoryContents, kept: ReadonlySet<string>): readonly Digest[] =>
  tags.flatMap(({ tag, digest }) => (digest !== undefined && kept.has(tag) ? [digest] : []));

function removeOf(
  mirror: MirrorToCollect,
  repository: string,
  named: readonly ImageToRemove[],
  removal: Removal,
): void {
  const contents = new RepositoryContents(mirror.database, mirror.knowledge, repository, mirror.limits);
  const subjects = new Set(contents.subjects());
  const doomedTags = new Set<string>();
  const doomed = new Set<Digest>();
  for (const image of named) {
    const found = contents.tags.filter((held) =>
      "tag" in image ? held.tag === image.tag : held.digest === image.digest,
    );
    for (const { tag, digest } of found) {
      doomedTags.add(tag);
      if (digest !== undefined) doomed.add(digest);
    }
    if ("digest" in image && subjects.has(image.digest)) doomed.add(image.digest);
    else if (found.length === 0)
      throw new EngineError("invalid-usage", "the mirror does not have this image; mirror ls shows what it has", {
        subject: "tag" in image ? `${repository}:${image.tag}` : `${repository}@${image.digest}`,
      });
  }
  const tags = new Set(contents.tags.map(({ tag }) => tag).filter((tag) => !doomedTags.has(tag)));
  const hanging = contents.reach(doomed);
  const others = contents.untagged().flatMap(({ digest }) => (hanging.has(digest) ? [] : [digest]));
  const kept = contents.reach([...targets(contents, tags), ...others]);
  for (const image of named)
    if ("digest" in image && kept.has(image.digest))
      throw new EngineError("invalid-usage", "an index or another image of the mirror has this one: remove that", {
        subject: `${repository}@${image.digest}`,
      });
  removeRows(mirror, contents, tags, kept, removal);
}

function removeRows(
  { database, limits }: MirrorToCollect,
  contents: RepositoryContents,
  tags: ReadonlySet<string>,
  manifests: ReadonlySet<Digest>,
  removal: Removal,
): void {
  const { repository } = contents;
  const { rows, images } = contents.rowsBut(tags, manifests);
  if (rows.length === 0) return;
  const untagged = contents.untagged();
  const drop = database.prepare(sqlText("delete-answer"));
  const take = database.prepare(sqlText("note-taken"));
  for (const { kind, question } of rows) {
    drop.run(kind, question);
    take.run(kind, question);
  }
  removal.answers += rows.length;
  const note = (name: string): void => {
    removal.count += 1;
    if (removal.images.length < limits.listedRemovals) removal.images.push(name);
  };
  for (const { tag, digest } of contents.tags) if (digest !== undefined && !tags.has(tag)) note(`${repository}:${tag}`);
  for (const { digest, isPresent } of untagged)
    if (isPresent && !manifests.has(digest)) note(`${repository}@${digest}`);
  removal.gone.set(repository, images);
  const scopes = [repository, hostOf(repository), ...images.map((digest) => imageScope(repository, digest))];
  for (const scope of scopes) {
    const claim = removal.claims.get(scope);
    if (claim === undefined || removal.ended.has(scope)) continue;
    database.prepare(sqlText("delete-complete")).run(scope);
    take.run("complete", scope);
    removal.ended.set(scope, claim);
  }
}

/**
 * Repositories other than an image's own in which signatures and other referrers of it are, and the image is not. A
 * rule removes them once no image keeps them.
 */
function elsewhere({ database, knowledge, limits }: MirrorToCollect, { gone }: Removal): readonly string[] {
  const found = new Set<string>();
  const digests = new Set([...gone.values()].flat());
  for (const repository of repositoriesOf(database))
    for (const digest of gone.has(repository) ? [] : digests) {
      const [first] = knowledge.facts(imageScope(repository, digest));
      const isHere = knowledge.recorded({ kind: "manifest", repository, digest })?.state === "present";
      if (first !== undefined && !isHere) found.add(repository);
      if (found.size >= limits.listedRemovals) return [...found];
    }
  return [...found];
}

/** What the trusted roots refer to: bytes, and metadata other than roots. */
function trustReferences(database: Database, limits: Limits) {
  const blobs: Digest[] = [];
  const metadata: Digest[] = [];
  for (const row of database.prepare<[], AnswerRow>(sqlText("list-root-answers")).iterate()) {
    const source = loadRootSource(row, limits);
    if (source.form === "pinned") blobs.push(source.digest);
    else {
      blobs.push(source.target);
      metadata.push(
        ...[source.timestamp, source.snapshot, ...source.targets, ...source.others].map(({ digest }) => digest),
      );
    }
  }
  return { blobs, metadata };
}

/**
 * Files of layers that no manifest names any more, and beginnings of layers of which nobody needs the rest. Without
 * files no manifest is read.
 */
export function unreferencedLayers({ database, knowledge, layers, limits }: MirrorToCollect) {
  const found = new Set(layers.names());
  const begun = new Set([...layers.partials()].map((name) => name.replace(/\.new$/, "")));
  const done = [...begun].filter((name) => found.has(name));
  if (found.size + begun.size === 0) return { files: [], bytes: 0 };
  for (const repository of repositoriesOf(database)) {
    const contents = new RepositoryContents(database, knowledge, repository, limits);
    for (const digest of contents.content(contents.subjects()))
      for (const names of [found, begun]) names.delete(digest.slice("sha256:".length));
  }
  const beginnings = [...new Set([...begun, ...done])];
  const bytesOf = (names: Iterable<string>, size: (digest: Digest) => number | undefined): number =>
    [...names].reduce((sum, name) => sum + (size(`sha256:${name}`) ?? 0), 0);
  return {
    files: [...[...found].map((name) => layers.file(name)), ...beginnings.map((name) => layers.file(`${name}.new`))],
    bytes: bytesOf(found, (digest) => layers.size(digest)) + bytesOf(beginnings, (digest) => layers.partial(digest)),
  };
}
