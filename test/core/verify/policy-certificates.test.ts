import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeBase64 } from "../../../core/encoding/base64.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { encodePem } from "../../../core/encoding/pem.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { parseTrustedRoot } from "../../../core/trust/trusted-root.ts";
import {
  readChain,
  readPolicyCertificate,
  readRoots,
  readTimestampChain,
} from "../../../core/verify/policy-certificates.ts";
import { throwsCode } from "../../support/assert.ts";
import { fixtureBytes, fixtureText } from "../../support/fixture-images.ts";

const test = suite("core/verify/policy-certificates");
const root = fixtureText("trust/root.pem");
const pemOf = (der: Uint8Array): string => encodePem("CERTIFICATE", encodeBase64(der));

test("a certificate as PEM, and as base64 of PEM", () => {
  assert.is(
    readPolicyCertificate(root, defaultLimits).fingerprint,
    readPolicyCertificate(encodeBase64(encodeUtf8(root)), defaultLimits).fingerprint,
  );
  for (const text of ["", "junk", fixtureText("trust/release.pub"), encodeBase64(encodeUtf8("junk"))])
    throwsCode("malformed", () => readPolicyCertificate(text, defaultLimits));
});

test("chains are bounded, roots are not asked what they are", () => {
  assert.is(readChain(root + root, defaultLimits).length, 2);
  throwsCode("over-limit", () => readChain(root.repeat(defaultLimits.certificatesPerChain + 1), defaultLimits));
  throwsCode("malformed", () => readChain("", defaultLimits));
  assert.is(readRoots(root, "roots", defaultLimits).length, 1);
  throwsCode("malformed", () => readRoots("none", "roots", defaultLimits));
});

test("a timestamp chain: anchors are self-issued, at most one is no CA", () => {
  const [authority] = parseTrustedRoot(fixtureBytes("trust/trusted-root.json"), defaultLimits).timestampAuthorities;
  if (authority?.leaf === undefined) throw new Error("the fixture's authority has a leaf");
  const leaf = pemOf(authority.leaf.der);
  const anchors = authority.anchors.map(({ der }) => pemOf(der)).join("");
  const read = readTimestampChain(anchors + leaf, defaultLimits);
  assert.equal([read.anchors.length, read.leaf?.fingerprint], [1, authority.leaf.fingerprint]);
  throwsCode("malformed", () => readTimestampChain(leaf, defaultLimits));
  throwsCode("malformed", () => readTimestampChain(anchors + leaf + leaf, defaultLimits));
  throwsCode("over-limit", () => readTimestampChain(anchors.repeat(13), defaultLimits));
});

test.run();
