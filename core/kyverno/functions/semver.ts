/**
 * `semver_compare`: does a version lie in a range? Source: docs/spec/kyverno.md#functions; blang/semver. A range is
 * `>=1.0.0 <2.0.0 || 1.2.x`, in blang/semver's grammar and not in that of the npm package.
 */
import { define, fail, type JmesFunction, refuse } from "../../jmespath/functions/signature.ts";
import { isKind } from "../../patterns/character-kind.ts";
import { compareVersions, type Version } from "../quantity/version-order.ts";
import { text } from "./arguments.ts";

const zero: Version = { numbers: [0n, 0n, 0n], pre: [] };
const largest = 2n ** 64n - 1n;

/** Digits without a leading zero that fit 64 bits. */
function parseNumber(digits: string): bigint | undefined {
  if (!/^(?:0|[1-9][0-9]{0,19})$/.test(digits)) return undefined;
  const value = BigInt(digits);
  return value > largest ? undefined : value;
}

/** A version by SemVer 2.0, or undefined. */
function parseVersion(version: string): Version | undefined {
  const match = /^([0-9]+)\.([0-9]+)\.([0-9]+)(?:-([0-9A-Za-z.-]*))?(?:\+([0-9A-Za-z.-]*))?$/.exec(version);
  if (match === null) return undefined;
  const [, major = "", minor = "", patch = "", pre, build] = match;
  const numbers = [parseNumber(major), parseNumber(minor), parseNumber(patch)] as const;
  if (
    numbers[0] === undefined ||
    numbers[1] === undefined ||
    numbers[2] === undefined ||
    build?.split(".").includes("")
  )
    return undefined;
  const prerelease: (bigint | string)[] = [];
  for (const part of pre === undefined ? [] : pre.split(".")) {
    const parsed = /^[0-9]*$/.test(part) ? parseNumber(part) : part;
    if (parsed === undefined) return undefined;
    prerelease.push(parsed);
  }
  return { numbers: [numbers[0], numbers[1], numbers[2]], pre: prerelease };
}

const comparators: ReadonlyMap<string, (order: number) => boolean> = new Map<string, (order: number) => boolean>([
  ["", (order) => order === 0],
  ["=", (order) => order === 0],
  ["==", (order) => order === 0],
  ["!", (order) => order !== 0],
  ["!=", (order) => order !== 0],
  [">", (order) => order > 0],
  [">=", (order) => order >= 0],
  ["<", (order) => order < 0],
  ["<=", (order) => order <= 0],
]);

/**
 * The range's words: split at spaces that do not follow an operator. A word of one character is lost, unless a space
 * follows an operator in it.
 */
function words(range: string): readonly string[] {
  const found: string[] = [];
  let from = 0;
  let last = "";
  for (let index = 0; index < range.length; index++) {
    const character = range.charAt(index);
    if (character !== " ") last = character;
    else if (!"><=".includes(last) || last === "") {
      if (from < index - 1) found.push(range.slice(from, index));
      from = index + 1;
    }
  }
  if (from < range.length - 1) found.push(range.slice(from));
  return found.map((word) => word.replaceAll(" ", ""));
}

function alternatives(all: readonly string[]): readonly (readonly string[])[] {
  const parts: string[][] = [[]];
  for (const [index, word] of all.entries()) {
    if (word !== "||") parts[parts.length - 1]?.push(word);
    else if (index === 0) fail("First element in range is '||'");
    else parts.push([]);
  }
  if (all.length === 0 || all[all.length - 1] === "||") fail("Last element in range is '||'");
  return parts;
}

/** Operator and version of a comparison. */
function splitComparison(word: string): readonly [string, string] {
  const characters = [...word];
  const first = characters.findIndex((character) => isKind("digit", character));
  if (first < 0) return fail(`Could not get version from string: ${JSON.stringify(word)}`);
  const at = characters.slice(0, first).join("").length;
  return [word.slice(0, at).trim(), word.slice(at)];
}

/**
 * The version after all that `1.2.x` or `1.x` covers; empty where there is no such wildcard, which then is no version.
 */
function afterWildcard(version: string, flat: string): string {
  const parts = version.split(".");
  const numbers = flat.split(".");
  if (parts[parts.length - 1] !== "x" || parts.length < 2 || parts.length > 3) return "";
  const raised = parts.length - 2;
  const digits = numbers[raised] ?? "";
  if (!/^[+-]?[0-9]{1,18}$/.test(digits)) return "";
  numbers[raised] = (BigInt(digits) + 1n).toString();
  return numbers.join(".");
}

/** A comparison with a wildcard as one or two without. */
function expand(word: string): readonly string[] {
  if (!word.includes("x")) return [word];
  const [operator, version] = splitComparison(word);
  const shortened = version.replace(".x.x", ".x").replace(".x", ".0");
  const flat = shortened.split(".").length === 2 ? `${shortened}.0` : shortened;
  switch (operator) {
    case ">":
      return [`>=${afterWildcard(version, flat)}`];
    case ">=":
    case "<":
      return [operator + flat];
    case "<=":
      return [`<${afterWildcard(version, flat)}`];
    case "":
    case "=":
    case "==":
      return [`>=${flat}`, `<${afterWildcard(version, flat)}`];
    case "!=":
    case "!":
      return [`<${flat}`, `>=${afterWildcard(version, flat)}`];
    default:
      // An operator that does not exist is dropped beside a wildcard.
      return [flat];
  }
}

type Test = (version: Version) => boolean;

function comparison(word: string): Test {
  const [operator, versionText] = splitComparison(word);
  const holds =
    comparators.get(operator) ??
    fail(
      `Could not parse Range ${JSON.stringify(word)}: Could not parse comparator ${JSON.stringify(operator)} ` +
        `in ${JSON.stringify(word)}`,
    );
  const wanted =
    parseVersion(versionText) ??
    fail(
      `Could not parse Range ${JSON.stringify(word)}: Could not parse version ${JSON.stringify(versionText)} ` +
        `in ${JSON.stringify(word)}`,
    );
  return (version) => holds(compareVersions(version, wanted));
}

/** Every comparison of one alternative has to hold; all are read, so that a mistake shows wherever it is. */
function parseRange(range: string): Test {
  const tests = alternatives(words(range)).map((all) => all.flatMap(expand).map(comparison));
  // An alternative without a comparison crashes Kyverno when its turn comes.
  return (version) =>
    tests.some((all) =>
      all.length === 0 ? refuse("No comparison between '||' and '||'") : all.every((test) => test(version)),
    );
}

export const semverFunctions: readonly (readonly [string, JmesFunction])[] = [
  // An invalid version counts as 0.0.0.
  [
    "semver_compare",
    define(["string", "string"], ([version, range], run) => {
      // Reading a character of either, and comparing what it belongs to.
      run.spend(text(version).length + text(range).length);
      return parseRange(text(range))(parseVersion(text(version)) ?? zero);
    }),
  ],
];
