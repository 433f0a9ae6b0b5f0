import { suite } from "uvu";
import * as assert from "uvu/assert";
import { refuseEmptyRestrictions } from "../../../../core/kyverno/image/refuse-empty-restrictions.ts";
import type { Attestor, AttestorSet } from "../../../../core/kyverno/policy/policy.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("core/kyverno/image/refuse-empty-restrictions");

const sets = (...attestors: readonly Omit<Attestor, "pointer">[]): readonly AttestorSet[] => [
  {
    pointer: "/sets/0",
    entries: attestors.map((attestor, index) => ({ pointer: `/sets/0/entries/${index}`, ...attestor })),
  },
];
const variable = "{{ x }}";

test("a text stays, changes, or was empty before", () => {
  refuseEmptyRestrictions(sets({ keyless: { subject: variable } }), sets({ keyless: { subject: "ada" } }));
  refuseEmptyRestrictions(
    sets({ keyless: { subject: "", issuer: "i" } }),
    sets({ keyless: { subject: "", issuer: "i" } }),
  );
  refuseEmptyRestrictions(sets({ keys: { publicKeys: "PEM" } }), sets({ keys: { publicKeys: "PEM" } }));
});

const cases: readonly (readonly [string, (text: string) => Omit<Attestor, "pointer">])[] = [
  ["keyless.subject", (subject) => ({ keyless: { subject, issuer: "i" } })],
  ["keyless.subjectRegExp", (subjectRegExp) => ({ keyless: { subjectRegExp, issuer: "i" } })],
  ["keyless.issuer", (issuer) => ({ keyless: { issuer, subject: "s" } })],
  ["keyless.issuerRegExp", (issuerRegExp) => ({ keyless: { issuerRegExp, subject: "s" } })],
  ["keyless.roots", (roots) => ({ keyless: { roots, subject: "s" } })],
  ["certificates.cert", (cert) => ({ certificates: { cert, certChain: "c" } })],
  ["certificates.certChain", (certChain) => ({ certificates: { cert: "c", certChain } })],
  ["keys.publicKeys", (publicKeys) => ({ keys: { publicKeys } })],
  ["keys.signatureAlgorithm", (signatureAlgorithm) => ({ keys: { publicKeys: "PEM", signatureAlgorithm } })],
  ["rekor.pubKey", (pubKey) => ({ keys: { publicKeys: "PEM", rekor: { pubKey, ignoreTlog: false } } })],
  ["ctlog.pubKey", (pubKey) => ({ keyless: { subject: "s", ctlog: { pubKey, ignoreSCT: false } } })],
  [
    "ctlog.tsaCertChain",
    (tsaCertChain) => ({ certificates: { cert: "c", ctlog: { tsaCertChain, ignoreSCT: false } } }),
  ],
  ["signatureAlgorithm", (signatureAlgorithm) => ({ keys: { publicKeys: "PEM" }, signatureAlgorithm })],
];
for (const [field, attestor] of cases) {
  test(`${field} that becomes empty is refused, in nested sets too`, () => {
    const first = { keys: { publicKeys: "PEM" } };
    refuseEmptyRestrictions(sets(first, attestor(variable)), sets(first, attestor("x")));
    const error = throwsCode("malformed", () =>
      refuseEmptyRestrictions(sets(first, attestor(variable)), sets(first, attestor(""))),
    );
    assert.is(error.subject, `/sets/0/entries/1/${field}`);
    const nested = (text: string) => sets({ attestor: sets(attestor(text))[0] as AttestorSet });
    throwsCode("malformed", () => refuseEmptyRestrictions(nested(variable), nested("")));
  });
}

test.run();
