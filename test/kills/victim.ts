/**
 * A writer that is meant to be killed: works in one phase on the mirror of the folder given, without end or for so many
 * steps, and says on stdout before and after each step which images must be there and which may be.
 *
 *     {"sure":["1","2"],"may":["1","2","3"]}
 */
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import { defaultLimits } from "../../core/limits.ts";
import { associatedTag } from "../../core/oci/associated-tag.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";

const [folder = "", phase = "", start = "0", steps = "Infinity"] = process.argv.slice(2);
const repository = "ghcr.io/org/app";
const limits = defaultLimits;
const encode = (value: unknown): Uint8Array => new Uint8Array(Buffer.from(JSON.stringify(value)));

/** On the pipe before the next step, whatever happens then. */
function say(sure: readonly string[], may: readonly string[]): void {
  process.stdout.write(`${JSON.stringify({ sure, may })}\n`);
}

/** The time of an image grows with its number, so that the highest numbers are the newest. */
const timeOf = (count: number): string => new Date(Date.UTC(2026, 0, 1) + count * 1000).toISOString();

function put(mirror: Mirror, count: number): void {
  const writer = mirror.writer();
  const layer = new Uint8Array(Buffer.from(`layer ${count} ${"x".repeat(count % 5000)}`));
  const name = String(count);
  const said = { state: "present", at: timeOf(count), from: "kill" } as const;
  const one = (value: object, tag: string): Digest => {
    const bytes = encode(value);
    const digest = digestOf(bytes);
    writer.setAnswer({ kind: "manifest", repository, digest }, { ...said, value: bytes });
    const descriptor = { mediaType: "a/b", digest, size: bytes.length };
    writer.setAnswer({ kind: "tag", repository, tag }, { ...said, value: descriptor });
    return digest;
  };
  mirror.layers.add(digestOf(layer), (take) => {
    take(layer);
    return true;
  });
  writer.transaction(() => {
    const layers = [{ mediaType: "a/b", digest: digestOf(layer), size: layer.length }];
    const digest = one({ layers, annotations: { count: name } }, name);
    one({ layers: [], annotations: { signs: name } }, associatedTag(digest, "signature"));
  });
}

const kept = 5;

/** One step of each phase: what must be there if it does not end, and what is there when it ends. */
function step(mirror: Mirror, present: readonly string[], count: number): readonly string[] {
  const writer = mirror.writer();
  const next = String(count);
  const added = [...present, next];
  if (phase === "add" || present.length < kept * 2) {
    say(present, added);
    put(mirror, count);
    return added;
  }
  if (phase === "rm") {
    const [first = "", ...rest] = present;
    say(rest, present);
    writer.remove([{ repository, tag: first }]);
    return rest;
  }
  if (phase === "gc") {
    const newest = present.slice(-kept);
    say(newest, present);
    writer.collect({ keepLast: kept });
    if (count % 4 === 0) writer.vacuum();
    return newest;
  }
  say(present, present);
  writer.pin({ kind: "key", name: `k8s://ns/${count}`, bytes: encode(next) }, { at: timeOf(count), from: "kill" });
  writer.setComplete("ghcr.io", { at: timeOf(count), from: next });
  if (count % 3 === 0) writer.unpin("key", `k8s://ns/${count}`);
  return present;
}

process.stdout.write("ready\n");
if (phase === "migrate") openMirror(folder, { mode: "write", waitMs: 10_000, limits }).close();
const mirror = openMirror(folder, { mode: "write", waitMs: 10_000, limits });
let present: readonly string[] = [...mirror.tags(repository)].sort((left, right) => Number(left) - Number(right));
for (let count = Number(start); phase !== "migrate" && count < Number(start) + Number(steps); count++) {
  present = step(mirror, present, count);
  say(present, present);
}
mirror.close();
