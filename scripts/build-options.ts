/** The options that everything is built with: for Node, and for any host. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BuildOptions } from "esbuild";
import { ownCase, smallerPackages } from "./smaller-packages.ts";

export interface BuildTargets {
  /** Folder that holds `core`, `proxy`, `cli` and `package.json`. */
  readonly root: string;
  readonly outdir: string;
}

/** Packages with a native part. It is found in node_modules at run time; their JavaScript is bundled. */
export const withNativePart = ["better-sqlite3"];

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
  plugins: [smallerPackages],
});

/** For Node, with the modules that it has in the place of portable ones. */
export const nodeOptions = (root: string): BuildOptions => ({
  ...common(root),
  platform: "node",
  target: "node20",
  mainFields: ["module", "main"],
  plugins: [ownCase],
  // Undici loads HTTP/2 when it is loaded, and goes on without it. Connections speak HTTP/1.1 only.
  alias: { "node:http2": "data:text/javascript,export const constants = {}" },
  // Packages in CommonJS call `require` for Node's own modules.
  banner: {
    js:
      'import { createRequire as sallyportCreateRequire } from "node:module"; const require = ' +
      "sallyportCreateRequire(import.meta.url);",
  },
});
