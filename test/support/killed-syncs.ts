/**
 * Syncs by the built program that are killed at random moments: what was reported as stored is stored, nothing is
 * damaged, and what is there is not fetched again.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import * as assert from "uvu/assert";
import type { Digest } from "../../core/crypto/digest.ts";
import { defaultLimits } from "../../core/limits.ts";
import { associatedTag } from "../../core/oci/associated-tag.ts";
import { readBlob, readManifest, readReferrers, readTag } from "../../core/oci/lookup.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { newKey } from "../lab/keys.ts";
import { builtPrograms } from "./built-programs.ts";
import { SmallRegistry } from "./small-registry.ts";
import { reading, temporaryFolder } from "./temporary-mirror.ts";

const imagesOfRound = 8;
const repository = "org/app";

interface Reported {
  readonly image: string;
  readonly digest: Digest;
}

interface Ended {
  readonly reported: readonly Reported[];
  readonly isKilled: boolean;
  readonly lines: number;
}

/**
 * When a sync is killed: counted in what it has done, so that a busy machine changes nothing, and then somewhat later.
 */
interface Moment {
  readonly after: "requests" | "lines";
  readonly count: number;
  readonly ms: number;
}

/** Runs a sync, and kills it at a moment. `asked` is called by the registry for each request. */
function runSync(words: readonly string[], registry: SmallRegistry, moment?: Moment): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...words], { stdio: ["ignore", "ignore", "pipe"] });
    const done = { requests: 0, lines: 0 };
    const noted = (what: Moment["after"], count: number): void => {
      const before = done[what];
      done[what] += count;
      if (moment?.after === what && before < moment.count && done[what] >= moment.count)
        setTimeout(() => child.kill("SIGKILL"), moment.ms);
    };
    registry.meddle = () => {
      noted("requests", 1);
      return false;
    };
    let output = "";
    child.stderr.on("data", (piece: Buffer) => {
      const text = piece.toString();
      output += text;
      noted("lines", text.split("\n").length - 1);
    });
    child.on("error", reject);
    child.on("close", (_, signal) => {
      // A line that the kill cut off was not reported.
      const lines = output.slice(0, output.lastIndexOf("\n") + 1).split("\n");
      const events = lines.flatMap((line) => (line.startsWith("{") ? [JSON.parse(line)] : []));
      const reported = events.flatMap(({ event, image }) =>
        event === "image" && image.status !== "failed" ? [image] : [],
      );
      resolve({ reported, isKilled: signal === "SIGKILL", lines: done.lines });
    });
  });
}

/** All that was fetched for a signed image. */
function requireStored(mirror: Mirror, at: string, digest: Digest, tag: string): void {
  const knowledge = mirror.knowledge();
  const named = readTag(knowledge, at, tag);
  assert.is(named.state === "present" && named.value.digest, digest, tag);
  assert.is(readManifest(knowledge, at, digest, defaultLimits).state, "present");
  assert.is(readReferrers(knowledge, at, digest, defaultLimits).state, "absent");
  const signature = readTag(knowledge, at, associatedTag(digest, "signature"));
  if (signature.state !== "present") throw new Error(`the signature of ${tag} is not stored`);
  const manifest = readManifest(knowledge, at, signature.value.digest, defaultLimits);
  if (manifest.state !== "present") throw new Error(`the signature's manifest of ${tag} is not stored`);
  for (const layer of manifest.value.manifest.layers)
    assert.is(readBlob(knowledge, at, layer.digest, defaultLimits.blobBytes).state, "present");
}

/** Every third one when an image was just reported: what is reported must be stored by then. */
function momentIn(whole: Readonly<Record<Moment["after"], number>>, round: number): Moment {
  const after = round % 3 === 0 ? "lines" : "requests";
  const count = 1 + Math.floor(Math.random() * whole[after]);
  return { after, count, ms: after === "lines" ? 0 : mostLater * Math.random() };
}

/** About as long as a commit waits for more. */
const mostLater = 350;

/** How many of the syncs were killed before they ended, and how many images were reported as stored. */
export async function killSyncs(count: number): Promise<{ readonly killed: number; readonly stored: number }> {
  const program = join(await builtPrograms(), "sallyport.mjs");
  const registry = await new SmallRegistry().start();
  const store = temporaryFolder();
  const key = newKey();
  const at = `${registry.host}/${repository}`;
  const stored = new Map<string, Digest>();
  let killed = 0;
  try {
    // The first one tells how much a sync does, so that the others end at any moment of it.
    let whole: Readonly<Record<Moment["after"], number>> | undefined;
    for (let round = 0; round <= count; round++) {
      const tags = Array.from({ length: imagesOfRound }, (_, index) => `${round}-${index}`);
      for (const tag of tags) registry.sign(repository, registry.addImage(repository, tag, `content ${tag}`), key);
      const words = [program, "mirror", "sync", "--store", store, "--events", "--concurrency", "2"];
      const images = tags.map((tag) => `${at}:${tag}`);
      registry.asked();
      const ended = await runSync([...words, ...images], registry, whole && momentIn(whole, round));
      whole ??= { requests: registry.asked().length, lines: ended.lines };
      if (ended.isKilled) killed++;
      for (const { image, digest } of ended.reported) stored.set(image.slice(at.length + 1), digest);
      reading(store, (mirror) => {
        for (const { image, digest } of ended.reported) requireStored(mirror, at, digest, image.slice(at.length + 1));
      });
    }
    reading(store, (mirror) => {
      assert.equal(mirror.inspect(nodeVerifier).damage, []);
      for (const [tag, digest] of stored) requireStored(mirror, at, digest, tag);
    });
    return { killed, stored: stored.size };
  } finally {
    await registry.close();
  }
}
