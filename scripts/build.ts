/**
 * Builds `dist/`: the command line (`sallyport.mjs`) with lazy chunks, so that a command loads only what it needs, and
 * what the Node at hand compiles of them (docs/decisions/033-compiled-code.md); the portable engine (`engine.mjs`), one
 * file for any host; and, with chunks of their own because they do not ship, the conformance clients
 * (`conformance.mjs`, `tuf-conformance.mjs`).
 */
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Metafile } from "esbuild";
import { buildEngine, buildTypes, engineInputs } from "./build-engine.ts";
import { type BuildTargets, nodeOptions } from "./build-options.ts";
import { toScript } from "./chunk-scripts.ts";
import { compileChunks } from "./compile-chunks.ts";
import { findComponent } from "./component/build-component.ts";
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
  const { metafile } = await build({ ...commandLineOptions(root), outdir: join(root, "dist"), write: false });
  const inputs = [...Object.keys(metafile?.inputs ?? {}), ...(await engineInputs(root))];
  return [...new Set(inputs)].filter((path) => path.includes("node_modules/")).sort();
}

/** What the checks and benchmarks keep in `dist/`. */
const others = ["bench", "types"];

/**
 * Builds everything into `dist/` and removes what an earlier build left there. `component`: the folder of the
 * WebAssembly component, which is built on its own.
 */
export const buildDist = (root: string, component?: string): Promise<readonly BuiltFile[]> =>
  renewFolder(
    join(root, "dist"),
    async (outdir) => {
      const files = [...(await buildPrograms({ root, outdir }))];
      const add = (path: string): void => void files.push({ path, bytes: statSync(join(outdir, path)).size });
      for (const path of await buildEngine({ root, outdir })) add(path);
      const types = buildTypes({ root, outdir });
      files.push({ path: "engine-types", bytes: sum(types.map((path) => statSync(join(outdir, path)).size)) });
      const { folder, bytes } = await compileChunks({ root, outdir });
      files.push({ path: folder, bytes });
      if (component !== undefined) {
        cpSync(component, outdir, { recursive: true });
        for (const path of readdirSync(component, { recursive: true, encoding: "utf8" }))
          if (statSync(join(component, path)).isFile()) add(path);
      }
      return files;
    },
    others,
  );

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");
  const without = process.argv.includes("--without-component");
  const onlyBuilt = process.argv.includes("--component-if-built");
  const say = (text: string): void => void process.stderr.write(text);
  const found = without ? undefined : await findComponent(root, { say, onlyBuilt });
  const missing = found !== undefined && "missing" in found ? found.missing : undefined;
  const isNeeded = !onlyBuilt && !process.argv.includes("--component-if-possible");
  if (missing !== undefined)
    process.stderr.write(
      `${isNeeded ? "error" : "warning"} unreachable: the WebAssembly component cannot be built\n` +
        `  why:  ${missing}\n` +
        "  fix:  build where npm reaches a registry, or leave it out: npm run build -- --without-component\n",
    );
  if (missing !== undefined && isNeeded) process.exitCode = 1;
  else
    for (const { path, bytes } of await buildDist(
      root,
      found !== undefined && "folder" in found ? found.folder : undefined,
    ))
      process.stdout.write(`${`${Math.ceil(bytes / 1024)} KiB`.padStart(9)}  dist/${path}\n`);
}
