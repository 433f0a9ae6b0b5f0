/**
 * A benchmark's work as one file for Node, built as programs are: a loader that translates on the fly would measure
 * itself.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { nodeOptions } from "../build-options.ts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");

/** The file of `scripts/bench/NAME.ts` as it is built into `dist/bench/`, where packages with native code are found. */
export async function buildBundled(name: string): Promise<string> {
  const outfile = join(root, "dist/bench", `${name}.mjs`);
  mkdirSync(join(root, "dist/bench"), { recursive: true });
  await build({
    ...nodeOptions(root),
    entryPoints: [join(root, "scripts/bench", `${name}.ts`)],
    outfile,
  });
  return outfile;
}

/** The module of that file. */
export const importBundled = async <T>(name: string): Promise<T> =>
  (await import(pathToFileURL(await buildBundled(name)).href)) as T;
