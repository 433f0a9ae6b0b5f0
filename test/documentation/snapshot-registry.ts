/**
 * The registry of the guide *replicas*, in a process of its own, since a guide's commands are waited for: one that can
 * be pushed to, on loopback. It prints its host, and ends with its standard input.
 */
import { serveStoring } from "../support/storing-registry.ts";

const registry = await serveStoring({ deletes: false });
process.stdout.write(`${registry.host}\n`);
process.stdin.on("end", () => void registry.close().then(() => process.exit(0))).resume();
