/** Path validation: one valid chain, and each way to break it. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeElement } from "../../../core/asn1/encode.ts";
import { Tag } from "../../../core/asn1/tag.ts";
import type { SignatureVerifier } from "../../../core/crypto/signature-verifier.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { type Certificate, parseCertificate } from "../../../core/x509/certificate.ts";
import { prepareAuthority } from "../../../core/x509/authority.ts";
import { type PathRequest, verifyPath } from "../../../core/x509/path.ts";
import { toNameText } from "../../../core/x509/name.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { throwsCode } from "../../support/assert.ts";
import { skipped, vectorsDir } from "../../support/vectors.ts";
import {
  alternativeNames,
  basicConstraints,
  type CertificateOptions,
  codeSigning,
  extendedKeyUsage,
  general,
  type Issuer,
  keyUsage,
  leafExtensions,
  makeAuthority,
  makeCertificate,
  nameConstraints,
  newKey,
  noon,
  oid,
  type TestExtension,
} from "./pki.ts";
import { realLeaves } from "./real.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/x509/path");
const timeStamping = "1.3.6.1.5.5.7.3.8";
const any = "2.5.29.37.0";
const ca = [basicConstraints(), keyUsage(0x04)];

const root = makeAuthority("root");
const middle = makeAuthority("middle", { issuer: root });
const leafKey = newKey();
const leafOf = (issuer: Issuer, options: CertificateOptions = {}): Certificate =>
  makeCertificate({ subject: "", key: leafKey, issuer, extensions: leafExtensions, ...options });
const leaf = leafOf(middle);

const request = (overrides: Partial<PathRequest> = {}): PathRequest => ({
  leaf,
  anchors: [root.certificate],
  intermediates: [middle.certificate],
  at: noon,
  usage: "code-signing",
  verifier: nodeVerifier,
  limits: defaultLimits,
  requireLeafUsage: true,
  ...overrides,
});
const pathOf = (overrides: Partial<PathRequest> = {}): string[] =>
  verifyPath(request(overrides)).map((certificate) =>
    certificate === leaf ? "leaf" : toNameText(certificate.subject, defaultLimits),
  );
const through = (
  intermediate: Issuer,
  options: CertificateOptions = {},
  anchor: Issuer = root,
): Partial<PathRequest> => ({
  leaf: leafOf(intermediate, options),
  anchors: [anchor.certificate],
  intermediates: [intermediate.certificate],
});
const refuses = (
  what: string,
  overrides: () => Partial<PathRequest>,
  code: Parameters<typeof throwsCode>[0] = "untrusted-certificate",
): void =>
  test(`refused: ${what}`, () => {
    const error = throwsCode(code, () => verifyPath(request(overrides())));
    assert.ok(error.subject);
  });
const accepts = (what: string, overrides: () => Partial<PathRequest>, length?: number): void =>
  test(`accepted: ${what}`, () => {
    const path = verifyPath(request(overrides()));
    if (length !== undefined) assert.is(path.length, length);
  });

test("leaf to root", () => assert.equal(pathOf(), ["leaf", "CN=middle", "CN=root"]));
test("unused intermediates do not matter", () =>
  assert.equal(
    pathOf({ intermediates: [makeAuthority("other").certificate, root.certificate, middle.certificate, leaf] }),
    ["leaf", "CN=middle", "CN=root"],
  ));
test("an intermediate as anchor ends the path", () =>
  assert.equal(pathOf({ anchors: [middle.certificate], intermediates: [] }), ["leaf", "CN=middle"]));
test("the leaf as anchor is a path of one", () =>
  assert.equal(pathOf({ anchors: [leaf, root.certificate] }), ["leaf"]));
test("the leaf as anchor, parsed twice", () =>
  assert.equal(pathOf({ anchors: [parseCertificate(leaf.der, defaultLimits)] }), ["leaf"]));

for (const kind of ["P-384", "P-521", "rsa", "ed25519"] as const)
  accepts(
    `a ${kind} authority`,
    () => ({ ...through(makeAuthority("middle", { issuer: root, key: newKey(kind) })) }),
    3,
  );

// Who signed.
refuses("no anchors", () => ({ anchors: [] }));
refuses("another root of the same name", () => ({ anchors: [makeAuthority("root").certificate] }));
refuses("an intermediate missing", () => ({ intermediates: [] }));
refuses("a root only among the intermediates", () => ({
  anchors: [makeAuthority("other").certificate],
  intermediates: [middle.certificate, root.certificate],
}));
refuses("another key's signature on the leaf", () => ({
  leaf: makeCertificate({ key: leafKey, issuer: { ...middle, key: newKey() }, extensions: leafExtensions }),
}));
refuses("another key's signature on the intermediate", () =>
  through(makeAuthority("middle", { issuer: { ...root, key: newKey() } })),
);
refuses("another issuer name", () => ({
  leaf: makeCertificate({ key: leafKey, issuer: { ...middle, name: root.name }, extensions: leafExtensions }),
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
  const end = makeAuthority("end", { issuer: root, extensions: leafExtensions });
  return through(end);
});
refuses("CA false", () =>
  through(makeAuthority("middle", { issuer: root, extensions: [basicConstraints(undefined, false), keyUsage(0x04)] })),
);
refuses("no basic constraints", () => through(makeAuthority("middle", { issuer: root, extensions: [keyUsage(0x04)] })));
refuses("an intermediate of version 1", () =>
  through(makeAuthority("middle", { issuer: root, extensions: [], version: undefined })),
);
refuses("key usage without certificate signing", () =>
  through(makeAuthority("middle", { issuer: root, extensions: [basicConstraints(), keyUsage(0x80)] })),
);
refuses("key usage with no bit", () =>
  through(makeAuthority("middle", { issuer: root, extensions: [basicConstraints(), keyUsage(0)] })),
);
accepts("an authority without key usage", () =>
  through(makeAuthority("middle", { issuer: root, extensions: [basicConstraints()] })),
);
refuses("a root of version 3 that is no authority", () => {
  const bad = makeAuthority("bad root", { extensions: [keyUsage(0x04)] });
  return through(makeAuthority("middle", { issuer: bad }), {}, bad);
});
accepts("a root of version 1", () => {
  const old = makeAuthority("old root", { extensions: [], version: undefined });
  return through(makeAuthority("middle", { issuer: old }), {}, old);
});
accepts("an anchor whose own signature is wrong", () => {
  const self = makeAuthority("self");
  const der = self.der.slice();
  der[der.length - 1] = (der[der.length - 1] as number) ^ 1;
  return { leaf: leafOf(self), anchors: [parseCertificate(der, defaultLimits)], intermediates: [] };
});

// Path length.
const limited = (pathLength: number): Issuer =>
  makeAuthority("limited", { issuer: root, extensions: [basicConstraints(pathLength), keyUsage(0x04)] });
accepts("path length 0 above the leaf", () => through(limited(0)));
refuses("path length 0 above an intermediate", () => {
  const above = limited(0);
  const below = makeAuthority("below", { issuer: above });
  return { leaf: leafOf(below), intermediates: [above.certificate, below.certificate] };
});
accepts("path length 1 above one intermediate", () => {
  const above = limited(1);
  const below = makeAuthority("below", { issuer: above });
  return { leaf: leafOf(below), intermediates: [above.certificate, below.certificate] };
});
refuses("path length of the root", () => {
  const short = makeAuthority("short", { extensions: [basicConstraints(0), keyUsage(0x04)] });
  return through(makeAuthority("middle", { issuer: short }), {}, short);
});
refuses("self-issued certificates count for the path length", () => {
  const short = makeAuthority("same", { extensions: [basicConstraints(0), keyUsage(0x04)] });
  return through(makeAuthority("same", { issuer: short }), {}, short);
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
  () => through(makeAuthority("middle", { issuer: root, ...brief })),
  "certificate-not-valid-then",
);
refuses(
  "a root that was over",
  () => {
    const over = makeAuthority("over", brief);
    return through(makeAuthority("middle", { issuer: over }), {}, over);
  },
  "certificate-not-valid-then",
);
refuses(
  "the leaf as anchor, over",
  () => ({ leaf: leafOf(middle, brief), anchors: [leafOf(middle, brief)], intermediates: [] }),
  ["certificate-not-valid-then", "untrusted-certificate"],
);
refuses("no path and over: there is no path", () => ({ leaf: leafOf(makeAuthority("stranger"), brief) }));
test("an expired intermediate beside a good one of the same name and another key", () => {
  const expired = makeAuthority("twin", { issuer: root, ...brief });
  const fresh = makeAuthority("twin", { issuer: root, key: expired.key });
  assert.is(
    verifyPath(request({ leaf: leafOf(fresh), intermediates: [expired.certificate, fresh.certificate] }))[1],
    fresh.certificate,
  );
});

// Usage.
refuses("a leaf for another usage", () => ({
  leaf: leafOf(middle, { extensions: [extendedKeyUsage(timeStamping)] }),
  requireLeafUsage: false,
}));
accepts("a leaf for another usage when any will do", () => ({
  leaf: leafOf(middle, { extensions: [extendedKeyUsage(timeStamping)] }),
  usage: "any",
}));
accepts("timestamping", () => ({
  leaf: leafOf(middle, { extensions: [keyUsage(0x80), extendedKeyUsage(timeStamping)] }),
  usage: "timestamping",
}));
refuses("code signing for timestamping", () => ({ usage: "timestamping" }));
refuses("a leaf without usage, where it is required", () => ({
  leaf: leafOf(middle, { extensions: [keyUsage(0x80)] }),
}));
accepts("a leaf without usage, where it is not", () => ({
  leaf: leafOf(middle, { extensions: [] }),
  requireLeafUsage: false,
}));
refuses("a leaf for any usage, where code signing is required", () => ({
  leaf: leafOf(middle, { extensions: [extendedKeyUsage(any)] }),
}));
accepts("a leaf for any usage, where it is not", () => ({
  leaf: leafOf(middle, { extensions: [extendedKeyUsage(any)] }),
  requireLeafUsage: false,
}));
refuses("a leaf whose key usage has no signatures", () => ({
  leaf: leafOf(middle, { extensions: [keyUsage(0x20), extendedKeyUsage(codeSigning)] }),
}));
refuses("an intermediate for another usage", () =>
  through(makeAuthority("middle", { issuer: root, extensions: [...ca, extendedKeyUsage(timeStamping)] })),
);
accepts("an intermediate for several usages", () =>
  through(makeAuthority("middle", { issuer: root, extensions: [...ca, extendedKeyUsage(timeStamping, codeSigning)] })),
);
refuses("a root for another usage", () => {
  const other = makeAuthority("other", { extensions: [...ca, extendedKeyUsage(timeStamping)] });
  return through(makeAuthority("middle", { issuer: other }), {}, other);
});

// Critical extensions.
const strange = (critical: boolean): TestExtension => ({ oid: "1.2.3.4", critical, value: new Uint8Array(0) });
accepts("an unknown extension", () => ({ leaf: leafOf(middle, { extensions: [...leafExtensions, strange(false)] }) }));
refuses("an unknown critical extension of the leaf", () => ({
  leaf: leafOf(middle, { extensions: [...leafExtensions, strange(true)] }),
}));
refuses("an unknown critical extension of an intermediate", () =>
  through(makeAuthority("middle", { issuer: root, extensions: [...ca, strange(true)] })),
);
refuses("an unknown critical extension of the root", () => {
  const other = makeAuthority("other", { extensions: [...ca, strange(true)] });
  return through(makeAuthority("middle", { issuer: other }), {}, other);
});
refuses("a precertificate", () => ({
  leaf: leafOf(middle, {
    extensions: [...leafExtensions, { oid: "1.3.6.1.4.1.11129.2.4.3", critical: true, value: encodeElement(Tag.null) }],
  }),
}));
refuses("a critical timestamp list", () => ({
  leaf: leafOf(middle, {
    extensions: [
      ...leafExtensions,
      { oid: "1.3.6.1.4.1.11129.2.4.2", critical: true, value: encodeElement(Tag.octetString) },
    ],
  }),
}));
const userName = general.other("1.3.6.1.4.1.57264.1.7", encodeElement(Tag.utf8String, encodeUtf8("alice")));
accepts("a critical user name of the leaf", () => ({
  leaf: leafOf(middle, {
    extensions: [keyUsage(0x80), extendedKeyUsage(codeSigning), alternativeNames(true, userName)],
  }),
}));
refuses("a critical user name of an intermediate", () =>
  through(makeAuthority("middle", { issuer: root, extensions: [...ca, alternativeNames(true, userName)] })),
);

// Name constraints.
const constrained = (...constraints: Parameters<typeof nameConstraints>): Issuer =>
  makeAuthority("constrained", { issuer: root, extensions: [...ca, nameConstraints(...constraints)] });
const named = (...names: Uint8Array[]): CertificateOptions => ({
  extensions: [keyUsage(0x80), extendedKeyUsage(codeSigning), alternativeNames(true, ...names)],
});
accepts("a permitted name", () =>
  through(constrained([general.dns("example.com")], []), named(general.dns("build.example.com"))),
);
refuses("a name that is not permitted", () =>
  through(constrained([general.dns("example.com")], []), named(general.dns("example.org"))),
);
refuses("an excluded name", () =>
  through(constrained([], [general.email("example.com")]), named(general.email("eve@example.com"))),
);
refuses("one excluded name among good ones", () =>
  through(constrained([], [general.dns("evil.com")]), named(general.dns("good.com"), general.dns("x.evil.com"))),
);
accepts("names of a form without constraints", () =>
  through(constrained([general.dns("example.com")], []), named(general.email("a@b.org"))),
);
refuses("a constraint two levels up", () => {
  const above = constrained([general.dns("example.com")], []);
  const below = makeAuthority("below", { issuer: above });
  return {
    leaf: leafOf(below, named(general.dns("example.org"))),
    intermediates: [above.certificate, below.certificate],
  };
});
refuses("a constraint of the root", () => {
  const other = makeAuthority("other", { extensions: [...ca, nameConstraints([general.dns("example.com")], [])] });
  return { leaf: leafOf(other, named(general.dns("example.org"))), anchors: [other.certificate], intermediates: [] };
});
refuses("a critical constraint of a form that is not compared", () =>
  through(constrained([general.directory("x")], []), named(general.dns("a.b"))),
);
accepts("an uncritical constraint of a form that does not occur", () => ({
  ...through(constrained([general.directory("x")], [], false), named(general.dns("a.b"))),
}));
refuses("an uncritical constraint of a form that occurs", () =>
  through(constrained([general.directory("x")], [], false), { ...named(general.dns("a.b")), subject: "y" }),
);
refuses(
  "too many comparisons",
  () => {
    const many = Array.from({ length: 600 }, (_, index) => general.dns(`${index}.example.com`));
    return through(constrained([], many), named(...many.map((_, index) => general.dns(`x${index}.org`))));
  },
  "over-limit",
);

// Policies.
const policies = (...ids: string[]): TestExtension => ({
  oid: "2.5.29.32",
  value: encodeElement(Tag.sequence, ...ids.map((id) => encodeElement(Tag.sequence, oid(id)))),
});
const requirePolicy: TestExtension = {
  oid: "2.5.29.36",
  critical: true,
  value: encodeElement(Tag.sequence, Uint8Array.of(0x80, 1, 0)),
};
refuses("a required policy that is missing", () =>
  through(makeAuthority("middle", { issuer: root, extensions: [...ca, requirePolicy, policies("1.2.3")] })),
);
accepts("a required policy that is there", () =>
  through(makeAuthority("middle", { issuer: root, extensions: [...ca, requirePolicy, policies("1.2.3")] }), {
    extensions: [...leafExtensions, policies("1.2.3")],
  }),
);

// Bounds.
test("more intermediates than allowed", () => {
  const pool = Array.from({ length: 11 }, () => middle.certificate);
  throwsCode("over-limit", () => verifyPath(request({ intermediates: pool })));
});
test("a web of authorities that all could have signed each other is given up", () => {
  const keys = Array.from({ length: 10 }, () => newKey());
  const web = keys.map((key, index) =>
    makeAuthority("web", {
      key,
      issuer: { ...root, name: root.name, key: keys[(index + 1) % keys.length] as typeof key },
      tamper: ({ subject }) => ({ issuer: subject }),
    }),
  );
  const end = leafOf(web[0] as Issuer);
  throwsCode(["over-limit", "untrusted-certificate"], () =>
    verifyPath(request({ leaf: end, intermediates: web.map(({ certificate }) => certificate) })),
  );
});
test("a leaf that issued itself is not in a circle", () => {
  const self = makeAuthority("self", { extensions: [...ca, extendedKeyUsage(codeSigning)] });
  throwsCode("untrusted-certificate", () =>
    verifyPath(request({ leaf: self.certificate, intermediates: [self.certificate] })),
  );
});

test("a prepared authority verifies the leaf's signature only", () => {
  let checks = 0;
  const counting: SignatureVerifier = {
    name: "counting",
    verify: (...args) => {
      checks += 1;
      return nodeVerifier.verify(...args);
    },
  };
  const authority = prepareAuthority([root.certificate], [middle.certificate], counting, defaultLimits);
  assert.is(checks, 1);
  checks = 0;
  assert.equal(pathOf({ ...authority, verifier: counting }), ["leaf", "CN=middle", "CN=root"]);
  assert.is(checks, 1);
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
