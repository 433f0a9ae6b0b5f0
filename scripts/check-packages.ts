/**
 * Every package installed with the program is used by it: a package under `dependencies` is imported by `core`, `proxy`
 * or `cli`, or waits for the part that needs it.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CheckReport } from "./check.ts";
import { importsOf, packageOf, readSources } from "./source-text.ts";

/** Packages of parts that are not built yet: package → which part. */
const waitingPackages: Readonly<Record<string, string>> = {
  "@peculiar/x509": "the webhook, which makes and rotates its certificates",
  express: "the registry proxy and the webhook",
  "reflect-metadata": "the webhook: @peculiar/x509 wants it loaded first",
};

/** Checks package.json below `root`; seeing no package imported is a fault. */
export function checkPackages(root: string, waiting: Readonly<Record<string, string>> = waitingPackages): CheckReport {
  const path = join(root, "package.json");
  const { dependencies = {} } = existsSync(path)
    ? (JSON.parse(readFileSync(path, "utf8")) as { readonly dependencies?: Readonly<Record<string, string>> })
    : {};
  const imported = new Set(
    readSources(root, ["core", "proxy", "cli"]).flatMap(({ text }) =>
      importsOf(text)
        .filter((specifier) => !/^(?:[.#]|node:)/.test(specifier))
        .map(packageOf),
    ),
  );
  const names = Object.keys(dependencies);
  return {
    saw: `${names.length} packages, ${Object.keys(waiting).length} of them wait`,
    faults: [
      ...names
        .filter((name) => !imported.has(name) && waiting[name] === undefined)
        .map((name) => `package.json: nothing that ships imports ${name}: remove it, or make it a devDependency`),
      ...[...imported]
        .filter((name) => dependencies[name] === undefined)
        .map((name) => `package.json: ${name} is imported by what ships and is no dependency`),
      ...Object.keys(waiting)
        .filter((name) => imported.has(name) || dependencies[name] === undefined)
        .map((name) => `scripts/check-packages.ts: ${name} no longer waits`),
      ...(imported.size === 0 ? ["no package is imported: the check is blind"] : []),
    ],
  };
}
