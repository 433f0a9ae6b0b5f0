/**
 * Attacks on the time that RFC 3161 tokens give: counted twice, absent, from before or after an authority's own time.
 */
import * as assert from "uvu/assert";
import {
  type Changes,
  type LabTimestampAuthority,
  type Recipe,
  sign,
  verdict,
  verifiers,
  verify,
} from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { expect, forms, lab, stampedBy, stampedBytes } from "./stamped-by.ts";

const { attack, run } = attackSuite("timestamp-times");
const authority = lab.timestampAuthority;

attack(
  51,
  "two tokens of one authority: no policy counts timestamps, both times must fit, and evidence names one authority",
  () => {
    const late = new Date(lab.leafEnd.getTime() + 1000);
    const twice = (at: Date): Changes => ({
      timestamps: (_, making) => [
        authority.stamp(stampedBytes(making), lab.loggedAt),
        authority.stamp(stampedBytes(making), at, { serial: 2 }),
      ],
    });
    const bundle: Recipe = { by: "certificate", evidence: ["rekor2", "timestamp"] };
    const signed = sign(lab, { ...bundle, change: twice(new Date(lab.loggedAt.getTime() + 1000)) });
    assert.is(verdict(signed), "proven");
    for (const verifier of verifiers) {
      const verification = verify(signed, verifier);
      const times = verification.truth === "proven" ? verification.evidence.times : [];
      assert.equal([...new Set(times.map((time) => time.authority))], [authority.url]);
    }
    for (const at of [late, new Date(lab.signedAt.getTime() - 1000)])
      assert.is(verdict(sign(lab, { ...bundle, change: twice(at) })), "refuted: certificate-not-valid-then");
  },
);

attack(52, "no timestamp where nothing else gives a time: none, an empty list, an empty message", () => {
  for (const evidence of [["rekor2"], ["proof"]] as const)
    assert.is(verdict(sign(lab, { by: "certificate", evidence })), "refuted: no-timestamp");
  for (const timestampVerificationData of [{}, { rfc3161Timestamps: [] }, undefined])
    assert.is(
      verdict(
        sign(lab, {
          by: "certificate",
          evidence: ["rekor2", "timestamp"],
          change: {
            bundle: (json) => ({
              ...json,
              verificationMaterial: { ...json.verificationMaterial, timestampVerificationData },
            }),
          },
        }),
      ),
      "refuted: no-timestamp",
    );
  const empty: Changes = {
    bundle: (json) => ({
      ...json,
      verificationMaterial: {
        ...json.verificationMaterial,
        timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: "" }] },
      },
    }),
  };
  assert.is(
    verdict(sign(lab, { by: "certificate", evidence: ["rekor2", "timestamp"], change: empty })),
    "refuted: malformed",
  );
});

attack(
  52,
  "a layer whose policy has tsaCertChain and no log: without token the certificate is judged now, and has expired",
  () => {
    const bare: Recipe = {
      by: "certificate",
      layout: "tag",
      evidence: ["timestamp"],
      change: { timestamps: () => [] },
    };
    assert.is(verdict(sign(lab, bare)), "refuted: certificate-not-valid-then");
    const emptied: Changes = {
      layer: (annotations) => ({ ...annotations, "dev.sigstore.cosign/rfc3161timestamp": "" }),
    };
    assert.is(verdict(sign(lab, { ...bare, change: emptied })), "refuted: certificate-not-valid-then");
    // Where the log gives the time no timestamp is asked for; one that is there must hold all the same.
    const logged: Recipe = { by: "certificate", layout: "tag", evidence: ["promise", "timestamp"] };
    assert.is(verdict(sign(lab, { ...logged, change: { timestamps: () => [] } })), "proven");
    assert.is(
      verdict(sign(lab, { ...logged, change: { stamped: (message) => message.slice(1) } })),
      "refuted: bad-timestamp",
    );
  },
);

const until = (name: string, notAfter: Date): LabTimestampAuthority => lab.makeTimestampAuthority(name, { notAfter });
const after = (milliseconds: number): Date => new Date(lab.loggedAt.getTime() + milliseconds);

attack(
  53,
  "must be accepted: an authority that has expired since, in every certificate or in the trusted root alone",
  () => {
    expect("proven", stampedBy(until("expired today", after(1000))));
    expect("proven", stampedBy(until("expired at that second", lab.loggedAt)));
    expect("proven", stampedBy(authority, { validFor: { start: lab.period.start, end: after(1000) } }));
    expect("proven", stampedBy(authority, { validFor: { start: lab.loggedAt, end: lab.loggedAt } }));
  },
);

attack(53, "an authority that had expired at the time that it states, or was not yet valid", () => {
  expect("refuted: bad-timestamp", stampedBy(until("expired then", after(-1000))));
  expect("refuted: bad-timestamp", stampedBy(lab.makeTimestampAuthority("not yet", { notBefore: after(1000) })));
  const bundles = forms.filter(({ layout = "bundle" }) => layout === "bundle" || layout === "file");
  for (const validFor of [
    { start: lab.period.start, end: after(-1000) },
    { start: after(1000), end: lab.period.end },
  ])
    for (const form of bundles)
      assert.is(
        verdict(sign(lab, { by: "certificate", ...form, change: stampedBy(authority, { validFor }) })),
        "refuted: bad-timestamp",
      );
});

attack(53, "only the signer's certificate, or only one above it, had expired", () => {
  const signer = lab.makeTimestampAuthority("signer expired", {
    leaf: (spec) => ({ ...spec, notAfter: after(-1000) }),
  });
  expect("refuted: bad-timestamp", stampedBy(signer));
  const { spec } = authority.authority.issuer.certificate;
  const issuer = authority.authority.issue({ ...spec, notAfter: after(-1000) }, authority.authority.issuers[0]?.key);
  expect(
    "refuted: bad-timestamp",
    stampedBy(authority, {
      listed: [authority.certificate, issuer, authority.authority.root],
      tokens: [{ certificates: [] }],
    }),
  );
});

attack(
  53,
  "a token from outside the signing certificate's validity, and one whose signing time is outside the authority's",
  () => {
    for (const at of [new Date(lab.signedAt.getTime() - 1000), new Date(lab.leafEnd.getTime() + 1000)])
      expect("refuted: certificate-not-valid-then", { token: () => ({ at, signingTime: at }) });
    for (const at of [lab.signedAt, lab.leafEnd]) expect("proven", { token: () => ({ at, signingTime: at }) });
    expect("refuted: bad-timestamp", { token: () => ({ signingTime: new Date("2036-01-01T00:00:00Z") }) });
  },
);

run();
