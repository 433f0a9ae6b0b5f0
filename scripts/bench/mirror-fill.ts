/**
 * Mirrors of any number of signed images, for benchmarks: rows as the writer makes them, put in bulk. A million takes
 * minutes where the writer's checks and commits would take hours.
 */
import { join } from "node:path";
import Database from "better-sqlite3";
import { digestOf, type Digest } from "../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import type { Question } from "../../core/knowledge/question.ts";
import { defaultLimits } from "../../core/limits.ts";
import { associatedTag } from "../../core/oci/associated-tag.ts";
import { storedBytes, storeValue, toRow } from "../../proxy/mirror/answer-row.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";
import { sqlText } from "../../proxy/mirror/statements.ts";

const origin = { at: "2026-01-01T00:00:00Z", from: "bench" };
const host = "registry.example.com";
const imagesPerRepository = 10;

/** The name of an image that {@link fillMirror} puts. */
export function filledImage(index: number): { readonly repository: string; readonly tag: string } {
  const repository = `${host}/team/app-${String(Math.floor(index / imagesPerRepository)).padStart(7, "0")}`;
  return { repository, tag: `1.${index % imagesPerRepository}` };
}

/** The contents of one image: its manifest, the payload that is signed, and the manifest behind the signature's tag. */
function contentsOf(index: number) {
  const { repository } = filledImage(index);
  const part = (name: string): Digest => digestOf(encodeUtf8(`${name} ${index}`));
  const image = encodeUtf8(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: part("config"), size: 500 },
      layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest: part("layer"), size: 4_000_000 }],
    }),
  );
  const digest = digestOf(image);
  const payload = encodeUtf8(
    JSON.stringify({
      critical: {
        identity: { "docker-reference": repository },
        image: { "docker-manifest-digest": digest },
        type: "cosign container image signature",
      },
      optional: null,
    }),
  );
  const signed = digestOf(payload);
  const signature = encodeUtf8(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: part("empty"), size: 200 },
      layers: [
        {
          mediaType: "application/vnd.dev.cosign.simplesigning.v1+json",
          digest: signed,
          size: payload.length,
          annotations: { "dev.cosignproject.cosign/signature": "MEUCIQ".padEnd(96, "A") },
        },
      ],
    }),
  );
  return { image, digest, payload, signed, signature };
}

/** Makes a mirror of `count` images in an empty folder, with a claim that their host is complete. */
export function fillMirror(folder: string, count: number): void {
  const mirror = openMirror(folder, { mode: "write", limits: defaultLimits });
  mirror.writer().setComplete(host, origin);
  mirror.close();
  const database = new Database(join(folder, "mirror.db"));
  try {
    for (const pragma of ["journal_mode = OFF", "synchronous = OFF", "cache_size = -400000"]) database.pragma(pragma);
    const indexes = database
      .prepare<[], { readonly name: string; readonly sql: string }>(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'answer' AND sql IS NOT NULL",
      )
      .all();
    // An index that is made once at the end is sorted, not searched for each row.
    for (const { name } of indexes) database.exec(`DROP INDEX ${name}`);
    const putAnswer = database.prepare(sqlText("put-answer"));
    const putBlob = database.prepare(sqlText("put-blob"));
    const put = (question: Question, stored: ReturnType<typeof storedBytes>): void => {
      putAnswer.run(toRow(question, { state: "present", value: undefined, ...origin }, stored));
    };
    database.transaction(() => {
      for (let index = 0; index < count; index++) {
        const { repository, tag } = filledImage(index);
        const { image, digest, payload, signed, signature } = contentsOf(index);
        const mediaType = "application/vnd.oci.image.manifest.v1+json";
        for (const [name, bytes] of [
          [tag, image],
          [associatedTag(digest, "signature"), signature],
        ] as const) {
          const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
          put({ kind: "tag", repository, tag: name }, storeValue("tag", descriptor));
          put({ kind: "manifest", repository, digest: descriptor.digest }, storedBytes(descriptor.digest));
          putBlob.run(descriptor.digest, bytes);
        }
        put({ kind: "blob", repository, digest: signed }, storedBytes(signed));
        putBlob.run(signed, payload);
      }
    })();
    for (const { sql } of indexes) database.exec(sql);
  } finally {
    database.close();
  }
}
