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
import { answerColumns, storedBytes, storeValue, toRow } from "../../proxy/mirror/answer-row.ts";
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

/** How many of the images of a mirror are real: a benchmark looks for these. */
export const realImages = 1000;

/** The index of a real image of {@link fillMirror}; any number names one. */
export const realImage = (number: number, count: number): number => (number % realImages) * stepOf(count);

const stepOf = (count: number): number => Math.max(1, Math.floor(count / realImages));

/**
 * Makes a mirror of `count` images in an empty folder, with a claim that their host is complete. Beside the real ones
 * there are rows of the same shape and size with digests and checksums that are random: nobody reads them.
 */
export function fillMirror(folder: string, count: number): void {
  const mirror = openMirror(folder, { mode: "write", limits: defaultLimits });
  mirror.writer().setComplete(host, origin);
  mirror.close();
  const database = new Database(join(folder, "mirror.db"));
  try {
    for (const pragma of ["journal_mode = OFF", "synchronous = OFF", "cache_size = -400000", "temp_store = FILE"])
      database.pragma(pragma);
    const indexes = database
      .prepare<[], { readonly name: string; readonly sql: string }>(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'answer' AND sql IS NOT NULL",
      )
      .all();
    // An index that is made once at the end is sorted, not searched for each row.
    for (const { name } of indexes) database.exec(`DROP INDEX ${name}`);
    database.transaction(() => {
      if (count > realImages) putFillers(database, count);
      for (let index = 0; index < count; index += stepOf(count)) putImage(database, index);
    })();
    for (const { sql } of indexes) database.exec(sql);
  } finally {
    database.close();
  }
}

const mediaType = "application/vnd.oci.image.manifest.v1+json";

function putImage(database: Database.Database, index: number): void {
  const putAnswer = database.prepare(sqlText("put-answer"));
  const putBlob = database.prepare(sqlText("put-blob"));
  const put = (question: Question, stored: ReturnType<typeof storedBytes>): void => {
    putAnswer.run(...answerColumns(toRow(question, { state: "present", value: undefined, ...origin }, stored)));
  };
  const { repository, tag } = filledImage(index);
  const { image, digest, payload, signed, signature } = contentsOf(index);
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

/** Rows in the order of their keys, so that trees grow at their ends. */
function putFillers(database: Database.Database, count: number): void {
  const random = "'sha256:' || lower(hex(randomblob(32)))";
  database.exec(`
    CREATE TEMP TABLE filler AS
      WITH RECURSIVE number (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM number WHERE i + 1 < ${count})
      SELECT
        printf('${host}/team/app-%07d', i / ${imagesPerRepository}) AS repository,
        '1.' || (i % ${imagesPerRepository}) AS tag,
        ${random} AS image,
        ${random} AS signature,
        ${random} AS payload
      FROM number
      WHERE i % ${stepOf(count)} <> 0`);
  const descriptor = (digest: string) => `'{"digest":"' || ${digest} || '","mediaType":"${mediaType}","size":500}'`;
  const answers: readonly (readonly [kind: string, subject: string, digest: string, value: string])[] = [
    ["blob", "payload", "payload", "NULL"],
    ["manifest", "image", "image", "NULL"],
    ["manifest", "signature", "signature", "NULL"],
    ["tag", "tag", random, descriptor("image")],
    ["tag", "'sha256-' || substr(image, 8) || '.sig'", random, descriptor("signature")],
  ];
  for (const [kind, subject, digest, value] of answers)
    database.exec(`
      INSERT INTO answer (kind, question, repository, subject, state, digest, value, at, source, checksum)
      SELECT
        '${kind}', '${kind} ' || repository || ' ' || ${subject}, repository, ${subject}, 'present', ${digest},
        ${value}, '${origin.at}', '${origin.from}', randomblob(32)
      FROM filler
      ORDER BY 2`);
  database.exec(`
    INSERT INTO blob (digest, bytes)
    SELECT digest, randomblob(size)
    FROM (
      SELECT image AS digest, 420 AS size FROM filler
      UNION ALL SELECT signature, 620 FROM filler
      UNION ALL SELECT payload, 260 FROM filler
    )
    ORDER BY digest`);
  database.exec("DROP TABLE filler");
}
