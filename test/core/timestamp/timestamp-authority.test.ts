import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nobleVerifier } from "../../../core/crypto/noble.ts";
import {
  isAuthorityCertificate,
  prepareTimestampAuthority,
  toTimestampAuthority,
} from "../../../core/timestamp/timestamp-authority.ts";
import { parseTrustedRoot } from "../../../core/trust/trusted-root.ts";
import { parseCertificate } from "../../../core/x509/certificate.ts";
import { throwsCode } from "../../support/assert.ts";
import { fixtureBytes } from "../../support/fixture-images.ts";
import { flipped } from "../../support/patch.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/timestamp/timestamp-authority");
const [authority] = parseTrustedRoot(fixtureBytes("trust/trusted-root.json"), defaultLimits).timestampAuthorities;
if (authority?.leaf === undefined) throw new Error("the fixture's authority has a leaf");
const { leaf, anchors, intermediates } = authority;

test("leaf first, root last, the rest between", () => {
  const chain = [leaf, ...intermediates, ...anchors];
  const made = toTimestampAuthority(chain, "uri", {});
  assert.equal([made.leaf, made.anchors, made.intermediates], [leaf, anchors, intermediates]);
});

test("a chain that begins with a CA has no leaf; a single leaf leaves no anchor", () => {
  assert.not("leaf" in toTimestampAuthority(anchors, "uri", {}));
  assert.equal(toTimestampAuthority([leaf], "uri", {}).anchors, []);
  throwsCode("malformed", () => toTimestampAuthority([], "uri", {}));
});

test("a CA says so itself", () => {
  assert.not(isAuthorityCertificate(leaf));
  assert.ok(anchors.every(isAuthorityCertificate));
});

test("prepared once: the signatures between its own certificates, each as it verifies, and no other change", () => {
  const issuer = [...intermediates, ...anchors].find(({ subject }) => String(subject) === String(leaf.issuer));
  if (issuer === undefined) throw new Error("the fixture's leaf has an issuer");
  const { knownSignatures, ...rest } = prepareTimestampAuthority(authority, nobleVerifier, defaultLimits);
  assert.equal(rest, authority);
  assert.is(knownSignatures?.get(leaf)?.get(issuer), true);
  const forged = parseCertificate(flipped(leaf.der, leaf.der.length - 1), defaultLimits);
  assert.is(
    prepareTimestampAuthority({ ...authority, leaf: forged }, nobleVerifier, defaultLimits)
      .knownSignatures?.get(forged)
      ?.get(issuer),
    false,
  );
});

test.run();
