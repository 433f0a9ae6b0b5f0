/** Everything that a mirror's folder holds, to be compared: all rows of all tables, and the files beside them. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";

const transient = /^(mirror\.db.*|writer\.(lock|json).*)$/;

function files(folder: string, below = ""): readonly string[] {
  return readdirSync(join(folder, below))
    .filter((name) => below !== "" || !transient.test(name))
    .flatMap((name) => {
      const path = join(below, name);
      if (statSync(join(folder, path)).isDirectory()) return files(folder, path);
      return [
        `${path} ${createHash("sha256")
          .update(readFileSync(join(folder, path)))
          .digest("hex")}`,
      ];
    });
}

/** One text for one state; a folder without a mirror has none. */
export function dumpMirror(folder: string): string {
  if (!existsSync(join(folder, "mirror.db"))) return "";
  const database = new Database(join(folder, "mirror.db"), { readonly: true });
  try {
    const tables = database
      .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      .all();
    const rows = tables.flatMap(({ name }) =>
      database
        .prepare(`SELECT * FROM "${name}"`)
        .raw()
        .all()
        .map((row) => `${name} ${JSON.stringify(row)}`)
        .sort(),
    );
    return [...rows, ...files(folder)].join("\n");
  } finally {
    database.close();
  }
}
