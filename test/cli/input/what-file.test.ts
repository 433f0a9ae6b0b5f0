import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formOfFile } from "../../../cli/input/what-file.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { fixtureText } from "../../support/fixture-images.ts";

const test = suite("cli/input/what-file");
const given = (name: string): Uint8Array =>
  readFileSync(new URL(`../../fixtures/messages/given-files/${name}`, import.meta.url));
const pem = (label: string): string => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`;
const der = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.replace(/-----[^-]+-----|\s/g, ""), "base64"));
const tar = (): Uint8Array => {
  const bytes = new Uint8Array(512);
  bytes.set(encodeUtf8("ustar"), 257);
  return bytes;
};
const root = new TextDecoder().decode(given("root.json"));

const forms: readonly (readonly [string, Uint8Array | string, string | RegExp, string])[] = [
  ["key.der", given("key.der"), "a public key in DER form", "der-key"],
  ["certificate.der", der(fixtureText("trust/root.pem")), "a certificate in DER form", "der-certificate"],
  ["other DER", Uint8Array.of(0x30, 3, 2, 1, 5), "in DER form", "der"],
  ["cosign.key", given("cosign.key"), /^a private key of cosign/, "cosign-key"],
  ["old cosign.key", pem("ENCRYPTED COSIGN PRIVATE KEY"), /^a private key of cosign/, "cosign-key"],
  ["a private key", pem("EC PRIVATE KEY"), /^a private key \(keep it secret\)/, "private-key"],
  ["an encrypted private key", pem("ENCRYPTED PRIVATE KEY"), /^a private key/, "private-key"],
  ["an OpenSSH key", pem("OPENSSH PRIVATE KEY"), /^a private key/, "private-key"],
  ["a certificate", pem("CERTIFICATE"), "a certificate", "certificate"],
  ["a request", pem("CERTIFICATE REQUEST"), "a request for a certificate", "other-file"],
  ["a public key", given("cosign.pub"), "a public key", "public-key"],
  ["other PEM", pem("X509 CRL"), "PEM of the kind X509 CRL", "other-file"],
  ["a signing config", given("signing-config.json"), /^a signing config \(application\/vnd/, "signing-config"],
  ["a trusted root", root, /^a trusted root \(/, "trusted-root"],
  [
    "several roots, one a line",
    given("two.jsonl"),
    /^2 documents in a row, of which the first is a trusted root/,
    "several-documents",
  ],
  ["several roots", `${root}\n\n${root}${root}`, /^3 documents in a row/, "several-documents"],
  ["TUF metadata", '{"signed":{"_type":"root"},"signatures":[]}', "TUF metadata (root)", "tuf-metadata"],
  ["a Pod", '{"apiVersion":"v1","kind":"Pod"}', "a Kubernetes resource (Pod)", "other-file"],
  ["a list", "[1]", "JSON that is no object", "other-file"],
  ["UTF-16 with a mark", Uint8Array.of(0xff, 0xfe, 0x61, 0), "text in UTF-16", "utf-16"],
  ["UTF-16 without", new Uint8Array(Buffer.from("-----BEGIN PUBLIC KEY-----", "utf16le")), "text in UTF-16", "utf-16"],
  ["UTF-16, big endian", new Uint8Array(Buffer.from("{}-----BEGIN", "utf16le")).reverse(), "text in UTF-16", "utf-16"],
  ["a tar archive", tar(), "a tar archive", "archive"],
  ["gzip", Uint8Array.of(0x1f, 0x8b, 8), "a gzip file", "archive"],
  ["zstd", Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd), "a zstd file", "archive"],
  ["zip", Uint8Array.of(0x50, 0x4b, 3, 4), "a zip archive", "archive"],
  ["a web page", "\n<!DOCTYPE html><p>", "a web page", "web-page"],
  ["nothing", "", "empty", "other-file"],
  ["white space", " \n\t", "empty", "other-file"],
];
for (const [name, content, is, remedy] of forms)
  test(name, () => {
    const form = formOfFile(typeof content === "string" ? encodeUtf8(content) : content, defaultLimits);
    if (typeof is === "string") assert.is(form?.is, is);
    else assert.match(form?.is ?? "", is);
    assert.is(form?.remedy, remedy);
  });

test("of anything else nothing is said", () => {
  for (const content of ["hello", "{not JSON", '{"a":1}', "{}{", '{"a":"}{"}{"b"']) {
    assert.is(formOfFile(encodeUtf8(content), defaultLimits), undefined, content);
  }
  assert.is(formOfFile(Uint8Array.of(0x80, 0x81, 0x82), defaultLimits), undefined);
});

test.run();
