/**
 * The mirror as knowledge: pins first, then recorded answers, then completeness. Everything is checked on every read;
 * nothing is trusted because it is stored.
 */
import type { Database, Statement } from "better-sqlite3";
import type { Digest } from "../../core/crypto/digest.ts";
import type { Answer, AnswerTo, TrustedRootSource } from "../../core/knowledge/answer.ts";
import { claimedAbsence, type CompletenessClaim } from "../../core/knowledge/completeness-claim.ts";
import type { Knowledge, SourceState } from "../../core/knowledge/knowledge.ts";
import { parseQuestion, type Question, questionText } from "../../core/knowledge/question.ts";
import { canonicalQuestion, completenessScopes, questionsOfImage } from "../../core/oci/completeness.ts";
import {
  type AnswerRow,
  checkRow,
  loadRootSource,
  loadValue,
  type MetadataReference,
  readRowText,
  type RowText,
  type TufSource,
} from "./answer-row.ts";
import { type CheckpointRow, checkCheckpoint } from "./checkpoint-row.ts";
import { type ClaimColumns, type CompleteRow, readClaim, readComplete } from "./complete-row.ts";
import { type DistrustEntry, type DistrustTableRow, readDistrustEntry } from "./distrust-entry.ts";
import { mirroredOf, newestTimeOf } from "./dated-runs.ts";
import { Pins, type StoredPin } from "./pins.ts";
import { type Run, RunLog } from "./run-log.ts";
import { isSqliteError } from "./sqlite.ts";
import { sqlText } from "./statements.ts";
import { checkBytes, checkedBytes, toBytes } from "./stored-bytes.ts";
import { readSignedTime, type SignedTimeRow } from "./signed-time-row.ts";
import { corrupt, guarded } from "./store-error.ts";
import { checkFloor, type FloorRow, readFloorRows, type StoredFloors } from "./tuf-floors.ts";
import { targetRole, targetVersion } from "./tuf-metadata.ts";
import type { Limits } from "../../core/limits.ts";

/** While its rows are open, SQLite gives answers of one moment. */
interface Moment {
  readonly rows: IterableIterator<number>;
  readonly version: string;
  /** The claims that were found last, by their narrowest scope: several questions about an image have the same. */
  claims: { readonly scope: string; readonly found: readonly CompletenessClaim[] } | undefined;
}

/** How many trusted roots are remembered of one version. */
const mostRoots = 16;

export class MirrorKnowledge implements Knowledge {
  readonly #folder: string;
  readonly #limits: Limits;
  readonly #answer: Statement<[string, string], AnswerRow>;
  /** The row as one text, and the bytes that it refers to. */
  readonly #answerText: Statement<[string, string], readonly [text: string, bytes: Uint8Array | null]>;
  readonly #absent: Statement<[string, string], number>;
  readonly #blob: Statement<[string], { readonly bytes: Uint8Array }>;
  readonly #metadata: Statement<[string, string, number], { readonly bytes: Uint8Array }>;
  readonly #floors: Statement<[string], FloorRow>;
  readonly #allFloors: Statement<[], FloorRow>;
  readonly #pins: Pins;
  readonly #complete: Statement<[string, string, string | null], ClaimColumns>;
  readonly #scopeQuestions: Statement<[{ readonly scope: string }], { readonly question: string }>;
  readonly #claims: Statement<[], CompleteRow>;
  readonly #trustedRoots: Statement<[], { readonly question: string }>;
  readonly #version: Statement<[], number>;
  readonly #moment: Statement<[], number>;
  /** None where nothing can be written. */
  readonly #changes: Statement<[], number> | undefined;
  readonly #distrust: Statement<[], DistrustTableRow>;
  readonly #signedTime: Statement<[], SignedTimeRow>;
  readonly #checkpoints: Statement<[], CheckpointRow>;
  readonly #runs: RunLog;
  /** Number and checksum. */
  readonly #newestRun: Statement<[], string>;
  #dated: { readonly newest: string | undefined; readonly runs: readonly Run[] } | undefined;
  #state: SourceState | undefined;
  /** What is read belongs together: see {@link during}. */
  #isHeld = false;
  #opened: Moment | undefined;
  /** Trusted roots by their names, as one version of the mirror has them. */
  #trust: { readonly version: string; readonly answers: Map<string, Answer | undefined> } | undefined;
  /** How often writes were taken back. */
  #taken = 0;
  /** Rows that writes changed without changing what was known. */
  #unread = 0;

  constructor(database: Database, folder: string, limits: Limits) {
    this.#folder = folder;
    this.#limits = limits;
    this.#answer = database.prepare(sqlText("find-answer"));
    this.#answerText = database
      .prepare<[string, string], readonly [string, Uint8Array | null]>(sqlText("find-answer-text"))
      .raw();
    this.#absent = database.prepare<[string, string], number>(sqlText("find-absence")).pluck();
    this.#blob = database.prepare(sqlText("find-blob"));
    this.#metadata = database.prepare(sqlText("find-tuf-metadata"));
    this.#floors = database.prepare(sqlText("find-tuf-floors"));
    this.#allFloors = database.prepare(sqlText("list-tuf-floors"));
    this.#pins = new Pins(database, folder);
    this.#complete = database.prepare<[string, string, string | null], ClaimColumns>(sqlText("find-complete")).raw();
    this.#scopeQuestions = database.prepare(sqlText("list-scope-questions"));
    this.#claims = database.prepare(sqlText("list-complete"));
    this.#trustedRoots = database.prepare(sqlText("list-trusted-roots"));
    // Two values by themselves take half the time of one row, and every request asks for them.
    this.#version = database.prepare<[], number>(sqlText("find-version")).pluck();
    this.#changes = database.readonly ? undefined : database.prepare<[], number>(sqlText("count-changes")).pluck();
    // A statement of its own: it is open as long as what is read belongs together.
    this.#moment = database.prepare<[], number>(sqlText("find-version")).pluck();
    this.#distrust = database.prepare(sqlText("list-distrust"));
    this.#signedTime = database.prepare(sqlText("find-signed-time"));
    this.#checkpoints = database.prepare(sqlText("list-checkpoints"));
    this.#runs = new RunLog(database, folder, limits);
    this.#newestRun = database.prepare<[], string>(sqlText("find-newest-run")).pluck();
  }

  /**
   * @throws EngineError `mirror-corrupt` for damage; a damaged row never counts as absent or as never asked.
   */
  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    const asked: Question = canonicalQuestion(question);
    return guarded(this.#folder, () => {
      if (!this.#isHeld) return this.#answerTo(asked);
      const version = this.#open();
      return asked.kind === "trusted-root" ? this.#trusted(asked, version) : this.#answerTo(asked);
    }) as AnswerTo<Q> | undefined;
  }

  #answerTo(asked: Question): Answer | undefined {
    return this.#pins.answer(asked) ?? this.#whole(asked, this.#recorded(asked)) ?? this.#completed(asked);
  }

  /**
   * SQLite locks a file, looks for a journal and asks whether the file changed before each statement, unless another
   * one is in the midst of reading. It opens the file with the first answer: what is remembered elsewhere needs none.
   */
  hold(): () => void {
    if (this.#isHeld) return () => undefined;
    this.#isHeld = true;
    return () => {
      this.#isHeld = false;
      this.#opened?.rows.return?.();
      this.#opened = undefined;
    };
  }

  /** The version of the moment. */
  #open(): string {
    if (this.#opened === undefined) {
      const rows = this.#moment.iterate();
      const version = this.#versionOf(rows.next().value);
      this.#opened = { rows, version, claims: undefined };
    }
    return this.#opened.version;
  }

  /**
   * Trusted roots of one version are the same objects, so that who loads them need not read them again. There are as
   * many as policies name.
   */
  #trusted(asked: Question & { readonly kind: "trusted-root" }, version: string): Answer | undefined {
    if (this.#trust?.version !== version) this.#trust = { version, answers: new Map() };
    const { answers } = this.#trust;
    const held = answers.get(asked.name);
    if (held !== undefined) return held;
    const answer = this.#answerTo(asked);
    if (answer !== undefined && answers.size < mostRoots) answers.set(asked.name, answer);
    return answer;
  }

  /**
   * The recorded answer, even if a pin hides it, or a claim makes a partial list a whole one.
   * @throws EngineError as {@link answer}.
   */
  recorded<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    return guarded(this.#folder, () => this.#recorded(canonicalQuestion(question))) as AnswerTo<Q> | undefined;
  }

  /**
   * Whether nothing, or an absence, is recorded: a look at the row that does not check it, where nothing is believed of
   * it.
   */
  lacks(question: Question): boolean {
    return guarded(this.#folder, () => {
      const asked = canonicalQuestion(question);
      return this.#absent.get(asked.kind, questionText(asked)) !== 0;
    });
  }

  /**
   * The version changes with every write, by this process or another. The rest is read once per version. Changes behind
   * SQLite's back are detected when a row is read.
   * @throws EngineError `mirror-corrupt` when an entry of the distrust list, the newest signed time, a checkpoint or
   * the record of a run is damaged.
   */
  state(): SourceState {
    return guarded(this.#folder, () => {
      if (this.#isHeld && this.#open() === this.#state?.version) return this.#state;
      // The version is read first: newer rows are read again under the next version.
      const data = this.#version.get();
      const changes = this.#changes?.get() ?? 0;
      const version = this.#versionOf(data, changes);
      if (this.#state === undefined || this.#state.version !== version) {
        const signed = this.#signedTime.get();
        const runs = this.#datedRuns();
        this.#state = {
          version,
          knownVersion: `${data} ${changes - this.#unread} ${this.#taken}`,
          distrust: this.distrustEntries().map(({ row }) => row),
          newestSignedTime: newestTimeOf(runs, signed === undefined ? undefined : readSignedTime(signed)),
          mirrored: mirroredOf(runs),
          checkpoints: this.#checkpoints.all().map((row) => {
            checkCheckpoint(row);
            return row.note;
          }),
        };
      }
      return this.#state;
    });
  }

  #versionOf(data: number | undefined, changes = this.#changes?.get() ?? 0): string {
    return `${data} ${changes} ${this.#taken}`;
  }

  /**
   * Carries out a write of an absence where nothing was known, or of a failed attempt. No answer rests on it, so that
   * the known version stays.
   */
  writeUnread(write: () => void): void {
    const before = this.#changes?.get() ?? 0;
    write();
    this.#unread += (this.#changes?.get() ?? 0) - before;
  }

  /** Writes were taken back. SQLite does not count that as a change, but the version is another one all the same. */
  noteTakenBack(): void {
    this.#taken += 1;
  }

  /** Read again after a new run only: every write has a new version. A run that takes the number of another is new. */
  #datedRuns(): readonly Run[] {
    const newest = this.#newestRun.get();
    if (this.#dated === undefined || this.#dated.newest !== newest)
      this.#dated = { newest, runs: this.#runs.datedRuns() };
    return this.#dated.runs;
  }

  /** The distrust list with where each entry came from, sorted. @throws EngineError `mirror-corrupt`. */
  distrustEntries(): readonly DistrustEntry[] {
    return guarded(this.#folder, () => this.#distrust.all().map(readDistrustEntry));
  }

  #recorded(question: Question): Answer | undefined {
    const found = this.#find(question.kind, questionText(question));
    if (found === undefined) return undefined;
    const row = readRowText(found[0]);
    if (row.state === "absent") return { state: "absent", at: row.at, from: row.source };
    const partial = question.kind === "referrers" && row.partial !== "";
    const value = this.#value(question, row, found[1]);
    return partial
      ? { state: "present", value, at: row.at, from: row.source, partial }
      : { state: "present", value, at: row.at, from: row.source };
  }

  #find(kind: string, text: string): readonly [text: string, bytes: Uint8Array | null] | undefined {
    try {
      return this.#answerText.get(kind, text);
    } catch (error) {
      // Damage may have made bytes of a column, which no text of JSON holds.
      const row = isSqliteError(error) ? this.#answer.get(kind, text) : undefined;
      if (row !== undefined) checkRow(row);
      throw error;
    }
  }

  /** A claim says that a list from a layout has everything. */
  #whole(question: Question, recorded: Answer | undefined): Answer | undefined {
    if (recorded?.state !== "present" || recorded.partial === undefined || this.claims(question).length === 0)
      return recorded;
    const { state, value, at, from } = recorded;
    return { state, value, at, from };
  }

  #value(question: Question, row: RowText, bytes: Uint8Array | null): unknown {
    const { kind } = question;
    if (kind === "manifest" || kind === "blob") {
      if (row.digest !== question.digest)
        throw corrupt(question.digest, "the mirror keeps another digest under this question");
      return checkedBytes(bytes, question.digest);
    }
    return kind === "trusted-root"
      ? this.#trustedRoot(question.name, row)
      : loadValue({ kind, question: row.question, value: row.value }, this.#limits);
  }

  #trustedRoot(name: string, row: RowText): TrustedRootSource {
    const source = loadRootSource(row, this.#limits);
    if (source.form === "pinned") return { form: "pinned", bytes: this.bytes(source.digest) };
    const read = (role: string) => (reference: MetadataReference) => this.#metadataBytes(name, role, reference);
    return {
      form: "tuf",
      roots: source.roots.map(read("root")),
      timestamp: read("timestamp")(source.timestamp),
      snapshot: read("snapshot")(source.snapshot),
      targets: source.targets.map((entry: TufSource["targets"][number]) => ({
        role: entry.role,
        bytes: read(entry.role)(entry),
      })),
      target: this.bytes(source.target),
      ...this.#floorsOf(name),
    };
  }

  #floorsOf(name: string): { readonly floors?: StoredFloors } {
    // A floor whose key was damaged would be missed in silence.
    for (const row of this.#allFloors.all()) checkFloor(row);
    const rows = this.#floors.all(name);
    return rows.length === 0 ? {} : { floors: readFloorRows(rows) };
  }

  /**
   * Another target of the TUF repository of a trusted root, for other programs. It was verified when it was fetched;
   * who reads it verifies it again.
   * @throws EngineError `mirror-corrupt`.
   */
  tufTarget(name: string, path: string): Uint8Array | undefined {
    return guarded(this.#folder, () => {
      const found = this.#find("trusted-root", questionText({ kind: "trusted-root", name }));
      const row = found === undefined ? undefined : readRowText(found[0]);
      if (row?.state !== "present") return undefined;
      const source = loadRootSource(row, this.#limits);
      const other = source.form === "tuf" ? source.others.find((one) => one.path === path) : undefined;
      if (other === undefined) return undefined;
      return this.#metadataBytes(name, targetRole(path), { version: targetVersion, digest: other.digest });
    });
  }

  /** Names of trusted roots that are pinned or known, sorted. */
  trustedRootNames(): readonly string[] {
    return guarded(this.#folder, () => {
      const pinned = this.#pins.names("trusted-root");
      const known = this.#trustedRoots.all().flatMap(({ question }) => {
        const asked = parseQuestion(question);
        return asked.kind === "trusted-root" ? [asked.name] : [];
      });
      return [...new Set([...pinned, ...known])].sort();
    });
  }

  /** TUF roots that an operator pinned, by the names of trusted roots. @throws EngineError `mirror-corrupt` */
  tufRoots(): Readonly<Record<string, Uint8Array>> {
    return this.#pins.tufRoots();
  }

  /** Whether an operator pinned it, as of now. */
  isPinned(kind: "key" | "trusted-root", name: string): boolean {
    return this.#pins.has(kind, name);
  }

  /** What an operator pinned, by kind and name. @throws EngineError `mirror-corrupt` */
  pins(): readonly StoredPin[] {
    return this.#pins.list();
  }

  #metadataBytes(repository: string, role: string, { version, digest }: MetadataReference): Uint8Array {
    const row = this.#metadata.get(repository, role, version);
    if (row === undefined) throw corrupt(digest, `version ${version} of ${role} is missing from the mirror`);
    checkBytes(row.bytes, digest);
    return toBytes(row.bytes);
  }

  /**
   * Bytes that the mirror says it holds.
   * @throws EngineError `mirror-corrupt`, its subject the digest, when they are not there or do not have it.
   */
  bytes(digest: Digest): Uint8Array {
    return guarded(this.#folder, () => checkedBytes(this.#blob.get(digest)?.bytes, digest));
  }

  #completed(question: Question): Answer | undefined {
    const [claim] = this.claims(question);
    return claim === undefined ? undefined : claimedAbsence(claim);
  }

  /** @throws EngineError `mirror-corrupt` when a claim was changed since it was written. */
  claims(question: Question): readonly CompletenessClaim[] {
    const [first, second, third = null] = completenessScopes(question);
    if (first === undefined || second === undefined) return [];
    const moment = this.#opened;
    if (moment?.claims?.scope === first) return moment.claims.found;
    // The narrowest first. SQLite would make a table to sort them.
    const found = guarded(this.#folder, () =>
      this.#complete
        .all(first, second, third)
        .map(readClaim)
        .sort((left, right) => right.scope.length - left.scope.length),
    );
    if (moment !== undefined) moment.claims = { scope: first, found };
    return found;
  }

  /** All claims, sorted by their scopes. @throws EngineError `mirror-corrupt` */
  allClaims(): readonly CompletenessClaim[] {
    return guarded(this.#folder, () => this.#claims.all().map(readComplete));
  }

  facts(scope: string): readonly Question[] {
    return guarded(this.#folder, () => {
      const ofImage = questionsOfImage(scope);
      if (ofImage !== undefined)
        return ofImage.filter((asked) => this.#answer.get(asked.kind, questionText(asked))?.state === "present");
      return this.#scopeQuestions.all({ scope }).map(({ question }) => parseQuestion(question));
    });
  }
}
