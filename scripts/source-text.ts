/** Reading source text for the checks: which files there are, comments and strings blanked out, what a file imports. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

export interface SourceFile {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly text: string;
}

const isSource = (name: string): boolean => /\.(ts|tsx)$/.test(name) && !/\.d\.[cm]?ts$/.test(name);

/** Every TypeScript file below these folders of the root, sorted; folders that do not exist are skipped. */
export function readSources(root: string, folders: readonly string[]): readonly SourceFile[] {
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && isSource(entry.name))
        .map((entry) => join(entry.parentPath, entry.name)),
    )
    .map((path) => ({ path: relative(root, path).split(sep).join("/"), text: readFileSync(path, "utf8") }))
    .sort((left, right) => (left.path < right.path ? -1 : 1));
}

const token =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`|\/(?![/*])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*|[{}]|[\w$]+|[^\s\w$]/g;
const blank = (text: string): string => text.replace(/[^\n]/g, " ");
/** After these a slash begins a regular expression; after anything else it divides. */
const beforeRegExp = /^(?:[(,=:[!&|?{};+\-*%<>~^]|return|typeof|case|in|of|delete|void|throw|new|else|do|yield|await)$/;

/**
 * The text with comments, and on demand the content of strings and regular expressions, replaced by spaces: every
 * offset and line stays.
 */
export function blankText(text: string, options: { readonly strings: "keep" | "blank" }): string {
  let out = "";
  let last = "";
  let at = 0;
  /** Depth of braces at each `${` that is open. */
  const holes: number[] = [];
  let depth = 0;
  const put = (piece: string, kind: "code" | "comment" | "string") => {
    out += kind === "comment" || (kind === "string" && options.strings === "blank") ? blank(piece) : piece;
  };
  const template = (from: number): number => {
    let index = from;
    while (index < text.length) {
      if (text[index] === "\\") index += 2;
      else if (text[index] === "`") return index;
      else if (text[index] === "$" && text[index + 1] === "{") return index;
      else index += 1;
    }
    return index;
  };
  const continueTemplate = (from: number): void => {
    const end = template(from);
    put(text.slice(from, end), "string");
    const closes = text[end] === "`";
    out += text.slice(end, end + (closes ? 1 : 2));
    at = end + (closes ? 1 : 2);
    if (!closes) {
      holes.push(depth);
      depth += 1;
    }
    last = closes ? "`" : "{";
  };
  while (at < text.length) {
    token.lastIndex = at;
    const found = token.exec(text);
    if (found === null) break;
    out += text.slice(at, found.index);
    let piece = found[0];
    if (
      piece.startsWith("/") &&
      piece.length > 1 &&
      !piece.startsWith("//") &&
      !piece.startsWith("/*") &&
      !(last === "" || beforeRegExp.test(last))
    )
      piece = "/";
    at = found.index + piece.length;
    if (piece.startsWith("//") || piece.startsWith("/*")) {
      put(piece, "comment");
      continue;
    }
    if (piece === "`") {
      out += piece;
      continueTemplate(at);
      continue;
    }
    if (piece === "{") depth += 1;
    if (piece === "}") {
      depth -= 1;
      if (holes.at(-1) === depth) {
        holes.pop();
        out += piece;
        continueTemplate(at);
        continue;
      }
    }
    put(piece, /^["'/]./.test(piece) ? "string" : "code");
    last = piece;
  }
  return out + text.slice(at);
}

const staticImport = /(?:^|[;\s])(?:import|export)\s(?:[^"';]*?\sfrom\s*|\s*)["']([^"'\n]+)["']/g;
const dynamicImport = /\b(?:import|require)\s*\(\s*["']([^"'\n]+)["']/g;

/** Every module that a source names: static, type-only, re-exported, `import("…")` in code and in types. */
export function importsOf(text: string): readonly string[] {
  const code = blankText(text, { strings: "keep" });
  return [...code.matchAll(staticImport), ...code.matchAll(dynamicImport)].map((found) => found[1] ?? "");
}

/** The package of a module: `@scope/name/deep.js` → `@scope/name`. */
export const packageOf = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

const namedImport = /(?:^|[;\s])(?:import|export)\s+(?:type\s+)?([^"';]*?)\sfrom\s*["']([^"'\n]+)["']/g;

/** What a source names of which module: `*` where it takes all of it, in code (`import("…")`) or as a namespace. */
export function namesImported(text: string): readonly { readonly specifier: string; readonly name: string }[] {
  const code = blankText(text, { strings: "keep" });
  return [
    ...[...code.matchAll(namedImport)].flatMap(([, clause = "", specifier = ""]) => [
      ...(clause.includes("*") ? [{ specifier, name: "*" }] : []),
      ...(/\{([^}]*)\}/.exec(clause)?.[1] ?? "")
        .split(",")
        .map(
          (item) =>
            item
              .trim()
              .replace(/^type\s+/, "")
              .split(/\s+as\s+/)[0] ?? "",
        )
        .filter((name) => name !== "")
        .map((name) => ({ specifier, name })),
    ]),
    ...[...code.matchAll(dynamicImport)].map((found) => ({ specifier: found[1] ?? "", name: "*" })),
  ];
}

const exportList = /\bexport\s+(?:type\s+)?\{([^}]*)\}/g;
const exportDeclaration =
  /\bexport\s+(?:(?:declare|abstract|async)\s+)*(?:const|let|var|function\*?|class|interface|type|enum)\s+([\w$]+)/g;
const exportAll = /\bexport\s+(?:type\s+)?\*(?:\s+as\s+([\w$]+))?/g;

/** Every name that a source exports; `*` for all of another module's, and `default`. */
export function exportsOf(text: string): readonly string[] {
  const code = blankText(text, { strings: "blank" });
  const listed = [...code.matchAll(exportList)].flatMap(([, list = ""]) =>
    list
      .split(",")
      .map((name) => name.trim().split(/\s+/).at(-1) ?? "")
      .filter((name) => name !== ""),
  );
  return [
    ...listed,
    ...[...code.matchAll(exportDeclaration)].map((found) => found[1] ?? ""),
    ...[...code.matchAll(exportAll)].map((found) => found[1] ?? "*"),
    ...(/\bexport\s+default\b/.test(code) ? ["default"] : []),
  ];
}

/** The line of an offset, counted from 1. */
export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split("\n").length;
