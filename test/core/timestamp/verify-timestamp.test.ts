/**
 * A real token of the fixtures' timestamp server, and everything that can be wrong with one. Source:
 * docs/spec/sigstore.md#rfc-3161-timestamps.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nobleVerifier } from "../../../core/crypto/noble.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { prepareTimestampAuthority, type TimestampAuthority } from "../../../core/timestamp/timestamp-authority.ts";
import { verifyTimestamp } from "../../../core/timestamp/verify-timestamp.ts";
import { parseTrustedRoot } from "../../../core/trust/trusted-root.ts";
import { parseCertificate } from "../../../core/x509/certificate.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { onlyEngineErrors, throwsCode } from "../../support/assert.ts";
import { fixtureBytes, fixtureEntity } from "../../support/fixture-images.ts";
import { flipped } from "../../support/patch.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/timestamp/verify-timestamp");
const entity = fixtureEntity("signed-keyless");
const token = entity.timestamps()[0] as Uint8Array;
const content = entity.content();
const message = content.kind === "dsse" ? (content.envelope.signatures[0]?.sig ?? new Uint8Array()) : new Uint8Array();
const authorities = parseTrustedRoot(fixtureBytes("trust/trusted-root.json"), defaultLimits).timestampAuthorities;
const [authority] = authorities as readonly [TimestampAuthority];
const verifiers = { noble: nobleVerifier, node: nodeVerifier };

for (const [name, verifier] of Object.entries(verifiers)) {
  test(`${name}: the token proves when the signature existed`, () => {
    const { at, authority: by } = verifyTimestamp(token, message, authorities, verifier, defaultLimits);
    assert.equal([at.toISOString(), by], ["2026-11-25T12:11:44.000Z", authority.uri]);
  });

  test(`${name}: an authority prepared when trust was loaded proves and refuses the same`, () => {
    const prepared = prepareTimestampAuthority(authority, verifier, defaultLimits);
    assert.is(verifyTimestamp(token, message, [prepared], verifier, defaultLimits).authority, authority.uri);
    throwsCode("bad-timestamp", () =>
      verifyTimestamp(token, encodeUtf8("another"), [prepared], verifier, defaultLimits),
    );
    const { leaf } = authority;
    if (leaf === undefined) throw new Error("the fixture's authority has a leaf");
    const forged = parseCertificate(flipped(leaf.der, leaf.der.length - 1), defaultLimits);
    throwsCode("bad-timestamp", () =>
      verifyTimestamp(
        token,
        message,
        [prepareTimestampAuthority({ ...authority, leaf: forged }, verifier, defaultLimits)],
        verifier,
        defaultLimits,
      ),
    );
    const anchors = [parseCertificate(flipped(leaf.der, leaf.der.length - 1), defaultLimits)];
    throwsCode("bad-timestamp", () =>
      verifyTimestamp(
        token,
        message,
        [prepareTimestampAuthority({ ...authority, anchors, intermediates: [] }, verifier, defaultLimits)],
        verifier,
        defaultLimits,
      ),
    );
  });

  test(`${name}: one flipped byte refuses`, () => {
    // The one exception is the tag of a set that is empty: of certificates or of revocation lists, neither of which is
    // signed.
    const emptySet = token.findIndex((byte, at) => byte === 0xa0 && token[at + 1] === 0);
    for (let at = 0; at < token.length; at += 3)
      if (at !== emptySet)
        throwsCode(["bad-timestamp", "malformed", "over-limit"], () =>
          verifyTimestamp(flipped(token, at, 1 << (at % 8)), message, authorities, verifier, defaultLimits),
        );
  });
}

test("cut at any length, or with something behind it", () => {
  for (let length = 0; length < token.length; length++)
    assert.is(
      onlyEngineErrors(() =>
        verifyTimestamp(token.slice(0, length), message, authorities, nodeVerifier, defaultLimits),
      ),
      "threw",
      String(length),
    );
  throwsCode("malformed", () =>
    verifyTimestamp(Uint8Array.of(...token, 0), message, authorities, nodeVerifier, defaultLimits),
  );
});

test("another message", () => {
  throwsCode("bad-timestamp", () =>
    verifyTimestamp(token, encodeUtf8("another"), authorities, nodeVerifier, defaultLimits),
  );
});

test("authorities: none, one that is another, one whose period is over, one whose own certificate it is not", () => {
  const refused = (list: readonly TimestampAuthority[]) =>
    throwsCode("bad-timestamp", () => verifyTimestamp(token, message, list, nodeVerifier, defaultLimits));
  refused([]);
  refused([{ ...authority, anchors: [] }]);
  refused([{ ...authority, validFor: { end: new Date("2026-11-25T12:11:43Z") } }]);
  refused([{ ...authority, validFor: { start: new Date("2026-11-25T12:11:45Z") } }]);
  const [anchor] = authority.anchors;
  refused([{ ...authority, ...(anchor === undefined ? {} : { leaf: anchor }) }]);
  const other = { ...authority, uri: "first", anchors: [] };
  assert.is(
    verifyTimestamp(token, message, [other, authority], nodeVerifier, defaultLimits).authority,
    authority.uri,
    "the next one may vouch",
  );
});

test("the edges of an authority's period are inside", () => {
  const at = new Date("2026-11-25T12:11:44Z");
  assert.equal(
    verifyTimestamp(token, message, [{ ...authority, validFor: { start: at, end: at } }], nodeVerifier, defaultLimits)
      .at,
    at,
  );
});

test.run();
