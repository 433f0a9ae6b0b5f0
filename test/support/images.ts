/**
 * Signed images of the vectors and of the golden registry, in the shapes their projects keep them in, as knowledge.
 * `undefined` where the data is not there.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { MemoryKnowledge } from "../../core/oci/memory-knowledge.ts";
import type { Digest } from "../../core/crypto/digest.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import { type LayoutKnowledge, type LayoutOptions, openLayout } from "../../proxy/archive/oci-layout.ts";
import { goldenDir, vectorsDir } from "./vectors.ts";
import { joinedKnowledge } from "../../core/knowledge/joined-knowledge.ts";
import { defaultLimits } from "../../core/limits.ts";

/** An image and the knowledge that has its signed material. */
export interface SignedImage {
  readonly repository: string;
  readonly tag: string;
  readonly digest: Digest;
  readonly knowledge: Knowledge;
}

const below = (root: string | undefined, ...path: readonly string[]): string | undefined => {
  const folder = root === undefined ? undefined : join(root, ...path);
  return folder !== undefined && existsSync(folder) ? folder : undefined;
};

/** The registry of the golden verdicts, with everything that `localhost:5000` and `localhost:5001` had. */
export function goldenRegistry(): LayoutKnowledge | undefined {
  const folder = below(goldenDir(), "verify", "registry");
  return folder === undefined
    ? undefined
    : openLayout(folder, { complete: ["localhost:5000", "localhost:5001"], limits: defaultLimits });
}

export const goldenRegistryFolder = (): string | undefined => below(goldenDir(), "verify", "registry");

export type SlsaVersion = "v1.4.0" | "v1.6.0" | "v1.9.0" | "v2.0.0";
export const slsaVersions: readonly SlsaVersion[] = ["v1.4.0", "v1.6.0", "v1.9.0", "v2.0.0"];

export const slsaRepository = "ghcr.io/slsa-framework/example-package.verifier-e2e.all.tag.main.default.slsa3";

/** An image with SLSA provenance, as `cosign save` wrote it. */
export function slsaContainer(version: SlsaVersion, options: Partial<LayoutOptions> = {}): SignedImage | undefined {
  const folder = below(vectorsDir(), "images", `slsa-container-${version}`);
  if (folder === undefined) return undefined;
  const knowledge = openLayout(join(folder, "layout"), {
    repository: slsaRepository,
    tag: version,
    limits: defaultLimits,
    ...options,
  });
  return {
    repository: slsaRepository,
    tag: version,
    digest: digestBehind(knowledge, slsaRepository, version),
    knowledge,
  };
}

/**
 * The images of oc-mirror: one layout for the image, one for the signatures of each digest; names are in the folders'
 * names.
 */
export function ocMirrorImages(): readonly SignedImage[] {
  const folder = below(vectorsDir(), "images");
  if (folder === undefined) return [];
  const names = readdirSync(folder).filter((name) => name.startsWith("oc-mirror-"));
  return names.filter((name) => !name.endsWith("-sig")).map((name) => ocMirrorImage(folder, name, names));
}

function ocMirrorImage(folder: string, name: string, names: readonly string[]): SignedImage {
  const repository = `quay.io/oc-mirror/${name.replace(/^oc-mirror-/, "").replace(/-latest$/, "")}`;
  const layouts = [openLayout(join(folder, name), { repository, tag: "latest", limits: defaultLimits })];
  const digest = digestBehind(layouts[0] as Knowledge, repository, "latest");
  for (const other of names.filter((candidate) => candidate.endsWith("-sig"))) {
    const stated = /^(.*)-(sha256-[0-9a-f]{64})-sig$/.exec(other);
    const base = stated?.[1] ?? other.replace(/-sig$/, "");
    if (base !== name.replace(/-latest$/, "")) continue;
    layouts.push(
      openLayout(join(folder, other), {
        repository,
        tag: `${stated?.[2] ?? digest.replace(":", "-")}.sig`,
        limits: defaultLimits,
      }),
    );
  }
  return { repository, tag: "latest", digest, knowledge: joinedKnowledge(layouts) };
}

export const connaisseurRepository = "docker.io/securesystemsengineering/testimage";

/**
 * The answers of a registry as connaisseur keeps them: manifests by tag, blobs by digest. Tags are the files' names;
 * `co-unsigned` is no manifest.
 */
export function connaisseurImages(): { readonly images: readonly SignedImage[]; readonly folder: string } | undefined {
  const folder = below(vectorsDir(), "images", "connaisseur");
  if (folder === undefined) return undefined;
  const knowledge = new MemoryKnowledge(defaultLimits);
  const images: SignedImage[] = [];
  for (const file of readdirSync(join(folder, "testimage", "manifests")).filter(
    (name) => name !== "co-unsigned.json",
  )) {
    const tag = file.replace(/\.json$/, "");
    const digest = knowledge.putManifest(
      connaisseurRepository,
      new Uint8Array(readFileSync(join(folder, "testimage", "manifests", file))),
      tag,
    );
    if (!tag.startsWith("sha256-")) images.push({ repository: connaisseurRepository, tag, digest, knowledge });
  }
  for (const file of readdirSync(join(folder, "testimage", "blobs")))
    knowledge.putBlob(connaisseurRepository, new Uint8Array(readFileSync(join(folder, "testimage", "blobs", file))));
  return { images, folder };
}

function digestBehind(knowledge: Knowledge, repository: string, tag: string): Digest {
  const answer = knowledge.answer({ kind: "tag", repository, tag });
  if (answer?.state !== "present") throw new Error(`no ${repository}:${tag}`);
  return answer.value.digest;
}
