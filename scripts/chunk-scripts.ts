/** Turns the ES modules that esbuild splits a program into, into the scripts that `cli/start/chunk-loader.ts` runs. */
import { type TransformOptions, transform } from "esbuild";

/** `import(` of the language: esbuild's printer puts nothing between the two, and no such text stands in a string. */
const imports = /(?<![\w$.])import\(/g;

/**
 * What esbuild exports: a copy of the object that it has made, by functions that each ask it for a name. What a chunk
 * calls of another would be looked for at each call, and go through two functions to it: 2% of a warm review.
 */
const copied = "module.exports=__toCommonJS(stdin_exports);";
const itself = 'module.exports=__defProp(stdin_exports,"__esModule",{value:!0});';

const printed = {
  charset: "utf8",
  format: "cjs",
  legalComments: "none",
  minifySyntax: true,
  minifyWhitespace: true,
  platform: "node",
  target: "node20",
} as const satisfies TransformOptions;

/**
 * One chunk as one function. It is strict, as modules are. Lines and columns are those of stack traces, so the file
 * has the function, and the loader adds nothing.
 */
export async function toScript(module: string): Promise<string> {
  const { code, warnings } = await transform(module, { ...printed, define: { "import.meta.url": "moduleUrl" } });
  // What has no meaning in a script, such as another property of `import.meta`.
  for (const { text } of warnings) throw new Error(`a chunk cannot become a script: ${text}`);
  // Without the functions that made the copy, which nothing calls now.
  const { code: called } = await transform(code.replace(copied, itself), { ...printed, treeShaking: true });
  const body = called.replaceAll(imports, "importFrom(");
  return `(function(exports,require,module,importFrom,moduleUrl){"use strict";${body}})\n`;
}
