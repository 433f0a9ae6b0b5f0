/**
 * The engine for any host: `engine.mjs` as an ES module, `edge.mjs` with capsules and the webhook of a worker, and
 * `engine.iife.js` as a script; each one file, with types. Source: docs/architecture.md#portability.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { dirname, join, posix } from "node:path";
import { type BuildOptions, build } from "esbuild";
import { type BuildTargets, neutralOptions } from "./build-options.ts";
import { withMarks, withPlaceholders } from "./pure-marks.ts";
import { importsOf } from "./source-text.ts";

/** Who puts bundles together: a bundle has everything that these modules export. */
export const bundles = {
  engine: ["core/index.ts", "core/kernel/comb-verifier.ts", "core/cosign/bundle.ts", "core/patterns/wildcard.ts"],
  edge: ["core/index.ts", "core/kernel/comb-verifier.ts", "core/capsule/open-capsule.ts", "proxy/edge/handler.ts"],
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type BundleName = keyof typeof bundles;

/** Whether there is an engine to build at all. */
export const hasEngine = (root: string): boolean => existsSync(join(root, bundles.engine[0]));

/** A module that exports what others do. */
const together = (root: string, name: BundleName): BuildOptions => {
  const { entryPoints: _none, ...options } = neutralOptions(root, "");
  return {
    ...options,
    minify: true,
    stdin: {
      contents: bundles[name].map((path) => `export * from "./${path}";\n`).join(""),
      resolveDir: root,
      sourcefile: `${name}.ts`,
      loader: "ts",
    },
  };
};

/**
 * One bundle's text. `module`: with marks, by which a bundler leaves out what is not imported. `script`: it defines the
 * global `sallyport`, for hosts and tests without modules.
 */
export async function bundleText(root: string, name: BundleName, form: "module" | "script"): Promise<string> {
  const options = { ...together(root, name), write: false } as const;
  const { outputFiles } = await build(
    form === "script"
      ? { ...options, format: "iife", globalName: "sallyport" }
      : { ...options, minify: false, minifySyntax: true },
  );
  const text = outputFiles?.[0]?.text ?? "";
  if (form === "script") return text;
  // Bundled once more: what packages make and nobody here uses can be left out only now.
  const { plugins: _, ...again } = options;
  const contents = await withPlaceholders(text);
  const { outputFiles: smaller } = await build({ ...again, stdin: { contents, sourcefile: `${name}.mjs` } });
  return withMarks(smaller?.[0]?.text ?? "");
}

/** The packages' files that the bundles are made of. */
export async function engineInputs(root: string): Promise<readonly string[]> {
  const inputs: string[] = [];
  for (const name of Object.keys(bundles) as BundleName[]) {
    const { metafile } = await build({ ...together(root, name), write: false, outdir: join(root, "dist") });
    inputs.push(...Object.keys(metafile?.inputs ?? {}));
  }
  return inputs;
}

const compiler = (root: string): string => join(root, "node_modules/typescript/bin/tsc");

/** Declarations that a bundle's own need, by their paths below `dist/types`. */
function neededDeclarations(types: string, entries: readonly string[]): readonly string[] {
  const found = new Set(entries);
  for (const path of found)
    for (const specifier of importsOf(readFileSync(join(types, path), "utf8")))
      if (specifier.startsWith("."))
        found.add(posix.normalize(posix.join(posix.dirname(path), specifier)).replace(/\.ts$/, ".d.ts"));
  return [...found];
}

/** Types of the bundles: the compiler's declarations of what they are made of, and one file that names these. */
export function buildTypes({ root, outdir }: BuildTargets): readonly string[] {
  const { status, stdout, error } = spawnSync(process.execPath, [compiler(root), "-b", "core", "proxy"], {
    cwd: root,
    encoding: "utf8",
  });
  if (error !== undefined || status !== 0) throw new Error(`the types do not compile: ${error?.message ?? stdout}`);
  const types = join(root, "dist/types");
  const declared = (path: string): string => path.replace(/\.ts$/, ".d.ts");
  const paths = neededDeclarations(types, [...new Set(Object.values(bundles).flat().map(declared))]);
  for (const path of paths) {
    mkdirSync(dirname(join(outdir, "engine-types", path)), { recursive: true });
    copyFileSync(join(types, path), join(outdir, "engine-types", path));
  }
  const named = (Object.keys(bundles) as BundleName[]).map((name) => {
    const file = `${name}.d.mts`;
    const lines = bundles[name].map((path) => `export * from "./engine-types/${declared(path)}";\n`);
    writeFileSync(join(outdir, file), lines.join("").replaceAll('.d.ts"', '.ts"'));
    return file;
  });
  return [...named, ...paths.map((path) => `engine-types/${path}`)];
}

/** Builds the bundles into `outdir`; returns their names. */
export async function buildEngine({ root, outdir }: BuildTargets): Promise<readonly string[]> {
  if (!hasEngine(root)) return [];
  const made: readonly (readonly [string, BundleName, "module" | "script"])[] = [
    ["engine.mjs", "engine", "module"],
    ["edge.mjs", "edge", "module"],
    ["engine.iife.js", "edge", "script"],
  ];
  for (const [file, name, form] of made) writeFileSync(join(outdir, file), await bundleText(root, name, form));
  return made.map(([file]) => file);
}
