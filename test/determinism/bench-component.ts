/** A process that imports the component and decides once by a policy with a key, beside `node -e 0`. */
import { spawnSync } from "node:child_process";
import { createPublicKey } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { wasmFlags } from "./hosts.ts";
import { Lab, sign } from "../lab/index.ts";
import { ourKey } from "../support/archive-store.ts";
import { imageOf, makeCapsule, podWith } from "../support/capsules.ts";
import { findComponent } from "../../scripts/component/build-component.ts";
import { type Bench, median } from "../../scripts/bench/bench.ts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");

/** What a process does. */
const program = (module: string, now: string): string => `
import { readFileSync } from "node:fs";
const { evaluate, load } = await import(${JSON.stringify(module)});
load(readFileSync("capsule.tar"), [readFileSync("key.pem", "utf8")]);
const { allowed } = JSON.parse(evaluate(readFileSync("pod.json", "utf8"), ${JSON.stringify(now)}));
if (allowed !== true) throw new Error("it was denied");
`;

export const edgeComponent: Bench = {
  name: "component",
  says: "processes that decide once by the component, beside `node -e 0`, interleaved",
  async run({ quick }) {
    const found = await findComponent(root, { onlyBuilt: quick });
    if ("missing" in found) return { skipped: found.missing };
    const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
    try {
      const lab = new Lab();
      const signed = sign(lab, { layout: "tag" });
      writeFileSync(join(folder, "capsule.tar"), makeCapsule([signed]).bytes);
      writeFileSync(join(folder, "key.pem"), createPublicKey(ourKey.pem).export({ type: "spki", format: "pem" }));
      writeFileSync(join(folder, "pod.json"), JSON.stringify(podWith(imageOf(signed)).object));
      const module = pathToFileURL(join(found.folder, "wasm/engine.js")).href;
      writeFileSync(join(folder, "once.mjs"), program(module, lab.now.toISOString()));
      writeFileSync(join(folder, "import.mjs"), `await import(${JSON.stringify(module)});\n`);
      const calls = { nothing: ["-e", "0"], only: ["import.mjs"], once: ["once.mjs"] };
      const run = (words: readonly string[]): number => {
        const begun = performance.now();
        const { status, stderr } = spawnSync(process.execPath, [...wasmFlags(), ...words], {
          cwd: folder,
          env: { PATH: process.env.PATH },
          encoding: "utf8",
        });
        if (status !== 0) throw new Error(`${words.join(" ")}: exit code ${status}: ${stderr}`);
        return performance.now() - begun;
      };
      const times: Record<keyof typeof calls, number[]> = { nothing: [], only: [], once: [] };
      for (let round = 0; round < (quick ? 3 : 15); round++)
        for (const name of ["nothing", "only", "once"] as const) times[name].push(run(calls[name]));
      const nothing = median(times.nothing);
      return [
        { what: "importing the component, times node -e 0", ratio: median(times.only) / nothing },
        {
          what: "import and first decision of a policy with a key, times node -e 0",
          ratio: median(times.once) / nothing,
          atMost: 5,
        },
      ];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
