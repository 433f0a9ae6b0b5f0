/** Delegations: which role may vouch for which target paths. Source: TUF 1.0 §4.5, TAP 15 (succinct hash bins). */
import { sha256 } from "../crypto/digest.ts";
import { encodeHex } from "../encoding/hex.ts";
import type { IntegerJson, IntegerJsonObject } from "../encoding/json.ts";
import { encodeUtf8 } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import { readKey, type TufKey } from "./key.ts";
import { matchPath } from "./path-pattern.ts";
import { readRole, type Role, topLevelRoles } from "./role.ts";
import { readEntries, readFlag, readInteger, readList, readObject, readText, readTexts } from "./metadata-shape.ts";
import type { Limits } from "../limits.ts";

export interface DelegatedRole {
  readonly name: string;
  readonly role: Role;
  /** Where the path is this role's, the search ends with it. */
  readonly terminating: boolean;
}

export interface Delegations {
  /** The roles that may vouch for a target path, in order. */
  rolesFor(path: string): readonly DelegatedRole[];
  /** The delegation to a role of this name, if there is one. */
  find(name: string): DelegatedRole | undefined;
}

const malformed = (message: string, subject: string): EngineError => new EngineError("malformed", message, { subject });

/** @throws EngineError `malformed`, `over-limit`. */
export function readDelegations(value: IntegerJson, at: string, limits: Limits): Delegations {
  const object = readObject(value, at);
  const keys = readEntries(object.keys, `${at}/keys`, (entry, place) => readKey(entry, place, limits));
  if ((object.roles === undefined) === (object.succinct_roles === undefined))
    throw malformed("either roles or succinct_roles", at);
  return object.roles === undefined
    ? readHashBins(readObject(object.succinct_roles, `${at}/succinct_roles`), keys, `${at}/succinct_roles`, limits)
    : readListedRoles(readList(object.roles, `${at}/roles`), keys, `${at}/roles`, limits);
}

function readListedRoles(
  list: readonly IntegerJson[],
  keys: ReadonlyMap<string, TufKey>,
  at: string,
  limits: Limits,
): Delegations {
  const rows = list.map((entry, index) =>
    readListedRole(readObject(entry, `${at}/${index}`), keys, `${at}/${index}`, limits),
  );
  const byName = new Map(rows.map((row) => [row.delegated.name, row.delegated]));
  if (byName.size < rows.length) throw malformed("a role is delegated to twice", at);
  return {
    rolesFor: (path) => rows.filter(({ matches }) => matches(path)).map(({ delegated }) => delegated),
    find: (name) => byName.get(name),
  };
}

interface ListedRole {
  readonly delegated: DelegatedRole;
  matches(path: string): boolean;
}

function readListedRole(
  object: IntegerJsonObject,
  keys: ReadonlyMap<string, TufKey>,
  at: string,
  limits: Limits,
): ListedRole {
  const name = readText(object.name, `${at}/name`);
  if (name === "" || (topLevelRoles as readonly string[]).includes(name))
    throw malformed("a delegated role with the name of none, or of a top-level role", `${at}/name`);
  if ((object.paths === undefined) === (object.path_hash_prefixes === undefined))
    throw malformed("either paths or path_hash_prefixes", at);
  const terminating = object.terminating === undefined ? false : readFlag(object.terminating, `${at}/terminating`);
  const delegated = { name, role: readRole(object, keys, at, limits), terminating };
  if (object.paths !== undefined) {
    const patterns = readTexts(object.paths, `${at}/paths`);
    return { delegated, matches: (path) => patterns.some((pattern) => matchPath(pattern, path)) };
  }
  const prefixes = readTexts(object.path_hash_prefixes, `${at}/path_hash_prefixes`);
  return { delegated, matches: (path) => prefixes.some((prefix) => pathDigest(path).startsWith(prefix)) };
}

const pathDigest = (path: string): string => encodeHex(sha256(encodeUtf8(path)));

/** One role for each value of the first bits of a path's digest: `PREFIX-0a`. All are alike but for their names. */
function readHashBins(
  object: IntegerJsonObject,
  keys: ReadonlyMap<string, TufKey>,
  at: string,
  limits: Limits,
): Delegations {
  const bits = Number(readInteger(object.bit_length, 1n, `${at}/bit_length`));
  if (bits > 32) throw malformed("bit_length is 1 to 32", `${at}/bit_length`);
  const prefix = readText(object.name_prefix, `${at}/name_prefix`);
  const role = readRole(object, keys, at, limits);
  const digits = Math.ceil(bits / 4);
  const bin = (number: number): DelegatedRole => ({
    name: `${prefix}-${number.toString(16).padStart(digits, "0")}`,
    role,
    terminating: true,
  });
  const binOf = (path: string): number =>
    Math.floor(Number.parseInt(pathDigest(path).slice(0, 8), 16) / 2 ** (32 - bits));
  return {
    rolesFor: (path) => [bin(binOf(path))],
    find: (name) => {
      const number = name.startsWith(`${prefix}-`) ? Number.parseInt(name.slice(prefix.length + 1), 16) : Number.NaN;
      return number >= 0 && number < 2 ** bits && bin(number).name === name ? bin(number) : undefined;
    },
  };
}
