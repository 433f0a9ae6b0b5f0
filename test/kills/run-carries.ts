/** `npm run kills:carry [-- COUNT [SEED]]`: at least 50 kills each of exports and of imports, at random times. */
import { killExports, killImports } from "./kill-carries.ts";

const [count = "50", seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
const write = (line: string): void => void process.stdout.write(line);
let failed = 0;
for (const [what, kill] of [
  ["imports", killImports],
  ["exports", killExports],
] as const) {
  const { kills, after, faults } = await kill(Number(count), Number(seed));
  write(`${kills} killed ${what} (seed ${seed}), ${after} of them after what counts, ${faults.length} faults\n`);
  for (const fault of faults) write(`FAULT ${fault}\n`);
  failed += faults.length;
}
process.exitCode = failed === 0 ? 0 : 1;
