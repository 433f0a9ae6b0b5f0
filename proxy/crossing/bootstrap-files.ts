/**
 * What `--bootstrap` adds to an archive: files that a machine needs before it has this program, as an artifact that
 * `oras pull` writes. A mirror does not keep them. Source: docs/spec/archive.md#blobs.
 */
import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { BootstrapFile } from "../../core/archive/archive-statement.ts";
import { artifactManifest, indexLine } from "../../core/archive/frame.ts";
import { bootstrapArtifactType, bootstrapRefName } from "../../core/archive/names.ts";
import { digestOf } from "../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import { mediaTypes } from "../../core/oci/manifest.ts";
import { guardedFiles } from "../mirror/store-error.ts";
import type { Spool } from "./spool.ts";

/** A file to add under a plain name: where it is, or its bytes. */
export type BootstrapInput = { readonly name: string } & ({ readonly path: string } | { readonly bytes: Uint8Array });

/** Adds the files and the artifact that names them. @returns the files with their digests. */
export function addBootstrap(inputs: readonly BootstrapInput[], spool: Spool): readonly BootstrapFile[] {
  if (inputs.length === 0) return [];
  const files = inputs.map((input) =>
    "path" in input
      ? { ...input, ...measure(input.path) }
      : { ...input, digest: digestOf(input.bytes), size: input.bytes.length },
  );
  for (const { name: _name, ...file } of files) spool.add({ ...file, use: "bootstrap" });
  const config = encodeUtf8("{}");
  const named = { digest: digestOf(config), size: config.length };
  spool.add({ ...named, use: "bootstrap", bytes: config });
  const list = files.map(({ name, digest, size }) => ({ name, digest, size }));
  const manifest = artifactManifest(bootstrapArtifactType, named, list);
  const digest = digestOf(manifest);
  const size = manifest.length;
  spool.add({ digest, size, use: "bootstrap", bytes: manifest });
  const line = { digest, size, mediaType: mediaTypes.manifest, artifactType: bootstrapArtifactType };
  spool.list(digest, indexLine(line, bootstrapRefName));
  return list;
}

function measure(path: string): Pick<BootstrapFile, "digest" | "size"> {
  const handle = guardedFiles(path, () => openSync(path, "r"));
  try {
    if (!fstatSync(handle).isFile())
      throw new EngineError("invalid-usage", "not a regular file", { subject: path, remedy: "path" });
    const hash = createHash("sha256");
    const piece = Buffer.allocUnsafe(1024 * 1024);
    let size = 0;
    for (;;) {
      const count = guardedFiles(path, () => readSync(handle, piece, 0, piece.length, null));
      if (count === 0) return { digest: `sha256:${hash.digest("hex")}`, size };
      hash.update(piece.subarray(0, count));
      size += count;
    }
  } finally {
    closeSync(handle);
  }
}
