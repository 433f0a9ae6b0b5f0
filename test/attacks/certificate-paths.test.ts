/**
 * Paths of certificates that no authority stands behind, or not for this. Source:
 * docs/spec/sigstore.md#certificate-paths, docs/attacks.md; RFC 5280 §6.1.
 */
import * as assert from "uvu/assert";
import {
  basicConstraints,
  type CertificateAuthority,
  type CertificateSpec,
  extendedKeyUsage,
  extensionId,
  type ExtensionSpec,
  type Issuer,
  keyUsage,
  type LabCertificate,
  poison,
  purposes,
  type Recipe,
  sign,
  strangers,
  subjectAlternativeName,
  unknownExtension,
  verdict,
  withExtension,
} from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { authorityWith, chaining, issuedBy, rooting, trusting } from "./authorities.ts";
import { accepts, lab, refuses, withChange } from "./refuses.ts";

const { attack, run } = attackSuite("certificate-paths");

const layouts: readonly Recipe[] = [
  { layout: "tag" },
  {},
  { layout: "file", claim: "blob", evidence: ["rekor2", "timestamp"] },
];
const refuted = "refuted: untrusted-certificate";

/** The recipe's leaf with an extension replaced, added or taken away. */
const leafWith = (id: string, replacement: ExtensionSpec | undefined) => ({
  leaf: (spec: CertificateSpec): CertificateSpec => ({
    ...spec,
    extensions: withExtension(spec.extensions, id, replacement),
  }),
});
const extended =
  (id: string, replacement: ExtensionSpec | undefined) =>
  (spec: CertificateSpec): CertificateSpec => ({
    ...spec,
    extensions: withExtension(spec.extensions, id, replacement),
  });

attack(28, "a stranger's chain of the same names comes with the signature, with its root or without", () => {
  const stranger = strangers(lab).authority;
  for (const recipe of layouts) {
    accepts({ ...recipe, by: "certificate" });
    for (const chain of [stranger.chain, stranger.chain.slice(0, -1), [stranger.root]])
      assert.is(verdict(sign(lab, issuedBy(stranger, recipe, chain))), refuted);
  }
});

/** A chain in the bundle behind the leaf. */
const bundled = (chain: readonly LabCertificate[]) => ({
  bundle: (bundle: { verificationMaterial: { x509CertificateChain: { certificates: object[] } } }) => {
    bundle.verificationMaterial.x509CertificateChain.certificates.splice(
      1,
      Number.POSITIVE_INFINITY,
      ...chain.map(({ der }) => ({ rawBytes: Buffer.from(der).toString("base64") })),
    );
    return bundle;
  },
});

attack(28, "the same in the chain of an older bundle, where a root makes the whole malformed", () => {
  const stranger = strangers(lab).authority;
  for (const version of ["0.1", "0.2"] as const) {
    const recipe: Recipe = { layout: "file", claim: "blob", version };
    accepts({ ...recipe, by: "certificate" });
    assert.is(
      verdict(sign(lab, withChange(issuedBy(stranger, recipe), bundled(stranger.chain.slice(0, -1))))),
      refuted,
    );
    assert.is(
      verdict(sign(lab, withChange(issuedBy(stranger, recipe), bundled(stranger.chain)))),
      "refuted: malformed",
    );
    assert.is(
      verdict(sign(lab, withChange({ ...recipe, by: "certificate" }, bundled(lab.authority.chain)))),
      "refuted: malformed",
    );
  }
});

attack(28, "an intermediate of a trusted root that the trusted root does not list comes with the signature", () => {
  const own = lab.makeAuthority("Own");
  const alone = (recipe: Recipe): Recipe =>
    withChange(trusting(own, recipe), {
      trustedRoot: (root) => ({
        ...root,
        certificateAuthorities: root.certificateAuthorities.length === 0 ? [] : [rootAlone(own)],
      }),
    });
  for (const recipe of layouts) {
    accepts(trusting(own, recipe));
    assert.is(verdict(sign(lab, alone(recipe))), refuted);
  }
  const chained: Recipe = { layout: "file", claim: "blob", version: "0.2" };
  assert.is(verdict(sign(lab, withChange(alone(chained), bundled(own.chain.slice(0, -1))))), refuted);
  // Where the policy names the root itself, the layer's chain gives intermediates, and nothing more.
  accepts(rooting(own, { layout: "tag" }));
  assert.is(verdict(sign(lab, rooting(own, { layout: "tag" }, []))), refuted);
  assert.is(verdict(sign(lab, rooting(own, { layout: "tag" }, strangers(lab).authority.chain))), refuted);
});

const rootAlone = (own: CertificateAuthority) => ({
  subject: { organization: "lab.example", commonName: "lab" },
  uri: "https://fulcio.lab.example",
  certChain: { certificates: [{ rawBytes: Buffer.from(own.root.der).toString("base64") }] },
  validFor: { start: lab.period.start.toISOString() },
});

attack(29, "a leaf for servers, for timestamps, for anything, or that does not say what it is for", () => {
  for (const recipe of layouts) {
    const keyless: Recipe = { ...recipe, by: "certificate" };
    for (const ids of [[purposes.serverAuth], [purposes.timeStamping], [purposes.any]])
      refuses("untrusted-certificate", keyless, leafWith(extensionId.extendedKeyUsage, extendedKeyUsage(ids)));
    refuses("untrusted-certificate", keyless, leafWith(extensionId.extendedKeyUsage, undefined));
    refuses("untrusted-certificate", keyless, leafWith(extensionId.keyUsage, keyUsage("keyEncipherment")));
    accepts(
      withChange(
        keyless,
        leafWith(extensionId.extendedKeyUsage, extendedKeyUsage([purposes.any, purposes.codeSigning])),
      ),
    );
    accepts(withChange(keyless, leafWith(extensionId.keyUsage, undefined)));
  }
});

attack(29, "under a policy's own chain a leaf may leave out what it is for, and may not be for something else", () => {
  const own = lab.makeAuthority("Own", { intermediates: 1 });
  /** The leaf of the recipe, issued by that authority, with these purposes. */
  const saying = (recipe: Recipe, ids: readonly string[] | undefined): Recipe => {
    const usage = extended(extensionId.extendedKeyUsage, ids === undefined ? undefined : extendedKeyUsage(ids));
    const issued = recipe.change?.leaf;
    return withChange(recipe, { leaf: (spec, ...more) => usage(issued?.(spec, ...more) ?? spec) });
  };
  for (const layout of layouts) {
    const chained = chaining(own, layout);
    for (const ids of [undefined, [purposes.any], [purposes.codeSigning]]) accepts(saying(chained, ids));
    for (const ids of [[purposes.serverAuth], [purposes.timeStamping], [purposes.serverAuth, purposes.timeStamping]])
      assert.is(verdict(sign(lab, saying(chained, ids))), refuted);
  }
  // The roots of a keyless entry stand in for Fulcio's, whose leaves say what they are for.
  const rooted = rooting(own, { layout: "tag" });
  accepts(rooted);
  for (const ids of [undefined, [purposes.any]]) assert.is(verdict(sign(lab, saying(rooted, ids))), refuted);
});

attack(
  29,
  "an authority, intermediate or root, that issues for other purposes; one that says any, or nothing, is right",
  () => {
    for (const index of [0, 1]) {
      const purpose = (ids: readonly string[] | undefined) =>
        authorityWith(
          index,
          extended(extensionId.extendedKeyUsage, ids === undefined ? undefined : extendedKeyUsage(ids)),
        );
      for (const recipe of layouts) {
        for (const ids of [[purposes.serverAuth], [purposes.timeStamping]])
          assert.is(verdict(sign(lab, trusting(purpose(ids), recipe))), refuted);
        for (const ids of [undefined, [purposes.any], [purposes.serverAuth, purposes.codeSigning]])
          accepts(trusting(purpose(ids), recipe));
      }
      assert.is(verdict(sign(lab, rooting(purpose([purposes.serverAuth]), { layout: "tag" }))), refuted);
    }
  },
);

/**
 * A leaf of the lab's authority, described by `change`, that issues further ones, and the chain that would lead down
 * from it.
 */
function byLeaf(
  own: CertificateAuthority,
  change: (spec: CertificateSpec) => CertificateSpec,
): { readonly issuer: Issuer; readonly chain: readonly LabCertificate[] } {
  const key = lab.key("mallory");
  const asked = own.leaf(key, lab.signedAt, lab.leafEnd, [subjectAlternativeName([{ email: "mallory@lab.example" }])]);
  const certificate = own.issue(change({ ...asked, subject: "Mallory" }));
  return { issuer: { key, certificate }, chain: [certificate, ...own.chain] };
}

/** Signed with a certificate that Mallory issued; the policy names the root, so that the signature's chain counts. */
function subordinate(own: CertificateAuthority, change: (spec: CertificateSpec) => CertificateSpec): Recipe {
  const { issuer, chain } = byLeaf(own, change);
  return withChange(rooting(own, { layout: "tag" }, chain), {
    issuer: () => issuer,
    leaf: (spec) => ({ ...spec, issuer: issuer.certificate.spec.subject }),
  });
}

attack(30, "the holder of a leaf issues a certificate for somebody else's name", () => {
  const own = lab.makeAuthority("Own", {
    change: (spec) => ({
      ...spec,
      extensions: withExtension(spec.extensions, extensionId.basicConstraints, basicConstraints(true)),
    }),
  });
  const issuing = (...extensions: readonly ExtensionSpec[]) =>
    subordinate(own, (spec) => ({
      ...spec,
      extensions: extensions.reduce((list, extension) => withExtension(list, extension.id, extension), spec.extensions),
    }));
  // What Mallory would need.
  accepts(issuing(basicConstraints(true), keyUsage("keyCertSign")));
  assert.is(verdict(sign(lab, issuing())), refuted);
  assert.is(verdict(sign(lab, issuing(basicConstraints(false), keyUsage("keyCertSign")))), refuted);
  assert.is(verdict(sign(lab, issuing(keyUsage("keyCertSign")))), refuted);
  assert.is(verdict(sign(lab, issuing(basicConstraints(true), keyUsage("digitalSignature")))), refuted);
  assert.is(
    verdict(
      sign(
        lab,
        subordinate(own, (spec) => ({ ...spec, version: 1, extensions: [] })),
      ),
    ),
    refuted,
  );
});

attack(30, "an authority that may only issue leaves makes another authority", () => {
  const right = [basicConstraints(true), keyUsage("keyCertSign")];
  const mallory = (spec: CertificateSpec): CertificateSpec => ({
    ...spec,
    extensions: right.reduce((list, extension) => withExtension(list, extension.id, extension), spec.extensions),
  });
  const limit = (root: number, intermediate: number) =>
    lab.makeAuthority("Own", {
      change: (spec, index) =>
        extended(extensionId.basicConstraints, basicConstraints(true, index === 0 ? root : intermediate))(spec),
    });
  accepts(subordinate(limit(2, 1), mallory));
  assert.is(verdict(sign(lab, subordinate(limit(2, 0), mallory))), refuted);
  assert.is(verdict(sign(lab, subordinate(limit(1, 1), mallory))), refuted);
});

attack(30, "a trusted root lists an intermediate that is no authority, or may not sign certificates", () => {
  for (const recipe of layouts) {
    for (const extension of [basicConstraints(false), keyUsage("digitalSignature")])
      assert.is(verdict(sign(lab, trusting(authorityWith(1, extended(extension.id, extension)), recipe))), refuted);
    assert.is(
      verdict(sign(lab, trusting(authorityWith(1, extended(extensionId.basicConstraints, undefined)), recipe))),
      refuted,
    );
  }
});

attack(31, "an unknown extension, marked critical, in leaf, intermediate or root", () => {
  const { id } = unknownExtension(true);
  for (const recipe of layouts) {
    const keyless: Recipe = { ...recipe, by: "certificate" };
    refuses("untrusted-certificate", keyless, leafWith(id, unknownExtension(true)));
    accepts(withChange(keyless, leafWith(id, unknownExtension(false))));
    for (const index of [0, 1]) {
      assert.is(
        verdict(sign(lab, trusting(authorityWith(index, extended(id, unknownExtension(true))), recipe))),
        refuted,
      );
      accepts(trusting(authorityWith(index, extended(id, unknownExtension(false))), recipe));
    }
  }
});

attack(31, "known extensions that validation does not handle, marked critical", () => {
  const keyless: Recipe = { by: "certificate" };
  const critical = (id: string) => ({
    leaf: (spec: CertificateSpec): CertificateSpec => ({
      ...spec,
      extensions: spec.extensions.map((extension) =>
        extension.id === id ? { ...extension, critical: true } : extension,
      ),
    }),
  });
  for (const id of [
    extensionId.subjectKeyIdentifier,
    extensionId.authorityKeyIdentifier,
    "1.3.6.1.4.1.57264.1.8",
    "1.3.6.1.4.1.57264.1.1",
  ])
    refuses("untrusted-certificate", keyless, critical(id));
  refuses("untrusted-certificate", keyless, {
    issuedExtensions: (extensions) =>
      extensions.map((extension) =>
        extension.id === extensionId.timestampList ? { ...extension, critical: true } : extension,
      ),
  });
  // Those that validation handles may be critical, and the name of a user is read by whoever asks for it.
  accepts(withChange(keyless, critical(extensionId.extendedKeyUsage)));
  accepts(
    withChange(keyless, {
      ...leafWith(extensionId.subjectAlternativeName, subjectAlternativeName([{ otherName: "ada" }])),
      attestor: (spec) => ({ ...spec, keyless: { ...spec.keyless, subject: "ada" } }),
    }),
  );
  assert.is(
    verdict(
      sign(
        lab,
        trusting(
          authorityWith(
            1,
            extended(extensionId.subjectAlternativeName, subjectAlternativeName([{ otherName: "ada" }])),
          ),
          {},
        ),
      ),
    ),
    refuted,
  );
});

attack(33, "more intermediates than are read, in a layer's chain and in a bundle's", () => {
  const own = lab.makeAuthority("Own");
  const more = (count: number) =>
    Array.from({ length: count }, (_, index) => lab.makeAuthority(`Other ${index}`).issuer.certificate);
  accepts(rooting(own, { layout: "tag" }, [own.issuer.certificate, ...more(9), own.root]));
  assert.is(
    verdict(sign(lab, rooting(own, { layout: "tag" }, [own.issuer.certificate, ...more(10), own.root]))),
    "refuted: over-limit",
  );
  const bundle: Recipe = { layout: "file", claim: "blob", version: "0.2", by: "certificate" };
  accepts(withChange(bundle, bundled(more(10))));
  refuses("over-limit", bundle, bundled(more(11)));
});

attack(
  33,
  "intermediates of one name and one key that certify one another: the paths multiply, the work does not",
  () => {
    const own = lab.makeAuthority("Own");
    const { key } = own.issuer;
    const names = Array.from({ length: 10 }, (_, index) => [{ dns: `n${index}.lab.example` }]);
    const circle = names.map((name, index) =>
      own.issue(
        {
          ...own.issuer.certificate.spec,
          issuer: own.issuer.certificate.spec.subject,
          serial: 100 + index,
          extensions: [basicConstraints(true), subjectAlternativeName(name)],
        },
        key,
      ),
    );
    // None of them leads to the root, since only its own intermediate does, which is not there.
    const recipe = rooting(own, { layout: "tag" }, [...circle, own.root]);
    assert.is(verdict(sign(lab, recipe)), "refuted: over-limit");
    accepts(rooting(own, { layout: "tag" }, [own.issuer.certificate, ...circle.slice(1), own.root]));
  },
);

attack(44, "the precertificate, with its poison, in place of the certificate", () => {
  for (const recipe of layouts) {
    const keyless: Recipe = { ...recipe, by: "certificate" };
    refuses("untrusted-certificate", keyless, { certificateTimestamps: () => [], ...leafWith(poison.id, poison) });
    refuses("untrusted-certificate", keyless, { issuedExtensions: (extensions) => [...extensions, poison] });
    refuses("untrusted-certificate", keyless, leafWith(poison.id, poison));
  }
  // Neither does it help that a policy asks for no timestamps.
  const careless: Recipe = {
    by: "certificate",
    change: { attestor: (spec) => ({ ...spec, ctlog: { ignoreSCT: true } }) },
  };
  refuses("untrusted-certificate", careless, leafWith(poison.id, poison));
});

run();
