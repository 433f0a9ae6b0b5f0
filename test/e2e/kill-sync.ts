/** `npm run kills:sync`: 200 syncs that are killed at random moments, or as many as are asked for. */
import { killSyncs } from "../support/killed-syncs.ts";

const count = Number(process.argv[2] ?? 200);
const { killed, stored } = await killSyncs(count);
process.stdout.write(
  `${count} syncs, ${killed} of them killed before they ended: ${stored} images were reported as stored, and are\n`,
);
