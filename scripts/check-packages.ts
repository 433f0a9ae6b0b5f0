/**
 * What is installed with the program, and what only builds it. The package installs what has a native part, which the
 * build cannot bundle, and nothing else (`optionalDependencies`: without it all works but the mirror); everything else
 * is bundled or a tool (`devDependencies`), is imported or named by a script, or waits for the part that needs it.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { withNativePart } from "./build-options.ts";
import type { CheckReport } from "./check.ts";
import { importsOf, packageOf, readSources } from "./source-text.ts";

/** Packages of parts that are not built yet: package → which part. */
const waitingPackages: Readonly<Record<string, string>> = {};

interface PackageFile {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
}

const packagesOf = (root: string, folders: readonly string[]): ReadonlySet<string> =>
  new Set(
    readSources(root, folders).flatMap(({ text }) =>
      importsOf(text)
        .filter((specifier) => !/^(?:[.#]|node:)/.test(specifier))
        .map(packageOf),
    ),
  );

/** The names of a package's programs, or its own where it is not installed. */
function programsOf(root: string, name: string): readonly string[] {
  const path = join(root, "node_modules", name, "package.json");
  const { bin } = existsSync(path)
    ? (JSON.parse(readFileSync(path, "utf8")) as { readonly bin?: string | Readonly<Record<string, string>> })
    : {};
  return typeof bin === "object" ? Object.keys(bin) : [name];
}

/** Checks package.json below `root`; seeing no package imported is a fault. */
export function checkPackages(root: string, waiting: Readonly<Record<string, string>> = waitingPackages): CheckReport {
  const path = join(root, "package.json");
  const file = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as PackageFile) : {};
  const installed = Object.keys({ ...file.dependencies, ...file.optionalDependencies });
  const others = Object.keys(file.devDependencies ?? {});
  const ships = packagesOf(root, ["core", "proxy", "cli"]);
  const imported = new Set([...ships, ...packagesOf(root, ["scripts", "test"])]);
  const typed = `${Object.values(file.scripts ?? {}).join(" ")} ${readSources(root, ["scripts"])
    .map(({ text }) => text)
    .join("\n")}`;
  /** By an import, as the types of one, or as a program that a script names. */
  const isUsed = (name: string): boolean =>
    imported.has(name) ||
    name === "@types/node" ||
    (name.startsWith("@types/") && imported.has(name.slice("@types/".length))) ||
    programsOf(root, name).some((program) => new RegExp(`(?<![\\w@/-])${program}(?![\\w-])`).test(typed));
  return {
    saw:
      `${installed.length} packages installed, ${others.length} bundled or tools, ` +
      `${Object.keys(waiting).length} wait`,
    faults: [
      ...installed
        .filter((name) => !withNativePart.includes(name))
        .map((name) => `package.json: ${name} would be installed and is bundled: make it a devDependency`),
      ...installed
        .filter((name) => withNativePart.includes(name) && !ships.has(name))
        .map((name) => `package.json: nothing that ships imports ${name}: remove it`),
      ...Object.keys(file.dependencies ?? {})
        .filter((name) => withNativePart.includes(name))
        .map((name) => `package.json: ${name} is optional: all but the mirror works without it`),
      ...others
        .filter((name) => !isUsed(name) && waiting[name] === undefined)
        .map((name) => `package.json: nothing imports ${name} and no script names it: remove it`),
      ...[...ships]
        .filter((name) => !installed.includes(name) && !others.includes(name))
        .map((name) => `package.json: ${name} is imported by what ships and is no dependency`),
      ...Object.keys(waiting)
        .filter((name) => ships.has(name) || !others.includes(name))
        .map((name) => `scripts/check-packages.ts: ${name} no longer waits`),
      ...(ships.size === 0 ? ["no package is imported: the check is blind"] : []),
    ],
  };
}
