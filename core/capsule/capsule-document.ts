/**
 * The document of a capsule that is no list of answers: how it decides, as of when, and about which images. Source:
 * docs/spec/capsule.md#document.
 */
import { type EngineInput, encodeEngineDocument, readEngineDocument } from "../decide/engine-document.ts";
import { encodeState, readState } from "../decide/state-document.ts";
import { encodeCanonicalJson } from "../encoding/canonical-json.ts";
import { parseJson } from "../encoding/json.ts";
import { pointer, readArray, readInteger, readObject, readString, refuseUnknownKeys } from "../encoding/shape.ts";
import { encodeUtf8 } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import type { SourceState } from "../knowledge/knowledge.ts";
import type { Limits } from "../limits.ts";

const format = 1;

export interface CapsuleDocument {
  readonly engine: EngineInput;
  /** Of the mirror that it was made of. */
  readonly state: SourceState;
  /** As they were named. */
  readonly images: readonly string[];
}

export const encodeCapsuleDocument = ({ engine, state, images }: CapsuleDocument): Uint8Array =>
  encodeUtf8(encodeCanonicalJson({ format, engine: encodeEngineDocument(engine), state: encodeState(state), images }));

const keys: ReadonlySet<string> = new Set(["format", "engine", "state", "images"]);

/** @throws EngineError `malformed`, `over-limit`; `unsupported` for a format of a later program. */
export function parseCapsuleDocument(bytes: Uint8Array, limits: Limits): CapsuleDocument {
  const object = readObject(parseJson(bytes, { limits, maxBytes: limits.capsuleBytes, subject: "capsule.json" }), "");
  const found = readInteger(object.format, "/format");
  if (found !== format)
    throw new EngineError("unsupported", `a capsule of format ${found}, this program reads ${format}`, {
      subject: "capsule.json",
    });
  refuseUnknownKeys(object, keys, "");
  return {
    engine: readEngineDocument(object.engine, "/engine", limits),
    state: readState(object.state, "/state"),
    images: readArray(object.images, "/images").map((image, index) => readString(image, pointer("/images", index))),
  };
}
