/**
 * Measures bundle verification against @sigstore/verify, both built into one bundle: a loader that translates on the fly would measure itself.
 * Needs SALLYPORT_VECTORS. Usage: node --import tsx scripts/bench/verify.ts [SECONDS_PER_ROUND] [ROUNDS]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { nativeHashes } from "../build.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const vectors = process.env.SALLYPORT_VECTORS;
if (vectors === undefined) throw new Error("SALLYPORT_VECTORS is not set");
const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
try {
  const outfile = join(folder, "verify-rounds.mjs");
  await build({
    entryPoints: [join(root, "scripts/bench/verify-rounds.ts")],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "error",
    plugins: [nativeHashes(root)],
    // Packages in CommonJS call `require` for Node's own modules.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  const { runVerifyBenchmark } = (await import(pathToFileURL(outfile).href)) as typeof import("./verify-rounds.ts");
  runVerifyBenchmark(vectors, Number(process.argv[2] ?? 1), Number(process.argv[3] ?? 5), (line) => process.stdout.write(`${line}\n`));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
