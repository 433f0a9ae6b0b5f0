/**
 * This program as a package that npm installs: what `npm pack` makes of the folder that it runs from. Source:
 * docs/spec/archive.md#bootstrap.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { parseJson } from "../../core/encoding/json.ts";
import { isObject, member, readArray, readObject, readString } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";

export interface OwnPackage {
  /** `sallyport-0.1.0.tgz`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What npm puts into every package, whatever `files` says. */
const always: readonly string[] = ["package.json", "README.md", "LICENSE"];

/** The folder of the package that `start` is in. */
function packageFolder(start: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const path = join(folder, "package.json");
    if (existsSync(path) && /"name":\s*"sallyport"/.test(readFileSync(path, "utf8"))) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

function* filesBelow(root: string, path: string): Iterable<string> {
  const whole = join(root, path);
  const stat = statSync(whole, { throwIfNoEntry: false });
  if (stat?.isFile() === true) yield path;
  else if (stat?.isDirectory() === true)
    for (const name of readdirSync(whole).sort()) yield* filesBelow(root, `${path}/${name}`);
}

/**
 * The package of this program, the same bytes each time.
 * @throws EngineError `invalid-config` when it does not run from a package that was built.
 */
export async function packOwnProgram(
  limits: Limits,
  start = dirname(fileURLToPath(import.meta.url)),
): Promise<OwnPackage> {
  const root = packageFolder(start);
  const manifest = root === undefined ? undefined : readManifest(root, limits);
  if (root === undefined || manifest === undefined || !existsSync(join(root, manifest.program)))
    throw new EngineError(
      "invalid-config",
      "there is no package of this program to take: it does not run from one that was built",
      { subject: manifest?.program ?? start },
    );
  const archive = pack();
  const chunks: Buffer[] = [];
  const read = (async () => {
    for await (const chunk of archive) chunks.push(chunk as Buffer);
  })();
  for (const path of new Set([...always, ...manifest.files].flatMap((one) => [...filesBelow(root, one)]))) {
    const content = readFileSync(join(root, path));
    const isProgram = path === manifest.program;
    // The time that npm gives to every file.
    archive.entry(
      { name: `package/${path}`, mode: isProgram ? 0o755 : 0o644, mtime: new Date("1985-10-26T08:15:00Z") },
      content,
    );
  }
  archive.finalize();
  await read;
  return { name: `sallyport-${manifest.version}.tgz`, bytes: gzipSync(Buffer.concat(chunks)) };
}

function readManifest(root: string, limits: Limits) {
  const path = join(root, "package.json");
  const manifest = readObject(parseJson(readFileSync(path), { limits, subject: path }), "");
  const list = (key: string): readonly string[] => {
    const value = member(manifest, key);
    return value === undefined ? [] : readArray(value, `/${key}`).map((entry) => readString(entry, `/${key}`));
  };
  const bin = member(manifest, "bin");
  return {
    version: readString(manifest.version, "/version"),
    program: isObject(bin) ? readString(bin.sallyport, "/bin/sallyport") : readString(bin, "/bin"),
    files: [
      ...list("files"),
      ...[...list("bundleDependencies"), ...list("bundledDependencies")].map((name) => `node_modules/${name}`),
    ],
  };
}
