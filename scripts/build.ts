/**
 * Builds `dist/`: the command line (`sallyport.mjs`) with lazy chunks, so that a command loads only what it needs; the
 * portable engine (`engine.mjs`), one file for any host; and, with chunks of their own because they do not ship, the
 * conformance clients (`conformance.mjs`, `tuf-conformance.mjs`).
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Metafile } from "esbuild";

export interface BuildTargets {
  /** Folder that holds `core`, `proxy`, `cli` and `package.json`. */
  readonly root: string;
  readonly outdir: string;
}

export interface BuiltFile {
  /** Name below the output folder. */
  readonly path: string;
  readonly bytes: number;
}

/** Packages with native code; they are found in node_modules at run time. */
export const external = ["better-sqlite3"];

/** Folder of chunks → program → entry. Only `chunks` is in the package. */
const programs: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  chunks: { sallyport: "cli/main.ts" },
  "conformance-chunks": { conformance: "cli/conformance.ts", "tuf-conformance": "cli/tuf-conformance.ts" },
};

/** The engine for other hosts: without YAML where there is an edge entry, else the public API in `core/index.ts`. */
export const engineEntry = (root: string): string | undefined =>
  ["core/entry/edge.ts", "core/index.ts"].find((path) => existsSync(join(root, path)));

const versionOf = (root: string): string =>
  (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { readonly version: string }).version;

const common = (root: string): BuildOptions => ({
  absWorkingDir: root,
  bundle: true,
  charset: "utf8",
  format: "esm",
  legalComments: "none",
  logLevel: "silent",
  metafile: true,
  define: { SALLYPORT_VERSION: JSON.stringify(versionOf(root)) },
});

/** Portable: no host's modules, no conditions of a host; anything that wants Node does not resolve. */
export const neutralOptions = (root: string, entry: string): BuildOptions => ({
  ...common(root),
  entryPoints: [entry],
  platform: "neutral",
  target: "es2023",
  mainFields: ["module", "main"],
  conditions: ["import"],
});

/** For Node, with the modules that it has in the place of portable ones. */
export const nodeOptions = (root: string): BuildOptions => ({
  ...common(root),
  platform: "node",
  target: "node20",
  mainFields: ["module", "main"],
  external,
  // Packages in CommonJS call `require` for Node's own modules.
  banner: {
    js:
      'import { createRequire as sallyportCreateRequire } from "node:module"; const require = ' +
      "sallyportCreateRequire(import.meta.url);",
  },
});

const outputs = (metafile: Metafile | undefined, outdir: string, root: string): readonly BuiltFile[] =>
  Object.entries(metafile?.outputs ?? {}).map(([path, { bytes }]) => ({
    path: join(root, path).slice(outdir.length + 1),
    bytes,
  }));

/** The options that the programs of one folder of chunks are built with. */
const programOptions = (root: string, chunks: string, entryPoints: Readonly<Record<string, string>>): BuildOptions => ({
  ...nodeOptions(root),
  entryPoints: Object.entries(entryPoints).map(([out, path]) => ({ in: join(root, path), out })),
  outExtension: { ".js": ".mjs" },
  chunkNames: `${chunks}/[name]-[hash]`,
  splitting: true,
  minifySyntax: true,
  minifyWhitespace: true,
});

/** Builds the Node programs whose entry exists. */
export async function buildPrograms({ root, outdir }: BuildTargets): Promise<readonly BuiltFile[]> {
  const files: BuiltFile[] = [];
  for (const [chunks, entries] of Object.entries(programs)) {
    const found = Object.fromEntries(Object.entries(entries).filter(([, path]) => existsSync(join(root, path))));
    if (Object.keys(found).length === 0) continue;
    const { metafile } = await build({ ...programOptions(root, chunks, found), outdir });
    for (const out of Object.keys(found)) chmodSync(join(outdir, `${out}.mjs`), 0o755);
    files.push(...outputs(metafile, outdir, root));
  }
  return files;
}

/** The files of `node_modules` that the command line and the engine are bundled from. */
export async function bundledFiles(root: string): Promise<readonly string[]> {
  const entry = engineEntry(root);
  const built = [programOptions(root, "chunks", programs.chunks ?? {})];
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

const beside = ".new-";

/** Files of a folder, but for those of builds that are under way in it. */
const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (path) => !path.startsWith(beside) && statSync(join(folder, path), { throwIfNoEntry: false })?.isFile() === true,
  );

/** Chunks come before the program that imports them. */
const byDepth = (a: string, b: string): number => b.split(/[/\\]/).length - a.split(/[/\\]/).length;

/**
 * Has `make` build into a folder beside what is there, then renames file by file: a program in `outdir` that is in use
 * meanwhile is whole at every moment. What was not built again goes last.
 */
export async function renewFolder<Made>(outdir: string, make: (folder: string) => Promise<Made>): Promise<Made> {
  mkdirSync(outdir, { recursive: true });
  const before = filesBelow(outdir);
  const fresh = mkdtempSync(join(outdir, beside));
  try {
    const made = await make(fresh);
    const now = [...filesBelow(fresh)].sort(byDepth);
    for (const path of now) {
      mkdirSync(dirname(join(outdir, path)), { recursive: true });
      renameSync(join(fresh, path), join(outdir, path));
    }
    for (const path of before) if (!now.includes(path)) rmSync(join(outdir, path), { force: true });
    return made;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");
  const files = await renewFolder(join(root, "dist"), async (outdir) => [
    ...(await buildPrograms({ root, outdir })),
    ...(await buildEngine({ root, outdir })),
  ]);
  for (const { path, bytes } of files)
    process.stdout.write(`${`${Math.ceil(bytes / 1024)} KiB`.padStart(9)}  dist/${path}\n`);
}
