/**
 * Marks what a bundle makes when it is loaded, so that whoever bundles it again can leave out what is not used. Source:
 * docs/decisions/057-bundles.md.
 *
 * No module of the engine does anything when it is loaded but make its own values: tables, classes with tables,
 * patterns. A bundler cannot know that of a call. So each value whose making it would have to keep is made inside of a
 * function that is marked as pure.
 */
import { build } from "esbuild";
import { blankText } from "./source-text.ts";

/** Stands for the marked call until names and spaces are short: comments do not survive that. */
const placeholder = "$PURE$";
/** As bundlers read it. The function after it calls what it is given. */
const mark = `/*@__PURE__*/${placeholder}`;

interface Declared {
  readonly name: string;
  /** Of its value, in the text of the bundle. */
  readonly from: number;
  readonly to: number;
}

/** Every declaration with a value at the top of a bundle that esbuild wrote, where each statement begins a line. */
function declarationsOf(code: string): readonly Declared[] {
  const found: Declared[] = [];
  for (const { index, 0: word } of code.matchAll(/^(?:var|let|const) /gm)) {
    let depth = 0;
    let from = index + word.length;
    const end = (to: number): void => {
      const [head, name] = /^\s*([\w$]+) = /.exec(code.slice(from, to)) ?? [];
      if (head !== undefined && name !== undefined) found.push({ name, from: from + head.length, to });
      from = to + 1;
    };
    for (let at = from; at < code.length; at++) {
      const sign = code.charAt(at);
      if ("([{".includes(sign)) depth += 1;
      else if (")]}".includes(sign)) depth -= 1;
      else if (depth === 0 && (sign === "," || sign === ";")) end(at);
      if (depth === 0 && sign === ";") break;
    }
  }
  return found;
}

/** Those whose making has an effect, for all that esbuild can know. */
async function keptOf(text: string, code: string, declared: readonly Declared[]): Promise<readonly Declared[]> {
  const names = new Set([
    ...declared.map(({ name }) => name),
    ...[...code.matchAll(/^(?:async )?(?:function\*?|class) ([\w$]+)/gm)].map(([, name = ""]) => name),
  ]);
  const alone = declared.map(({ from, to }, index) => `var $kept${index}$ = ${text.slice(from, to)};\n`);
  const { outputFiles } = await build({
    stdin: { contents: `let ${[...names].join(", ")};\n${alone.join("")}` },
    bundle: true,
    format: "esm",
    target: "es2023",
    charset: "utf8",
    write: false,
    logLevel: "silent",
  });
  const kept = outputFiles[0]?.text ?? "";
  return declared.filter((_, index) => kept.includes(`$kept${index}$`));
}

/** A bundle, as esbuild writes it with its spaces, in which every such value is made by a call that has a mark. */
export async function withPlaceholders(text: string): Promise<string> {
  if (text.includes(placeholder)) throw new Error(`${placeholder} is a name of the bundle`);
  // Marks of others do not survive either.
  const bare = text.replaceAll(/\/\* @__PURE__ \*\//g, (found) => " ".repeat(found.length));
  const code = blankText(bare, { strings: "blank" });
  const kept = (await keptOf(bare, code, declarationsOf(code)))
    // Arithmetic with numbers alone keeps nothing else.
    .filter(({ from, to }) => /[a-zA-Z_$]/.test(code.slice(from, to).replaceAll(/\b\d[\w.]*/g, "")));
  let [made, at] = ["", 0];
  for (const { from, to } of kept) {
    made += `${text.slice(at, from)}/* @__PURE__ */ ${placeholder}(() => (${text.slice(from, to)}))`;
    at = to;
  }
  return made + text.slice(at);
}

/** The small text, with marks in the place of what stood for them. */
export const withMarks = (text: string): string =>
  text.includes(placeholder) ? `var ${placeholder}=e=>e();${text.replaceAll(`${placeholder}(`, `${mark}(`)}` : text;
