/**
 * Rows of the table `answer`: their columns, checksums, and where bytes are kept. Values are in the JSON form that
 * `core/knowledge/answer-json.ts` gives them.
 */
import { encodeCanonicalJson } from "../../core/encoding/canonical-json.ts";
import { type JsonObject, type JsonValue, parseJson } from "../../core/encoding/json.ts";
import { readArray, readInteger, readObject, readString } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import { type Digest, isDigest } from "../../core/crypto/digest.ts";
import type { AnswerValues, DefiniteAnswer } from "../../core/knowledge/answer.ts";
import { encodeAnswerValue, readAnswerValue } from "../../core/knowledge/answer-json.ts";
import { parseQuestion, type Question, type QuestionKind, questionText } from "../../core/knowledge/question.ts";
import { questionWords } from "../../core/knowledge/question-words.ts";
import { hasChecksum, rowChecksum, textDigest } from "./row-checksum.ts";
import { corrupt } from "./store-error.ts";
import type { Limits } from "../../core/limits.ts";

export interface AnswerRow {
  readonly kind: string;
  readonly question: string;
  readonly repository: string | null;
  /** The tag or digest of a question about a repository. */
  readonly subject: string | null;
  readonly state: string;
  readonly digest: string | null;
  readonly value: string | null;
  readonly at: string;
  readonly source: string;
  readonly checksum: Buffer;
  /** 1 where a list of referrers may lack some. */
  readonly partial: number;
}

/** TUF metadata and target of a trusted root: where they are kept. Bytes are in `tuf_metadata` and `blob`. */
export interface TufSource {
  readonly form: "tuf";
  readonly roots: readonly MetadataReference[];
  readonly timestamp: MetadataReference;
  readonly snapshot: MetadataReference;
  readonly targets: readonly (MetadataReference & { readonly role: string })[];
  readonly target: Digest;
  /** Other targets of the repository. */
  readonly others: readonly TargetReference[];
}

export interface TargetReference {
  readonly path: string;
  readonly digest: Digest;
}

export interface MetadataReference {
  readonly version: number;
  readonly digest: Digest;
}

/** The columns `digest` and `value`. Bytes are kept elsewhere. */
export interface StoredValue {
  readonly digest: Digest;
  readonly value: string | null;
}

export const storedBytes = (digest: Digest): StoredValue => ({ digest, value: null });

export function storedJson(value: JsonValue): StoredValue {
  const text = encodeCanonicalJson(value);
  return { digest: textDigest(text), value: text };
}

/** What a checksum is of, where a statement gives a row as one text. */
export interface RowText {
  readonly question: string;
  readonly state: string;
  readonly digest: string | null;
  readonly value: string | null;
  readonly at: string;
  readonly source: string;
  /** Not empty where a list of referrers may lack some. */
  readonly partial: string;
}

/** The kinds of questions whose answers are kept as JSON in the row itself. */
type RowKind = Exclude<QuestionKind, "manifest" | "blob" | "trusted-root">;

/** The stored form of every value that is not bytes. */
export const storeValue = <K extends RowKind>(kind: K, value: AnswerValues[K]): StoredValue =>
  storedJson(encodeAnswerValue(kind, value));

/** The row of an answer; `question` is in its canonical spelling, and `text` is its text where that is known. */
export function toRow(
  question: Question,
  answer: DefiniteAnswer,
  stored: StoredValue | undefined,
  text = questionText(question),
): AnswerRow {
  const row = {
    kind: question.kind,
    question: text,
    repository: "repository" in question ? question.repository : null,
    subject: question.kind === "tag" ? question.tag : "digest" in question ? question.digest : null,
    state: answer.state,
    digest: stored?.digest ?? null,
    value: stored?.value ?? null,
    at: answer.at,
    source: answer.from,
    checksum: noChecksum,
    partial: answer.state === "present" && answer.partial !== undefined ? 1 : 0,
  };
  // Set, not spread into another row: V8 makes those copies old, and memory grows with their number.
  row.checksum = rowChecksum(...checkedColumns(row));
  return row;
}

const noChecksum: Buffer = Buffer.alloc(0);

/**
 * In the order of the statement that writes them: values with names take longer to hand over. Who writes very many
 * gives one list for all of them: V8 comes to think that new ones live long, and memory grows.
 */
export function answerColumns(row: AnswerRow, columns: unknown[] = []): readonly unknown[] {
  columns[0] = row.kind;
  columns[1] = row.question;
  columns[2] = row.repository;
  columns[3] = row.subject;
  columns[4] = row.state;
  columns[5] = row.digest;
  columns[6] = row.value;
  columns[7] = row.at;
  columns[8] = row.source;
  columns[9] = row.checksum;
  columns[10] = row.partial;
  return columns;
}

const checkedColumns = (row: Omit<AnswerRow, "checksum">): readonly (string | null)[] => [
  row.kind,
  row.question,
  row.repository,
  row.subject,
  row.state,
  row.digest,
  row.value,
  row.at,
  row.source,
  // Rows from before there were partial lists keep their checksums.
  ...(row.partial === 0 ? [] : [`partial ${row.partial}`]),
];

/**
 * Checks a row against its checksum and its own digest.
 * @throws EngineError `mirror-corrupt`.
 */
export function checkRow(row: AnswerRow): void {
  if (typeof row.partial !== "number" || !hasChecksum(row.checksum, ...checkedColumns(row)))
    throw corrupt(named(String(row.question)), "a row of the mirror was changed since it was written");
  if (row.value !== null && textDigest(row.value) !== row.digest)
    throw corrupt(named(String(row.question)), "a value of the mirror does not have its digest");
}

const rowKinds: ReadonlySet<string> = new Set<RowKind>(["tag", "referrers", "key", "log-entry", "cluster"]);
const isRowKind = (kind: string): kind is RowKind => rowKinds.has(kind);

/** Columns in their order; there is a tenth where a list is partial. */
type CheckedColumns = readonly [
  kind: string,
  question: string,
  repository: string | null,
  subject: string | null,
  state: string,
  digest: string | null,
  value: string | null,
  at: string,
  source: string,
  partial?: string,
];

/**
 * A row as the statements `find-answer-text` and `list-answer-texts` give it, checked as {@link checkRow} does. SQLite
 * writes the very text that the checksum is of: one text for each row takes half the time of eleven columns, which
 * become that text here.
 * @throws EngineError `mirror-corrupt`.
 */
export function readRowText(text: string): RowText {
  // A checksum has no brackets, whatever became of it.
  const at = text.indexOf("[");
  const columns = text.slice(at);
  const isWhole = textDigest(columns) === `sha256:${text.slice(0, at)}`;
  const [, question, , , state, digest, value, time, source, partial = ""] = JSON.parse(columns) as CheckedColumns;
  if (!isWhole) throw corrupt(named(String(question)), "a row of the mirror was changed since it was written");
  if (value !== null && textDigest(value) !== digest)
    throw corrupt(named(question), "a value of the mirror does not have its digest");
  return { question, state, digest, value, at: time, source, partial };
}

/**
 * The value of a present row whose kind does not refer to bytes kept elsewhere.
 * @throws EngineError `mirror-corrupt`.
 */
export function loadValue(row: Pick<AnswerRow, "kind" | "question" | "value">, limits: Limits): AnswerValues[RowKind] {
  const { kind } = row;
  if (!isRowKind(kind))
    throw corrupt(named(String(row.question)), "a row of the mirror has an unknown kind of question");
  return readRow(row, (value) => readAnswerValue(kind, value, ""), limits);
}

/**
 * Where the bytes of a trusted root are.
 * @throws EngineError `mirror-corrupt`.
 */
export const loadRootSource = (
  row: Pick<AnswerRow, "question" | "value">,
  limits: Limits,
): TufSource | { readonly form: "pinned"; readonly digest: Digest } =>
  readRow(
    row,
    (value) => {
      const object = readObject(value, "");
      if (object.form === "pinned") return { form: "pinned", digest: readDigest(object.digest, "/digest") };
      return {
        form: "tuf",
        roots: readArray(object.roots, "/roots").map(readReference),
        timestamp: readReference(object.timestamp),
        snapshot: readReference(object.snapshot),
        targets: readArray(object.targets, "/targets").map((entry) => ({
          ...readReference(entry),
          role: readString(readObject(entry, "/targets").role, "/targets/role"),
        })),
        target: readDigest(object.target, "/target"),
        others: object.others === undefined ? [] : readArray(object.others, "/others").map(readTarget),
      };
    },
    limits,
  );

function readReference(value: JsonValue | undefined): MetadataReference {
  const object: JsonObject = readObject(value, "/metadata");
  return {
    version: readInteger(object.version, "/metadata/version"),
    digest: readDigest(object.digest, "/metadata/digest"),
  };
}

function readTarget(value: JsonValue | undefined): TargetReference {
  const object: JsonObject = readObject(value, "/others");
  return { path: readString(object.path, "/others/path"), digest: readDigest(object.digest, "/others/digest") };
}

function readDigest(value: JsonValue | undefined, at: string): Digest {
  const text = readString(value, at);
  if (!isDigest(text)) throw new EngineError("malformed", "not a digest", { subject: at });
  return text;
}

/** What a row is about, as people name it; a text that is damaged itself stands as it is. */
export function named(text: string): string {
  try {
    return questionWords(parseQuestion(text));
  } catch (error) {
    if (error instanceof EngineError) return text;
    throw error;
  }
}

/** Reads a row's value. A malformed one is damage, since only well-formed values are written. */
function readRow<T>(row: Pick<AnswerRow, "question" | "value">, read: (value: JsonValue) => T, limits: Limits): T {
  try {
    return read(parseJson(row.value ?? "", { subject: row.question, limits }));
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw corrupt(named(String(row.question)), `a value of the mirror cannot be read: ${error.message}`, error);
  }
}
