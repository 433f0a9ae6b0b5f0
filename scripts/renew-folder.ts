/** Builds into a folder that is in use. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

const beside = ".new-";

/** Files of a folder, but for those of builds that are under way in it. */
const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (path) => !path.startsWith(beside) && statSync(join(folder, path), { throwIfNoEntry: false })?.isFile() === true,
  );

/** Chunks come before the program that imports them. */
const byDepth = (a: string, b: string): number => b.split(/[/\\]/).length - a.split(/[/\\]/).length;

/** Removes a file, and the folders above it that are empty then, up to `outdir`. Another build may do the same. */
function removeFile(outdir: string, path: string): void {
  rmSync(join(outdir, path), { force: true });
  for (let folder = dirname(path); folder !== "."; folder = dirname(folder)) {
    const left = existsSync(join(outdir, folder)) ? readdirSync(join(outdir, folder)) : [];
    if (left.length > 0) return;
    rmSync(join(outdir, folder), { recursive: true, force: true });
  }
}

/**
 * Has `make` build into a folder beside what is there, then renames file by file: a program in `outdir` that is in use
 * meanwhile is whole at every moment. What was not built again goes last; `others` are folders that somebody else
 * writes there.
 */
export async function renewFolder<Made>(
  outdir: string,
  make: (folder: string) => Promise<Made>,
  others: readonly string[] = [],
): Promise<Made> {
  mkdirSync(outdir, { recursive: true });
  const before = filesBelow(outdir).filter((path) => !others.includes(path.split(/[/\\]/)[0] ?? ""));
  const fresh = mkdtempSync(join(outdir, beside));
  try {
    const made = await make(fresh);
    const now = [...filesBelow(fresh)].sort(byDepth);
    for (const path of now) {
      mkdirSync(dirname(join(outdir, path)), { recursive: true });
      renameSync(join(fresh, path), join(outdir, path));
    }
    for (const path of before) if (!now.includes(path)) removeFile(outdir, path);
    return made;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
