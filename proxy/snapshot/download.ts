/**
 * The file of a snapshot, from a registry to the disk: never more bytes than were signed, and only those. Source:
 * docs/spec/snapshot.md.
 */
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as wait } from "node:timers/promises";
import { EngineError } from "../../core/errors.ts";
import { guardedFiles } from "../mirror/store-error.ts";
import { outage } from "../upstream/outage.ts";
import type { Registry } from "../upstream/registry/open-registry.ts";
import type { FoundSnapshot } from "./find-snapshot.ts";

export interface DownloadOptions {
  readonly registry: Pick<Registry, "content">;
  readonly signal: AbortSignal;
  /** Between tries. Default one second, then two. */
  readonly pauseMs?: number | undefined;
}

const mostTries = 3;
const passing: ReadonlySet<string> = new Set(["unreachable", "timed-out"]);

/**
 * @throws EngineError `archive-corrupt` for other bytes than those that were signed, `mirror-busy` when the disk is
 * full, and the codes of an outage. Then there is nothing at `path`.
 */
export async function downloadSnapshot(found: FoundSnapshot, path: string, options: DownloadOptions): Promise<void> {
  const { signal, pauseMs = 1000 } = options;
  for (let tries = 1; ; tries++) {
    try {
      return await download(found, path, options);
    } catch (error) {
      await rm(path, { force: true });
      if (!(error instanceof EngineError) || !passing.has(error.code) || tries >= mostTries || signal.aborted)
        throw error;
      await wait(pauseMs * tries, undefined, { signal });
    }
  }
}

async function download(found: FoundSnapshot, path: string, { registry, signal }: DownloadOptions): Promise<void> {
  const { repository, statement } = found;
  const { digest, size } = statement;
  const wrong = (why: string): EngineError => new EngineError("archive-corrupt", why, { subject: digest });
  const opened = await registry.content.openBlob(repository, digest, signal);
  if (opened === undefined)
    throw new EngineError("image-not-found", "the registry lists this snapshot and has no file of it", {
      subject: digest,
    });
  if (opened.size !== undefined && opened.size !== size) {
    opened.body.on("error", () => undefined).destroy();
    throw wrong(`the registry has ${opened.size} bytes, and ${size} were signed`);
  }
  const hash = createHash("sha256");
  let count = 0;
  const judge = new Transform({
    transform(piece: Buffer, _, done) {
      count += piece.length;
      hash.update(piece);
      if (count > size) done(wrong(`the registry sends more than the ${size} bytes that were signed`));
      else done(null, piece);
    },
  });
  await coded(() => copy(opened.body, judge, path, signal), path, digest);
  if (count !== size) throw wrong(`the registry sent ${count} bytes, and ${size} were signed`);
  if (`sha256:${hash.digest("hex")}` !== digest) throw wrong("its bytes are not those that were signed");
}

async function copy(body: Readable, judge: Transform, path: string, signal: AbortSignal): Promise<void> {
  await pipeline(body, judge, createWriteStream(path), { signal });
  const handle = await open(path, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** @throws EngineError for what the disk or the network says. */
async function coded(act: () => Promise<void>, path: string, subject: string): Promise<void> {
  try {
    await act();
  } catch (error) {
    throw ofDisk(error, path) ?? outage(error, subject);
  }
}

/** The connection stands by now: what these codes say is said of the file. */
function ofDisk(error: unknown, path: string): EngineError | undefined {
  try {
    guardedFiles(path, () => {
      throw error;
    });
  } catch (coded) {
    return coded instanceof EngineError ? coded : undefined;
  }
  return undefined;
}
