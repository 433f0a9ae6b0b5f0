/**
 * `npm run kills [-- COUNT [SEED]]`: at least 200 kills of a mirror's writers, at random times in every phase; then
 * power cuts, where strace is installed.
 */
import { killPulls } from "./kill-pulls.ts";
import { killMany } from "./kill-many.ts";
import { cutPower, hasStrace } from "./power-cut.ts";

const [count = "204", seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
const write = (line: string): void => void process.stdout.write(line);
const { kills, byPhase, faults } = await killMany(Number(count), Number(seed), write);
const table = [...byPhase].map(([phase, number]) => `${phase} ${number}`).join(", ");
write(`${kills} kills (${table}; seed ${seed}), ${faults.length} faults\n`);
const pulls = await killPulls(Math.max(8, Math.floor(Number(count) / 4)), Number(seed));
write(`${pulls.kills} kills of readers that pull snapshots, ${pulls.faults.length} faults\n`);
const all = [...faults, ...pulls.faults];
if (hasStrace())
  for (const phase of ["create", "add", "gc", "rm", "pin"] as const) {
    const cut = cutPower(phase, 6, 40);
    all.push(...cut.faults);
    write(`${cut.cuts} power cuts in ${cut.calls} calls of ${phase}, ${cut.faults.length} faults\n`);
  }
else write("no strace: power cuts are skipped\n");
for (const fault of all) write(`FAULT ${fault}\n`);
process.exitCode = all.length === 0 ? 0 : 1;
