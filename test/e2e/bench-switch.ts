/**
 * For `npm run bench:archive`: the built `serve` follows the snapshots of a registry, is asked without a pause, and
 * switches again and again. Prints one line of JSON: how many requests were made and answered. `-- SWITCHES IMAGES`
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { request } from "undici";
import { fillEvidence } from "../../scripts/bench/crossing-fill.ts";
import { onStage } from "../support/snapshot-stage.ts";
import { reading, temporaryFolder } from "../support/temporary-mirror.ts";

const [switches = 3, images = 100] = process.argv.slice(2).map(Number);
const main = fileURLToPath(new URL("../../dist/sallyport.mjs", import.meta.url));
const lanes = 8;

await onStage(async (stage) => {
  // The built program has the clock of this machine.
  stage.now = new Date();
  fillEvidence(stage.store, 0, images);
  await stage.push();
  const paths = reading(stage.store, (mirror) => mirror.list()).map(
    ({ repository, digest }) => `/v2/${repository}/manifests/${digest}`,
  );
  const folder = temporaryFolder();
  writeFileSync(join(folder, "publisher.pub"), stage.signer.publicKey);
  writeFileSync(
    join(folder, "config.yaml"),
    `apiVersion: sallyport.dev/v1alpha1
kind: Config
store: ${stage.replica}
listeners: [{ address: "127.0.0.1:0" }]
upstreams: [{ host: "${stage.registry.host}", plainHTTP: true }]
snapshot: { from: "${stage.place.text}", keys: [publisher.pub], interval: 1s }
`,
  );
  const child = spawn(process.execPath, [main, "serve", "-c", "config.yaml", "-o", "json"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = once(child, "close");
  try {
    let said = "";
    child.stdout.on("data", (piece: Buffer) => {
      said += piece.toString("utf8");
    });
    let url = "";
    for (let left = 1200; url === "" && left > 0 && child.exitCode === null; left--) {
      url = /http:\/\/127\.0\.0\.1:[0-9]+/.exec(said)?.[0] ?? "";
      await wait(50);
    }
    const sequence = async (): Promise<number> => {
      const { body } = await request(`${url}/readyz`);
      return ((await body.json()) as { readonly mirror?: { readonly sequence?: number } }).mirror?.sequence ?? 0;
    };
    let [asked, answered, isOver] = [0, 0, false];
    const lane = async (at: number): Promise<void> => {
      for (let turn = at; !isOver; turn += lanes) {
        asked += 1;
        try {
          const { statusCode, body } = await request(`${url}${paths[turn % paths.length] ?? ""}`);
          await body.dump();
          if (statusCode === 200) answered += 1;
        } catch {
          // It is counted as asked, and not as answered.
        }
      }
    };
    const loads = Array.from({ length: lanes }, (_, at) => lane(at));
    let seen = 0;
    for (let count = 1; count <= switches; count++) {
      fillEvidence(stage.store, images + count, 1);
      await stage.push();
      for (let left = 1200; left > 0 && (await sequence()) <= count; left--) await wait(50);
      if ((await sequence()) > count) seen += 1;
    }
    isOver = true;
    await Promise.all(loads);
    process.stdout.write(`${JSON.stringify({ asked, answered, switches: seen })}\n`);
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
});
