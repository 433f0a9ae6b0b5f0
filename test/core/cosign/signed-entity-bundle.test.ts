import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseBundle } from "../../../core/cosign/bundle.ts";
import { bundleEntity, readBundleContent } from "../../../core/cosign/signed-entity-bundle.ts";
import { decodeBase64, encodeBase64 } from "../../../core/encoding/base64.ts";
import { decodeUtf8, encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { throwsCode } from "../../support/assert.ts";
import { fixtureBundle, fixtureEntity } from "../../support/fixture-images.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/cosign/signed-entity-bundle");
const { source } = fixtureEntity("signed-keyless");

/** The bundle with its statement changed. */
function withStatement(change: (statement: Record<string, unknown>) => void) {
  const bundle = JSON.parse(fixtureBundle());
  const statement = JSON.parse(decodeUtf8(decodeBase64(bundle.dsseEnvelope.payload)));
  change(statement);
  bundle.dsseEnvelope.payload = encodeBase64(encodeUtf8(JSON.stringify(statement)));
  return parseBundle(JSON.stringify(bundle), defaultLimits);
}

test("cosign's own predicate type makes a signature, every other an attestation", () => {
  assert.is(readBundleContent(parseBundle(fixtureBundle(), defaultLimits), defaultLimits).purpose, "signature");
  for (const predicateType of [
    "https://slsa.dev/provenance/v1",
    "https://sigstore.dev/cosign/sign/v2",
    "https://sigstore.dev/cosign/sign/v1/",
  ])
    assert.is(
      readBundleContent(
        withStatement((statement) => Object.assign(statement, { predicateType })),
        defaultLimits,
      ).purpose,
      "attestation",
      predicateType,
    );
  throwsCode("malformed", () =>
    readBundleContent(
      withStatement((statement) => Object.assign(statement, { _type: "nothing" })),
      defaultLimits,
    ),
  );
});

test("a bundle's certificate comes alone; its entries and timestamps are read", () => {
  const bundle = parseBundle(fixtureBundle(), defaultLimits);
  const entity = bundleEntity(bundle, source, readBundleContent(bundle, defaultLimits));
  assert.is(entity.certificate()?.intermediates.length, 0);
  assert.equal([entity.logEntries().length, entity.timestamps().length, entity.purpose], [1, 1, "signature"]);
  assert.match(entity.id, source.digest);
});

test.run();
