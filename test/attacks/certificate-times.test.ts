/**
 * When certificates, keys and instances are valid: every one of them, at every established time, both ends included.
 * Source: docs/spec/sigstore.md#certificate-paths, #private-certificate-authorities, docs/attacks.md;
 * docs/spec/outcomes.md#what-a-silent-policy-requires.
 */
import * as assert from "uvu/assert";
import { loadPolicies } from "../../core/kyverno/policy/read-policy.ts";
import type { AttestorSpec } from "../../core/verify/attestor.ts";
import {
  certificateAuthorityInstance,
  type Changes,
  type Json,
  type LabCertificate,
  later,
  logInstance,
  type Period,
  policyFor,
  type Recipe,
  sign,
  timestampAuthorityInstance,
  verdict,
} from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { authorityWith, chaining, pems, rooting, trusting } from "./authorities.ts";
import { accepts, lab, refuses, refusesAsked, withChange } from "./refuses.ts";

const { attack, run } = attackSuite("certificate-times");

const second = 1000;
const at = lab.loggedAt;
/** The ways in which a certificate is trusted, each with a layout that brings what it needs. */
const trusts = [trusting, rooting, chaining] as const;
/** A time by a promise, by a timestamp. */
const timed: readonly Recipe[] = [
  { layout: "tag" },
  {},
  { layout: "tag", claim: "attestation" },
  { evidence: ["rekor2", "timestamp"] },
  { layout: "file", claim: "blob", evidence: ["proof", "timestamp"] },
];

attack(
  24,
  "an issuing authority, or its root, that expired before the leaf was used, though after the leaf began",
  () => {
    for (const index of [0, 1]) {
      const [last, expired] = [at, later(at, -second)].map((notAfter) =>
        authorityWith(index, (spec) => ({ ...spec, notAfter })),
      );
      assert.ok(last && expired);
      for (const trust of trusts) {
        // Every certificate of a policy's chain is an anchor, as in Kyverno: nothing above the issuer is looked at.
        const ends = trust === chaining && index === 0;
        for (const recipe of timed.filter(({ layout }) => trust === trusting || layout === "tag")) {
          accepts(trust(last, recipe));
          assert.is(
            verdict(sign(lab, trust(expired, recipe))),
            ends ? "proven" : "refuted: certificate-not-valid-then",
            JSON.stringify(recipe),
          );
        }
      }
    }
  },
);

attack(24, "an authority that began after the leaf was used", () => {
  for (const index of [0, 1]) {
    const [first, young] = [at, later(at, second)].map((notBefore) =>
      authorityWith(index, (spec) => ({ ...spec, notBefore })),
    );
    assert.ok(first && young);
    for (const recipe of timed) {
      accepts(trusting(first, recipe));
      assert.is(
        verdict(sign(lab, trusting(young, recipe))),
        "refuted: certificate-not-valid-then",
        JSON.stringify(recipe),
      );
    }
  }
});

attack(24, "two established times, of which the authority had expired at the later one", () => {
  const notAfter = later(at, 30 * second);
  const recipe: Recipe = { evidence: ["promise", "proof", "timestamp"] };
  const own = authorityWith(1, (spec) => ({ ...spec, notAfter }));
  const stampedAt = (time: Date): Changes => ({ token: () => ({ at: time }) });
  refuses(
    "certificate-not-valid-then",
    withChange(trusting(own, recipe), stampedAt(notAfter)),
    stampedAt(later(notAfter, second)),
  );
});

/** A certificate for the key that the lab signs with. */
function certificateOf(notBefore: Date, notAfter: Date): LabCertificate {
  return lab.authority.issue(lab.authority.leaf(lab.key("signer"), notBefore, notAfter, []));
}
const policyCertificate = (certificate: LabCertificate, chain = false): Changes => ({
  attestor: ({ keys: _, ...spec }): AttestorSpec => ({
    ...spec,
    certificates: { cert: certificate.pem, ...(chain ? { certChain: pems(lab.authority.chain) } : {}) },
  }),
});
const year = { start: new Date("2026-01-01T00:00:00Z"), end: new Date("2026-12-31T00:00:00Z") };

attack(
  25,
  "a bare signature, and a certificate of the policy that has expired, or has not begun, when it is judged",
  () => {
    const certificate = certificateOf(year.start, year.end);
    for (const layout of ["tag", "bundle", "file"] as const) {
      for (const chain of [false, true]) {
        const signed = sign(lab, { layout, evidence: [], change: policyCertificate(certificate, chain) });
        for (const now of [year.start, lab.now, year.end]) assert.is(verdict(signed, { now }), "proven");
        for (const now of [later(year.start, -second), later(year.end, second)])
          assert.is(verdict(signed, { now }), "refuted: certificate-not-valid-then");
      }
    }
  },
);

attack(24, "a policy's certificate under a chain of its own, of which a part expired before the signature", () => {
  for (const index of [0, 1]) {
    for (const [notAfter, expected] of [
      [at, "proven"],
      [later(at, -second), "refuted: certificate-not-valid-then"],
    ] as const) {
      const own = authorityWith(index, (spec) => ({ ...spec, notAfter }));
      const cert = own.issue(own.leaf(lab.key("signer"), year.start, year.end, [])).pem;
      const attestor = ({ keys: _, ...spec }: AttestorSpec): AttestorSpec => ({
        ...spec,
        certificates: { cert, certChain: pems(own.chain) },
      });
      for (const layout of ["tag", "bundle"] as const)
        assert.is(verdict(sign(lab, { layout, change: { attestor } })), expected);
    }
  }
});

attack(
  25,
  "the same with a log entry: the time of the entry counts, not the certificate's beginning and not today",
  () => {
    for (const layout of ["tag", "bundle", "file"] as const) {
      for (const chain of [false, true]) {
        const under = (start: Date, end: Date) =>
          sign(lab, { layout, change: policyCertificate(certificateOf(start, end), chain) });
        assert.is(verdict(under(lab.signedAt, at)), "proven");
        assert.is(verdict(under(at, lab.leafEnd)), "proven");
        for (const signed of [under(lab.signedAt, later(at, -second)), under(later(at, second), lab.leafEnd)])
          assert.is(verdict(signed), "refuted: certificate-not-valid-then");
      }
    }
  },
);

attack(
  25,
  "a certificate that travels with the signature and is judged by an authority of the policy, with no time at all",
  () => {
    const own = lab.makeAuthority("Own");
    for (const trust of [rooting, chaining]) {
      const signed = sign(lab, trust(own, { layout: "tag", evidence: [] }));
      assert.is(verdict(signed, { now: lab.leafEnd }), "proven");
      assert.is(verdict(signed), "refuted: certificate-not-valid-then");
    }
  },
);

attack(26, "a policy's key with a period, by a certificate: every established time must lie in it", () => {
  const certificate = certificateOf(lab.signedAt, lab.leafEnd);
  const recipe: Recipe = { evidence: ["promise", "proof", "timestamp"], change: policyCertificate(certificate) };
  for (const time of [later(lab.signedAt, -second), later(lab.leafEnd, second)]) {
    refuses("certificate-not-valid-then", recipe, { token: () => ({ at: time }) });
    refuses("certificate-not-valid-then", recipe, {
      rekor1: { change: (entry) => ({ ...entry, integratedTime: BigInt(time.getTime() / 1000) }) },
    });
  }
});

attack(26, "a period beside a policy's bare key is no field: the policy does not load", () => {
  const load = (more: object) => {
    const policy = policyFor(accepts({ layout: "tag" }), {
      policy: (whole: Json) => {
        Object.assign(whole.spec.rules[0].verifyImages[0].attestors[0].entries[0].keys, more);
        return whole;
      },
    });
    return loadPolicies([{ name: "lab.yaml", text: JSON.stringify(policy) }]).errors.map(({ code }) => code);
  };
  assert.equal(load({}), []);
  assert.equal(load({ validFor: { start: "2020-01-01T00:00:00Z", end: "2021-01-01T00:00:00Z" } }), ["invalid-policy"]);
});

/** The trusted root with one list in place of its own. */
const listing =
  (list: string, instance: (validFor: Period) => Json) =>
  (validFor: Period): Changes => ({ trustedRoot: (root) => ({ ...root, [list]: [instance(validFor)] }) });
const keyless: Recipe = { by: "certificate" };
const stamped: Recipe = { by: "certificate", evidence: ["rekor2", "timestamp"] };
const sctAt = later(lab.signedAt, second);

/** What the trusted root gives a period, where it counts, and what follows when it is left. */
const windows: readonly (readonly [string, Recipe, Date, string, (validFor: Period) => Changes])[] = [
  [
    "authority",
    keyless,
    at,
    "certificate-not-valid-then",
    listing("certificateAuthorities", (validFor) => certificateAuthorityInstance(lab.authority, validFor)),
  ],
  [
    "authority, by timestamp",
    stamped,
    at,
    "certificate-not-valid-then",
    listing("certificateAuthorities", (validFor) => certificateAuthorityInstance(lab.authority, validFor)),
  ],
  ["log", {}, at, "bad-log-proof", listing("tlogs", (validFor) => logInstance(lab.rekor, validFor))],
  [
    "log, in a layer",
    { layout: "tag" },
    at,
    "bad-log-proof",
    listing("tlogs", (validFor) => logInstance(lab.rekor, validFor)),
  ],
  ["log of Rekor v2", stamped, at, "bad-log-proof", listing("tlogs", (validFor) => logInstance(lab.rekor2, validFor))],
  [
    "certificate log",
    keyless,
    sctAt,
    "bad-sct",
    listing("ctlogs", (validFor) => logInstance(lab.certificateLog, validFor)),
  ],
  [
    "timestamp authority",
    stamped,
    at,
    "bad-timestamp",
    listing("timestampAuthorities", (validFor) => timestampAuthorityInstance(lab.timestampAuthority, validFor)),
  ],
];

attack(27, "instances of the trusted root outside their periods by a second; both ends are inside", () => {
  const { start } = lab.period;
  for (const [name, recipe, time, code, change] of windows) {
    for (const validFor of [{ start }, { start: time }, { start, end: time }, { start: time, end: time }])
      accepts(withChange(recipe, change(validFor)));
    for (const validFor of [{ start: later(time, second) }, { start, end: later(time, -second) }])
      assert.is(verdict(sign(lab, withChange(recipe, change(validFor)))), `refuted: ${code}`, name);
  }
});

attack(
  27,
  "a log without the beginning of its period spoils the trusted root; an authority without one is open",
  () => {
    for (const [, recipe, , code, change] of windows) {
      const open = sign(lab, withChange(recipe, change({})));
      assert.is(verdict(open), code === "bad-log-proof" || code === "bad-sct" ? "unknown: no-trust" : "proven");
    }
  },
);

attack(27, "a period that ends before it begins holds nothing", () => {
  for (const [, recipe, time, code, change] of windows)
    assert.is(
      verdict(sign(lab, withChange(recipe, change({ start: later(time, second), end: later(time, -second) })))),
      `refuted: ${code}`,
    );
  refusesAsked(
    "certificate-not-valid-then",
    accepts(withChange({ by: "certificate", evidence: [] }, { leaf: (spec) => ({ ...spec, notAfter: year.end }) })),
    {
      now: lab.period.end,
    },
  );
});

run();
