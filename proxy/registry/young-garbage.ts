/**
 * Collects the buffers of sockets soon after they were used. Each read of a socket makes one, and V8 sees so few small
 * objects beside them that it collects nothing before there are 64 MB of them. Whoever moves much data counts it here;
 * after some megabytes the young objects are collected, which takes about as long as hashing one of these megabytes.
 * Source: https://nodejs.org/docs/latest-v20.x/api/v8.html#v8setflagsfromstringflags.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

type Collect = (options: { readonly type: "minor" }) => void;

const everyBytes = 4 * 1024 * 1024;

let collect: Collect | undefined;
let moved = 0;

/** Counts bytes that were read into new buffers, and are done with soon. */
export function countMoved(bytes: number): void {
  moved += bytes;
  if (moved < everyBytes) return;
  moved = 0;
  collect ??= findCollector();
  collect({ type: "minor" });
}

/** The function is there in contexts that are made after the flag was set; a V8 without it collects as it does. */
function findCollector(): Collect {
  setFlagsFromString("--expose-gc");
  const found: unknown = runInNewContext("typeof gc === 'function' ? gc : undefined");
  return typeof found === "function" ? (found as Collect) : () => undefined;
}
