/**
 * Lines of the blob lists: each blob that an archive carries, by digest. Source: docs/spec/archive.md#blobs.
 *
 *     {"digest":"sha256:91c2…","size":700}
 *     {"digest":"sha256:a3ed…","size":2811969,"use":"layer"}
 */
import { type Digest, isDigest } from "../crypto/digest.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { countOf, encodeFlat, onlyMembers, parseFlat, textOf } from "./canonical-line.ts";

/**
 * `layer` is an image layer, which a mirror keeps as a file; `bootstrap` what `--bootstrap` brought, which a mirror
 * does not keep. All others are what entries name.
 */
export type BlobUse = "layer" | "bootstrap";

export interface CarriedBlob {
  readonly digest: Digest;
  readonly size: number;
  readonly use?: BlobUse;
}

const members: ReadonlySet<string> = new Set(["digest", "size", "use"]);

/** The line of a blob, without its line feed. */
export const encodeCarriedBlob = ({ digest, size, use }: CarriedBlob): string =>
  use === undefined ? `{"digest":"${digest}","size":${size}}` : encodeFlat({ digest, size, use });

/** @throws EngineError `malformed`, `over-limit` for more bytes than a blob of this use may have. */
export function parseCarriedBlob(line: string, limits: Limits): CarriedBlob {
  if (line.length > limits.archiveEntryBytes)
    throw new EngineError("over-limit", `a line of more than ${limits.archiveEntryBytes} bytes`);
  const object = parseFlat(line);
  onlyMembers(object, members);
  const digest = textOf(object, "digest");
  const size = countOf(object, "size");
  const { use } = object;
  if (!isDigest(digest)) throw new EngineError("malformed", "digest is not a digest");
  if (use !== undefined && use !== "layer" && use !== "bootstrap")
    throw new EngineError("malformed", "an unknown use of a blob");
  const most = use === undefined ? limits.blobBytes : limits.layerBytes;
  if (size > most) throw new EngineError("over-limit", `a blob of ${size} bytes, at most ${most} are read`);
  return { digest, size, ...(use === undefined ? {} : { use }) };
}
