/** Mirrors to export, keys to sign with, and archives read back, for tests. */
import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { readArchiveKey } from "../../core/archive/archive-statement.ts";
import { digestOf } from "../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { defaultLimits, type Limits, limitsWith } from "../../core/limits.ts";
import { loadSigningKey } from "../../proxy/archive/signing-key.ts";
import { exportArchive, type ExportOptions, type ExportReport } from "../../proxy/crossing/export-archive.ts";
import { ExportLog } from "../../proxy/crossing/export-log.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { origin, reading, temporaryFolder, writtenMirror } from "./temporary-mirror.ts";

export function makeKey() {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = String(privateKey.export({ type: "pkcs8", format: "pem" }));
  const signing = loadSigningKey(pem, { subject: "test.key", password: undefined, limits: defaultLimits });
  return { pem, signing, key: readArchiveKey(signing.publicKey, defaultLimits) };
}

export const ourKey = makeKey();

const manifestType = "application/vnd.oci.image.manifest.v1+json";

/** Puts an image into a mirror: a tag, its manifest, a signature tag that is absent, referrers. */
export function addImage(mirror: Mirror, repository: string, tag: string, padding = ""): `sha256:${string}` {
  const writer = mirror.writer();
  const layer = encodeUtf8(`layer of ${repository}:${tag}${padding}`);
  const bytes = encodeUtf8(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: digestOf(layer), size: layer.length },
      layers: [],
      annotations: { padding },
    }),
  );
  const digest = digestOf(bytes);
  const value = { mediaType: manifestType, digest, size: bytes.length };
  writer.setAnswer({ kind: "tag", repository, tag }, { state: "present", value, ...origin });
  writer.setAnswer({ kind: "manifest", repository, digest }, { state: "present", value: bytes, ...origin });
  writer.setAnswer(
    { kind: "blob", repository, digest: digestOf(layer) },
    { state: "present", value: layer, ...origin },
  );
  writer.setAnswer({ kind: "tag", repository, tag: `${digest.replace(":", "-")}.sig` }, { state: "absent", ...origin });
  writer.setAnswer(
    { kind: "referrers", repository, digest },
    { state: "present", value: [], partial: true, ...origin },
  );
  return digest;
}

/** A checkpoint of a log, signed by nobody; `root` is the first byte of its tree's root. */
export const sampleNote = (size: number, root = 0): string =>
  `rekor.example\n${size}\n${Buffer.alloc(32, root).toString("base64")}\n\n— rekor.example AAAAAAAAAAA=\n`;

/** A mirror with a row of every kind that is simple to make. */
export const variedMirror = (images = 3, padding = ""): string =>
  writtenMirror((mirror) => {
    const writer = mirror.writer();
    for (let index = 0; index < images; index++) addImage(mirror, "ghcr.io/org/app", `1.${index}`, padding);
    writer.setComplete("ghcr.io/org/app", origin);
    writer.pin({ kind: "key", name: "k8s://ns/name", bytes: encodeUtf8("a key") }, origin);
    writer.addDistrust({ kind: "log", value: "ab".repeat(32), reason: "lies" }, origin);
    writer.addDistrust({ kind: "log", value: "ab".repeat(32), reason: "lies again" }, origin);
    writer.setCheckpoint({ origin: "rekor.example", size: 7n, note: sampleNote(7) }, origin);
    writer.setAnswer({ kind: "key", reference: "k8s://ns/other" }, { state: "present", value: "PEM", ...origin });
    writer.setAnswer(
      { kind: "cluster", verb: "get", apiVersion: "v1", resource: "configmaps", namespace: "a", name: "long" },
      { state: "present", value: { text: "x".repeat(40_000) }, ...origin },
    );
    writer.setAnswer(
      { kind: "trusted-root", name: "mine" },
      { state: "present", value: { form: "pinned", bytes: encodeUtf8('{"mine":1}') }, ...origin },
    );
  });

export const exportedAt = new Date("2026-11-30T05:00:00Z");

/** Exports a mirror into a new folder. */
export function exported(
  store: string,
  changes: Partial<ExportOptions> = {},
  limits: Partial<Limits> = {},
): ExportReport & { readonly path: string } {
  const path = changes.path ?? join(temporaryFolder(), "archive.tar");
  const log = new ExportLog(store, limitsWith(limits));
  try {
    const report = reading(store, (mirror) =>
      exportArchive({
        mirror,
        log,
        key: ourKey.signing,
        path,
        kind: "full",
        withLayers: false,
        nextKeys: [],
        bootstrap: [],
        consistency: [],
        isDry: false,
        now: exportedAt,
        limits: limitsWith(limits),
        ...changes,
      }),
    );
    return { ...report, path };
  } finally {
    log.close();
  }
}
