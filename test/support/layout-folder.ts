/**
 * OCI layout folders made by tests: manifests, blobs and index entries are added one by one, and written where a test
 * wants them.
 */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Digest } from "../../core/crypto/digest.ts";

export interface LayoutEntry {
  readonly digest: Digest;
  readonly size: number;
  readonly mediaType: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export const manifestType = "application/vnd.oci.image.manifest.v1+json";
export const refName = "org.opencontainers.image.ref.name";

export class LayoutFolder {
  readonly path: string;
  readonly #entries: unknown[] = [];

  /** `path` must exist. */
  constructor(path: string) {
    this.path = path;
    mkdirSync(join(path, "blobs", "sha256"), { recursive: true });
    writeFileSync(join(path, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  }

  file(digest: Digest): string {
    return join(this.path, "blobs", "sha256", digest.slice("sha256:".length));
  }

  blob(content: string | Buffer, mediaType = "application/octet-stream"): LayoutEntry {
    const bytes = Buffer.from(content);
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}` as const;
    writeFileSync(this.file(digest), bytes);
    return { digest, size: bytes.length, mediaType };
  }

  /** An image manifest with an empty configuration and no layers, unless `more` says otherwise. */
  manifest(more: Record<string, unknown> = {}): LayoutEntry {
    return this.blob(
      JSON.stringify({ schemaVersion: 2, mediaType: manifestType, config: this.blob("{}"), layers: [], ...more }),
      manifestType,
    );
  }

  /** Adds an entry to `index.json`. */
  add(entry: LayoutEntry, annotations?: Record<string, string>): LayoutEntry {
    this.#entries.push(annotations === undefined ? entry : { ...entry, annotations });
    return entry;
  }

  /** Writes `index.json`; the folder is then a layout. */
  write(): string {
    writeFileSync(join(this.path, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: this.#entries }));
    return this.path;
  }
}
