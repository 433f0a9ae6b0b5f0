/**
 * The distrust list: what is refuted, whatever signature vouches for it. Source: docs/spec/offline.md#distrust.
 *
 *     distrust:
 *       - digest: sha256:91c2…
 *         reason: built by a compromised runner
 *         date: 2026-03-01
 *       - identity: "https://github.com/acme/app/.github/workflows/*"
 */
import { isDigest, sha256 } from "../crypto/digest.ts";
import { encodeCanonicalJson } from "../encoding/canonical-json.ts";
import { encodeHex } from "../encoding/hex.ts";
import { parseInstant } from "../encoding/instant.ts";
import type { JsonObject, JsonValue } from "../encoding/json.ts";
import { member, pointer, readArray, readObject, readString, refuseUnknownKeys } from "../encoding/shape.ts";
import { encodeUtf8 } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import { type DistrustKind, distrustKinds, type DistrustRow } from "../knowledge/knowledge.ts";
import { matchWildcard, type PatternLimits } from "../patterns/wildcard.ts";

/** A compiled list. `digest` names its content. */
export interface Distrust {
  readonly digest: string;
  readonly rows: readonly DistrustRow[];
  /** The row that names this value, if any. */
  find(kind: DistrustKind, value: string): DistrustRow | undefined;
}

const rowKeys: ReadonlySet<string> = new Set([...distrustKinds, "reason", "date"]);
const fingerprint = /^(?:sha256:)?(?<hex>[0-9a-f]{64})$/;

/** Compiles rows. */
export function compileDistrust(rows: readonly DistrustRow[], limits: PatternLimits): Distrust {
  const exact = new Map(rows.map((row) => [`${row.kind} ${row.value}`, row]));
  const identities = rows.filter((row) => row.kind === "identity");
  const document: JsonValue = rows.map((row): JsonObject => ({ ...row }));
  return {
    digest: encodeHex(sha256(encodeUtf8(encodeCanonicalJson(document)))),
    rows,
    find: (kind, value) =>
      exact.get(`${kind} ${value}`) ??
      (kind === "identity" ? identities.find((row) => matchWildcard(row.value, value, limits)) : undefined),
  };
}

/**
 * The given rows and a source's rows as one list. A source's rows are compiled again only when it returns another
 * array.
 */
export function distrustWith(
  given: readonly DistrustRow[],
  limits: PatternLimits,
): (rows: readonly DistrustRow[]) => Distrust | undefined {
  const own = given.length === 0 ? undefined : compileDistrust(given, limits);
  const compiled = new WeakMap<readonly DistrustRow[], Distrust>();
  return (rows) => {
    if (rows.length === 0) return own;
    const held = compiled.get(rows) ?? compileDistrust([...given, ...rows], limits);
    compiled.set(rows, held);
    return held;
  };
}

/**
 * The rows of a document as above. A list with an unreadable row is refused as a whole: skipping the row would trust
 * what it names.
 * @throws EngineError `malformed` with a JSON pointer.
 */
export function readDistrust(document: JsonValue): readonly DistrustRow[] {
  const root = readObject(document, "");
  refuseUnknownKeys(root, new Set(["distrust"]), "");
  return readArray(root.distrust, "/distrust").map((entry, index) => readRow(entry, `/distrust/${index}`));
}

function readRow(entry: JsonValue, at: string): DistrustRow {
  const object = readObject(entry, at);
  refuseUnknownKeys(object, rowKeys, at);
  const named = distrustKinds.filter((kind) => member(object, kind) !== undefined);
  const kind = named[0];
  if (kind === undefined || named.length > 1)
    throw new EngineError("malformed", `a row must name exactly one of ${distrustKinds.join(", ")}`, { subject: at });
  const text = readString(object[kind], pointer(at, kind));
  const value = toValue(kind, text);
  if (value === undefined)
    throw new EngineError(
      "malformed",
      kind === "digest"
        ? "not a digest: sha256: and 64 lower-case hexadecimal digits"
        : kind === "identity"
          ? "empty identity"
          : "not 64 lower-case hexadecimal digits, with or without sha256: before them",
      { subject: pointer(at, kind) },
    );
  const reason = member(object, "reason");
  const date = member(object, "date");
  return {
    kind,
    value,
    ...(reason === undefined ? {} : { reason: readString(reason, pointer(at, "reason")) }),
    ...(date === undefined ? {} : { date: readDate(date, pointer(at, "date")) }),
  };
}

/** The one spelling of a value; a fingerprint has no `sha256:`. Undefined where it has not the form of its kind. */
function toValue(kind: DistrustKind, text: string): string | undefined {
  if (kind === "digest") return isDigest(text) ? text : undefined;
  if (kind === "identity") return text === "" ? undefined : text;
  return fingerprint.exec(text)?.groups?.hex;
}

/** `2026-03-01`, or an RFC 3339 time. */
function readDate(value: JsonValue, at: string): string {
  const text = readString(value, at);
  parseInstant(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text, at);
  return text;
}
