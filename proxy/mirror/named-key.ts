/** The keys of the table `named`: which manifests of a repository name a digest. */
import type { Digest } from "../../core/crypto/digest.ts";
import { rowChecksum } from "./row-checksum.ts";

const placeBytes = 16;

/** Of a digest in a repository. */
export const placeKey = (repository: string, named: Digest): Buffer =>
  rowChecksum(repository, named).subarray(0, placeBytes);

export const manifestKey = (digest: Digest): Buffer => Buffer.from(digest.slice("sha256:".length), "hex");
