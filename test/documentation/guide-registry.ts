/**
 * The registry of the guide *with a network*, in a process of its own, since a guide's commands are waited for: what
 * the connected side saved in `across-the-gap`, served on loopback. It prints its host, and ends with its standard
 * input.
 */
import { join } from "node:path";
import { defaultLimits } from "../../core/limits.ts";
import { joinedKnowledge } from "../../core/knowledge/joined-knowledge.ts";
import { openLayout } from "../../proxy/archive/oci-layout.ts";
import { serveKnowledge } from "../support/knowledge-registry.ts";

const folder = process.argv[2] ?? ".";
const images = { web: "2.1", job: "7", unsigned: "1", api: "3" };
const layouts = Object.entries(images).map(([name, tag]) =>
  openLayout(join(folder, name), {
    repository: `registry.example/shop/${name}`,
    tag,
    limits: defaultLimits,
    complete: "image",
    claimedBy: "the guide",
  }),
);
const server = await serveKnowledge(joinedKnowledge(layouts), (path) => `registry.example/${path}`);
process.stdout.write(`${new URL(server.url).host}\n`);
process.stdin.on("end", () => void server.close().then(() => process.exit(0))).resume();
