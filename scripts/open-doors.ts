/**
 * A plugin for the build: an import through a door (`core/index.ts`, `proxy/index.ts`) becomes an import of the module
 * behind it. Source code sees the doors only; without this, whoever imports one name from a door would load everything
 * behind it, because chunks are made of whole files.
 */
import { readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import type { Plugin } from "esbuild";

const doors = ["core/index.ts", "proxy/index.ts"];
const exportLine = /^export \{([^}]*)\} from "(\.\/[^"]+)";/gm;
const importLine = /^import \{([^}]*)\} from "((?:\.\.?\/)+(?:core|proxy)\/index\.ts)";/gm;

interface Name {
  readonly imported: string;
  readonly local: string;
}

/** `a, type B, c as d` without its types. */
const valueNames = (list: string): readonly Name[] =>
  list
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && !name.startsWith("type "))
    .map((name) => {
      const [imported = "", local = imported] = name.split(/\s+as\s+/);
      return { imported, local };
    });

/** What a door gives by name: the module, relative to the root, and the name there. */
export function readDoor(
  root: string,
  door: string,
): ReadonlyMap<string, { readonly module: string; readonly name: string }> {
  const found = new Map<string, { readonly module: string; readonly name: string }>();
  for (const [, list = "", from = ""] of readFileSync(join(root, door), "utf8").matchAll(exportLine))
    for (const { imported, local } of valueNames(list))
      found.set(local, { module: join(dirname(door), from).split(sep).join("/"), name: imported });
  return found;
}

/**
 * The source of `path` with imports through doors made direct. A name that a door does not give in this form stays as
 * it was.
 */
export function openDoors(
  source: string,
  path: string,
  doorsByPath: ReadonlyMap<string, ReturnType<typeof readDoor>>,
): string {
  return source.replace(importLine, (whole, list: string, specifier: string) => {
    const door = join(dirname(path), specifier).split(sep).join("/");
    const names = doorsByPath.get(door);
    const wanted = valueNames(list);
    if (names === undefined) return whole;
    const direct = wanted.map(({ imported, local }) => ({ local, target: names.get(imported) }));
    if (direct.some(({ target }) => target === undefined)) return whole;
    return direct
      .map(({ local, target }) => {
        const module = relative(dirname(path), target?.module ?? "")
          .split(sep)
          .join("/");
        return `import { ${target?.name} as ${local} } from "${module.startsWith(".") ? module : `./${module}`}";`;
      })
      .join(" ");
  });
}

/** The plugin, for the programs in `cli`. */
export const directImports = (root: string): Plugin => ({
  name: "direct-imports",
  setup({ onLoad }) {
    const names = new Map(doors.map((door) => [door, readDoor(root, door)]));
    onLoad({ filter: /[\\/](?:cli|proxy)[\\/].*\.ts$/ }, ({ path }) => {
      const file = relative(root, path).split(sep).join("/");
      if (!/^(?:cli|proxy)\//.test(file) || doors.includes(file)) return undefined;
      return { loader: "ts", contents: openDoors(readFileSync(path, "utf8"), file, names) };
    });
  },
});
