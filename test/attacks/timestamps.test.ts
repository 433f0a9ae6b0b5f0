/** Attacks on RFC 3161 tokens: who signed them, over what, and who vouches for the signer. */
import { createHash } from "node:crypto";
import * as assert from "uvu/assert";
import {
  basicConstraints,
  type Changes,
  extendedKeyUsage,
  extensionId,
  keyUsage,
  type LabCertificate,
  type LabTimestampAuthority,
  purposes,
  sign,
  strangers,
  timestampId,
  type TokenSpec,
  verdict,
  withExtension,
} from "../lab/index.ts";
import { setOf } from "../lab/der.ts";
import { attackSuite } from "./attack.ts";
import { expect, forms, isLayer, lab, stampedBy, stampedBytes } from "./stamped-by.ts";

const { attack, run } = attackSuite("timestamps");
const authority = lab.timestampAuthority;

/** A certificate of the authority's that an attacker got for another purpose. */
const attacker = lab.key("attacker");
const ofAttacker = authority.authority.issue({
  ...authority.authority.leaf(attacker, lab.period.start, lab.period.end, []),
  subject: "attacker",
  serial: 66,
});
const byAttacker = { key: attacker, signer: ofAttacker, names: ofAttacker };
const issuers = authority.authority.chain;
const between = issuers.slice(0, -1);

attack(45, "a good certificate first in the bag, the token signed by one for code signing", () => {
  expect("proven", stampedBy(authority, { listed: issuers }));
  expect(
    "refuted: bad-timestamp",
    stampedBy(authority, { listed: issuers, tokens: [{ ...byAttacker, certificates: [ofAttacker, ...between] }] }),
  );
  const bag = [authority.certificate, ofAttacker, ...between];
  expect(
    "refuted: bad-timestamp",
    stampedBy(authority, { listed: issuers, tokens: [{ ...byAttacker, certificates: bag }] }),
  );
  expect("refuted: bad-timestamp", stampedBy(authority, { tokens: [{ ...byAttacker, certificates: bag }] }));
});

attack(
  45,
  "the signer is named with the attacker's certificate beside it, or the good one is named by the attacker's token",
  () => {
    const bag = [authority.certificate, ofAttacker, ...between];
    for (const token of [
      { ...byAttacker, signer: authority.certificate },
      { ...byAttacker, names: authority.certificate },
      { key: attacker, signer: authority.certificate },
      { names: ofAttacker },
    ])
      for (const listed of [issuers, authority.chain])
        expect("refuted: bad-timestamp", stampedBy(authority, { listed, tokens: [{ ...token, certificates: bag }] }));
  },
);

attack(45, "a forged certificate with the signer's name and number in the bag, before or after it", () => {
  const forged = authority.authority.issue({ ...authority.certificate.spec, key: attacker }, attacker);
  const bag = (certificates: readonly LabCertificate[]): Partial<TokenSpec> => ({
    ...byAttacker,
    signer: forged,
    names: forged,
    certificates,
  });
  for (const listed of [issuers, authority.chain]) {
    expect("refuted: bad-timestamp", stampedBy(authority, { listed, tokens: [bag([forged, ...between])] }));
    expect(
      "refuted: bad-timestamp",
      stampedBy(authority, { listed, tokens: [bag([forged, authority.certificate, ...between])] }),
    );
    expect(
      "refuted: bad-timestamp",
      stampedBy(authority, { listed, tokens: [bag([authority.certificate, forged, ...between])] }),
    );
  }
});

attack(
  45,
  "a good token with a forged twin of its signer's certificate in the bag: no guess is made which one is meant",
  () => {
    const forged = authority.authority.issue({ ...authority.certificate.spec, key: attacker }, attacker);
    for (const listed of [issuers, authority.chain])
      for (const certificates of [
        [authority.certificate, forged, ...between],
        [forged, authority.certificate, ...between],
      ])
        expect("refuted: bad-timestamp", stampedBy(authority, { listed, tokens: [{ certificates }] }));
  },
);

attack(45, "must be accepted: a stranger's certificate first in the bag of a good token judges nothing", () => {
  for (const listed of [issuers, authority.chain])
    expect(
      "proven",
      stampedBy(authority, { listed, tokens: [{ certificates: [ofAttacker, authority.certificate, ...between] }] }),
    );
  expect("proven", stampedBy(authority, { tokens: [{ certificates: [] }] }));
});

attack(46, "a token over other bytes", () => {
  expect("proven", {}, forms);
  expect("refuted: bad-timestamp", { stamped: (message) => message.slice(1) }, forms);
  expect("refuted: bad-timestamp", { stamped: (_, { key, payload }) => key.sign(payload.slice(1)) }, forms);
});

attack(46, "a token over what was signed, not over the signature", () => {
  expect("refuted: bad-timestamp", { stamped: (_, { payload }) => payload }, forms);
  expect("refuted: bad-timestamp", { stamped: (_, { certificate }) => certificate?.der ?? new Uint8Array(0) });
  // An attestation's layer is stamped whole, a bundle's envelope by its signature: neither passes for the other.
  expect("refuted: bad-timestamp", {
    stamped: (_, making) => (isLayer(making) && making.envelope !== undefined ? making.signature : making.payload),
  });
});

attack(46, "the token of another signature of the same payload by the same key", () => {
  const first = sign(lab, { by: "certificate", evidence: ["rekor2", "timestamp"] });
  const other = sign(lab, { by: "certificate", evidence: ["rekor2", "timestamp"], claim: "attestation" });
  assert.is(verdict(first), "proven");
  assert.is(
    verdict(
      sign(lab, {
        by: "certificate",
        evidence: ["rekor2", "timestamp"],
        change: { timestamps: () => other.timestamps },
      }),
    ),
    "refuted: bad-timestamp",
  );
});

attack(47, "an authority of the same names and other keys, which brings its whole chain", () => {
  const stranger = strangers(lab).timestampAuthority;
  const stamp = (certificates: readonly LabCertificate[]): Changes => ({
    timestamps: (_, making) => [stranger.stamp(stampedBytes(making), lab.loggedAt, { certificates })],
  });
  for (const bag of [
    stranger.chain,
    stranger.chain.slice(0, -1),
    [],
    [stranger.certificate, ...stranger.authority.chain, ...issuers],
  ])
    expect("refuted: bad-timestamp", stamp(bag));
  expect("proven", stampedBy(stranger));
});

attack(47, "an intermediate of the stranger's own that bears the name of the trusted root", () => {
  const root = authority.authority.root.spec.subject;
  const stranger = lab.makeTimestampAuthority("other", { intermediates: 1 });
  const own = stranger.authority.issue({ ...stranger.authority.issuer.certificate.spec, issuer: root });
  const tokens = [{ certificates: [stranger.certificate, own, ...issuers] }];
  expect("refuted: bad-timestamp", {
    ...stampedBy(authority),
    timestamps: stampedBy(stranger, { tokens }).timestamps,
  } as Changes);
  expect("refuted: bad-timestamp", stampedBy(stranger, { tokens, listed: issuers }));
});

attack(47, "another signer of the same authority, where the trusted root names the one that signs", () => {
  const { spec } = authority.certificate;
  const sister = authority.authority.issue({ ...spec, subject: "sister", serial: 67, key: attacker });
  const tokens = [{ key: attacker, signer: sister, names: sister, certificates: [sister, ...between] }];
  expect("proven", stampedBy(authority, { listed: issuers, tokens }));
  expect("refuted: bad-timestamp", stampedBy(authority, { listed: authority.chain, tokens }));
});

const unusual = (
  name: string,
  change: (extensions: LabCertificate["spec"]["extensions"]) => LabCertificate["spec"]["extensions"],
): LabTimestampAuthority =>
  lab.makeTimestampAuthority(name, { leaf: (spec) => ({ ...spec, extensions: change(spec.extensions) }) });
const withPurposes = (name: string, ids: readonly string[], critical: boolean): LabTimestampAuthority =>
  unusual(name, (all) => withExtension(all, extensionId.extendedKeyUsage, extendedKeyUsage(ids, critical)));

attack(48, "the signer's usage: not critical, further ones, another one, any, none", () => {
  expect("proven", stampedBy(withPurposes("critical", [purposes.timeStamping], true)));
  for (const tsa of [
    withPurposes("not critical", [purposes.timeStamping], false),
    withPurposes("code too", [purposes.timeStamping, purposes.codeSigning], true),
    withPurposes("unknown too", [purposes.timeStamping, "1.3.6.1.4.1.57264.99.3"], true),
    withPurposes("twice", [purposes.timeStamping, purposes.timeStamping], true),
    withPurposes("code", [purposes.codeSigning], true),
    withPurposes("any", [purposes.any], true),
    unusual("none", (all) => withExtension(all, extensionId.extendedKeyUsage, undefined)),
  ])
    for (const listed of [tsa.chain, tsa.authority.chain]) expect("refuted: bad-timestamp", stampedBy(tsa, { listed }));
});

attack(48, "the signer is an authority, or one that issues it signs in its place", () => {
  const tsa = unusual("authority", (all) => [
    ...withExtension(all, extensionId.keyUsage, keyUsage("digitalSignature", "keyCertSign")),
    basicConstraints(true, 0),
  ]);
  for (const listed of [tsa.chain, tsa.authority.chain]) expect("refuted: bad-timestamp", stampedBy(tsa, { listed }));
  const { key, certificate } = authority.authority.issuer;
  for (const listed of [authority.chain, issuers])
    expect(
      "refuted: bad-timestamp",
      stampedBy(authority, { listed, tokens: [{ key, signer: certificate, names: certificate }] }),
    );
});

attack(48, "a timestamping certificate under an authority for code signing alone", () => {
  const spec = lab.authority.leaf(attacker, lab.period.start, lab.period.end, []);
  const extensions = withExtension(
    spec.extensions,
    extensionId.extendedKeyUsage,
    extendedKeyUsage([purposes.timeStamping], true),
  );
  const own = lab.authority.issue({ ...spec, subject: "timestamps", extensions });
  const tokens = [{ key: attacker, signer: own, names: own, certificates: [own, ...lab.authority.chain] }];
  for (const listed of [lab.authority.chain, [own, ...lab.authority.chain]])
    expect("refuted: bad-timestamp", stampedBy(authority, { listed, tokens }));
});

attack(49, "no signed attributes: the signature covers the content itself", () => {
  expect("refuted: bad-timestamp", { token: () => ({ attributes: () => [] }) });
});

attack(49, "the signed attributes of a good token as the content of another, under the same signature", () => {
  let attributes: readonly Uint8Array[] = [];
  const keep = { attributes: (list: readonly Uint8Array[]) => (attributes = list) };
  expect("refuted: bad-timestamp", {
    timestamps: (_, making) => {
      authority.stamp(stampedBytes(making), lab.loggedAt, keep);
      return [
        authority.stamp(stampedBytes(making), lab.loggedAt, { info: () => setOf(...attributes), attributes: () => [] }),
      ];
    },
  });
});

attack(49, "the content is declared as something else, outside, among the attributes, or both", () => {
  for (const [contentType, signedContentType] of [
    [timestampId.data, timestampId.tstInfo],
    [timestampId.tstInfo, timestampId.data],
    [timestampId.data, timestampId.data],
    [timestampId.signedData, timestampId.signedData],
  ] as const)
    expect("refuted: bad-timestamp", { token: () => ({ contentType, signedContentType }) });
});

attack(49, "each required attribute left out, repeated, or about other content", () => {
  expect("proven", { token: () => ({ signingTime: undefined }) });
  // Without signing time there are three: content type, message digest, signing certificate.
  for (const index of [0, 1, 2])
    expect("refuted: bad-timestamp", {
      token: () => ({ signingTime: undefined, attributes: (list) => list.filter((_, at) => at !== index) }),
    });
  expect("refuted: malformed", { token: () => ({ attributes: (list) => [...list, list[0] as Uint8Array] }) });
  expect("refuted: bad-timestamp", { token: () => ({ messageDigest: new Uint8Array(32) }) });
});

const sha1 = (bytes: Uint8Array): Uint8Array => createHash("sha1").update(bytes).digest();

attack(50, "an imprint by SHA-1, and SHA-256 of which SHA-1 is claimed", () => {
  for (const hash of ["sha256", "sha384", "sha512"] as const) expect("proven", { token: () => ({ hash }) });
  const stamp = (imprint: (message: Uint8Array) => Uint8Array): Changes => ({
    timestamps: (_, making) => [
      authority.stamp(stampedBytes(making), lab.loggedAt, { hash: "sha1", imprint: imprint(stampedBytes(making)) }),
    ],
  });
  expect("refuted: bad-timestamp", stamp(sha1));
  expect(
    "refuted: bad-timestamp",
    stamp((message) => createHash("sha256").update(message).digest()),
  );
  expect("refuted: bad-timestamp", { token: () => ({ announced: ["sha1"] }) });
});

run();
