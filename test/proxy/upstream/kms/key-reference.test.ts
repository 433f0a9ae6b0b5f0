import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseKmsReference } from "../../../../proxy/upstream/kms/key-reference.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("proxy/upstream/kms/key-reference");
const id = "1234abcd-12ab-34cd-56ef-1234567890ab";
const arn = `arn:aws:kms:us-east-2:111122223333:key/${id}`;
const aliasArn = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:alias/app/release";
const multiRegion = "mrk-1234abcd12ab34cd56ef1234567890ab";

test("awskms: ids, aliases and ARNs, each with and without an endpoint", () => {
  for (const key of [id, arn, "alias/app", aliasArn, multiRegion]) {
    const region = /kms:([^:]+):/.exec(key)?.[1];
    const own = { service: "aws", id: key, ...(region === undefined ? {} : { region }) };
    assert.equal(parseKmsReference(`awskms:///${key}`), own);
    assert.equal(parseKmsReference(`awskms://localhost:4566/${key}`), { ...own, endpoint: "localhost:4566" });
    assert.equal(parseKmsReference(`awskms://[::1]:4566/${key}`), { ...own, endpoint: "[::1]:4566" });
  }
});

test("gcpkms: with and without a version, in both words", () => {
  const key = "projects/p/locations/global/keyRings/r/cryptoKeys/k";
  assert.equal(parseKmsReference(`gcpkms://${key}`), { service: "google", key });
  for (const word of ["cryptoKeyVersions", "versions"])
    assert.equal(parseKmsReference(`gcpkms://${key}/${word}/12`), { service: "google", key, version: "12" });
});

test("azurekms: with and without a version", () => {
  const own = { service: "azure", vault: "corp.vault.azure.net", key: "release" };
  assert.equal(parseKmsReference("azurekms://corp.vault.azure.net/release"), own);
  assert.equal(parseKmsReference("azurekms://corp.vault.azure.net/release/"), own);
  assert.equal(parseKmsReference("azurekms://corp.vault.azure.net/release/0a1b"), { ...own, version: "0a1b" });
});

test("hashivault and openbao", () => {
  for (const scheme of ["hashivault", "openbao"])
    assert.equal(parseKmsReference(`${scheme}://app.release-1`), { service: "vault", key: "app.release-1" });
});

test("other schemes are for others, wrong forms are refused", () => {
  for (const other of ["k8s://ns/name", "env://KEY", "cosign.pub", "toString://x", ""])
    assert.is(parseKmsReference(other), undefined);
  for (const wrong of [
    `awskms://${id}`,
    "awskms:///app",
    "awskms:///alias/",
    "awskms://user@host/alias/a",
    "awskms://host?x/alias/a",
    `awskms:///arn:aws:s3:us-east-2:111122223333:key/${id}`,
    `awskms:///${id}\n`,
    "gcpkms://projects/p/locations/global/keyRings/r",
    "gcpkms://projects/p/locations/global/keyRings/r/cryptoKeys/k/versions/latest",
    "azurekms://release",
    "azurekms://user:pass@host/release",
    "azurekms://host/release/1/2",
    "azurekms://host/rel%2fease",
    "hashivault://a/b",
    "hashivault://../a",
    "hashivault://",
  ])
    throwsCode("malformed", () => parseKmsReference(wrong));
});

test.run();
