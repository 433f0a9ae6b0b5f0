import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import { sha256 } from "../../../core/crypto/digest.ts";
import * as assert from "uvu/assert";
import { encodeBase64 } from "../../../core/encoding/base64.ts";
import type { JsonObject, JsonValue } from "../../../core/encoding/json.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { parseTrustedRoot } from "../../../core/trust/trusted-root.ts";
import { onlyEngineErrors, throwsCode } from "../../support/assert.ts";
import { patched } from "../../support/patch.ts";
import { skipped, vectorsDir } from "../../support/vectors.ts";
import { newKey } from "../../lab/keys.ts";
import { plainAuthority, plainCertificate } from "../../lab/plain-certificate.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/trust/trusted-root");

const ecdsa = newKey();
const ed25519 = newKey("ed25519");
const rsa = newKey("rsa2048");
const root = plainAuthority("Root");
const intermediate = plainAuthority("Intermediate", { issuer: root });
const stamper = plainCertificate({ subject: "TSA", issuer: intermediate });
const base64 = encodeBase64;
const chain = (...certificates: Uint8Array[]): JsonObject => ({
  certificates: certificates.map((der) => ({ rawBytes: base64(der) })),
});
const logOf = (baseUrl: string, rawBytes: Uint8Array, keyDetails: string, keyId: Uint8Array): JsonObject => ({
  baseUrl,
  hashAlgorithm: "SHA2_256",
  publicKey: { rawBytes: base64(rawBytes), keyDetails, validFor: { start: "2021-01-12T11:53:27.000Z" } },
  logId: { keyId: base64(keyId) },
});
const json: JsonObject = {
  mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
  tlogs: [
    logOf("https://rekor.example", ecdsa.publicKey.spki, "PKIX_ECDSA_P256_SHA_256", sha256(ecdsa.publicKey.spki)),
    logOf(
      "https://log.example:8443/api",
      ed25519.publicKey.spki,
      "PKIX_ED25519",
      Uint8Array.from({ length: 32 }, (_, index) => index),
    ),
  ],
  certificateAuthorities: [
    {
      subject: { organization: "x", commonName: "y" },
      uri: "https://fulcio.example",
      certChain: chain(intermediate.der, root.der),
      validFor: { start: "2022-04-13T20:06:15.000Z", end: "2022-10-31T23:59:59.999Z" },
    },
  ],
  ctlogs: [logOf("https://ct.example", rsa.publicKey.spki.slice(24), "PKCS1_RSA_PKCS1V5", sha256(rsa.publicKey.spki))],
  timestampAuthorities: [
    { uri: "https://tsa.example", certChain: chain(stamper.der, intermediate.der, root.der), validFor: {} },
  ],
};
const parse = (value: JsonValue) => parseTrustedRoot(JSON.stringify(value), defaultLimits);

test("logs, authorities and their periods", () => {
  const read = parse(json);
  assert.equal(
    read.tlogs.map(({ origin, publicKey }) => [origin, publicKey.type]),
    [
      ["rekor.example", "ecdsa"],
      ["log.example", "ed25519"],
    ],
  );
  assert.equal(read.tlogs[0]?.validFor, { start: new Date("2021-01-12T11:53:27.000Z") });
  assert.is(read.ctlogs[0]?.publicKey.type, "rsa");
  assert.is(read.ctlogs[0]?.logId, read.ctlogs[0]?.publicKey.fingerprint);
  const [authority] = read.certificateAuthorities;
  assert.equal(authority?.anchor.der, root.der);
  assert.equal(
    authority?.intermediates.map(({ der }) => der),
    [intermediate.der],
  );
  assert.is(authority?.validFor.end?.getUTCMilliseconds(), 999);
  const [tsa] = read.timestampAuthorities;
  assert.equal(
    [tsa?.leaf?.der, tsa?.intermediates.length, tsa?.anchors.length, tsa?.uri],
    [stamper.der, 1, 1, "https://tsa.example"],
  );
  const bytes = encodeUtf8(JSON.stringify(json));
  assert.is(parseTrustedRoot(bytes, defaultLimits).digest, `sha256:${Buffer.from(sha256(bytes)).toString("hex")}`);
});

test("an authority of one certificate, and a timestamp authority without a root", () => {
  const alone = parse(patched(json, "certificateAuthorities/0/certChain", chain(root.der))).certificateAuthorities[0];
  assert.equal([alone?.anchor.der, alone?.intermediates.length], [root.der, 0]);
  const leafless = parse(patched(json, "timestampAuthorities/0/certChain", chain(intermediate.der, root.der)))
    .timestampAuthorities[0];
  assert.equal([leafless?.leaf, leafless?.anchors.length, leafless?.intermediates.length], [undefined, 1, 1]);
  const rootless = parse(patched(json, "timestampAuthorities/0/certChain", chain(stamper.der))).timestampAuthorities[0];
  assert.equal([rootless?.leaf?.der, rootless?.anchors.length], [stamper.der, 0]);
});

test("media types", () => {
  for (const good of [
    "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    "application/vnd.dev.sigstore.trustedroot.v0.1+json",
    "application/vnd.dev.sigstore.trustedroot.v0.2+json",
  ])
    parse({ ...json, mediaType: good });
  for (const bad of [
    "",
    "application/json",
    "application/vnd.dev.sigstore.trustedroot+json;version=0.2",
    "application/vnd.dev.sigstore.trustedroot.v0.3+json",
    null,
  ])
    throwsCode("malformed", () => parse({ ...json, mediaType: bad }));
});

test("one log that cannot be read spoils the whole", () => {
  for (const [path, value] of [
    ["tlogs/0/publicKey/keyDetails", "ML_DSA_65"],
    ["tlogs/1/publicKey/keyDetails", "PKIX_RSA_PSS_2048_SHA256"],
    ["ctlogs/0/publicKey/keyDetails", "PKIX_ED25519_PH"],
    ["tlogs/0/publicKey/keyDetails", "PKIX_ED25519"],
    ["ctlogs/0/publicKey/keyDetails", "PKIX_RSA_PKCS1V15_2048_SHA256"],
    ["tlogs/0/publicKey/keyDetails", undefined],
    ["tlogs/0/publicKey/rawBytes", undefined],
    ["tlogs/0/publicKey/rawBytes", "AAEC"],
    ["tlogs/0/publicKey/validFor", undefined],
    ["tlogs/0/publicKey/validFor/start", undefined],
    ["tlogs/0/publicKey/validFor/start", "yesterday"],
    ["tlogs/0/publicKey", undefined],
    ["tlogs/0/logId", undefined],
    ["tlogs/0/logId/keyId", ""],
    ["tlogs/0/hashAlgorithm", "SHA2_512"],
    ["tlogs/0/hashAlgorithm", undefined],
    ["tlogs/0", null],
    ["tlogs", {}],
  ] as const)
    throwsCode("malformed", () => parse(patched(json, path, value as never)));
});

test("authorities that cannot be read, and too long chains", () => {
  throwsCode("malformed", () => parse(patched(json, "certificateAuthorities/0/certChain", chain())));
  throwsCode("malformed", () => parse(patched(json, "certificateAuthorities/0/certChain", undefined)));
  throwsCode("malformed", () =>
    parse(patched(json, "timestampAuthorities/0/certChain/certificates/0/rawBytes", "AAEC")),
  );
  throwsCode("over-limit", () =>
    parse(patched(json, "certificateAuthorities/0/certChain", chain(...Array.from({ length: 12 }, () => root.der)))),
  );
});

test("unknown and repeated fields", () => {
  for (const path of [
    "extra",
    "tlogs/0/extra",
    "tlogs/0/publicKey/extra",
    "tlogs/0/logId/extra",
    "certificateAuthorities/0/extra",
    "certificateAuthorities/0/subject/extra",
    "timestampAuthorities/0/certChain/extra",
    "tlogs/0/publicKey/validFor/extra",
  ]) {
    throwsCode("malformed", () => parse(patched(json, path, 1)));
  }
  throwsCode("malformed", () => parseTrustedRoot(JSON.stringify(json).replace("{", '{"tlogs":[],'), defaultLimits));
});

test("of two logs of one id the later one counts", () => {
  const [first] = json.tlogs as JsonObject[];
  const again = patched(first as JsonObject, "publicKey/validFor/start", "2025-01-01T00:00:00Z");
  const { tlogs } = parse({ ...json, tlogs: [first as JsonObject, again] });
  assert.equal(
    tlogs.map(({ validFor }) => validFor.start?.getUTCFullYear()),
    [2025],
  );
});

test("hosts of base URLs", () => {
  const origin = (url: string): string | undefined => parse(patched(json, "tlogs/0/baseUrl", url)).tlogs[0]?.origin;
  assert.is(origin("https://log.example"), "log.example");
  assert.is(origin("http://user@log.example:80/x?y#z"), "log.example");
  assert.is(origin("https://[::1]:8080/"), "::1");
  for (const none of ["log.example", "", "https://", "//log.example", "https://log.example:x/"])
    assert.is(origin(none), "");
});

test("nothing but the media type is needed", () => {
  const empty = parse({ mediaType: json.mediaType as string });
  assert.equal([empty.tlogs, empty.ctlogs, empty.certificateAuthorities, empty.timestampAuthorities], [[], [], [], []]);
});

test("a document cut anywhere is malformed, and one that is too large over the limit", () => {
  const text = JSON.stringify(json);
  for (let length = 0; length < text.length; length += 13)
    assert.is(
      onlyEngineErrors(() => parseTrustedRoot(text.slice(0, length), defaultLimits)),
      "threw",
    );
  throwsCode("over-limit", () => parseTrustedRoot(new Uint8Array(5 << 20), defaultLimits));
});

const vectors = vectorsDir();
if (vectors === undefined) skipped("core/trust/trusted-root", 3, "SALLYPORT_VECTORS is not set");
else {
  test("the public-good instance", () => {
    const read = parseTrustedRoot(readFileSync(join(vectors, "root-signing/targets/trusted_root.json")), defaultLimits);
    assert.equal(
      read.tlogs.map(({ origin }) => origin),
      ["rekor.sigstore.dev", "log2025-1.rekor.sigstore.dev"],
    );
    assert.equal([read.ctlogs.length, read.certificateAuthorities.length, read.timestampAuthorities.length], [2, 2, 1]);
    assert.is(read.tlogs[0]?.logId, read.tlogs[0]?.publicKey.fingerprint);
    assert.is.not(read.tlogs[1]?.logId, read.tlogs[1]?.publicKey.fingerprint);
  });
  for (const file of ["scaffolding", "public-key-validity", "public-good"]) {
    test(`real trusted root ${file}`, () =>
      assert.ok(
        parseTrustedRoot(readFileSync(join(vectors, `bundles/sigstore-go/trusted-roots/${file}.json`)), defaultLimits)
          .digest,
      ));
  }
}

test.run();
