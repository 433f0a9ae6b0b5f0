/** Compressed archives of layouts under bounds that are set low. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import type { Limits } from "../../core/limits.ts";
import { openLayoutSource } from "../../proxy/archive/open-source.ts";
import { temporaryFolder } from "../support/temporary-mirror.ts";
import { zstdFrame } from "../support/zstd-frame.ts";

async function opening(name: string, compress: (bytes: Buffer) => Uint8Array, limits: Limits): Promise<void> {
  const packed = pack();
  packed.entry({ name: "oci-layout" }, '{"imageLayoutVersion":"1.0.0"}');
  packed.finalize();
  const pieces: Uint8Array[] = [];
  for await (const piece of packed) pieces.push(piece as Uint8Array);
  const path = join(temporaryFolder(), name);
  writeFileSync(path, compress(Buffer.concat(pieces)));
  (await openLayoutSource(path, limits)).close();
}

/** `openLayoutSource` of a compressed archive. */
export const unpacking = (limits: Limits): Promise<void> => opening("layout.tar.gz", gzipSync, limits);

/** The same of one that Zstandard compressed, which asks for 1 KiB of memory. */
export const unpackingZstd = (limits: Limits): Promise<void> =>
  opening("layout.tar.zst", (bytes) => zstdFrame(bytes, { window: 0 }), limits);
