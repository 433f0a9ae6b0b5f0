/**
 * What the portable bundles leave out of three packages, without changing what they do. Source:
 * docs/decisions/057-bundles.md.
 *
 * Of JMESPath only the parser is used; that the interpreter beside it is made for its own sake has to be said, so that
 * it goes. YAML is read and never written. RE2's tables of Unicode say the same several times: what a letter is follows
 * from the kinds of letters.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";
import { packedDigits, readPackedNumbers } from "../core/encoding/packed-numbers.ts";

/** Instances at the top of a module that only make themselves. */
export const withoutInstances = (text: string): string =>
  text.replaceAll(/^(var \w+ = )(new \w+\()/gm, "$1/* @__PURE__ */ $2");

/** Methods of RE2 that nobody here calls, and those that only they call. */
const uncalled = [
  ...["replace", "replaceAll", "replaceFirst", "quoteReplacement", "appendReplacement", "appendTail"],
  ...["appendReplacementInternalJava", "appendReplacementInternalJs", "appendReplacementFunc", "replaceAllFunc"],
  ...["findSubmatch", "findSubmatchIndex", "findAll", "findAllIndex", "findAllSubmatch", "findAllSubmatchIndex"],
  ...["findUTF8", "findUTF8Index", "findUTF8Submatch", "findUTF8SubmatchIndex", "findAllUTF8", "findAllUTF8Index"],
  ...["findAllUTF8Submatch", "findAllUTF8SubmatchIndex", "exec", "matchAll"],
  ...["findIndex", "allMatches", "matchArray", "namedGroupsObject", "translateRegExp"],
];
/** Those that texts and lists have, too. */
const ofOthers = ["replace", "replaceAll", "findIndex", "exec", "matchAll"];

/** The module without methods. Whoever calls one of them stops the build. */
export function withoutMethods(text: string, names: readonly string[]): string {
  let left = text;
  for (const name of names) {
    const method = new RegExp(`^\\t(?:static |[*])?${name}\\(.*\\) \\{\\n(?:.*\\n)*?\\t\\}\\n`, "gm");
    if (!method.test(left)) throw new Error(`re2js has no method ${name}`);
    left = left.replaceAll(method, "");
  }
  const code = left.replaceAll(/^const execResult = [\s\S]*?^\};\n/gm, "").replaceAll(/\/\*[\s\S]*?\*\//g, "");
  for (const name of names)
    if (!ofOthers.includes(name) && new RegExp(`(?<!RE2JS)\\.${name}\\(`).test(code))
      throw new Error(`re2js calls its method ${name}`);
  return left;
}

/** The same exports, which nobody calls. */
export const withoutCode = (text: string): string =>
  [...text.matchAll(/^export \{([^}]*)\};$/gm)]
    .flatMap(([, names = ""]) => names.split(",").map((name) => name.trim()))
    .map((name) => `export const ${name} = () => { throw new Error("${name} is not in this bundle"); };\n`)
    .join("");

/** Tables that a loop at the top of the module fills, each made in one expression: so it can be left out. */
export function withFilledTables(text: string): string {
  let made = text;
  for (const [loop] of text.matchAll(/^for \(let i = 0;.*\n(?:\t.*\n)*(?:\}\n)?/gm)) {
    const names = [...new Set([...loop.matchAll(/\b([A-Z][A-Z\d_]+)\[.*?\] = /g)].map(([, name]) => name))];
    const declaration = new RegExp(`^const (${names.join("|")}) = .*;\\n`, "gm");
    const declared = [...made.matchAll(declaration)].map(([line]) => line);
    if (names.length === 0 || declared.length !== names.length)
      throw new Error(`re2js: what does this loop fill? ${loop}`);
    made = made
      .replace(loop, "")
      .replaceAll(
        declaration,
        (_, name) => `const ${name} = (() => {\n${declared.join("")}${loop}return ${name};\n})();\n`,
      );
  }
  return made;
}

/** Properties that a module gives its functions, which nobody here reads. */
export const withoutProperties = (text: string): string =>
  text.replaceAll(/^visit(?:Async)?\.\w+ = (?:.*\{\n(?:[ ].*\n)*\}|.*);\n/gm, "");

/** Properties that a module gives its class, as part of the class. */
export function withStaticFields(text: string): string {
  const given = /^([A-Z]\w*)\.(\w+) = (.*);\n/gm;
  const fields = [...text.matchAll(given)].map(([, , name, value]) => `static ${name} = ${value};\n`);
  if (fields.length === 0) throw new Error("yaml: a class has no properties");
  return text.replaceAll(given, "").replace(/^class .*\n/m, (line) => line + fields.join(""));
}

function writeNumber(value: number): string {
  let [left, text] = [value, ""];
  for (; left > 31; left >>>= 5) text += packedDigits.charAt((left & 31) | 32);
  return text + packedDigits.charAt(left);
}

type Range = readonly [from: number, to: number];

/** The ranges of a table, those that touch as one. */
function readRanges(text: string, isPlain: boolean): readonly Range[] {
  const numbers = readPackedNumbers(text);
  const ranges: Range[] = [];
  const add = (from: number, to: number): void => {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] + 1 === from) ranges[ranges.length - 1] = [last[0], to];
    else ranges.push([from, to]);
  };
  let at = 0;
  for (let index = 0; index < numbers.length; index += isPlain ? 2 : 3) {
    const from = at + (numbers[index] as number);
    const to = from + (numbers[index + 1] as number);
    const step = isPlain ? 1 : (numbers[index + 2] as number);
    if (step === 1) add(from, to);
    else for (let one = from; one <= to; one += step) add(one, one);
    at = to;
  }
  return ranges;
}

interface Table {
  readonly name: string;
  /** The expression that makes it. */
  readonly code: string;
  readonly ranges: readonly Range[];
}

const anyTable = /new UnicodeRangeTable\(decodeRanges\("([^"]*)", (true|false)\)\)/;

function readTables(text: string, form: RegExp): readonly Table[] {
  return [...text.matchAll(new RegExp(`${form.source}${anyTable.source}`, "gm"))].map((found) => ({
    name: found[1] as string,
    code: found[0].slice(found[0].indexOf("new UnicodeRangeTable")),
    ranges: readRanges(found[2] as string, found[3] === "true"),
  }));
}

const beyond = 0x110000;

/** Every character's kind, by the tables of kinds with two letters, which share no character. */
function kindsOf(leaves: readonly Table[]): readonly (readonly [kind: number, length: number])[] {
  const kinds = leaves
    .flatMap(({ ranges }, kind) => ranges.map(([from, to]) => ({ from, to, kind })))
    .sort((one, other) => one.from - other.from);
  const runs: [number, number][] = [];
  let at = 0;
  for (const { from, to, kind } of kinds) {
    if (from !== at) throw new Error(`re2js: U+${at.toString(16)} is of no kind, or of two`);
    runs.push([kind, to - from + 1]);
    at = to + 1;
  }
  if (at !== beyond) throw new Error("re2js: its tables do not hold every character");
  return runs;
}

const sameRanges = (one: readonly Range[], other: readonly Range[]): boolean =>
  one.length === other.length &&
  one.every(([from, to], index) => other[index]?.[0] === from && other[index]?.[1] === to);

/** What the bundle has in the place of the tables: the kinds in order, and a table of some of them. */
const madeOfKinds = (names: readonly string[], runs: string): string => `
const kindNames = "${names.join(" ")}".split(" ");
const kindRuns = "${runs}";
const tableOfKinds = (...wanted) => {
	const numbers = decodeVLQ(kindRuns);
	const out = [];
	let at = 0;
	for (let i = 0; i < numbers.length; i += 2) {
		const name = kindNames[numbers[i]];
		const end = at + numbers[i + 1];
		if (wanted.some((one) => name.startsWith(one))) {
			if (out.length > 0 && out[out.length - 2] === at - 1) out[out.length - 2] = end - 1;
			else out.push(at, end - 1, 1);
		}
		at = end;
	}
	return new UnicodeRangeTable(Uint32Array.from(out));
};
`;

/** Of how many kinds a table may be made: by their first letters, or one by one. */
function kindsIn(
  table: Table,
  leaves: readonly Table[],
  runs: readonly (readonly [number, number])[],
): readonly string[] {
  const inside = new Set<number>();
  let [at, next] = [0, 0];
  for (const [kind, length] of runs) {
    while (next < table.ranges.length && (table.ranges[next]?.[1] ?? 0) < at) next += 1;
    if ((table.ranges[next]?.[0] ?? beyond) <= at) inside.add(kind);
    at += length;
  }
  const names = leaves.map(({ name }) => name);
  const chosen = names.filter((_, kind) => inside.has(kind));
  const letters = [...new Set(chosen.map((name) => name.charAt(0)))];
  return letters.flatMap((letter) => {
    const own = chosen.filter((name) => name.startsWith(letter));
    return own.length === names.filter((name) => name.startsWith(letter)).length ? [letter] : own;
  });
}

function rangesOf(wanted: readonly string[], leaves: readonly Table[], runs: readonly (readonly [number, number])[]) {
  const ranges: Range[] = [];
  let at = 0;
  for (const [kind, length] of runs) {
    const last = ranges.at(-1);
    if (wanted.some((one) => leaves[kind]?.name.startsWith(one))) {
      if (last !== undefined && last[1] + 1 === at) ranges[ranges.length - 1] = [last[0], at + length - 1];
      else ranges.push([at, at + length - 1]);
    }
    at += length;
  }
  return ranges;
}

/** The module with every table that follows from the kinds made of them. */
export function withTablesOfKinds(text: string): string {
  const start = text.indexOf("static CATEGORIES = ");
  const end = text.indexOf("static FOLD_CATEGORIES = ");
  const tables = readTables(text.slice(start, end), /^\t\t(\w+): \(\) => /);
  const leaves = tables.filter(({ name }) => /^[CLMNPSZ][a-z]$/.test(name));
  const runs = kindsOf(leaves);
  let made = text;
  let count = 0;
  for (const table of tables) {
    const wanted = kindsIn(table, leaves, runs);
    if (!sameRanges(rangesOf(wanted, leaves, runs), table.ranges)) continue;
    made = made.replaceAll(
      `${table.name}: () => ${table.code}`,
      `${table.name}: () => tableOfKinds(${wanted.map((one) => `"${one}"`).join()})`,
    );
    count += 1;
  }
  if (count < leaves.length) throw new Error("re2js: its tables are not written as they were");
  const packed = runs.map(([kind, length]) => writeNumber(kind) + writeNumber(length)).join("");
  return made.replace(
    "var LazyMap = ",
    `${madeOfKinds(
      leaves.map(({ name }) => name),
      packed,
    )}var LazyMap = `,
  );
}

const casePairs = fileURLToPath(new URL("../core/encoding/case-pairs.ts", import.meta.url)).replaceAll("\\", "/");

/** RE2 with letters and capitals of one Unicode, in the place of the one that the host has. */
export function withOwnCase(text: string): string {
  let made = text;
  for (const [name, ascii, own] of [
    ["toUpperCase", "ASCII_TO_UPPER", "pairedUpper"],
    ["toLowerCase", "ASCII_TO_LOWER", "pairedLower"],
  ] as const) {
    const method = new RegExp(`^\\tstatic ${name}\\(codepoint\\) \\{\\n(?:.*\\n)*?\\t\\}\\n`, "m");
    if (!method.test(made)) throw new Error(`re2js has no method ${name}`);
    const body = `return codepoint < ASCII_SIZE ? ${ascii}[codepoint] : ${own}(codepoint);`;
    made = made.replace(method, `\tstatic ${name}(codepoint) {\n\t\t${body}\n\t}\n`);
  }
  if (/String\.fromCodePoint\([^)]*\)\.to(?:Upper|Lower)Case/.test(made))
    throw new Error("re2js asks the host for letter case in another place, too");
  return `import { pairedLower, pairedUpper } from ${JSON.stringify(casePairs)};\n${made}`;
}

const re2js = /node_modules[/\\]re2js[/\\]build[/\\]index\.js$/;

/** For the programs of Node: patterns match alike, whatever Unicode it has. */
export const ownCase: Plugin = {
  name: "own-case",
  setup(build) {
    build.onLoad({ filter: re2js }, ({ path }) => ({
      contents: withOwnCase(readFileSync(path, "utf8")),
      loader: "js",
    }));
  },
};

/** For bundles of any host. */
export const smallerPackages: Plugin = {
  name: "smaller-packages",
  setup(build) {
    const edited = (filter: RegExp, edit: (text: string) => string): void =>
      build.onLoad({ filter }, ({ path }) => ({ contents: edit(readFileSync(path, "utf8")), loader: "js" }));
    edited(/node_modules[/\\]@jmespath-community[/\\]jmespath[/\\]dist[/\\]index\.mjs$/, withoutInstances);
    edited(/node_modules[/\\]yaml[/\\]browser[/\\]dist[/\\]stringify[/\\]\w+\.js$/, withoutCode);
    edited(/node_modules[/\\]yaml[/\\]browser[/\\]dist[/\\](?:parse[/\\]cst-)?visit\.js$/, withoutProperties);
    edited(
      /node_modules[/\\]yaml[/\\]browser[/\\]dist[/\\](?:nodes[/\\]Scalar|doc[/\\]directives|schema[/\\]yaml-1\.1[/\\](?:omap|set))\.js$/,
      withStaticFields,
    );
    edited(re2js, (text) => withOwnCase(withFilledTables(withoutMethods(withTablesOfKinds(text), uncalled))));
  },
};
