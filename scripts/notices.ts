/**
 * Writes `THIRD-PARTY-NOTICES.txt`: the licence of every package whose code is in what is distributed, taken from the
 * bundles' own list of inputs, and of the native packages that are distributed beside them. The check compares the two.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundledFiles } from "./build.ts";
import type { CheckReport } from "./check.ts";

const path = "THIRD-PARTY-NOTICES.txt";

/** What a tarball with the native module holds beside the bundles. */
export const nativePackages = ["better-sqlite3", "bindings", "file-uri-to-path"];

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly author?: string | { readonly name?: string };
  readonly homepage?: string;
  readonly repository?: string | { readonly url?: string };
}

/** The folder of the package that holds a file: below the last `node_modules`, with its scope. */
export function packageFolder(file: string): string {
  const at = file.lastIndexOf("node_modules/") + "node_modules/".length;
  const [first = "", second = ""] = file.slice(at).split("/");
  return file.slice(0, at) + (first.startsWith("@") ? `${first}/${second}` : first);
}

const licenceFile = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i;

/** The texts of a package's licence, or what its manifest says where it has none. */
function licenceText(folder: string, manifest: Manifest): string {
  const files = readdirSync(folder).filter((name) => licenceFile.test(name));
  if (files.length > 0)
    return files
      .sort()
      .map((name) => readFileSync(join(folder, name), "utf8").replaceAll("\r\n", "\n").trim())
      .join("\n\n");
  const author = typeof manifest.author === "string" ? manifest.author : manifest.author?.name;
  return `Licensed under ${manifest.license ?? "terms that the package does not name"}${
    author === undefined ? "" : `, by ${author}`
  }. The package has no file with the text.`;
}

const source = ({ homepage, repository }: Manifest): string =>
  (homepage ?? (typeof repository === "string" ? repository : repository?.url) ?? "").replace(/^git\+|\.git$/g, "");

/** The text as it should stand, and how many packages are in it. */
export async function notices(root: string): Promise<{ readonly text: string; readonly packages: number }> {
  const folders = [
    ...new Set([
      ...(await bundledFiles(root)).map(packageFolder),
      ...nativePackages.map((name) => `node_modules/${name}`),
    ]),
  ].filter((folder) => existsSync(join(root, folder, "package.json")));
  const blocks = folders.map((folder) => {
    const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;
    const head = `${manifest.name} ${manifest.version} (${manifest.license ?? "no licence named"})`;
    return `${head}\n${source(manifest)}\n\n${licenceText(join(root, folder), manifest)}\n`;
  });
  const rule = `\n${"-".repeat(80)}\n\n`;
  const head =
    "Sallyport is distributed with the code of these packages, bundled into it or, for SQLite and what\n" +
    "loads it, beside it. better-sqlite3 contains SQLite, which is in the public domain.\n" +
    "engine.wasm also contains QuickJS (MIT, by Fabrice Bellard, Charlie Gordon and the authors of QuickJS-NG)\n" +
    "and the runtime of componentize-qjs (Apache-2.0), with Rust's and WASI's C library (MIT, Apache-2.0).\n" +
    "This file is generated from the bundles by `npm run notices`.\n";
  return { text: [head, ...[...new Set(blocks)].sort()].join(rule), packages: blocks.length };
}

/** THIRD-PARTY-NOTICES.txt says what the bundles hold. */
export async function checkNotices(root: string): Promise<CheckReport> {
  const { text, packages } = await notices(root);
  const found = existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : "";
  return {
    saw: `${packages} packages`,
    faults: [
      ...(found === text ? [] : [`${path} is out of date: run npm run notices`]),
      ...(packages <= nativePackages.length ? ["no package is bundled: the check is blind"] : []),
      ...[...text.matchAll(/^(\S+ \S+) \(no licence named\)$/gm)].map(([, name]) => `${name} names no licence`),
    ],
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  writeFileSync(join(root, path), (await notices(root)).text);
}
