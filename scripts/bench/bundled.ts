/**
 * A benchmark's work as one file for Node, built as programs are: a loader that translates on the fly would measure
 * itself.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");

/** The module `scripts/bench/NAME.ts`, built into `dist/bench/`, where packages with native code are found. */
export async function importBundled<T>(name: string): Promise<T> {
  const outfile = join(root, "dist/bench", `${name}.mjs`);
  mkdirSync(join(root, "dist/bench"), { recursive: true });
  await build({
    entryPoints: [join(root, "scripts/bench", `${name}.ts`)],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "error",
    external: ["better-sqlite3"],
    // Packages in CommonJS call `require` for Node's own modules.
    banner: {
      js:
        'import { createRequire as benchCreateRequire } from "node:module"; const require = ' +
        "benchCreateRequire(import.meta.url);",
    },
  });
  return (await import(pathToFileURL(outfile).href)) as T;
}
