/**
 * `npm run mutants`: whether the tests, the attacks and the golden sets see faults that are planted one at a time.
 *
 *     npm run mutants [-- NAME...]
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { faults } from "./mutants/faults.ts";
import { runMutants } from "./mutants/run.ts";

const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");
for (const name of ["SALLYPORT_VECTORS", "SALLYPORT_GOLDEN"])
  if (process.env[name] === undefined)
    throw new Error(`${name} names no folder: the golden sets are a part of the net`);
const { seen, problems } = await runMutants({
  root,
  faults,
  names: process.argv.slice(2),
  folder: mkdtempSync(join(tmpdir(), "sallyport-mutants-")),
  resultFile: join(root, ".mutants/results.json"),
  write: (text) => void process.stdout.write(text),
});
process.stdout.write(`\n${seen} faults seen, ${problems.length} problems\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
