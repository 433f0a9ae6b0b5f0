/**
 * What a source says of itself beside its answers, as JSON: records and capsules keep it. Source:
 * docs/spec/record.md#input.
 */
import { parseInstant } from "../encoding/instant.ts";
import type { JsonObject, JsonValue } from "../encoding/json.ts";
import { own, pointer, readArray, readObject, readString, refuseUnknownKeys } from "../encoding/shape.ts";
import { EngineError } from "../errors.ts";
import {
  type DistrustKind,
  distrustKinds,
  type DistrustRow,
  type Mirrored,
  type SourceState,
} from "../knowledge/knowledge.ts";

export function encodeState({ distrust = [], newestSignedTime, mirrored, checkpoints = [] }: SourceState): JsonObject {
  return {
    ...(distrust.length === 0 ? {} : { distrust: distrust.map(distrustJson) }),
    ...(newestSignedTime === undefined ? {} : { newestSignedTime: newestSignedTime.toISOString() }),
    ...(mirrored === undefined ? {} : { mirrored: encodeMirrored(mirrored) }),
    ...(checkpoints.length === 0 ? {} : { checkpoints }),
  };
}

const encodeMirrored = ({ at, by }: Mirrored): JsonObject => ({
  ...(at === undefined ? {} : { at: at.toISOString() }),
  ...(by === undefined ? {} : { by }),
});

export const distrustJson = ({ kind, value, reason, date }: DistrustRow): JsonObject => ({
  kind,
  value,
  ...(reason === undefined ? {} : { reason }),
  ...(date === undefined ? {} : { date }),
});

const malformed = (message: string, subject: string): EngineError => new EngineError("malformed", message, { subject });

const stateKeys: ReadonlySet<string> = new Set(["distrust", "newestSignedTime", "mirrored", "checkpoints"]);

/** @throws EngineError `malformed` with a JSON pointer below `at`. */
export function readState(json: JsonValue | undefined, at: string): SourceState {
  const object = readObject(json, at);
  refuseUnknownKeys(object, stateKeys, at);
  const { distrust, newestSignedTime, mirrored, checkpoints } = {
    distrust: own(object, "distrust"),
    newestSignedTime: own(object, "newestSignedTime"),
    mirrored: own(object, "mirrored"),
    checkpoints: own(object, "checkpoints"),
  };
  return {
    ...(distrust === undefined ? {} : { distrust: readDistrustRows(distrust, pointer(at, "distrust")) }),
    ...(newestSignedTime === undefined
      ? {}
      : { newestSignedTime: readTime(newestSignedTime, pointer(at, "newestSignedTime")) }),
    ...(mirrored === undefined ? {} : { mirrored: readMirrored(mirrored, pointer(at, "mirrored")) }),
    ...(checkpoints === undefined
      ? {}
      : {
          checkpoints: readArray(checkpoints, pointer(at, "checkpoints")).map((note, index) =>
            readString(note, pointer(pointer(at, "checkpoints"), index)),
          ),
        }),
  };
}

const readTime = (json: JsonValue, at: string): Date => parseInstant(readString(json, at), at);

function readMirrored(json: JsonValue, at: string): Mirrored {
  const object = readObject(json, at);
  refuseUnknownKeys(object, new Set(["at", "by"]), at);
  const time = own(object, "at");
  const by = own(object, "by");
  if (by !== undefined && by !== "archive" && by !== "sync")
    throw malformed("neither archive nor sync", pointer(at, "by"));
  return {
    ...(time === undefined ? {} : { at: readTime(time, pointer(at, "at")) }),
    ...(by === undefined ? {} : { by }),
  };
}

const rowKeys: ReadonlySet<string> = new Set(["kind", "value", "reason", "date"]);

/** @throws EngineError `malformed` with a JSON pointer below `at`. */
export const readDistrustRows = (json: JsonValue, at: string): readonly DistrustRow[] =>
  readArray(json, at).map((value, index) => {
    const here = pointer(at, index);
    const object = readObject(value, here);
    refuseUnknownKeys(object, rowKeys, here);
    const kind = readString(object.kind, pointer(here, "kind"));
    if (!isKind(kind)) throw malformed("not a kind of distrust", pointer(here, "kind"));
    const text = (key: "reason" | "date"): Partial<DistrustRow> => {
      const found = own(object, key);
      return found === undefined ? {} : { [key]: readString(found, pointer(here, key)) };
    };
    return { kind, value: readString(object.value, pointer(here, "value")), ...text("reason"), ...text("date") };
  });

const isKind = (kind: string): kind is DistrustKind => (distrustKinds as readonly string[]).includes(kind);
