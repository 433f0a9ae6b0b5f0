/** Path validation: one valid chain, and each way to break it. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeElement } from "../../../core/asn1/encode.ts";
import { Tag } from "../../../core/asn1/tag.ts";
import type { SignatureVerifier } from "../../../core/crypto/signature-verifier.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { prepareAuthority } from "../../../core/x509/authority.ts";
import { type Certificate, parseCertificate } from "../../../core/x509/certificate.ts";
import { verifyPath } from "../../../core/x509/path.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { oid } from "../../lab/der.ts";
import { basicConstraints, extendedKeyUsage, keyUsage, purposes } from "../../lab/extensions.ts";
import { newKey } from "../../lab/keys.ts";
import { leafExtensions, plainAuthority, plainCertificate, type PlainIssuer } from "../../lab/plain-certificate.ts";
import { throwsCode } from "../../support/assert.ts";
import { skipped, vectorsDir } from "../../support/vectors.ts";
import { ca, root, middle, leafKey, leafOf, leaf, request, pathOf, through, pathTests } from "./path-stage.ts";
import { realLeaves } from "./real.ts";

const test = suite("core/x509/path");
const { refuses, accepts } = pathTests(test);

test("leaf to root", () => assert.equal(pathOf(), ["leaf", "CN=middle", "CN=root"]));
test("unused intermediates do not matter", () =>
  assert.equal(
    pathOf({ intermediates: [plainAuthority("other").certificate, root.certificate, middle.certificate, leaf] }),
    ["leaf", "CN=middle", "CN=root"],
  ));
test("an intermediate as anchor ends the path", () =>
  assert.equal(pathOf({ anchors: [middle.certificate], intermediates: [] }), ["leaf", "CN=middle"]));
test("the leaf as anchor is a path of one", () =>
  assert.equal(pathOf({ anchors: [leaf, root.certificate] }), ["leaf"]));
test("the leaf as anchor, parsed twice", () =>
  assert.equal(pathOf({ anchors: [parseCertificate(leaf.der, defaultLimits)] }), ["leaf"]));

for (const kind of ["p384", "p521", "rsa2048", "ed25519"] as const)
  accepts(
    `a ${kind} authority`,
    () => ({ ...through(plainAuthority("middle", { issuer: root, key: newKey(kind) })) }),
    3,
  );

// Who signed.
refuses("no anchors", () => ({ anchors: [] }));
refuses("another root of the same name", () => ({ anchors: [plainAuthority("root").certificate] }));
refuses("an intermediate missing", () => ({ intermediates: [] }));
refuses("a root only among the intermediates", () => ({
  anchors: [plainAuthority("other").certificate],
  intermediates: [middle.certificate, root.certificate],
}));
refuses("another key's signature on the leaf", () => ({
  leaf: plainCertificate({ key: leafKey, issuer: { ...middle, key: newKey() }, extensions: leafExtensions }),
}));
refuses("another key's signature on the intermediate", () =>
  through(plainAuthority("middle", { issuer: { ...root, key: newKey() } })),
);
refuses("another issuer name", () => ({
  leaf: plainCertificate({ key: leafKey, issuer: { ...middle, name: root.name }, extensions: leafExtensions }),
}));
refuses("a signature algorithm that is not ours", () => {
  const sha1 = encodeElement(Tag.sequence, oid("1.2.840.10045.4.1"));
  return { leaf: leafOf(middle, { tamper: () => ({ algorithm: sha1 }), outerAlgorithm: sha1 }) };
});
refuses("a signature algorithm of another kind of key", () => {
  const rsa = encodeElement(Tag.sequence, oid("1.2.840.113549.1.1.11"), encodeElement(Tag.null));
  return { leaf: leafOf(middle, { tamper: () => ({ algorithm: rsa }), outerAlgorithm: rsa }) };
});
test("every flipped byte of the signed part breaks the leaf", () => {
  for (let index = leaf.der.length - 300; index < leaf.der.length - 80; index += 7) {
    const der = leaf.der.slice();
    der[index] = (der[index] as number) ^ 4;
    throwsCode(["malformed", "untrusted-certificate"], () =>
      verifyPath(request({ leaf: parseCertificate(der, defaultLimits) })),
    );
  }
});

// Authorities.
refuses("a leaf as issuer", () => {
  const end = plainAuthority("end", { issuer: root, extensions: leafExtensions });
  return through(end);
});
refuses("CA false", () =>
  through(plainAuthority("middle", { issuer: root, extensions: [basicConstraints(false), keyUsage("keyCertSign")] })),
);
refuses("no basic constraints", () =>
  through(plainAuthority("middle", { issuer: root, extensions: [keyUsage("keyCertSign")] })),
);
refuses("an intermediate of version 1", () =>
  through(plainAuthority("middle", { issuer: root, extensions: [], version: 1 })),
);
refuses("key usage without certificate signing", () =>
  through(
    plainAuthority("middle", { issuer: root, extensions: [basicConstraints(true), keyUsage("digitalSignature")] }),
  ),
);
refuses("key usage with no bit", () =>
  through(plainAuthority("middle", { issuer: root, extensions: [basicConstraints(true), keyUsage()] })),
);
accepts("an authority without key usage", () =>
  through(plainAuthority("middle", { issuer: root, extensions: [basicConstraints(true)] })),
);
refuses("a root of version 3 that is no authority", () => {
  const bad = plainAuthority("bad root", { extensions: [keyUsage("keyCertSign")] });
  return through(plainAuthority("middle", { issuer: bad }), {}, bad);
});
accepts("a root of version 1", () => {
  const old = plainAuthority("old root", { extensions: [], version: 1 });
  return through(plainAuthority("middle", { issuer: old }), {}, old);
});
accepts("an anchor whose own signature is wrong", () => {
  const self = plainAuthority("self");
  const der = self.der.slice();
  der[der.length - 1] = (der[der.length - 1] as number) ^ 1;
  return { leaf: leafOf(self), anchors: [parseCertificate(der, defaultLimits)], intermediates: [] };
});

// Path length.
const limited = (pathLength: number): PlainIssuer =>
  plainAuthority("limited", {
    issuer: root,
    extensions: [basicConstraints(true, pathLength), keyUsage("keyCertSign")],
  });
accepts("path length 0 above the leaf", () => through(limited(0)));
refuses("path length 0 above an intermediate", () => {
  const above = limited(0);
  const below = plainAuthority("below", { issuer: above });
  return { leaf: leafOf(below), intermediates: [above.certificate, below.certificate] };
});
accepts("path length 1 above one intermediate", () => {
  const above = limited(1);
  const below = plainAuthority("below", { issuer: above });
  return { leaf: leafOf(below), intermediates: [above.certificate, below.certificate] };
});
refuses("path length of the root", () => {
  const short = plainAuthority("short", { extensions: [basicConstraints(true, 0), keyUsage("keyCertSign")] });
  return through(plainAuthority("middle", { issuer: short }), {}, short);
});
refuses("self-issued certificates count for the path length", () => {
  const short = plainAuthority("same", { extensions: [basicConstraints(true, 0), keyUsage("keyCertSign")] });
  return through(plainAuthority("same", { issuer: short }), {}, short);
});

// Time.
for (const [what, at] of [
  ["first instant", "2026-01-01T00:00:00Z"],
  ["last instant", "2027-01-01T00:00:00Z"],
] as const)
  accepts(`the ${what}`, () => ({ at: new Date(at) }));
refuses("before the leaf", () => ({ at: new Date("2025-12-31T23:59:59Z") }), "certificate-not-valid-then");
refuses("after the leaf", () => ({ at: new Date("2027-01-01T00:00:00.001Z") }), "certificate-not-valid-then");
const brief = { notBefore: new Date("2026-02-01T00:00:00Z"), notAfter: new Date("2026-02-02T00:00:00Z") };
refuses(
  "an intermediate that was over",
  () => through(plainAuthority("middle", { issuer: root, ...brief })),
  "certificate-not-valid-then",
);
refuses(
  "a root that was over",
  () => {
    const over = plainAuthority("over", brief);
    return through(plainAuthority("middle", { issuer: over }), {}, over);
  },
  "certificate-not-valid-then",
);
refuses(
  "the leaf as anchor, over",
  () => ({ leaf: leafOf(middle, brief), anchors: [leafOf(middle, brief)], intermediates: [] }),
  ["certificate-not-valid-then", "untrusted-certificate"],
);
refuses("no path and over: there is no path", () => ({ leaf: leafOf(plainAuthority("stranger"), brief) }));
test("an expired intermediate beside a good one of the same name and another key", () => {
  const expired = plainAuthority("twin", { issuer: root, ...brief });
  const fresh = plainAuthority("twin", { issuer: root, key: expired.key });
  assert.is(
    verifyPath(request({ leaf: leafOf(fresh), intermediates: [expired.certificate, fresh.certificate] }))[1],
    fresh.certificate,
  );
});

// Bounds.
test("more intermediates than allowed", () => {
  const pool = Array.from({ length: 11 }, () => middle.certificate);
  throwsCode("over-limit", () => verifyPath(request({ intermediates: pool })));
});
test("a web of authorities that all could have signed each other is given up", () => {
  const keys = Array.from({ length: 10 }, () => newKey());
  const web = keys.map((key, index) =>
    plainAuthority("web", {
      key,
      issuer: { ...root, name: root.name, key: keys[(index + 1) % keys.length] as typeof key },
      tamper: ({ subject }) => ({ issuer: subject }),
    }),
  );
  const end = leafOf(web[0] as PlainIssuer);
  throwsCode(["over-limit", "untrusted-certificate"], () =>
    verifyPath(request({ leaf: end, intermediates: web.map(({ certificate }) => certificate) })),
  );
});
test("a leaf that issued itself is not in a circle", () => {
  const self = plainAuthority("self", { extensions: [...ca, extendedKeyUsage([purposes.codeSigning])] });
  throwsCode("untrusted-certificate", () =>
    verifyPath(request({ leaf: self.certificate, intermediates: [self.certificate] })),
  );
});

test("a prepared authority verifies its own signatures once, and not before a path needs them", () => {
  let checks = 0;
  const counting: SignatureVerifier = {
    name: "counting",
    verify: (...args) => {
      checks += 1;
      return nodeVerifier.verify(...args);
    },
  };
  const authority = prepareAuthority([root.certificate], [middle.certificate], counting, defaultLimits);
  assert.is(checks, 0);
  assert.equal(pathOf({ ...authority, verifier: counting }), ["leaf", "CN=middle", "CN=root"]);
  assert.is(checks, 2);
  assert.equal(pathOf({ ...authority, verifier: counting }), ["leaf", "CN=middle", "CN=root"]);
  assert.is(checks, 3);
  throwsCode("certificate-not-valid-then", () => verifyPath(request({ ...authority, at: new Date("2030-01-01") })));
});

const leaves = realLeaves();
if (vectorsDir() === undefined) skipped("core/x509/path", 35, "SALLYPORT_VECTORS is not set");
for (const { name, der, root: trusted } of leaves) {
  test(`real leaf of ${name}`, () => {
    const certificate = parseCertificate(der, defaultLimits);
    const run = (chain: readonly Certificate[], at: Date) =>
      verifyPath({
        leaf: certificate,
        ...prepareAuthority(chain.slice(-1), chain.slice(0, -1), nodeVerifier, defaultLimits),
        at,
        usage: "code-signing",
        verifier: nodeVerifier,
        requireLeafUsage: true,
        limits: defaultLimits,
      });
    const isForeign = name === "bundle-from-wrong-instance_fail";
    let found = 0;
    for (const chain of trusted.authorities) {
      try {
        run(chain, certificate.notBefore);
        found += 1;
        throwsCode("certificate-not-valid-then", () => run(chain, new Date(certificate.notAfter.getTime() + 1)));
        throwsCode("certificate-not-valid-then", () => run(chain, new Date(certificate.notBefore.getTime() - 1)));
      } catch (error) {
        throwsCode("untrusted-certificate", () => {
          throw error;
        });
      }
    }
    assert.is(found > 0, !isForeign);
  });
}

test.run();
