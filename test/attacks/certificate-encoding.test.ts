/**
 * Certificates in encodings that one reader takes and another does not, each signed by the authority as it stands.
 * Source: docs/spec/sigstore.md#certificate-paths, docs/attacks.md; X.690.
 */
import * as assert from "uvu/assert";
import { openDer } from "../../core/asn1/der.ts";
import { encodeBitString, encodeElement } from "../../core/asn1/encode.ts";
import { contextConstructed, contextPrimitive, Tag } from "../../core/asn1/tag.ts";
import { concat } from "../../core/encoding/bytes.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import {
  basicConstraints,
  type CertificateSpec,
  type Changes,
  encodeAlgorithm,
  encodeGeneralName,
  extensionId,
  type ExtensionSpec,
  type LabCertificate,
  type Recipe,
  sign,
  toLabCertificate,
  verdict,
  withExtension,
} from "../lab/index.ts";
import { bits, boolean, constructed, integer, nothing, octets, oid, sequence, utf8 } from "../lab/der.ts";
import { attackSuite } from "./attack.ts";
import { authorityWith, rooting, trusting } from "./authorities.ts";
import { accepts, lab, refuses, withChange } from "./refuses.ts";
import { defaultLimits } from "../../core/limits.ts";

const { attack, run } = attackSuite("certificate-encoding");

const layouts: readonly Recipe[] = [
  { by: "certificate", layout: "tag" },
  { by: "certificate" },
  { by: "certificate", layout: "file", claim: "blob", version: "0.2" },
];

/** Other bytes of the whole certificate. */
const whole = (change: (der: Uint8Array) => Uint8Array): Changes => ({
  certificate: (certificate) => toLabCertificate(change(certificate.der), certificate.spec),
});

/** Another signed part, signed by the authority. */
const resigned = (
  change: (tbs: Uint8Array) => Uint8Array,
  signature: (bytes: Uint8Array) => Uint8Array = bits,
): Changes => ({
  certificate: (certificate: LabCertificate) => {
    const { key } = lab.authority.issuer;
    const tbs = change(certificate.parsed.tbs);
    return toLabCertificate(sequence(tbs, encodeAlgorithm(key.algorithm), signature(key.sign(tbs))), certificate.spec);
  },
});

/** The elements of a SEQUENCE. */
function elements(der: Uint8Array): Uint8Array[] {
  const reader = openDer(der, Tag.sequence, "test", defaultLimits);
  const found: Uint8Array[] = [];
  while (!reader.atEnd) {
    const start = reader.offset;
    reader.skip();
    found.push(der.subarray(start, reader.offset));
  }
  return found;
}

const fields = {
  version: 0,
  serial: 1,
  algorithm: 2,
  issuer: 3,
  validity: 4,
  subject: 5,
  key: 6,
  extensions: 7,
} as const;

/** One field of the signed part in place of the right one; none where there are no bytes. */
const field = (name: keyof typeof fields, change: (element: Uint8Array) => Uint8Array): Changes =>
  resigned((tbs) =>
    sequence(...elements(tbs).map((element, index) => (index === fields[name] ? change(element) : element))),
  );

/** Tag and content of an element under a header that is written out. */
const headed =
  (header: (tag: number, length: number) => readonly number[]) =>
  (element: Uint8Array): Uint8Array => {
    const start = (element[1] ?? 0) < 0x80 ? 2 : 2 + ((element[1] ?? 0) & 0x7f);
    const content = element.subarray(start);
    return concat(Uint8Array.from(header(element[0] ?? 0, content.length)), content);
  };
const longLength = headed((tag, length) => [tag, 0x83, 0, length >> 8, length & 0xff]);
const longerLength = headed((tag, length) => [tag, 0x84, 0, 0, length >> 8, length & 0xff]);
const endless = (element: Uint8Array): Uint8Array => concat(headed((tag) => [tag, 0x80])(element), Uint8Array.of(0, 0));

attack(
  42,
  "the frame of the certificate: lengths that are too long, indefinite or of more than what is there, bytes behind it",
  () => {
    for (const recipe of layouts) {
      accepts(
        withChange(
          recipe,
          whole((der) => der),
        ),
      );
      for (const change of [
        longLength,
        longerLength,
        endless,
        headed((tag, length) => [tag, 0x82, (length + 1) >> 8, (length + 1) & 0xff]),
        headed((tag, length) => [tag, 0x82, (length - 1) >> 8, (length - 1) & 0xff]),
        headed((_, length) => [0x31, 0x82, length >> 8, length & 0xff]),
        (der: Uint8Array) => concat(der, Uint8Array.of(0)),
        (der: Uint8Array) => concat(der, der),
        (der: Uint8Array) => sequence(...elements(der), nothing),
        (der: Uint8Array) => der.subarray(0, -1),
        () => new Uint8Array(1),
      ])
        refuses("malformed", recipe, whole(change));
    }
  },
);

attack(42, "the same in the signed part, by an authority that signs anything", () => {
  for (const recipe of layouts) {
    accepts(
      withChange(
        recipe,
        resigned((tbs) => tbs),
      ),
    );
    for (const change of [longLength, longerLength, endless, (tbs: Uint8Array) => sequence(...elements(tbs), nothing)])
      refuses("malformed", recipe, resigned(change));
    for (const name of ["issuer", "validity", "subject", "key", "extensions"] as const)
      for (const change of [longLength, endless]) refuses("malformed", recipe, field(name, change));
  }
});

attack(42, "numbers with a leading zero, below zero or empty, and versions that do not exist", () => {
  const recipe: Recipe = { by: "certificate" };
  const serial = (...bytes: readonly number[]): Changes =>
    field("serial", () => encodeElement(Tag.integer, Uint8Array.from(bytes)));
  // What is well formed is only not what the log saw.
  refuses("bad-sct", recipe, serial(1));
  accepts(
    withChange(
      recipe,
      field("version", () => constructed(0, integer(2))),
    ),
  );
  for (const wrong of [serial(0, 1), serial(0, 0), serial(0xff, 0xff), serial(0x80), serial()])
    refuses("malformed", recipe, wrong);
  for (const version of [integer(3), integer(255), encodeElement(Tag.integer, Uint8Array.of(0, 2)), sequence()])
    refuses(
      "malformed",
      recipe,
      field("version", () => constructed(0, version)),
    );
  // Version 1 has no extensions.
  refuses(
    "malformed",
    recipe,
    field("version", () => new Uint8Array(0)),
  );
});

attack(42, "times in forms that DER does not have", () => {
  const recipe: Recipe = { by: "certificate" };
  const [from, to] = ["260601120000Z", "260601121000Z"];
  const utc = (text: string) => encodeElement(Tag.utcTime, encodeUtf8(text));
  const general = (text: string) => encodeElement(Tag.generalizedTime, encodeUtf8(text));
  const validity = (...times: readonly Uint8Array[]): Changes => field("validity", () => sequence(...times));
  accepts(withChange(recipe, validity(utc(from), utc(to))));
  refuses("bad-sct", recipe, validity(general("20260601120000Z"), utc(to)));
  for (const wrong of [
    "2606011200Z",
    "260601120000+0000",
    "260601120000",
    "260601120060Z",
    "260631120000Z",
    "261301120000Z",
    " 60601120000Z",
    "260601120000z",
    "260601120000Z\0",
  ])
    refuses("malformed", recipe, validity(utc(wrong), utc(to)));
  for (const wrong of [
    "20260601120000.5Z",
    "20260601120000,0Z",
    "202606011200Z",
    "20260601120000+0100",
    "20260601120000",
  ])
    refuses("malformed", recipe, validity(general(wrong), utc(to)));
  for (const wrong of [validity(utc(from)), validity(utc(from), utc(to), utc(to)), validity(utf8(from), utc(to))])
    refuses("malformed", recipe, wrong);
});

/** The leaf with an extension's value in place of the right one. */
const valued = (id: string, value: Uint8Array): Changes => ({
  leaf: (spec) => ({ ...spec, extensions: withExtension(spec.extensions, id, { id, critical: true, value }) }),
});

attack(42, "booleans of BER, and defaults that are written out", () => {
  for (const recipe of layouts) {
    accepts(withChange(recipe, valued(extensionId.basicConstraints, sequence())));
    for (const byte of [1, 0x7f, 0xfe])
      refuses(
        "malformed",
        recipe,
        valued(extensionId.basicConstraints, sequence(encodeElement(Tag.boolean, Uint8Array.of(byte)))),
      );
    refuses(
      "malformed",
      recipe,
      valued(extensionId.basicConstraints, sequence(encodeElement(Tag.boolean, Uint8Array.of(0xff, 0xff)))),
    );
    const critical = (flag: Uint8Array): Changes =>
      field("extensions", (element) => {
        const [list] = elements(concat(Uint8Array.of(Tag.sequence), element.subarray(1))) as [Uint8Array];
        const [first, ...rest] = elements(list) as [Uint8Array, ...Uint8Array[]];
        const [id, , value] = elements(first) as [Uint8Array, Uint8Array, Uint8Array];
        return constructed(3, sequence(sequence(id, flag, value), ...rest));
      });
    accepts(withChange(recipe, critical(boolean(true))));
    for (const byte of [1, 0xfe])
      refuses("malformed", recipe, critical(encodeElement(Tag.boolean, Uint8Array.of(byte))));
    refuses("malformed", recipe, critical(nothing));
  }
});

attack(42, "values of extensions with more behind them, or in constructed strings", () => {
  const recipe: Recipe = { by: "certificate" };
  const name = sequence(encodeGeneralName({ email: "ada@lab.example" }));
  const eve = sequence(encodeGeneralName({ email: "eve@lab.example" }));
  accepts(withChange(recipe, valued(extensionId.subjectAlternativeName, name)));
  refuses("malformed", recipe, valued(extensionId.subjectAlternativeName, concat(name, eve)));
  refuses("malformed", recipe, valued(extensionId.subjectAlternativeName, longLength(name)));
  refuses(
    "malformed",
    recipe,
    valued(
      extensionId.subjectAlternativeName,
      sequence(encodeElement(contextConstructed(1), octets(encodeUtf8("ada@lab.example")))),
    ),
  );
  refuses(
    "malformed",
    recipe,
    valued(
      extensionId.subjectAlternativeName,
      sequence(encodeElement(contextPrimitive(9), encodeUtf8("ada@lab.example"))),
    ),
  );
  refuses(
    "malformed",
    recipe,
    valued(extensionId.extendedKeyUsage, concat(sequence(oid("1.3.6.1.5.5.7.3.3")), nothing)),
  );
  refuses("malformed", recipe, valued(extensionId.keyUsage, concat(bits(Uint8Array.of(0x80)), nothing)));
  refuses("malformed", recipe, valued(extensionId.basicConstraints, sequence(boolean(true), integer(0), integer(0))));
  const issuer = {
    id: "1.3.6.1.4.1.57264.1.8",
    value: concat(utf8("https://issuer.lab.example"), utf8("https://evil.example")),
  };
  const leafIssuer = (value: Uint8Array): Changes => ({
    leaf: (spec) => ({ ...spec, extensions: withExtension(spec.extensions, issuer.id, { id: issuer.id, value }) }),
  });
  accepts(withChange(recipe, leafIssuer(utf8("https://issuer.lab.example"))));
  for (const value of [
    issuer.value,
    longLength(utf8("https://issuer.lab.example")),
    octets(encodeUtf8("https://issuer.lab.example")),
    encodeUtf8("https://issuer.lab.example"),
    encodeElement(Tag.utf8String, Uint8Array.of(0x68, 0xff)),
  ])
    refuses("malformed", recipe, leafIssuer(value));
});

attack(
  42,
  "object identifiers that are not in their shortest form, so that an extension hides from a search for it",
  () => {
    const recipe: Recipe = { by: "certificate" };
    const hidden: Changes = {
      certificate: (certificate) => {
        const { key } = lab.authority.issuer;
        const unknown: ExtensionSpec = { id: "2.5.29.30.1", critical: false, value: nothing };
        const spec: CertificateSpec = { ...certificate.spec, extensions: [...certificate.spec.extensions, unknown] };
        const { tbs } = lab.authority.issue(spec, key).parsed;
        // 2.5.29.30.1 has the bytes 55 1d 1e 01; 55 1d 80 1e is a long form of 2.5.29.30.
        const text = Buffer.from(tbs).toString("hex").replace("551d1e01", "551d801e");
        const changed = new Uint8Array(Buffer.from(text, "hex"));
        assert.is.not(Buffer.compare(changed, tbs), 0);
        return toLabCertificate(sequence(changed, encodeAlgorithm(key.algorithm), bits(key.sign(changed))), spec);
      },
    };
    assert.is(verdict(sign(lab, withChange(recipe, hidden))), "refuted: malformed");
  },
);

attack(42, "the signature: unused bits, another form, other algorithms inside and outside", () => {
  const recipe: Recipe = { by: "certificate" };
  const sha384 = encodeAlgorithm({ scheme: "ecdsa", hash: "sha384" });
  const unused = (bytes: Uint8Array): Uint8Array => encodeElement(Tag.bitString, Uint8Array.of(1), bytes);
  refuses(
    "malformed",
    recipe,
    resigned((tbs) => tbs, unused),
  );
  refuses(
    "malformed",
    recipe,
    resigned((tbs) => tbs, octets),
  );
  refuses(
    "untrusted-certificate",
    recipe,
    resigned(
      (tbs) => tbs,
      (bytes) => encodeBitString(concat(bytes, Uint8Array.of(0))),
    ),
  );
  refuses("malformed", recipe, { leaf: (spec) => ({ ...spec, innerAlgorithm: sha384 }) });
  refuses("malformed", recipe, { leaf: (spec) => ({ ...spec, outerAlgorithm: sha384 }) });
  // Both say SHA-384 where the authority signed with SHA-256, or an algorithm with parameters.
  refuses("untrusted-certificate", recipe, {
    leaf: (spec) => ({ ...spec, innerAlgorithm: sha384, outerAlgorithm: sha384 }),
  });
  const sha1 = sequence(oid("1.2.840.10045.4.1"));
  refuses("untrusted-certificate", recipe, {
    leaf: (spec) => ({ ...spec, innerAlgorithm: sha1, outerAlgorithm: sha1 }),
  });
});

attack(
  42,
  "an authority in such an encoding: in the trusted root it spoils the root, beside a signature the signature",
  () => {
    const extension = { ...basicConstraints(true, 0), value: sequence(encodeElement(Tag.boolean, Uint8Array.of(1))) };
    const own = authorityWith(1, (spec) => ({
      ...spec,
      extensions: withExtension(spec.extensions, extension.id, extension),
    }));
    assert.is(verdict(sign(lab, trusting(own, {}))), "unknown: no-trust");
    assert.is(verdict(sign(lab, rooting(own, { layout: "tag" }))), "refuted: malformed");
  },
);

run();
