/**
 * `npm run package`: the folder `packages/`, from which the program is installed without a network. It holds the
 * package as `npm pack` makes it; the same with SQLite for every platform below `packages/binaries`, to which this one
 * is added; a Dockerfile; and checksums. What was made is then installed in an empty folder, and the Dockerfile's steps
 * are run in another.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { nativePackages } from "./notices.ts";
import { tryImage, tryInstall } from "./try-package.ts";

export interface PackageFolder {
  readonly folder: string;
  /** As `npm pack` makes it: SQLite comes from a registry. */
  readonly plain: string;
  /** With SQLite inside. */
  readonly offline: string;
  /** Platforms whose SQLite is inside: `node-vABI-PLATFORM-ARCH`. */
  readonly platforms: readonly string[];
  /** Whether the WebAssembly component is inside. */
  readonly component: boolean;
}

/** The name under which `bindings` finds a native module for this Node: a folder below `lib/binding`. */
export const thisPlatform = `node-v${process.versions.modules}-${process.platform}-${process.arch}`;
const nativeFile = "better_sqlite3.node";

function run(command: string, words: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, words, {
    cwd,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${words.join(" ")} ended with exit code ${status}:\n${stderr}`);
  return stdout;
}

/** Packs the package in `source` into `folder`; returns the file's name. */
function pack(source: string, folder: string, words: readonly string[]): string {
  const said = run("npm", ["pack", "--json", "--pack-destination", folder, ...words], source);
  const [made] = JSON.parse(said) as readonly { readonly filename: string }[];
  if (made === undefined) throw new Error(`npm pack made nothing of ${source}`);
  return made.filename;
}

type Manifest = Record<string, unknown>;
const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
const writeManifest = (folder: string, manifest: Manifest): void =>
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);

/** A native package without its sources and without a script that would build it: it is built. */
function stageNative(root: string, name: string, target: string): void {
  const source = join(root, "node_modules", name);
  const kept = (path: string): boolean =>
    !/^(?:build|deps|src|test|node_modules|binding\.gyp|\..+)(?:$|[/\\])/.test(path);
  cpSync(source, target, { recursive: true, filter: (path) => kept(path.slice(source.length + 1)) });
  const { scripts: _scripts, files: _files, gypfile: _gyp, ...manifest } = readManifest(target);
  const { "prebuild-install": _fetches, ...dependencies } = (manifest.dependencies ?? {}) as Manifest;
  writeManifest(target, { ...manifest, dependencies });
}

/** The packed package once more, with SQLite in its `node_modules`. */
function packOffline(root: string, folder: string, plain: string, platforms: readonly string[]): string {
  const stage = join(folder, ".stage");
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  run("tar", ["-xzf", join(folder, plain), "-C", stage], folder);
  const target = join(stage, "package");
  for (const name of nativePackages) stageNative(root, name, join(target, "node_modules", name));
  for (const platform of platforms)
    cpSync(
      join(folder, "binaries", platform, nativeFile),
      join(target, "node_modules/better-sqlite3/lib/binding", platform, nativeFile),
      { recursive: true },
    );
  const { scripts: _scripts, devDependencies: _tools, ...manifest } = readManifest(target);
  writeManifest(target, { ...manifest, bundleDependencies: ["better-sqlite3"] });
  const packed = pack(target, stage, ["--ignore-scripts"]);
  const name = plain.replace(/\.tgz$/, "-offline.tgz");
  renameSync(join(stage, packed), join(folder, name));
  rmSync(stage, { recursive: true });
  return name;
}

/** The instructions, with the names of the files that lie beside them. */
export const installText = (text: string, plain: string): string =>
  text.replaceAll("sallyport-VERSION", plain.replace(/\.tgz$/, ""));

/**
 * Makes or renews the folder. Binaries of other platforms that lie in it stay. The WebAssembly component is inside
 * where its tools can be had; `if-built`: where it was built for these sources before.
 */
export function makePackages(
  root: string,
  folder: string,
  component: "if-possible" | "if-built" = "if-possible",
): PackageFolder {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (name.endsWith(".tgz")) rmSync(join(folder, name));
  const built = join(root, "node_modules/better-sqlite3/build/Release", nativeFile);
  if (existsSync(built)) {
    const target = join(folder, "binaries", thisPlatform, nativeFile);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(built, target);
  }
  // Where there is no network the component's tools may be missing: the rest is packed, and it is said.
  const said = run(process.execPath, ["--import", "tsx", "scripts/build.ts", `--component-${component}`], root);
  const plain = pack(root, folder, ["--ignore-scripts"]);
  const binaries = join(folder, "binaries");
  const platforms = existsSync(binaries)
    ? readdirSync(binaries).filter((name) => existsSync(join(binaries, name, nativeFile)))
    : [];
  const offline = packOffline(root, folder, plain, platforms);
  cpSync(join(root, "deploy/Dockerfile"), join(folder, "Dockerfile"));
  writeFileSync(
    join(folder, "INSTALL.txt"),
    installText(readFileSync(join(root, "deploy/INSTALL.txt"), "utf8"), plain),
  );
  const sums = [plain, offline, "Dockerfile", "INSTALL.txt"].map(
    (name) =>
      `${createHash("sha256")
        .update(readFileSync(join(folder, name)))
        .digest("hex")}  ${name}\n`,
  );
  writeFileSync(join(folder, "SHA256SUMS"), sums.join(""));
  return { folder, plain, offline, platforms, component: said.includes("dist/engine.wasm") };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");
  const made = makePackages(root, join(root, "packages"));
  process.stdout.write(`packages/${made.plain}\npackages/${made.offline}: SQLite for ${made.platforms.join(", ")}\n`);
  if (!made.component) process.stdout.write("without the WebAssembly component, which cannot be built here\n");
  const layout = join(root, "test/fixtures/documentation/layout");
  for (const [what, said] of [
    ["installed in an empty folder, without a network", tryInstall(join(made.folder, made.offline), layout)],
    ["the Dockerfile's steps, in an empty folder", tryImage(made.folder, layout)],
  ])
    process.stdout.write(`${what}: ${said}\n`);
}
