/** The image of `test/fixtures/archives`, in the formats in which other tools carry it. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { temporaryFolder } from "./temporary-mirror.ts";

const folder = fileURLToPath(new URL("../fixtures/archives", import.meta.url));

export const carried = (name: string): string => join(folder, name);
export const carriedKey = readFileSync(carried("cosign.pub"), "utf8");
/** The digest under which a registry had the image, and that of skopeo's copy as an OCI image. */
export const carriedDigest = "sha256:7adf5c5f0b8f7edc73f4f601591736e551c2499f065cd86cc7de6d5e460ad784";
export const convertedDigest = "sha256:b4fd14d19cbf4aa10f91bcf55317b99e4a9672cdf377cd82d4719d70796d07f9";

/** The same archive without compression, in a file of its own. */
export function unpackedTar(name: string): string {
  const path = join(temporaryFolder(), name.replace(/\.gz$/, ""));
  writeFileSync(path, gunzipSync(readFileSync(carried(name))));
  return path;
}

/** The same archive as a folder. */
export function carriedFolder(name: string): string {
  const target = temporaryFolder();
  execFileSync("tar", ["-xf", unpackedTar(name), "-C", target]);
  return target;
}
