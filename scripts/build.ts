/**
 * Builds `dist/`: the command line (`sallyport.mjs`) with lazy chunks, so that a command loads only what it needs, and
 * what the Node at hand compiles of them (docs/decisions/033-compiled-code.md); the portable engine (`engine.mjs`), one
 * file for any host; and, with chunks of their own because they do not ship, the conformance clients
 * (`conformance.mjs`, `tuf-conformance.mjs`).
 */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Metafile } from "esbuild";
import { type BuildTargets, neutralOptions, nodeOptions } from "./build-options.ts";
import { toScript } from "./chunk-scripts.ts";
import { compileChunks } from "./compile-chunks.ts";
import { renewFolder } from "./renew-folder.ts";

export interface BuiltFile {
  /** Name below the output folder. */
  readonly path: string;
  readonly bytes: number;
}

/** The command line. Its chunks and what is compiled of them are in the package. */
const commandLine = "cli/main.ts";
const chunksFolder = "chunks";
/** Reads chunks and compiled code, so it is small and one file. */
const startEntry = "cli/start/entry.ts";

/** Programs that do not ship, and the folder of their chunks. */
const clients: Readonly<Record<string, string>> = {
  conformance: "cli/conformance.ts",
  "tuf-conformance": "cli/tuf-conformance.ts",
};
const clientChunks = "conformance-chunks";

/** The engine for other hosts: without YAML where there is an edge entry, else the public API in `core/index.ts`. */
export const engineEntry = (root: string): string | undefined =>
  ["core/entry/edge.ts", "core/index.ts"].find((path) => existsSync(join(root, path)));

const outputs = (metafile: Metafile | undefined, outdir: string, root: string): readonly BuiltFile[] =>
  Object.entries(metafile?.outputs ?? {}).map(([path, { bytes }]) => ({
    path: join(root, path).slice(outdir.length + 1),
    bytes,
  }));

/** Small, with lazy chunks, so that a command loads only what it needs. */
const splitOptions = (root: string): BuildOptions => ({
  ...nodeOptions(root),
  splitting: true,
  minifySyntax: true,
  minifyWhitespace: true,
});

/** ES modules that are not written: each becomes a script. A script has `require`, so they have no banner. */
const commandLineOptions = (root: string): BuildOptions => ({
  ...splitOptions(root),
  banner: {},
  entryPoints: [join(root, commandLine)],
  entryNames: `${chunksFolder}/[name]-[hash]`,
  chunkNames: `${chunksFolder}/[name]-[hash]`,
  outExtension: { ".js": ".cjs" },
  write: false,
});

/** Builds the command line. What `compileChunks` adds makes it start quicker. */
export async function buildCommandLine({ root, outdir }: BuildTargets): Promise<readonly BuiltFile[]> {
  const { metafile, outputFiles = [] } = await build({ ...commandLineOptions(root), outdir });
  mkdirSync(join(outdir, chunksFolder), { recursive: true });
  const files = await Promise.all(
    outputFiles.map(async ({ path, text }) => {
      const script = await toScript(text);
      writeFileSync(path, script);
      return { path: path.slice(outdir.length + 1), bytes: Buffer.byteLength(script) };
    }),
  );
  const main = Object.entries(metafile?.outputs ?? {}).find(([, { entryPoint }]) => entryPoint === commandLine)?.[0];
  if (main === undefined) throw new Error(`${commandLine} became no chunk`);
  const { metafile: started } = await build({
    ...splitOptions(root),
    banner: {},
    define: { SALLYPORT_MAIN: JSON.stringify(basename(main)) },
    entryPoints: [join(root, startEntry)],
    outfile: join(outdir, "sallyport.mjs"),
    splitting: false,
  });
  chmodSync(join(outdir, "sallyport.mjs"), 0o755);
  return [...outputs(started, outdir, root), ...files];
}

/** Builds the programs that do not ship, where they exist. */
async function buildClients({ root, outdir }: BuildTargets): Promise<readonly BuiltFile[]> {
  const found = Object.entries(clients).filter(([, path]) => existsSync(join(root, path)));
  if (found.length === 0) return [];
  const { metafile } = await build({
    ...splitOptions(root),
    entryPoints: found.map(([out, path]) => ({ in: join(root, path), out })),
    outExtension: { ".js": ".mjs" },
    chunkNames: `${clientChunks}/[name]-[hash]`,
    outdir,
  });
  for (const [out] of found) chmodSync(join(outdir, `${out}.mjs`), 0o755);
  return outputs(metafile, outdir, root);
}

/** Builds all programs for Node, without compiled code. */
export const buildPrograms = async (targets: BuildTargets): Promise<readonly BuiltFile[]> => [
  ...(await buildCommandLine(targets)),
  ...(await buildClients(targets)),
];

/** The files of `node_modules` that the command line and the engine are bundled from. */
export async function bundledFiles(root: string): Promise<readonly string[]> {
  const entry = engineEntry(root);
  const built = [commandLineOptions(root)];
  if (entry !== undefined) built.push(neutralOptions(root, entry));
  const inputs: string[] = [];
  for (const options of built) {
    const { metafile } = await build({ ...options, outdir: join(root, "dist"), write: false });
    inputs.push(...Object.keys(metafile?.inputs ?? {}));
  }
  return [...new Set(inputs)].filter((path) => path.includes("node_modules/")).sort();
}

/** Builds the portable engine as one ES module. */
export async function buildEngine({ root, outdir }: BuildTargets): Promise<readonly BuiltFile[]> {
  const entry = engineEntry(root);
  if (entry === undefined) return [];
  const result = await build({ ...neutralOptions(root, entry), outfile: join(outdir, "engine.mjs"), minify: true });
  return outputs(result.metafile, outdir, root);
}

/** The engine as one script that defines the global `sallyport`, for hosts and tests without modules. */
export async function buildEngineScript(root: string): Promise<string> {
  const entry = engineEntry(root);
  if (entry === undefined) throw new Error("there is no engine to build: core/index.ts is missing");
  const result = await build({
    ...neutralOptions(root, entry),
    format: "iife",
    globalName: "sallyport",
    minify: true,
    write: false,
  });
  return result.outputFiles?.[0]?.text ?? "";
}

/** What the checks and benchmarks keep in `dist/`. */
const others = ["bench", "types"];

/** Builds everything into `dist/` and removes what an earlier build left there. */
export const buildDist = (root: string): Promise<readonly BuiltFile[]> =>
  renewFolder(
    join(root, "dist"),
    async (outdir) => {
      const files = [...(await buildPrograms({ root, outdir })), ...(await buildEngine({ root, outdir }))];
      const { folder, bytes } = await compileChunks({ root, outdir });
      return [...files, { path: folder, bytes }];
    },
    others,
  );

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");
  for (const { path, bytes } of await buildDist(root))
    process.stdout.write(`${`${Math.ceil(bytes / 1024)} KiB`.padStart(9)}  dist/${path}\n`);
}
