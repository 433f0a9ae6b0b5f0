/**
 * Collects what was made and is done with soon after it was used. Each read of a socket makes a buffer, and V8 sees so
 * few small objects beside them that it collects nothing before there are 64 MB of them; in a loop over very many rows
 * it lets its young objects take ten times the room that they need. Whoever makes much counts it here; after some
 * megabytes the young objects are collected, which takes about as long as hashing one of these megabytes.
 * Source: https://nodejs.org/docs/latest-v20.x/api/v8.html#v8setflagsfromstringflags.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

type Collect = (options: { readonly type: "minor" }) => void;

const everyBytes = 4 * 1024 * 1024;

/** What objects take that are made on the way, as `node --trace-gc` counts them. */
const takes = {
  /** A row of a mirror that becomes an entry, with its lines and names. */
  row: 4 * 1024,
  /** An entry that is read and becomes a row. */
  entry: 8 * 1024,
  /** A blob that is read or written beside its bytes. */
  blob: 2 * 1024,
  /** A line that is read again, and written elsewhere. */
  line: 2 * 1024,
} as const;

let collect: Collect | undefined;
let made = 0;

/** Counts bytes of buffers and objects that are done with soon. */
export function countGarbage(bytes: number): void {
  made += bytes;
  if (made < everyBytes) return;
  made = 0;
  collect ??= findCollector();
  collect({ type: "minor" });
}

/** Counts one of very many that are gone through. */
export const countOne = (what: keyof typeof takes): void => countGarbage(takes[what]);

/**
 * The function is there in contexts that are made while the flag is set; a V8 without it collects as it does. The flag
 * is taken back at once: V8 refuses code that was compiled under other flags, and chunks bring such code.
 */
function findCollector(): Collect {
  setFlagsFromString("--expose-gc");
  const found: unknown = runInNewContext("typeof gc === 'function' ? gc : undefined");
  setFlagsFromString("--no-expose-gc");
  return typeof found === "function" ? (found as Collect) : () => undefined;
}
