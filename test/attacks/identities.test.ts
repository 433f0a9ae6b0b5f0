/**
 * What a policy asks of a signer, option by option: nothing that it says may be passed over. Source:
 * docs/spec/kyverno.md#attestors, #identities; docs/spec/sigstore.md#matching-an-identity, #fulcio-extensions,
 * docs/attacks.md.
 */
import * as assert from "uvu/assert";
import { advise } from "../../core/kyverno/policy/advice.ts";
import { loadPolicies } from "../../core/kyverno/policy/read-policy.ts";
import { fulcioExtensions } from "../../core/x509/fulcio.ts";
import {
  type Json,
  labPredicateType,
  policyFor,
  type Recipe,
  sign,
  type Signed,
  strangers,
  verdict,
} from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { pems } from "./authorities.ts";
import { accepts, decided, lab } from "./refuses.ts";
import { defaultLimits } from "../../core/limits.ts";

const { attack, run } = attackSuite("identities");

const layouts: readonly Recipe[] = [{ layout: "tag", by: "certificate" }, { by: "certificate" }];
const evil = {
  names: [{ uri: "https://evil.example/?https://github.com/lab/app" }],
  extensions: { issuer: "https://evil.example/https://issuer.lab.example" },
};
const right = { names: [{ uri: "https://github.com/lab/app" }], extensions: { issuer: "https://issuer.lab.example" } };
const issuer = "https://issuer.lab.example";

/** The same entry in every attestor of a policy, changed. */
const entries =
  (change: (entry: Json) => void) =>
  (policy: Json): Json => {
    for (const image of policy.spec.rules[0].verifyImages)
      for (const { attestors } of [image, ...(image.attestations ?? [])])
        for (const set of attestors ?? []) for (const entry of set.entries) change(entry);
    return policy;
  };
const keyless = (block: Json) => ({
  policy: entries((entry) =>
    Object.assign(entry, { keyless: { ...entry.keyless, subject: undefined, issuer: undefined, ...block } }),
  ),
});
const load = (signed: Signed, policy: (policy: Json) => Json) =>
  loadPolicies([{ name: "lab.yaml", text: JSON.stringify(policyFor(signed, { policy })) }]);

attack(
  36,
  "an expression without anchors is found within another name, as in Kyverno; the advice says so, and anchors end it",
  () => {
    const open = "https://github.com/lab/";
    const anchored = "^https://github\\.com/lab/[^/]+$";
    for (const recipe of layouts) {
      const [good, bad] = [right, evil].map((identity) => sign(lab, { ...recipe, identity })) as [Signed, Signed];
      const asked = (subjectRegExp: string, issuerRegExp: string) => keyless({ subjectRegExp, issuerRegExp });
      assert.is(decided(good, asked(open, issuer)), "allowed");
      assert.is(decided(bad, asked(open, issuer)), "allowed");
      assert.is(decided(good, asked(anchored, `^${issuer}$`)), "allowed");
      assert.is(decided(bad, asked(anchored, issuer)), "denied: wrong-identity");
      assert.is(decided(bad, asked(open, `^${issuer}$`)), "denied: wrong-identity");
      const advice = (subjectRegExp: string) =>
        load(good, asked(subjectRegExp, `^${issuer}$`).policy).policies.flatMap((policy) =>
          advise(policy, defaultLimits).map(({ code }) => code),
        );
      assert.equal(advice(open), ["unanchored-pattern"]);
      assert.equal(advice(`^${open}`), ["unanchored-pattern"]);
      assert.equal(advice(anchored), []);
    }
  },
);

attack(
  36,
  "texts and wildcards are anchored at both ends; where texts are meant as they stand, a star is a star",
  () => {
    for (const recipe of layouts) {
      const [good, bad] = [right, evil].map((identity) => sign(lab, { ...recipe, identity })) as [Signed, Signed];
      for (const subject of ["https://github.com/lab/app", "https://github.com/lab/*"]) {
        assert.is(decided(good, keyless({ subject, issuer })), "allowed");
        assert.is(decided(bad, keyless({ subject, issuer: "*" })), "denied: wrong-identity");
      }
      const exact = (signed: Signed, subject: string) =>
        verdict(signed, {
          attestor: { keyless: { subject, issuer } },
          options: { identityTexts: "exact" },
        });
      assert.is(exact(good, "https://github.com/lab/app"), "proven");
      assert.is(exact(good, "https://github.com/lab/*"), "refuted: wrong-identity");
    }
  },
);

attack(37, "subject, issuer and their expressions, each wrong while the others are right", () => {
  const all = {
    subject: "ada@lab.example",
    subjectRegExp: "^ada@lab\\.example$",
    issuer,
    issuerRegExp: "^https://issuer\\.lab\\.example$",
  };
  const wrong = {
    subject: "eve@lab.example",
    subjectRegExp: "^eve@",
    issuer: "https://evil.example",
    issuerRegExp: "^https://evil\\.",
  };
  for (const recipe of [
    ...layouts,
    { by: "certificate", claim: "attestation" },
    { by: "certificate", claim: "attestation", layout: "tag" },
  ] as readonly Recipe[]) {
    const signed = accepts(recipe);
    const code = recipe.claim === "attestation" ? /^denied: .*wrong-identity/ : /^denied: wrong-identity$/;
    assert.is(decided(signed, keyless(all)), "allowed");
    for (const [option, value] of Object.entries(wrong)) {
      assert.match(decided(signed, keyless({ ...all, [option]: value })), code, option);
      if (recipe.claim !== undefined) continue;
      // Alone, or with one more, it counts as well.
      assert.match(decided(signed, keyless({ subject: "*", [option]: value })), code, option);
      assert.is(
        decided(signed, keyless({ subject: "*", [option]: all[option as keyof typeof all] })),
        "allowed",
        option,
      );
    }
    for (const broken of ["(", "(?=ada)", "\\1"])
      assert.match(decided(signed, keyless({ ...all, subjectRegExp: broken })), /^denied: .*malformed/);
  }
});

attack(
  37,
  "a variable in a subject, an issuer, an authority or a log key that holds no text when the Pod comes",
  () => {
    const text = (label: string) => `{{ request.object.metadata.labels.${label} || '' }}`;
    const pod = (labels: Readonly<Record<string, string>>) => (whole: Json) => ({
      ...whole,
      metadata: { ...whole.metadata, labels },
    });
    for (const recipe of [...layouts, { by: "certificate", claim: "attestation" }] as readonly Recipe[]) {
      const signed = accepts(recipe);
      for (const field of ["subject", "subjectRegExp", "issuer", "issuerRegExp", "roots"]) {
        const { policy } = keyless({ subject: "ada@*", [field]: text("who") });
        const who =
          field === "roots"
            ? lab.authority.root.pem + lab.authority.issuer.certificate.pem
            : field.startsWith("subject")
              ? "ada@lab.example"
              : issuer;
        assert.is(decided(signed, { policy, pod: pod({ who }) }), "allowed", field);
        assert.is(decided(signed, { policy, pod: pod({ who: "" }) }), "denied: malformed", field);
        assert.is(decided(signed, { policy, pod: pod({ other: "" }) }), "denied: malformed", field);
      }
      const { policy } = keyless({
        subject: "ada@*",
        rekor: { url: "https://rekor.lab.example", pubkey: text("log") },
      });
      assert.is(decided(signed, { policy, pod: pod({ log: lab.rekor.key.pem }) }), "allowed");
      assert.is(decided(signed, { policy, pod: pod({}) }), "denied: malformed");
    }
  },
);

const values = Object.fromEntries(
  fulcioExtensions
    .filter(({ name }) => name !== "issuer")
    .map(({ number, name }) => [String(number), `value of ${name}`]),
);

attack(
  38,
  "every certificate extension of Fulcio, by its name and by its identifier, absent and with another value",
  () => {
    for (const recipe of layouts) {
      const full = sign(lab, {
        ...recipe,
        identity: { names: right.names, extensions: { ...right.extensions, ...values } },
      });
      const bare = sign(lab, { ...recipe, identity: right });
      const asked = (additionalExtensions: Readonly<Record<string, string>>) => ({
        attestor: { keyless: { subject: "*", issuer, additionalExtensions } },
      });
      for (const { number, name } of fulcioExtensions) {
        const value = values[number] ?? issuer;
        for (const key of recipe.layout === "tag" ? [name] : [`1.3.6.1.4.1.57264.1.${number}`]) {
          assert.is(verdict(full, asked({ [key]: value })), "proven", key);
          assert.is(verdict(full, asked({ [key]: `${value}x` })), "refuted: wrong-identity", key);
          if (name !== "issuer") assert.is(verdict(bare, asked({ [key]: value })), "refuted: wrong-identity", key);
        }
      }
      // One of many that does not match is enough.
      const all = Object.fromEntries(fulcioExtensions.map(({ number, name }) => [name, values[number] ?? issuer]));
      assert.is(verdict(full, asked(all)), "proven");
      assert.is(verdict(full, asked({ ...all, runnerEnvironment: "other" })), "refuted: wrong-identity");
    }
  },
);

attack(38, "an extension that Fulcio does not have, and a field that an attestor does not have", () => {
  for (const recipe of layouts) {
    const signed = accepts(recipe);
    for (const name of [
      "certificateOIDs",
      "1.3.6.1.4.1.57264.1.99",
      "1.2.3",
      "githubworkflowref",
      "__proto__x",
      "constructor",
    ])
      assert.is(
        decided(signed, keyless({ subject: "*", additionalExtensions: { [name]: "*" } })),
        "denied: malformed",
        name,
      );
    for (const field of [
      "certificateOIDs",
      "subjectRegex",
      "subjectregexp",
      "SubjectRegExp",
      "oidcIssuer",
      "identities",
    ]) {
      const { policies, errors } = load(signed, keyless({ subject: "*", [field]: "x" }).policy);
      assert.equal([policies.length, ...errors.map(({ code }) => code)], [0, "invalid-policy"], field);
    }
  }
});

attack(38, "every other option of an attestor, wrong while the signature is right", () => {
  const other = lab.key("other").pem;
  const stranger = pems(strangers(lab).authority.chain);
  const wrong: readonly (readonly [string, Recipe, (entry: Json) => void])[] = [
    ["wrong-key", {}, ({ keys }) => (keys.publicKeys = other)],
    ["wrong-key", {}, ({ keys }) => (keys.signatureAlgorithm = "sha512")],
    ["wrong-key", {}, (entry) => (entry.signatureAlgorithm = "sha512")],
    ["wrong-key", {}, (entry) => (entry.keys.publicKeys += other)],
    ["bad-log-proof", {}, ({ keys }) => (keys.rekor = { url: "https://rekor.lab.example", pubkey: other })],
    ["wrong-annotations", {}, (entry) => (entry.annotations = { channel: "beta" })],
    ["bad-log-proof", { by: "certificate" }, (entry) => (entry.keyless.rekor = { pubkey: other })],
    ["bad-sct", { by: "certificate" }, (entry) => (entry.keyless.ctlog = { pubkey: other })],
    ["untrusted-certificate", { by: "certificate" }, (entry) => (entry.keyless.roots = stranger)],
    [
      "no-certificate",
      {},
      (entry) =>
        Object.assign(entry, {
          keys: undefined,
          keyless: { subject: "*", issuer: "*", rekor: { url: "https://rekor.lab.example" } },
        }),
    ],
    [
      "untrusted-certificate",
      { by: "certificate" },
      (entry) => Object.assign(entry, { keyless: undefined, certificates: { certChain: stranger } }),
    ],
    [
      "bad-timestamp",
      { by: "certificate", evidence: ["proof", "timestamp"] },
      (entry) => (entry.keyless.ctlog = { tsaCertChain: pems(lab.secondTimestampAuthority.chain) }),
    ],
  ];
  for (const layout of ["tag", "bundle"] as const) {
    for (const [code, recipe, change] of wrong) {
      const evidence =
        layout === "tag" && recipe.evidence !== undefined ? { evidence: ["promise", "timestamp"] as const } : {};
      const signed = accepts({ ...recipe, layout, ...evidence });
      assert.is(decided(signed), "allowed");
      assert.is(decided(signed, { policy: entries(change) }), `denied: ${code}`, `${code} ${layout}`);
    }
  }
});

attack(38, "every option around the attestors, wrong while the signature is right", () => {
  const denies = (code: string, signed: Signed, change: (image: Json) => void) => {
    const policy = (whole: Json) => {
      change(whole.spec.rules[0].verifyImages[0]);
      return whole;
    };
    assert.is(decided(signed), "allowed");
    assert.is(decided(signed, { policy }), `denied: ${code}`);
  };
  const elsewhere = "registry.lab.example/elsewhere";
  const other = { keys: { publicKeys: lab.key("other").pem } };
  const condition = { key: "{{ reviewers[0] }}", operator: "Equals", value: "eve@lab.example" };
  for (const layout of ["tag", "bundle"] as const) {
    const signed = accepts({ layout });
    // Nobody has asked that repository yet: not known, and so not allowed.
    denies("not-in-mirror", signed, (image) => (image.repository = elsewhere));
    denies("not-in-mirror", signed, (image) => (image.attestors[0].entries[0].repository = elsewhere));
    denies("wrong-key", signed, (image) => image.attestors.push({ entries: [other] }));
    denies("wrong-key", signed, (image) => image.attestors[0].entries.push(other));
    const attested = accepts({ layout, claim: "attestation" });
    denies("condition-failed", attested, (image) => (image.attestations[0].conditions = [{ all: [condition] }]));
    denies("no-attestation", attested, (image) => (image.attestations[0].type = `${labPredicateType}/other`));
  }
  denies("no-signature", accepts({ layout: "tag" }), (image) => (image.type = "SigstoreBundle"));
});

run();
