/** Has the Node at hand compile the chunks of the command line, and keeps what it made beside them. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { type BuildTargets, nodeOptions } from "./build-options.ts";
import type { Recording } from "./record-code.ts";

/** Writes `compiled/` into the folder that holds the built command line. */
export async function compileChunks({ root, outdir }: BuildTargets): Promise<Recording> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-record-"));
  try {
    const recorder = join(folder, "record-code.mjs");
    await build({ ...nodeOptions(root), entryPoints: [join(root, "scripts/record-code.ts")], outfile: recorder });
    const fixtures = join(folder, "fixtures");
    cpSync(join(root, "test/fixtures/documentation"), fixtures, { recursive: true });
    // Without the caller's NODE_OPTIONS: code is good for those flags only with which it was compiled.
    const { status, stdout, stderr } = spawnSync(process.execPath, [recorder, outdir, fixtures], {
      encoding: "utf8",
      env: { PATH: process.env.PATH, HOME: folder },
    });
    if (status !== 0) throw new Error(`compiling the chunks ended with exit code ${status}: ${stderr}`);
    return JSON.parse(stdout) as Recording;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
