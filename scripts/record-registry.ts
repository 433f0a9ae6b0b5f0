/** A registry on loopback over an OCI layout, as much of one as a verification asks. For what is recorded only. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly annotations: Readonly<Record<string, string>>;
}

const indexType = "application/vnd.oci.image.index.v1+json";

export interface RecordRegistry {
  /** `127.0.0.1:PORT`, in the place of the host that the layout's names have. */
  readonly host: string;
  readonly close: () => void;
}

/** Serves the images whose names begin with `host`. */
export async function serveLayout(folder: string, host: string): Promise<RecordRegistry> {
  const { manifests } = JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as {
    readonly manifests: readonly Descriptor[];
  };
  const nameOf = ({ annotations }: Descriptor): string => annotations["org.opencontainers.image.ref.name"] ?? "";
  const tags = new Map(manifests.map((manifest) => [nameOf(manifest), manifest.digest]));
  const types = new Map(manifests.map(({ digest, mediaType }) => [digest, mediaType]));
  const blob = (digest: string): Buffer => readFileSync(join(folder, "blobs", digest.replace(":", "/")));
  const referrers = (name: string, subject: string): readonly object[] =>
    manifests
      .filter((manifest) => nameOf(manifest).startsWith(`${host}/${name}@`))
      .map((manifest) => ({ ...manifest, ...JSON.parse(blob(manifest.digest).toString("utf8")) }))
      .filter((manifest) => manifest.subject?.digest === subject)
      .map(({ mediaType, digest, artifactType, annotations }) => ({
        ...{ mediaType, digest, artifactType, annotations },
        size: blob(digest).length,
      }));
  const server = createServer(({ url = "", method }, response) => {
    const [, name = "", kind, reference = ""] =
      /^\/v2\/(.+)\/(manifests|blobs|referrers)\/([\w.:-]+)(?:\?.*)?$/.exec(url) ?? [];
    const digest = reference.startsWith("sha256:") ? reference : tags.get(`${host}/${name}:${reference}`);
    if (url === "/v2/") response.end();
    else if (kind === undefined || digest === undefined) response.writeHead(404).end();
    else if (kind === "referrers") {
      const index = { schemaVersion: 2, mediaType: indexType, manifests: referrers(name, digest) };
      response.setHeader("content-type", indexType).end(JSON.stringify(index));
    } else {
      const content = blob(digest);
      const type = kind === "blobs" ? "application/octet-stream" : (types.get(digest) ?? "");
      response.setHeader("content-type", type).setHeader("content-length", content.length);
      response.setHeader("docker-content-digest", digest).end(method === "HEAD" ? undefined : content);
    }
  });
  await new Promise<void>((resolve, reject) => server.on("error", reject).listen(0, "127.0.0.1", () => resolve()));
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}
