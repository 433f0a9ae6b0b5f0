/**
 * The formats in which other tools carry images, how each is recognised, and what it cannot carry. Source:
 * docs/spec/sigstore.md#saved-layouts.
 */
import { archiveArtifactType } from "../../core/archive/names.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { openDockerArchive } from "./docker-archive.ts";
import type { LayoutSource } from "./layout-source.ts";
import { openRegistryStorage, registryFolder } from "./registry-storage.ts";
import { readSmall, withFile } from "./virtual-layout.ts";

export interface FormatRow {
  readonly what: string;
  /** For people: what is lost on the way, whatever the tool was told. */
  readonly lacks: string;
}

/** By the name that `--format` takes. */
export const foreignFormats = {
  cosign: {
    what: "cosign save",
    lacks: "a list of its signatures: one that was lost on the way leaves no trace",
  },
  docker: {
    what: "docker save",
    lacks: "signatures or attestations, and its digests may be Docker's own",
  },
  "docker-archive": {
    what: "a docker-archive",
    lacks: "signatures or manifests: its digests are made here, and nothing that was signed is about them",
  },
  hauler: {
    what: "a Hauler haul",
    lacks: "signatures that lie in other repositories; its charts and files stay out",
  },
  zarf: {
    what: "a Zarf package",
    lacks: "referrers, nor signatures that its images do not list; its charts and files stay out",
  },
  "oc-mirror": {
    what: "an archive of oc-mirror 2",
    lacks: "the registry's name, attestations or bundles, only sha256-….sig; what else it holds stays out",
  },
  oci: {
    what: "an OCI layout",
    lacks: "signatures that were not copied: skopeo copies none, oras -r those that refer to the image",
  },
} as const satisfies Readonly<Record<string, FormatRow>>;

export type ForeignFormat = keyof typeof foreignFormats;

export const isForeignFormat = (text: string): text is ForeignFormat => Object.hasOwn(foreignFormats, text);

/** What is signed and checked as a whole, by `import` alone. */
export const ownFormat = "sallyport";
export type ArchiveFormat = ForeignFormat | typeof ownFormat;

export interface Recognised {
  readonly format: ArchiveFormat;
  /** The folder that holds the layout; empty for the top. */
  readonly folder: string;
}

/**
 * What a folder or an archive is, by its content, or as `said`.
 * @throws EngineError `invalid-usage` when it is nothing of these or cannot be what is said, `unsupported` for archives
 * of oc-mirror 1.
 */
export function recognise(source: LayoutSource, limits: Limits, said?: ArchiveFormat): Recognised {
  const found = find(source, limits);
  if (said === undefined || said === found.format) return found;
  if (!areLayouts.has(said) || !areLayouts.has(found.format))
    throw new EngineError("invalid-usage", `not ${said}, but ${found.format}`, { subject: source.name });
  return { ...found, format: said };
}

/** They differ in their index: a person may know better what that says. */
const areLayouts: ReadonlySet<ArchiveFormat> = new Set(["cosign", "docker", "hauler", "oci", ownFormat]);

function find(source: LayoutSource, limits: Limits): Recognised {
  const has = (path: string): boolean => withFile(source, path, () => true) === true;
  if (has("oci-layout")) return { format: formatOfLayout(source, "", limits), folder: "" };
  if (has("zarf.yaml") && has("images/oci-layout")) return { format: "zarf", folder: "images" };
  if (holds(source, registryFolder, "repositories")) return { format: "oc-mirror", folder: "" };
  if (isDockerList(source)) return { format: "docker-archive", folder: "" };
  const markers = source.markers?.() ?? [];
  if (markers.length > 1)
    throw new EngineError("invalid-usage", `the archive holds several layouts: ${markers.slice(0, 3).join(", ")}`, {
      subject: source.name,
    });
  const [marker] = markers;
  if (marker === undefined) return refuse(source, has);
  const folder = marker.slice(0, -"/oci-layout".length);
  return { format: formatOfLayout(source, `${folder}/`, limits), folder };
}

function refuse(source: LayoutSource, has: (path: string) => boolean): never {
  if (has("publish/.metadata.json"))
    throw new EngineError("unsupported", "an archive of oc-mirror 1: mirror again with oc mirror --v2", {
      subject: source.name,
    });
  throw new EngineError("invalid-usage", "not an OCI image layout: there is no oci-layout", { subject: source.name });
}

const holds = (source: LayoutSource, folder: string, name: string): boolean => {
  // The parents first: a folder that is not there cannot be listed.
  let at = "";
  for (const part of [...folder.split("/"), name]) {
    if (!source.list(at === "" ? "." : at).includes(part)) return false;
    at = at === "" ? part : `${at}/${part}`;
  }
  return true;
};

const listStart = 4096;
const isDockerList = (source: LayoutSource, below = ""): boolean =>
  withFile(source, `${below}manifest.json`, (file) => file.read(listStart, 0).includes('"RepoTags"')) === true;

function formatOfLayout(source: LayoutSource, below: string, limits: Limits): ArchiveFormat {
  const index = readSmall(source, `${below}index.json`, limits.layoutIndexBytes);
  if (index === undefined) return "oci";
  if (index.includes(archiveArtifactType)) return ownFormat;
  const isHauler = index.includes('"dev.hauler/') || index.includes('"hauler.dev/');
  const isMarked = index.includes('"dev.cosignproject.cosign/');
  const isDocker = isDockerList(source, below);
  // Hauler marked kinds as cosign does, and names every image, which cosign does not.
  if (isHauler || (isMarked && (isDocker || index.includes('"io.containerd.image.name"')))) return "hauler";
  if (isMarked) return "cosign";
  return isDocker ? "docker" : "oci";
}

/** The folder of an archive that holds the layout. */
class Below implements LayoutSource {
  readonly name: string;
  readonly #source: LayoutSource;
  readonly #folder: string;

  constructor(source: LayoutSource, folder: string) {
    this.name = source.name;
    this.#source = source;
    this.#folder = folder;
  }

  open(path: string) {
    return this.#source.open(`${this.#folder}/${path}`);
  }

  list(folder: string): readonly string[] {
    return this.#source.list(`${this.#folder}/${folder}`);
  }

  close(): void {
    this.#source.close();
  }
}

/**
 * What was recognised, as a layout. `registry` is the name that was given before the file.
 * @throws EngineError as the readers of the formats.
 */
export function asLayout(
  source: LayoutSource,
  { format, folder }: Recognised,
  registry: string | undefined,
  limits: Limits,
): LayoutSource {
  if (format === "docker-archive") return openDockerArchive(source, limits);
  if (format === "oc-mirror") return openRegistryStorage(source, registry, limits);
  return folder === "" ? source : new Below(source, folder);
}
