/**
 * In-toto statements. Source: in-toto attestation framework (Statement v1 and v0.1); protobuf's JSON rules for unknown
 * and repeated fields.
 *
 *     {"_type":"https://in-toto.io/Statement/v1",
 *      "subject":[{"name":"app","digest":{"sha256":"91c2…"},"annotations":{"stage":"prod"}}],
 *      "predicateType":"https://slsa.dev/provenance/v1","predicate":{"buildDefinition":{}}}
 */
import { type JsonObject, type JsonValue, parseJson } from "../encoding/json.ts";
import {
  isObject,
  member,
  pointer,
  readArray,
  readObject,
  readString,
  readStringMap,
  refuseUnknownKeys,
} from "../encoding/shape.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { Digest } from "../crypto/digest.ts";
import { type Envelope, inTotoPayloadType } from "./envelope.ts";

/**
 * `digest` maps algorithm names to values as written; a map without prototype. `annotations` are the signed claims of a
 * signature bundle.
 */
export interface StatementSubject {
  readonly name?: string;
  readonly digest: Readonly<Record<string, string>>;
  readonly annotations?: JsonObject;
}

/** The statement's container, which decides how strictly it is read. */
export interface StatementOptions {
  readonly layout: "bundle" | "layer";
  readonly limits: Limits;
}

export interface Statement {
  readonly type: string;
  readonly predicateType: string;
  readonly subjects: readonly StatementSubject[];
  /** `null` if the statement has none: a null member counts as absent, as in every protobuf message. */
  readonly predicate: JsonObject | null;
}

const statementTypes: ReadonlySet<string> = new Set([
  "https://in-toto.io/Statement/v0.1",
  "https://in-toto.io/Statement/v1",
]);
const statementKeys: ReadonlySet<string> = new Set(["_type", "subject", "predicateType", "predicate"]);
const subjectKeys: ReadonlySet<string> = new Set([
  "name",
  "uri",
  "digest",
  "content",
  "downloadLocation",
  "mediaType",
  "annotations",
]);
const nothing: JsonObject = Object.freeze(Object.create(null));
const hex = /^(?:[0-9a-fA-F]{2})+$/;

function readSubject(value: JsonValue, at: string, { layout, limits }: StatementOptions): StatementSubject {
  const object = readObject(value, at);
  refuseUnknownKeys(object, subjectKeys, at);
  for (const key of ["uri", "content", "downloadLocation", "mediaType"]) {
    const text = member(object, key);
    if (text !== undefined) readString(text, pointer(at, key));
  }
  const listed = member(object, "digest");
  const digest = readStringMap(listed ?? nothing, `${at}/digest`);
  const algorithms = Object.keys(digest);
  if (algorithms.length > limits.digestsPerSubject)
    throw new EngineError("over-limit", `${algorithms.length} digests of one subject`, {
      subject: `${at}/digest`,
    });
  for (const algorithm of algorithms) {
    if (layout === "bundle" && !hex.test(digest[algorithm] as string))
      throw new EngineError("malformed", "digest that is not hexadecimal", {
        subject: pointer(`${at}/digest`, algorithm),
      });
  }
  const name = member(object, "name");
  const annotations = member(object, "annotations");
  return {
    digest,
    ...(name === undefined ? {} : { name: readString(name, `${at}/name`) }),
    ...(annotations === undefined ? {} : { annotations: readObject(annotations, `${at}/annotations`) }),
  };
}

/**
 * The statement that is a DSSE payload. Repeated and unknown fields are refused, so that no reader sees another
 * statement. In a bundle every digest must be hexadecimal, as sigstore-go has it; in a layer only the one that matches
 * counts.
 *
 * Differs: the statement's own type is checked, Kyverno takes any.
 *
 * @throws EngineError `malformed`, `over-limit`.
 */
export function parseStatement(payload: Uint8Array, options: StatementOptions): Statement {
  const { limits } = options;
  const object = readObject(
    parseJson(payload, { maxBytes: limits.blobBytes, subject: "in-toto statement", limits }),
    "",
  );
  refuseUnknownKeys(object, statementKeys, "");
  const type = readString(member(object, "_type"), "/_type");
  if (!statementTypes.has(type))
    throw new EngineError("malformed", `not a statement type: ${JSON.stringify(type.slice(0, 128))}`, {
      subject: "/_type",
    });
  const predicateType = readString(member(object, "predicateType"), "/predicateType");
  if (predicateType === "") throw new EngineError("malformed", "empty predicate type", { subject: "/predicateType" });
  const list = readArray(member(object, "subject") ?? [], "/subject");
  if (list.length > limits.statementSubjects)
    throw new EngineError("over-limit", `${list.length} subjects, at most ${limits.statementSubjects} are read`, {
      subject: "/subject",
    });
  const predicate = member(object, "predicate") ?? null;
  if (predicate !== null && !isObject(predicate))
    throw new EngineError("malformed", "predicate that is not an object", { subject: "/predicate" });
  return {
    type,
    predicateType,
    subjects: list.map((entry, index) => readSubject(entry, `/subject/${index}`, options)),
    predicate,
  };
}

/**
 * The statement of an envelope. The payload type is checked here because a log of kind dsse 0.0.1 does not record it.
 * @throws EngineError `malformed` on any payload type but in-toto's, and as {@link parseStatement}.
 */
export function statementOf(envelope: Envelope, options: StatementOptions): Statement {
  if (envelope.payloadType !== inTotoPayloadType) {
    throw new EngineError(
      "malformed",
      `payload type ${JSON.stringify(envelope.payloadType.slice(0, 128))} is not ${inTotoPayloadType}`,
      {
        subject: "/payloadType",
      },
    );
  }
  return parseStatement(envelope.payload, options);
}

/**
 * The first subject whose SHA-256 is exactly `digest`. Other algorithms, and other spellings of the same bytes, do not
 * count.
 * @throws EngineError `wrong-digest` when no subject names it.
 */
export function statementSubjectFor(statement: Statement, digest: Digest): StatementSubject {
  const subject = statement.subjects.find(
    ({ digest: { sha256 } }) => sha256 !== undefined && `sha256:${sha256}` === digest,
  );
  if (subject === undefined)
    throw new EngineError("wrong-digest", "no subject of the statement names this digest", { subject: digest });
  return subject;
}
