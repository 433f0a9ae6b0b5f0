/** What extensions of certificates ask of a path: usage, criticality, names, policies. */
import { suite } from "uvu";
import { encodeElement } from "../../../core/asn1/encode.ts";
import { Tag } from "../../../core/asn1/tag.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import type { ExtensionSpec } from "../../lab/certificate.ts";
import { oid } from "../../lab/der.ts";
import {
  extendedKeyUsage,
  type GeneralNameSpec,
  keyUsage,
  nameConstraints,
  purposes,
  subjectAlternativeName,
} from "../../lab/extensions.ts";
import { leafExtensions, plainAuthority, type PlainIssuer, type PlainOptions } from "../../lab/plain-certificate.ts";
import { any, ca, leafOf, middle, pathTests, root, through, timeStamping } from "./path-stage.ts";

const test = suite("core/x509/path-extensions");
const { refuses, accepts } = pathTests(test);

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

test.run();
