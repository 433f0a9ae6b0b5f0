/** `npm run kills [-- COUNT [SEED]]`: at least 200 kills of a mirror's writers, at random times in every phase. */
import { killMany } from "./kill-many.ts";

const [count = "204", seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
const { kills, byPhase, faults } = await killMany(Number(count), Number(seed), (line) => process.stdout.write(line));
for (const fault of faults) process.stdout.write(`FAULT ${fault}\n`);
const table = [...byPhase].map(([phase, number]) => `${phase} ${number}`).join(", ");
process.stdout.write(`${kills} kills (${table}; seed ${seed}), ${faults.length} faults\n`);
process.exitCode = faults.length === 0 ? 0 : 1;
