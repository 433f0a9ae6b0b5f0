/**
 * Images that sign themselves: an OCI layout folder with small images, cosign signatures and attestations by a key made
 * here. For the demo and for tests.
 */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodePae } from "../../core/dsse/envelope.ts";
import { encodeBase64 } from "../../core/encoding/base64.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import type { LabKey } from "../lab/keys.ts";

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

const manifestType = "application/vnd.oci.image.manifest.v1+json";
const payloadType = "application/vnd.in-toto+json";

/** A layout folder that is written as it grows. */
export class ImageLayout {
  readonly folder: string;
  readonly #entries: Descriptor[] = [];

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(join(folder, "blobs", "sha256"), { recursive: true });
    writeFileSync(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
    this.#writeIndex();
  }

  /** A one-layer image under `reference` (`host/path:tag`). Returns its digest. */
  addImage(reference: string, content: string): string {
    const layer = this.#blob("application/vnd.oci.image.layer.v1.tar", content);
    const config = this.#json("application/vnd.oci.image.config.v1+json", {
      architecture: "amd64",
      os: "linux",
      rootfs: { type: "layers", diff_ids: [layer.digest] },
    });
    return this.#name(
      reference,
      this.#json(manifestType, { schemaVersion: 2, mediaType: manifestType, config, layers: [layer] }),
    );
  }

  /** cosign's signature of an image: a simple signing payload under `sha256-HEX.sig`. */
  addSignature(repository: string, digest: string, key: LabKey, claims: Readonly<Record<string, string>> = {}): void {
    const payload = JSON.stringify({
      critical: {
        identity: { "docker-reference": repository },
        image: { "docker-manifest-digest": digest },
        type: "cosign container image signature",
      },
      optional: Object.keys(claims).length === 0 ? null : claims,
    });
    const signature = encodeBase64(key.sign(encodeUtf8(payload)));
    this.#addMaterial(repository, digest, "sig", {
      ...this.#blob("application/vnd.dev.cosign.simplesigning.v1+json", payload),
      annotations: { "dev.cosignproject.cosign/signature": signature },
    });
  }

  /** An in-toto attestation of an image: a DSSE envelope under `sha256-HEX.att`. */
  addAttestation(repository: string, digest: string, key: LabKey, predicateType: string, predicate: object): void {
    const statement = JSON.stringify({
      _type: "https://in-toto.io/Statement/v0.1",
      predicateType,
      subject: [{ name: repository, digest: { sha256: digest.slice("sha256:".length) } }],
      predicate,
    });
    const envelope = {
      payloadType,
      payload: Buffer.from(statement).toString("base64"),
      signatures: [{ keyid: "", sig: encodeBase64(key.sign(encodePae(payloadType, encodeUtf8(statement)))) }],
    };
    this.#addMaterial(repository, digest, "att", {
      ...this.#json("application/vnd.dsse.envelope.v1+json", envelope),
      annotations: { predicateType, "dev.cosignproject.cosign/signature": "" },
    });
  }

  #addMaterial(repository: string, digest: string, suffix: "sig" | "att", layer: Descriptor): void {
    const config = this.#json("application/vnd.oci.image.config.v1+json", {
      architecture: "",
      os: "",
      rootfs: { type: "layers", diff_ids: [layer.digest] },
    });
    this.#name(
      `${repository}:${digest.replace(":", "-")}.${suffix}`,
      this.#json(manifestType, { schemaVersion: 2, mediaType: manifestType, config, layers: [layer] }),
    );
  }

  #json(mediaType: string, value: object): Descriptor {
    return this.#blob(mediaType, JSON.stringify(value));
  }

  #blob(mediaType: string, content: string): Descriptor {
    const hex = createHash("sha256").update(content).digest("hex");
    writeFileSync(join(this.folder, "blobs", "sha256", hex), content);
    return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(content) };
  }

  #name(reference: string, descriptor: Descriptor): string {
    this.#entries.push({ ...descriptor, annotations: { "org.opencontainers.image.ref.name": reference } });
    this.#writeIndex();
    return descriptor.digest;
  }

  #writeIndex(): void {
    writeFileSync(
      join(this.folder, "index.json"),
      JSON.stringify({
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.index.v1+json",
        manifests: this.#entries,
      }),
    );
  }
}
