import { suite } from "uvu";
import { checkKeyReference } from "../../../cli/input/key-reference.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("cli/input/key-reference");
const ring = "gcpkms://projects/p/locations/eu/keyRings/r/cryptoKeys/k";

for (const text of [
  "k8s://keys/ours",
  "k8s://kyverno/cosign.pub",
  "awskms:///alias/a",
  "awskms://localhost:4566/arn:aws:kms:eu-west-1:1:key/1",
  ring,
  `${ring}/versions/1`,
  `${ring}/cryptoKeyVersions/12`,
  "azurekms://vault.azure.net/key",
  "azurekms://vault/key/version",
  "hashivault://release",
  "openbao://release",
  "/etc/keys/a.pub",
  "./a.pub",
])
  test(`known: ${text}`, () => checkKeyReference(text));

for (const text of [
  "",
  "k8s://name",
  "k8s://ns/",
  "k8s:///name",
  "k8s://ns/name/more",
  "k8s://Ns/name",
  "k8s:/ns/name",
  "k8://ns/name",
  "K8S://ns/name",
  "awskms://alias",
  "gcpkms://a",
  `${ring}/versions/x`,
  "azurekms://vault",
  "hashivault://a/b",
  "hashivault://",
  "env://KEY",
  "https://example.com/a.pub",
  "file:///a.pub",
  "a.pub",
  "../a.pub",
  "/",
])
  test(`refused: ${text}`, () => void throwsCode("invalid-usage", () => checkKeyReference(text)));

test.run();
