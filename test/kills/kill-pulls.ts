/**
 * Kills readers that pull snapshots at random moments, the switch from one to the next among them, and looks at what
 * they leave: one snapshot whole, never an older one than was there, and the next pull goes on at once.
 */
import { spawn } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findCurrentSnapshot } from "../../proxy/mirror/current-snapshot.ts";
import { defaultLimits } from "../../core/limits.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { parseSnapshotPlace } from "../../proxy/snapshot/place.ts";
import { onStage, type SnapshotStage } from "../support/snapshot-stage.ts";
import { reading, temporaryFolder } from "../support/temporary-mirror.ts";
import { randomFrom } from "./kill-many.ts";

export const pullVictim = fileURLToPath(new URL("./pull-victim.ts", import.meta.url));

/** A stage with so many snapshots. Gives the content id of each, and the file of the key. */
export async function pushMany(stage: SnapshotStage, count: number) {
  const ids: string[] = [];
  for (let sequence = 1; sequence <= count; sequence++) {
    stage.change(`change ${sequence}`);
    ids.push((await stage.push()).statement.contentId);
  }
  const key = join(temporaryFolder(), "publisher.pub");
  writeFileSync(key, stage.signer.publicKey);
  return { ids, key };
}

/** What is wrong in the folder, if anything. */
function faultIn(store: string, ids: readonly string[], least: number): string | undefined {
  const current = findCurrentSnapshot(store, defaultLimits);
  if (current === undefined) return least === 0 ? undefined : "the snapshot is gone";
  if (current.sequence < least) return `snapshot ${current.sequence}, and ${least} was reported`;
  return reading(store, (mirror) => {
    if (mirror.contentId() !== ids[current.sequence - 1]) return "the content is not that of its number";
    const { damage } = mirror.inspect(nodeVerifier);
    return damage.length > 0 ? `damage: ${JSON.stringify(damage[0])}` : undefined;
  });
}

/** Runs a victim and kills it so long after its first word. Gives the number that it said last. */
function killed(words: readonly string[], afterMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--import", "tsx", pullVictim, ...words], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (text: Buffer) => {
      if (output === "") setTimeout(() => child.kill("SIGKILL"), afterMs);
      output += text.toString();
    });
    child.on("error", reject);
    child.on("close", () => resolve(Number(output.trimEnd().split("\n").at(-1)) || 0));
  });
}

export interface PullKills {
  readonly kills: number;
  /** How many different snapshots were the present one when a reader was killed. */
  readonly met: number;
  readonly faults: readonly string[];
}

/** So many kills over so many snapshots, each at a random time. */
export async function killPulls(kills: number, seed: number, snapshots = 30): Promise<PullKills> {
  const random = randomFrom(seed);
  const faults: string[] = [];
  const met = new Set<number>();
  await onStage(async (stage) => {
    const { ids, key } = await pushMany(stage, snapshots);
    let store = temporaryFolder();
    let least = 0;
    for (let kill = 0; kill < kills; kill++) {
      if (least >= snapshots - 1) [store, least] = [temporaryFolder(), 0];
      const afterMs = Math.floor(random() * 120);
      const words = [store, stage.place.text, key, String(least + 1), String(snapshots)];
      least = Math.max(least, await killed(words, afterMs));
      const found = faultIn(store, ids, least);
      if (found !== undefined) faults.push(`kill ${kill} (seed ${seed}) after ${afterMs} ms: ${found}`);
      const current = findCurrentSnapshot(store, defaultLimits)?.sequence ?? 0;
      met.add(current);
      // The next one comes at once, whatever is left of the one before, and takes it away.
      least = Math.min(snapshots, current + 1);
      const place = parseSnapshotPlace(`${stage.place.text}:snapshot-${least}`, "test");
      await stage.pull({ store, place });
      const left = readdirSync(join(store, "snapshots")).filter((name) => !/^\d+-[0-9a-f]{64}\.db$/.test(name));
      const next = faultIn(store, ids, least) ?? (left.length === 0 ? undefined : `left: ${left.join(" ")}`);
      if (next !== undefined) faults.push(`after kill ${kill} (seed ${seed}): ${next}`);
    }
  });
  return { kills, met: met.size, faults };
}
