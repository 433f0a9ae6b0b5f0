import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  archiveMagic,
  archiveManifest,
  artifactManifest,
  indexEnd,
  indexLine,
  indexStart,
  layoutMarker,
  partDocument,
} from "../../../core/archive/frame.ts";
import { encodeCanonicalJson } from "../../../core/encoding/canonical-json.ts";
import { decodeUtf8 } from "../../../core/encoding/utf8.ts";
import { imageDigest, sampleStatement } from "../../support/archive-sample.ts";

const test = suite("core/archive/frame");
const parsed = (bytes: Uint8Array) => JSON.parse(decodeUtf8(bytes));
const named = { digest: imageDigest, size: 12 };

test("an index is JSON with or without further lines, and begins as every archive's does", () => {
  const start = decodeUtf8(indexStart(named));
  assert.ok(start.startsWith(decodeUtf8(archiveMagic)));
  for (const text of ["plain/type", 'a "quoted"', "é\n\u007f"])
    for (const [artifactType, name] of [[], [text], [undefined, text], [text, text]]) {
      const annotations = { "org.opencontainers.image.ref.name": name ?? "" };
      assert.is(
        indexLine({ ...named, mediaType: text, artifactType }, name),
        encodeCanonicalJson({
          ...(name === undefined ? {} : { annotations }),
          ...(artifactType === undefined ? {} : { artifactType }),
          ...named,
          mediaType: text,
        }),
      );
    }
  const line = indexLine({ ...named, mediaType: "" }, "ghcr.io/org/app:1");
  const whole = JSON.parse(`${start},${line}${decodeUtf8(indexEnd)}`);
  assert.is(whole.manifests.length, 2);
  assert.is(whole.manifests[1].mediaType, "application/vnd.oci.image.manifest.v1+json");
  assert.is(whole.manifests[1].annotations["org.opencontainers.image.ref.name"], "ghcr.io/org/app:1");
  assert.is(JSON.parse(start + decodeUtf8(indexEnd)).manifests.length, 1);
});

test("the first part has the lists, later ones the envelope alone", () => {
  const statement = sampleStatement({ coverage: named });
  assert.is(parsed(archiveManifest(statement, named)).layers.length, 3);
  assert.is(parsed(archiveManifest(statement, named, 2)).layers.length, 1);
  assert.is(parsed(archiveManifest(statement, named)).config.digest, imageDigest);
});

test("the small documents", () => {
  assert.equal(parsed(layoutMarker), { imageLayoutVersion: "1.0.0" });
  assert.equal(parsed(partDocument(imageDigest, 2, 3)), { statement: imageDigest, part: 2, of: 3 });
  const { layers } = parsed(artifactManifest("a/b", named, [{ name: "x.tgz", ...named }]));
  assert.is(layers[0].annotations["org.opencontainers.image.title"], "x.tgz");
});

test.run();
