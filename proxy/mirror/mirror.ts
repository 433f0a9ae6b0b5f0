/** An open mirror: reading, writing, and what it holds. Made by `openMirror`. */
import type { Database, Statement } from "better-sqlite3";
import { EngineError } from "../../core/errors.ts";
import { type Digest, isDigest } from "../../core/crypto/digest.ts";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import type { Limits } from "../../core/limits.ts";
import type { AttemptRow } from "./attempt-row.ts";
import { type ContentEntry, contentEntries } from "./content-entries.ts";
import { ContentId } from "./content-id.ts";
import { copyMirror, type MirrorCopy } from "./copy-mirror.ts";
import type { CurrentSnapshot } from "./current-snapshot.ts";
import type { Damage } from "./damage.ts";
import { imagesThatNeed } from "./images-that-need.ts";
import { type Inspection, inspectMirror } from "./inspect-mirror.ts";
import { ImportState } from "./import-state.ts";
import { LayerStore } from "./layer-store.ts";
import { ManyBlobs, type SizedBlob } from "./many-blobs.ts";
import { mirrorImages, listTags, type MirrorImage } from "./list-mirror.ts";
import { listView, type MirrorViews, type ViewName } from "./list-views.ts";
import { countMirror, type MirrorStatus } from "./mirror-status.ts";
import { placeKey } from "./named-key.ts";
import { MirrorKnowledge } from "./mirror-knowledge.ts";
import { MirrorWriter } from "./mirror-writer.ts";
import { RunLog } from "./run-log.ts";
import { leaveWal } from "./sqlite.ts";
import { sqlText } from "./statements.ts";
import { guarded, toStoreError } from "./store-error.ts";
import { findUnread, type Subject } from "./unread-material.ts";
import type { WriterLock } from "./writer-lock.ts";

export interface MirrorParts {
  readonly folder: string;
  /** The file of the database. */
  readonly path: string;
  readonly database: Database;
  readonly limits: Limits;
  /** That the file is one, which nobody changes. */
  readonly snapshot?: CurrentSnapshot;
  /** Held by the writer until it closes. */
  readonly lock?: WriterLock;
}

/** Of SQLite's pages, in KiB below zero. */
const passingCache = -4096;

export class Mirror {
  readonly folder: string;
  readonly limits: Limits;
  /** Which snapshot is open, where the folder has one. */
  readonly currentSnapshot: CurrentSnapshot | undefined;
  /** Image layers, if they were asked for. */
  readonly layers: LayerStore;
  readonly log: RunLog;
  readonly #path: string;
  /** Archives that were imported, and whose are accepted. */
  readonly imports: ImportState;
  readonly #database: Database;
  readonly #lock: WriterLock | undefined;
  readonly #knowledge: MirrorKnowledge;
  readonly #contentId: ContentId;
  #writer: MirrorWriter | undefined;
  #manyBlobs: ManyBlobs | undefined;
  #everyTag: Statement<[string, string, number], { readonly subject: string }> | undefined;
  #repositoriesAfter: Statement<[{ last: string; most: number }], { readonly repository: string }> | undefined;
  #naming: Statement<[Buffer, number], { readonly digest: string }> | undefined;
  #manifestsOf: Statement<[string, number], { readonly subject: string }> | undefined;

  constructor({ folder, path, database, limits, lock, snapshot }: MirrorParts) {
    this.folder = folder;
    this.limits = limits;
    this.currentSnapshot = snapshot;
    this.#path = path;
    this.layers = new LayerStore(folder);
    this.log = new RunLog(database, folder, limits);
    this.imports = new ImportState(database, folder);
    this.#database = database;
    this.#lock = lock;
    this.#knowledge = new MirrorKnowledge(database, folder, limits);
    this.#contentId = new ContentId(database, folder);
  }

  knowledge(): MirrorKnowledge {
    return this.#knowledge;
  }

  get isWritable(): boolean {
    return this.#lock !== undefined;
  }

  /** @throws EngineError `invalid-usage` when the mirror was opened for reading. */
  writer(): MirrorWriter {
    if (this.#lock === undefined)
      throw new EngineError("invalid-usage", "the mirror is open for reading", { subject: this.folder });
    this.#writer ??= new MirrorWriter(this.#database, this.folder, this.#knowledge, this.limits);
    return this.#writer;
  }

  /** Runs `body` on one state of the mirror: later commits are not seen. */
  snapshot<T>(body: () => T): T {
    return guarded(this.folder, () => this.#database.transaction(body)());
  }

  /**
   * Runs what reads or writes every row once: few pages are kept, as none is needed twice, so that memory does not grow
   * with the mirror.
   */
  passing<T>(body: () => T): T {
    const kept = Number(this.#database.pragma("cache_size", { simple: true }));
    this.#database.pragma(`cache_size = ${passingCache}`);
    try {
      return body();
    } finally {
      this.#database.pragma(`cache_size = ${kept}`);
    }
  }

  /** See {@link ContentId}. */
  contentId(): Digest {
    return this.#contentId.get();
  }

  /** What is known, as entries of an archive, in the order of the content id. See {@link contentEntries}. */
  *entries(isTrustOnly = false): Iterable<ContentEntry> {
    try {
      yield* contentEntries(this.#database, isTrustOnly, this.limits);
    } catch (error) {
      throw toStoreError(error, this.folder);
    }
  }

  /** See {@link ManyBlobs.sizes}. */
  blobSizes(digests: readonly Digest[]): readonly (number | undefined)[] {
    return guarded(this.folder, () => this.#blobs().sizes(digests));
  }

  /** See {@link ManyBlobs.bytes}. */
  *blobBytes<B extends SizedBlob>(
    blobs: Iterable<B>,
    elsewhere?: (blob: B) => boolean,
  ): Iterable<readonly [B, Uint8Array | undefined]> {
    try {
      yield* this.#blobs().bytes(blobs, elsewhere);
    } catch (error) {
      throw toStoreError(error, this.folder);
    }
  }

  #blobs(): ManyBlobs {
    this.#manyBlobs ??= new ManyBlobs(this.#database);
    return this.#manyBlobs;
  }

  /** The images held, for people. Nothing is verified. */
  list(): readonly MirrorImage[] {
    return this.snapshot(() => [...mirrorImages(this.#database, this.#knowledge, this.limits)]);
  }

  /** The same one by one, each as it is when it is reached, so that others can work in between. */
  *eachImage(): Generator<MirrorImage> {
    try {
      yield* mirrorImages(this.#database, this.#knowledge, this.limits);
    } catch (error) {
      throw toStoreError(error, this.folder);
    }
  }

  /** The tags of a repository that name an image, for people. */
  tags(repository: string): readonly string[] {
    return guarded(this.folder, () => listTags(this.#database, repository));
  }

  /**
   * Every tag of a repository after `last`, at most `most` of them, in the order of their bytes; those that belong to
   * an image too.
   */
  everyTag(repository: string, last: string, most: number): readonly string[] {
    return guarded(this.folder, () => {
      this.#everyTag ??= this.#database.prepare(sqlText("list-repository-tags"));
      return this.#everyTag.all(repository, last, most).map(({ subject }) => subject);
    });
  }

  /** Repositories after `last` of which a manifest or a tag is here, at most `most`, in the order of their bytes. */
  repositoriesAfter(last: string, most: number): readonly string[] {
    return guarded(this.folder, () => {
      this.#repositoriesAfter ??= this.#database.prepare(sqlText("list-repositories-after"));
      return this.#repositoriesAfter.all({ last, most }).map(({ repository }) => repository);
    });
  }

  /** Digests of the manifests that are held of a repository, at most `most` of them. */
  manifestsOf(repository: string, most: number): readonly Digest[] {
    return guarded(this.folder, () => {
      this.#manifestsOf ??= this.#database.prepare(sqlText("list-repository-manifests"));
      return this.#manifestsOf.all(repository, most).flatMap(({ subject }) => (isDigest(subject) ? [subject] : []));
    });
  }

  /**
   * Manifests of a repository that may name a digest, at most `most` of them: who believes it reads them. In one look,
   * whatever the repository holds.
   */
  naming(repository: string, named: Digest, most: number): readonly Digest[] {
    return guarded(this.folder, () => {
      this.#naming ??= this.#database.prepare(sqlText("list-naming"));
      return this.#naming
        .all(placeKey(repository, named), most)
        .flatMap(({ digest }) => (isDigest(digest) ? [digest] : []));
    });
  }

  /** One of the views, for people. Nothing is verified. */
  view<N extends ViewName>(name: N): readonly MirrorViews[N][] {
    return guarded(this.folder, () => listView(this.#database, name));
  }

  /** The last failed attempts, by question. */
  attempts(): readonly Omit<AttemptRow, "checksum">[] {
    const rows = guarded(this.folder, () => this.#database.prepare<[], AttemptRow>(sqlText("list-attempts")).all());
    return rows.map(({ checksum: _, ...row }) => row);
  }

  /** What is here, in numbers. */
  status(): MirrorStatus {
    const { folder, layers, log, imports } = this;
    const own = { path: this.#path, database: this.#database, knowledge: this.#knowledge };
    const counted = this.snapshot(() => countMirror({ folder, ...own, layers, log, imports }));
    if (this.currentSnapshot === undefined) return counted;
    const { sequence, created, from, key: signedBy } = this.currentSnapshot;
    return { snapshot: { sequence, created, from, signedBy }, ...counted };
  }

  /** Writes one state of it to a file that nobody changes. */
  copyTo(path: string): Promise<MirrorCopy> {
    return copyMirror(this.#database, path);
  }

  /** Reads everything once and reports damage. */
  inspect(verifier: SignatureVerifier): Inspection {
    const { layers, limits } = this;
    return this.snapshot(() =>
      inspectMirror({ database: this.#database, knowledge: this.#knowledge, layers, verifier, limits }),
    );
  }

  /** See {@link imagesThatNeed}. */
  imagesThatNeed(damage: readonly Damage[]): ReadonlyMap<Damage, readonly string[]> {
    return this.snapshot(() => imagesThatNeed(this.#database, damage, this.limits));
  }

  /** Signed material that is here and that no decision will read. */
  unread(): ReturnType<typeof findUnread> {
    return this.snapshot(() => findUnread(this.#knowledge, this.#subjects(), this.limits));
  }

  *#subjects(): Iterable<Subject> {
    const rows = this.#database.prepare<[], { readonly repository: string; readonly digest: string }>(
      sqlText("list-subjects"),
    );
    for (const { repository, digest } of rows.iterate()) if (isDigest(digest)) yield { repository, digest };
  }

  /** A writer's file leaves WAL mode, unless another process has it open; WAL mode is as safe. */
  close(): void {
    if (this.#lock !== undefined && this.#database.open) {
      try {
        guarded(this.folder, () => leaveWal(this.#database));
      } finally {
        this.#database.close();
        this.#lock.release();
      }
    } else this.#database.close();
  }
}
