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
import type { ExtensionSpec } from "../../lab/certificate.ts";
import { oid } from "../../lab/der.ts";
import {
  basicConstraints,
  extendedKeyUsage,
  keyUsage,
  nameConstraints,
  type GeneralNameSpec,
  purposes,
  subjectAlternativeName,
} from "../../lab/extensions.ts";
import { newKey } from "../../lab/keys.ts";
import {
  leafExtensions,
  noon,
  plainAuthority,
  plainCertificate,
  type PlainIssuer,
  type PlainOptions,
} from "../../lab/plain-certificate.ts";
import { realLeaves } from "./real.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/x509/path");
const timeStamping = "1.3.6.1.5.5.7.3.8";
const any = "2.5.29.37.0";
const ca = [basicConstraints(true), keyUsage("keyCertSign")];

const root = plainAuthority("root");
const middle = plainAuthority("middle", { issuer: root });
const leafKey = newKey();
const leafOf = (issuer: PlainIssuer, options: PlainOptions = {}): Certificate =>
  plainCertificate({ subject: "", key: leafKey, issuer, extensions: leafExtensions, ...options });
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
  intermediate: PlainIssuer,
  options: PlainOptions = {},
  anchor: PlainIssuer = root,
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

// Usage.
refuses("a leaf for another usage", () => ({
  leaf: leafOf(middle, { extensions: [extendedKeyUsage([timeStamping])] }),
  requireLeafUsage: false,
}));
accepts("a leaf for another usage when any will do", () => ({
  leaf: leafOf(middle, { extensions: [extendedKeyUsage([timeStamping])] }),
  usage: "any",
}));
accepts("timestamping", () => ({
  leaf: leafOf(middle, { extensions: [keyUsage("digitalSignature"), extendedKeyUsage([timeStamping])] }),
  usage: "timestamping",
}));
refuses("code signing for timestamping", () => ({ usage: "timestamping" }));
refuses("a leaf without usage, where it is required", () => ({
  leaf: leafOf(middle, { extensions: [keyUsage("digitalSignature")] }),
}));
accepts("a leaf without usage, where it is not", () => ({
  leaf: leafOf(middle, { extensions: [] }),
  requireLeafUsage: false,
}));
refuses("a leaf for any usage, where code signing is required", () => ({
  leaf: leafOf(middle, { extensions: [extendedKeyUsage([any])] }),
}));
accepts("a leaf for any usage, where it is not", () => ({
  leaf: leafOf(middle, { extensions: [extendedKeyUsage([any])] }),
  requireLeafUsage: false,
}));
refuses("a leaf whose key usage has no signatures", () => ({
  leaf: leafOf(middle, { extensions: [keyUsage("keyEncipherment"), extendedKeyUsage([purposes.codeSigning])] }),
}));
refuses("an intermediate for another usage", () =>
  through(plainAuthority("middle", { issuer: root, extensions: [...ca, extendedKeyUsage([timeStamping])] })),
);
accepts("an intermediate for several usages", () =>
  through(
    plainAuthority("middle", {
      issuer: root,
      extensions: [...ca, extendedKeyUsage([timeStamping, purposes.codeSigning])],
    }),
  ),
);
refuses("a root for another usage", () => {
  const other = plainAuthority("other", { extensions: [...ca, extendedKeyUsage([timeStamping])] });
  return through(plainAuthority("middle", { issuer: other }), {}, other);
});

// Critical extensions.
const strange = (critical: boolean): ExtensionSpec => ({ id: "1.2.3.4", critical, value: new Uint8Array(0) });
accepts("an unknown extension", () => ({ leaf: leafOf(middle, { extensions: [...leafExtensions, strange(false)] }) }));
refuses("an unknown critical extension of the leaf", () => ({
  leaf: leafOf(middle, { extensions: [...leafExtensions, strange(true)] }),
}));
refuses("an unknown critical extension of an intermediate", () =>
  through(plainAuthority("middle", { issuer: root, extensions: [...ca, strange(true)] })),
);
refuses("an unknown critical extension of the root", () => {
  const other = plainAuthority("other", { extensions: [...ca, strange(true)] });
  return through(plainAuthority("middle", { issuer: other }), {}, other);
});
refuses("a precertificate", () => ({
  leaf: leafOf(middle, {
    extensions: [...leafExtensions, { id: "1.3.6.1.4.1.11129.2.4.3", critical: true, value: encodeElement(Tag.null) }],
  }),
}));
refuses("a critical timestamp list", () => ({
  leaf: leafOf(middle, {
    extensions: [
      ...leafExtensions,
      { id: "1.3.6.1.4.1.11129.2.4.2", critical: true, value: encodeElement(Tag.octetString) },
    ],
  }),
}));
const userName = { id: "1.3.6.1.4.1.57264.1.7", otherName: encodeElement(Tag.utf8String, encodeUtf8("alice")) };
accepts("a critical user name of the leaf", () => ({
  leaf: leafOf(middle, {
    extensions: [
      keyUsage("digitalSignature"),
      extendedKeyUsage([purposes.codeSigning]),
      subjectAlternativeName([userName]),
    ],
  }),
}));
refuses("a critical user name of an intermediate", () =>
  through(plainAuthority("middle", { issuer: root, extensions: [...ca, subjectAlternativeName([userName])] })),
);

// Name constraints.
const constrained = (...constraints: Parameters<typeof nameConstraints>): PlainIssuer =>
  plainAuthority("constrained", { issuer: root, extensions: [...ca, nameConstraints(...constraints)] });
const named = (...names: readonly GeneralNameSpec[]): PlainOptions => ({
  extensions: [keyUsage("digitalSignature"), extendedKeyUsage([purposes.codeSigning]), subjectAlternativeName(names)],
});
accepts("a permitted name", () =>
  through(constrained({ permitted: [{ dns: "example.com" }] }), named({ dns: "build.example.com" })),
);
refuses("a name that is not permitted", () =>
  through(constrained({ permitted: [{ dns: "example.com" }] }), named({ dns: "example.org" })),
);
refuses("an excluded name", () =>
  through(constrained({ excluded: [{ email: "example.com" }] }), named({ email: "eve@example.com" })),
);
refuses("one excluded name among good ones", () =>
  through(constrained({ excluded: [{ dns: "evil.com" }] }), named({ dns: "good.com" }, { dns: "x.evil.com" })),
);
accepts("names of a form without constraints", () =>
  through(constrained({ permitted: [{ dns: "example.com" }] }), named({ email: "a@b.org" })),
);
refuses("a constraint two levels up", () => {
  const above = constrained({ permitted: [{ dns: "example.com" }] });
  const below = plainAuthority("below", { issuer: above });
  return {
    leaf: leafOf(below, named({ dns: "example.org" })),
    intermediates: [above.certificate, below.certificate],
  };
});
refuses("a constraint of the root", () => {
  const other = plainAuthority("other", {
    extensions: [...ca, nameConstraints({ permitted: [{ dns: "example.com" }] })],
  });
  return { leaf: leafOf(other, named({ dns: "example.org" })), anchors: [other.certificate], intermediates: [] };
});
refuses("a critical constraint of a form that is not compared", () =>
  through(constrained({ permitted: [{ directory: "x" }] }), named({ dns: "a.b" })),
);
accepts("an uncritical constraint of a form that does not occur", () => ({
  ...through(constrained({ permitted: [{ directory: "x" }] }, false), named({ dns: "a.b" })),
}));
refuses("an uncritical constraint of a form that occurs", () =>
  through(constrained({ permitted: [{ directory: "x" }] }, false), { ...named({ dns: "a.b" }), subject: "y" }),
);
refuses(
  "too many comparisons",
  () => {
    const many = Array.from({ length: 600 }, (_, index) => ({ dns: `${index}.example.com` }));
    return through(constrained({ excluded: many }), named(...many.map((_, index) => ({ dns: `x${index}.org` }))));
  },
  "over-limit",
);

// Policies.
const policies = (...ids: string[]): ExtensionSpec => ({
  id: "2.5.29.32",
  value: encodeElement(Tag.sequence, ...ids.map((id) => encodeElement(Tag.sequence, oid(id)))),
});
const requirePolicy: ExtensionSpec = {
  id: "2.5.29.36",
  critical: true,
  value: encodeElement(Tag.sequence, Uint8Array.of(0x80, 1, 0)),
};
refuses("a required policy that is missing", () =>
  through(plainAuthority("middle", { issuer: root, extensions: [...ca, requirePolicy, policies("1.2.3")] })),
);
accepts("a required policy that is there", () =>
  through(plainAuthority("middle", { issuer: root, extensions: [...ca, requirePolicy, policies("1.2.3")] }), {
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
