/**
 * The JSON form of an answer: mirrors, records, archives and capsules keep it. An answer has exactly one form, so that
 * the digest of its canonical text names it. Any other JSON is refused, unknown fields too. Bytes are base64.
 * Source: docs/architecture.md#decide-then-ask.
 *
 *     {"at":"2026-01-01T00:00:00Z","from":"ghcr.io","state":"absent"}           with claim, where it rests on one
 *     {"at":"2026-01-01T00:00:00Z","code":"timed-out","from":"ghcr.io","state":"unavailable"}  and why, asked
 *     {"at":"2026-01-01T00:00:00Z","from":"ghcr.io","state":"present","value":VALUE}
 *
 * VALUE by the kind of the question:
 *
 *     tag             {"digest":"sha256:9f86…","mediaType":"application/…","size":42}, and artifactType, annotations
 *     referrers       [ as for a tag, … ], and beside it "partial":true, or the outage, where there may be more
 *     manifest, blob  "eyJzY2hl…"
 *     key             "-----BEGIN PUBLIC KEY-----\n…"
 *     log-entry       "{\"24296fb2…\":{…}}", the log's answer
 *     cluster         the API server's answer
 *     trusted-root    {"bytes":"eyJtZWRp…","form":"pinned"}
 *                     {"floors":{"root":"3"},"form":"tuf","roots":["eyJz…"],"snapshot":"eyJz…","target":"eyJt…",
 *                     "targets":[{"bytes":"eyJz…","role":"targets"}],"timestamp":"eyJz…"}, floors where they are known
 */
import { decodeBase64, encodeBase64 } from "../encoding/base64.ts";
import { parseInstant } from "../encoding/instant.ts";
import type { JsonObject, JsonValue } from "../encoding/json.ts";
import { pointer, readArray, readObject, readString, readStringMap, refuseUnknownKeys } from "../encoding/shape.ts";
import { codes, EngineError, type ErrorCode } from "../errors.ts";
import { type Descriptor, encodeDescriptor, readDescriptor } from "../oci/descriptor.ts";
import type { Answer, AnswerValues, LogEntryAnswer, TrustedRootSource, Unavailable } from "./answer.ts";
import type { QuestionKind } from "./question.ts";

/** Answers to questions of `kind`. */
export type AnswerOf<K extends QuestionKind> = Answer<AnswerValues[K]>;

/** The JSON of an answer to a question of `kind`: the inverse of {@link readAnswer}. */
export function encodeAnswer<K extends QuestionKind>(kind: K, answer: AnswerOf<K>): JsonObject {
  const { state, at, from } = answer;
  switch (answer.state) {
    case "present":
      return {
        state,
        at,
        from,
        value: encodeAnswerValue(kind, answer.value),
        ...(answer.partial === undefined
          ? {}
          : { partial: answer.partial === true ? true : encodeOutage(answer.partial) }),
        ...(answer.outage === undefined ? {} : { outage: encodeOutage(answer.outage) }),
      };
    case "absent":
      return {
        state,
        at,
        from,
        ...(answer.claim === undefined ? {} : { claim: answer.claim }),
        ...(answer.outage === undefined ? {} : { outage: encodeOutage(answer.outage) }),
      };
    case "unavailable":
      return encodeOutage(answer);
  }
}

const encodeOutage = ({ state, at, from, code, why, asked }: Unavailable): JsonObject => ({
  state,
  at,
  from,
  code,
  ...(why === undefined ? {} : { why }),
  ...(asked === undefined ? {} : { asked }),
});

/**
 * An answer to a question of `kind`. The digest of bytes is checked where they are used.
 * @throws EngineError `malformed` with a JSON pointer below `at`.
 */
export function readAnswer<K extends QuestionKind>(kind: K, json: JsonValue | undefined, at: string): AnswerOf<K> {
  const object = readObject(json, at);
  const state = readString(object.state, `${at}/state`);
  const more = { present: "value", absent: undefined, unavailable: "code" } as const;
  if (!isStateOf(more, state)) throw malformed("not a state of an answer", `${at}/state`);
  const own = more[state];
  const known = readFields(
    object,
    ["state", "at", "from", ...(own === undefined ? [] : [own])],
    state === "absent"
      ? ["claim", "outage"]
      : state === "unavailable"
        ? ["why", "asked"]
        : ["outage", ...(kind === "referrers" ? ["partial"] : [])],
    at,
  );
  const origin = { at: readTime(known.at, `${at}/at`), from: readString(known.from, `${at}/from`) };
  switch (state) {
    case "present":
      return {
        state,
        value: readAnswerValue(kind, known.value, `${at}/value`),
        ...origin,
        ...readPartial(known.partial, `${at}/partial`),
        ...readOldAnswer(known.outage, `${at}/outage`),
      };
    case "absent":
      return {
        state,
        ...origin,
        ...(known.claim === undefined ? {} : { claim: readString(known.claim, `${at}/claim`) }),
        ...readOldAnswer(known.outage, `${at}/outage`),
      };
    case "unavailable":
      return readOutage(known, at);
  }
}

function readOutage(json: JsonValue, at: string): Unavailable {
  const object = readFields(json, ["state", "at", "from", "code"], ["why", "asked"], at);
  if (object.state !== "unavailable") throw malformed("not an outage", `${at}/state`);
  const text = (key: "why" | "asked"): Partial<Unavailable> =>
    object[key] === undefined ? {} : { [key]: readString(object[key], pointer(at, key)) };
  return {
    state: "unavailable",
    code: readCode(object.code, `${at}/code`),
    at: readTime(object.at, `${at}/at`),
    from: readString(object.from, `${at}/from`),
    ...text("why"),
    ...text("asked"),
  };
}

const readOldAnswer = (json: JsonValue | undefined, at: string): { readonly outage?: Unavailable } =>
  json === undefined ? {} : { outage: readOutage(json, at) };

/** The JSON of a present answer's value: the inverse of {@link readAnswerValue}. */
export function encodeAnswerValue<K extends QuestionKind>(kind: K, value: AnswerValues[K]): JsonValue {
  const forms: { readonly [Kind in QuestionKind]: (value: AnswerValues[Kind]) => JsonValue } = encoders;
  return forms[kind](value);
}

/**
 * The value of a present answer to a question of `kind`.
 * @throws EngineError `malformed` with a JSON pointer below `at`.
 */
export function readAnswerValue<K extends QuestionKind>(
  kind: K,
  json: JsonValue | undefined,
  at: string,
): AnswerValues[K] {
  const forms: { readonly [Kind in QuestionKind]: ReadValue<AnswerValues[Kind]> } = readers;
  return forms[kind](json, at);
}

type ReadValue<T> = (json: JsonValue | undefined, at: string) => T;

/** What a decision reads: other targets of the repository are left out. */
const encodeTrustedRoot = (source: TrustedRootSource): JsonObject =>
  source.form === "pinned"
    ? { form: "pinned", bytes: encodeBase64(source.bytes) }
    : {
        form: "tuf",
        roots: source.roots.map(encodeBase64),
        timestamp: encodeBase64(source.timestamp),
        snapshot: encodeBase64(source.snapshot),
        targets: source.targets.map(({ role, bytes }) => ({ role, bytes: encodeBase64(bytes) })),
        target: encodeBase64(source.target),
        ...(source.floors === undefined ? {} : { floors: { ...source.floors } }),
      };

const encoders = {
  tag: encodeDescriptor,
  manifest: encodeBase64,
  blob: encodeBase64,
  referrers: (list: readonly Descriptor[]): JsonValue => list.map(encodeDescriptor),
  "trusted-root": encodeTrustedRoot,
  key: (text: string): JsonValue => text,
  "log-entry": ({ json }: LogEntryAnswer): JsonValue => json,
  cluster: (value: JsonValue): JsonValue => value,
};

const malformed = (message: string, subject: string): EngineError =>
  new EngineError("malformed", message, { subject: subject === "" ? "/" : subject });

const isStateOf = <T extends object>(table: T, state: string): state is keyof T & string => Object.hasOwn(table, state);

/** An object with all `required` fields, any `optional` ones, and no others. */
function readFields(
  json: JsonValue | undefined,
  required: readonly string[],
  optional: readonly string[],
  at: string,
): JsonObject {
  return readKnownFields(json, required, new Set([...required, ...optional]), at);
}

function readKnownFields(
  json: JsonValue | undefined,
  required: readonly string[],
  known: ReadonlySet<string>,
  at: string,
): JsonObject {
  const object = readObject(json, at);
  refuseUnknownKeys(object, known, at);
  for (const key of required)
    if (!Object.hasOwn(object, key)) throw malformed("expected a field, found nothing", pointer(at, key));
  return object;
}

function readTime(json: JsonValue | undefined, at: string): string {
  const text = readString(json, at);
  parseInstant(text, at);
  return text;
}

function readPartial(json: JsonValue | undefined, at: string): { readonly partial?: true | Unavailable } {
  if (json === undefined) return {};
  return { partial: json === true ? true : readOutage(json, at) };
}

function readCode(json: JsonValue | undefined, at: string): ErrorCode {
  const text = readString(json, at);
  if (!Object.hasOwn(codes, text)) throw malformed("not a code of this program", at);
  return text as ErrorCode;
}

function readBytes(json: JsonValue | undefined, at: string): Uint8Array {
  const text = readString(json, at);
  try {
    return decodeBase64(text);
  } catch (error) {
    throw new EngineError("malformed", "not base64", { subject: at, cause: error });
  }
}

const requiredOfDescriptor = ["mediaType", "digest", "size"] as const;
const fieldsOfDescriptor: ReadonlySet<string> = new Set([...requiredOfDescriptor, "artifactType", "annotations"]);

/** Stricter than registries: a field without a value must be left out, as `encodeDescriptor` does. */
function readStoredDescriptor(json: JsonValue | undefined, at: string): Descriptor {
  const object = readKnownFields(json, requiredOfDescriptor, fieldsOfDescriptor, at);
  for (const key of fieldsOfDescriptor)
    if (object[key] === null || (key === "artifactType" && object[key] === ""))
      throw malformed("a field without a value", pointer(at, key));
  return readDescriptor(object, at);
}

const readList = <T>(json: JsonValue | undefined, at: string, read: ReadValue<T>): readonly T[] =>
  readArray(json, at).map((entry, index) => read(entry, pointer(at, index)));

function readTrustedRoot(json: JsonValue | undefined, at: string): TrustedRootSource {
  const form = readString(readObject(json, at).form, `${at}/form`);
  const bytes = (object: JsonObject, key: string, below = at): Uint8Array =>
    readBytes(object[key], pointer(below, key));
  if (form === "pinned") return { form, bytes: bytes(readFields(json, ["form", "bytes"], [], at), "bytes") };
  if (form !== "tuf") throw malformed("not a form of a trusted root", `${at}/form`);
  const object = readFields(json, ["form", "roots", "timestamp", "snapshot", "targets", "target"], ["floors"], at);
  return {
    form,
    roots: readList(object.roots, `${at}/roots`, readBytes),
    timestamp: bytes(object, "timestamp"),
    snapshot: bytes(object, "snapshot"),
    targets: readList(object.targets, `${at}/targets`, (entry, here) => {
      const target = readFields(entry, ["role", "bytes"], [], here);
      return { role: readString(target.role, `${here}/role`), bytes: bytes(target, "bytes", here) };
    }),
    target: bytes(object, "target"),
    ...(object.floors === undefined ? {} : { floors: readFloors(object.floors, `${at}/floors`) }),
  };
}

function readFloors(json: JsonValue, at: string): Readonly<Record<string, string>> {
  const floors = readStringMap(json, at);
  for (const [role, version] of Object.entries(floors))
    if (!/^(?:0|[1-9][0-9]*)$/.test(version)) throw malformed("not a decimal version", pointer(at, role));
  return floors;
}

const readers = {
  tag: readStoredDescriptor,
  manifest: readBytes,
  blob: readBytes,
  referrers: (json: JsonValue | undefined, at: string) => readList(json, at, readStoredDescriptor),
  "trusted-root": readTrustedRoot,
  key: readString,
  "log-entry": (json: JsonValue | undefined, at: string): LogEntryAnswer => ({ json: readString(json, at) }),
  cluster: (json: JsonValue | undefined, at: string): JsonValue => {
    if (json === undefined) throw malformed("expected JSON, found nothing", at);
    return json;
  },
};
