/** Wrong certificates: leaves, authorities, timestamps of certificate logs, names. */
import { encodeBase64 } from "../../../core/encoding/base64.ts";
import {
  basicConstraints,
  type CertificateAuthority,
  certificateAuthorityInstance,
  type CertificateSpec,
  CertificateLog,
  type Changes,
  type EmbeddedTimestamp,
  type ExtensionSpec,
  extendedKeyUsage,
  extensionId,
  fulcio,
  type GeneralNameSpec,
  keyUsage,
  type Lab,
  later,
  logInstance,
  nameConstraints,
  poison,
  purposes,
  strangers,
  subjectAlternativeName,
  unknownExtension,
  withExtension,
} from "../../lab/index.ts";
import { flip, type Mutations } from "./mutation.ts";

const on = ["certificate-tag", "certificate-bundle", "certificate-file-rekor2"];
const some = ["certificate-tag", "certificate-file-rekor2"];

const leaf = (change: (spec: CertificateSpec, lab: Lab) => Partial<CertificateSpec>) => (): Changes => ({
  leaf: (spec, lab) => ({ ...spec, ...change(spec, lab) }),
});
const extension = (id: string, replacement: ExtensionSpec | undefined) =>
  leaf(({ extensions }) => ({ extensions: withExtension(extensions, id, replacement) }));
const names = (all: readonly GeneralNameSpec[]) =>
  extension(extensionId.subjectAlternativeName, subjectAlternativeName(all));
const timestamps = (change: (one: EmbeddedTimestamp, lab: Lab) => readonly EmbeddedTimestamp[]) => (): Changes => ({
  certificateTimestamps: (all, lab) => all.flatMap((one) => change(one, lab)),
});

/** The leaf by another authority that the trusted root has in place of ours. */
const under =
  (make: (lab: Lab) => CertificateAuthority) =>
  (lab: Lab): Changes => {
    const own = make(lab);
    return {
      issuer: () => own.issuer,
      leaf: (spec) => ({
        ...spec,
        issuer: own.issuer.certificate.spec.subject,
        extensions: spec.extensions.filter(({ id }) => id !== extensionId.authorityKeyIdentifier),
      }),
      trustedRoot: (root) => ({
        ...root,
        certificateAuthorities: [certificateAuthorityInstance(own, { start: lab.period.start })],
      }),
      layer: (annotations) => ({
        ...annotations,
        "dev.sigstore.cosign/chain": own.chain.map(({ pem }) => pem).join(""),
      }),
    };
  };
const intermediate = (change: (spec: CertificateSpec) => CertificateSpec) =>
  under((lab) => lab.makeAuthority("Other Fulcio", { change: (spec, index) => (index === 1 ? change(spec) : spec) }));
const issuerExtensions = (values: Readonly<Record<string, string>>) =>
  leaf(({ extensions }) => ({
    extensions: [...extensions.filter(({ id }) => !id.startsWith("1.3.6.1.4.1.57264.1.")), ...fulcio(values)],
  }));
const wanted = "https://issuer.lab.example";

export const certificateMutations: Mutations = {
  "a leaf without purpose": { on, change: extension(extensionId.extendedKeyUsage, undefined) },
  "a leaf for servers": {
    on,
    change: extension(extensionId.extendedKeyUsage, extendedKeyUsage([purposes.serverAuth])),
  },
  "a leaf for any purpose": { on, change: extension(extensionId.extendedKeyUsage, extendedKeyUsage([purposes.any])) },
  "a leaf for code and servers": {
    on: some,
    change: extension(extensionId.extendedKeyUsage, extendedKeyUsage([purposes.serverAuth, purposes.codeSigning])),
  },
  "a leaf without key usage": { on: some, change: extension(extensionId.keyUsage, undefined) },
  "a leaf whose key does not sign": { on: some, change: extension(extensionId.keyUsage, keyUsage("keyEncipherment")) },
  "a leaf that is an authority": {
    on: some,
    change: leaf(({ extensions }) => ({ extensions: [...extensions, basicConstraints(true)] })),
  },
  "a leaf that is a precertificate": {
    on,
    change: leaf(({ extensions }) => ({ extensions: [...extensions, poison] })),
  },
  "a leaf with an unknown critical extension": {
    on,
    change: leaf(({ extensions }) => ({ extensions: [...extensions, unknownExtension(true)] })),
  },
  "a leaf with an unknown extension": {
    on: some,
    change: leaf(({ extensions }) => ({ extensions: [...extensions, unknownExtension(false)] })),
  },
  "a leaf with one extension twice": {
    on: some,
    change: leaf(({ extensions }) => ({
      extensions: [...extensions, unknownExtension(false), unknownExtension(false)],
    })),
  },
  "a leaf of version 1": { on: some, change: leaf(() => ({ version: 1 })) },
  "a leaf with two signature algorithms": {
    on: some,
    change: leaf(() => ({ innerAlgorithm: new Uint8Array(Buffer.from("300a06082a8648ce3d040303", "hex")) })),
  },
  "a leaf that had ended": {
    on,
    change: leaf((_, lab) => ({
      notBefore: later(lab.signedAt, -3_600_000),
      notAfter: later(lab.signedAt, -1_800_000),
    })),
  },
  "a leaf that begins later": {
    on: some,
    change: leaf((_, lab) => ({ notBefore: later(lab.signedAt, 3_600_000), notAfter: later(lab.signedAt, 7_200_000) })),
  },
  "a leaf by a stranger of the same name": { on, change: (lab) => ({ issuer: () => strangers(lab).authority.issuer }) },
  "a leaf with a flipped bit": {
    on,
    change: () => ({
      certificate: (made) => ({
        ...made,
        der: flip(made.der, -1),
        pem:
          "-----BEGIN CERTIFICATE-----\n" +
          `${encodeBase64(flip(made.der, -1)).replace(/.{64}/g, "$&\n")}\n` +
          "-----END CERTIFICATE-----\n",
      }),
    }),
  },
  "a leaf that names itself its issuer": {
    on: some,
    change: (lab) => ({
      issuer: (issuer) => ({ ...issuer, key: lab.key() }),
      leaf: (spec) => ({ ...spec, subject: "self", issuer: "self" }),
    }),
  },
  "an intermediate that is no authority": {
    on,
    change: intermediate((spec) => ({
      ...spec,
      extensions: withExtension(spec.extensions, extensionId.basicConstraints, basicConstraints(false)),
    })),
  },
  "an intermediate without basic constraints": {
    on: some,
    change: intermediate((spec) => ({
      ...spec,
      extensions: withExtension(spec.extensions, extensionId.basicConstraints, undefined),
    })),
  },
  "an intermediate that does not sign certificates": {
    on: some,
    change: intermediate((spec) => ({
      ...spec,
      extensions: withExtension(spec.extensions, extensionId.keyUsage, keyUsage("digitalSignature")),
    })),
  },
  "an intermediate that had ended": {
    on,
    change: intermediate((spec) => ({ ...spec, notAfter: new Date("2026-01-01T00:00:00Z") })),
  },
  "an intermediate for servers": {
    on: some,
    change: intermediate((spec) => ({
      ...spec,
      extensions: withExtension(spec.extensions, extensionId.extendedKeyUsage, extendedKeyUsage([purposes.serverAuth])),
    })),
  },
  "an intermediate without purpose": {
    on: some,
    change: intermediate((spec) => ({
      ...spec,
      extensions: withExtension(spec.extensions, extensionId.extendedKeyUsage, undefined),
    })),
  },
  "an intermediate with an unknown critical extension": {
    on: some,
    change: intermediate((spec) => ({ ...spec, extensions: [...spec.extensions, unknownExtension(true)] })),
  },
  "a root that had ended": {
    on,
    change: under((lab) =>
      lab.makeAuthority("Other Fulcio", {
        change: (spec, index) => (index === 0 ? { ...spec, notAfter: new Date("2026-01-01T00:00:00Z") } : spec),
      }),
    ),
  },
  "a root that allows no intermediate": {
    on: some,
    change: under((lab) =>
      lab.makeAuthority("Other Fulcio", {
        change: (spec, index) =>
          index === 0
            ? {
                ...spec,
                extensions: withExtension(spec.extensions, extensionId.basicConstraints, basicConstraints(true, 0)),
              }
            : spec,
      }),
    ),
  },
  "an authority with two intermediates": {
    on: some,
    change: under((lab) => lab.makeAuthority("Other Fulcio", { intermediates: 2 })),
  },
  "an authority without intermediates": {
    on: some,
    change: under((lab) => lab.makeAuthority("Other Fulcio", { intermediates: 0 })),
  },
  "an authority of RSA": { on: some, change: under((lab) => lab.makeAuthority("Other Fulcio", { type: "rsa2048" })) },
  "an authority of P-384": { on: some, change: under((lab) => lab.makeAuthority("Other Fulcio", { type: "p384" })) },
  "an authority of Ed25519": {
    on: some,
    change: under((lab) => lab.makeAuthority("Other Fulcio", { type: "ed25519" })),
  },
  "an authority for other mailboxes": {
    on: some,
    change: intermediate((spec) => ({
      ...spec,
      extensions: [...spec.extensions, nameConstraints({ permitted: [{ email: "other.example" }] })],
    })),
  },
  "an authority for our mailboxes": {
    on: some,
    change: intermediate((spec) => ({
      ...spec,
      extensions: [...spec.extensions, nameConstraints({ permitted: [{ email: "lab.example" }] })],
    })),
  },
  "an authority that excludes our mailboxes": {
    on: some,
    change: intermediate((spec) => ({
      ...spec,
      extensions: [...spec.extensions, nameConstraints({ excluded: [{ email: "lab.example" }] })],
    })),
  },
  "an authority for other hosts": {
    on: some,
    change: intermediate((spec) => ({
      ...spec,
      extensions: [...spec.extensions, nameConstraints({ permitted: [{ dns: "other.example" }] })],
    })),
  },
  "an authority that is not trusted any more": {
    on,
    change: () => ({
      trustedRoot: (root, lab) => ({
        ...root,
        certificateAuthorities: root.certificateAuthorities.map((one: typeof root) => ({
          ...one,
          validFor: { ...one.validFor, end: lab.signedAt.toISOString() },
        })),
      }),
    }),
  },
  "a trusted root without its intermediate": {
    on,
    change: () => ({
      trustedRoot: (root) => ({
        ...root,
        certificateAuthorities: root.certificateAuthorities.map((one: typeof root) => ({
          ...one,
          certChain: { certificates: one.certChain.certificates.slice(-1) },
        })),
      }),
    }),
  },
  "a trusted root whose last certificate is the intermediate": {
    on: some,
    change: () => ({
      trustedRoot: (root) => ({
        ...root,
        certificateAuthorities: root.certificateAuthorities.map((one: typeof root) => ({
          ...one,
          certChain: { certificates: one.certChain.certificates.slice(0, 1) },
        })),
      }),
    }),
  },
  "no certificate timestamp": { on, change: () => ({ certificateTimestamps: () => [] }) },
  "a certificate timestamp for another issuer": {
    on,
    change: timestamps((one) => [{ ...one, changes: { issuerKeyHash: new Uint8Array(32) } }]),
  },
  "a certificate timestamp for another certificate": {
    on,
    change: timestamps((one) => [{ ...one, changes: { tbs: new Uint8Array(100) } }]),
  },
  "a certificate timestamp by a stranger": {
    on,
    change: timestamps((one, lab) => [{ ...one, log: strangers(lab).certificateLog }]),
  },
  "a certificate timestamp by a stranger under our log's id": {
    on: some,
    change: timestamps((one, lab) => [{ ...one, changes: { key: lab.key("another") } }]),
  },
  "a certificate timestamp with extensions": {
    on: some,
    change: timestamps((one) => [{ ...one, changes: { extensions: Uint8Array.of(1, 2, 3) } }]),
  },
  "a certificate timestamp by SHA-512": {
    on: some,
    change: timestamps((one) => [
      { ...one, changes: { hashAlgorithm: 6, algorithm: { scheme: "ecdsa", hash: "sha512" } } },
    ]),
  },
  "a certificate timestamp that says RSA": {
    on: some,
    change: timestamps((one) => [{ ...one, changes: { signatureAlgorithm: 1 } }]),
  },
  "a certificate timestamp of version 2": {
    on: some,
    change: timestamps((one) => [{ ...one, changes: { version: 1 } }]),
  },
  "a certificate timestamp from before the log": {
    on: some,
    change: timestamps((one, lab) => [{ ...one, at: later(lab.period.start, -1000) }]),
  },
  "a certificate timestamp over the whole certificate": {
    on: some,
    change: timestamps((one) => [{ ...one, changes: { entryType: 0, certificate: new Uint8Array(100) } }]),
  },
  "a broken certificate timestamp beside a right one": {
    on: some,
    change: timestamps((one) => [{ ...one, changes: { signature: (signature) => flip(signature, -1) } }, one]),
  },
  "a stranger's certificate timestamp beside a right one": {
    on: some,
    change: timestamps((one, lab) => [{ ...one, log: strangers(lab).certificateLog }, one]),
  },
  "a certificate log of RSA": {
    on: some,
    change: (lab) => {
      const log = new CertificateLog(lab.key("certificate log", "rsa2048"));
      return {
        certificateTimestamps: (all) => all.map((one) => ({ ...one, log })),
        trustedRoot: (root) => ({ ...root, ctlogs: [logInstance(log, { start: lab.period.start })] }),
      };
    },
  },
  "a certificate changed after its timestamp": {
    on: some,
    change: () => ({ issuedExtensions: (all) => [...all, unknownExtension(false)] }),
  },
  "no name": { on, change: extension(extensionId.subjectAlternativeName, undefined) },
  "another name": { on, change: names([{ email: "eve@lab.example" }]) },
  "our name in capitals": { on: some, change: names([{ email: "ADA@lab.example" }]) },
  "our name as a URI": { on: some, change: names([{ uri: "ada@lab.example" }]) },
  "our name as Fulcio's user name": { on: some, change: names([{ otherName: "ada@lab.example" }]) },
  "our name as another other name": { on: some, change: names([{ otherName: "ada@lab.example", id: "1.2.3.4" }]) },
  "our name and another mailbox": {
    on: some,
    change: names([{ email: "ada@lab.example" }, { email: "eve@lab.example" }]),
  },
  "another mailbox and our name": {
    on: some,
    change: names([{ email: "eve@lab.example" }, { email: "ada@lab.example" }]),
  },
  "our name and a URI": {
    on: some,
    change: names([{ email: "ada@lab.example" }, { uri: "https://lab.example/workflow" }]),
  },
  "our name with a line feed": { on: some, change: names([{ email: "ada@lab.example\n" }]) },
  "our name in the subject alone": {
    on: some,
    change: leaf(({ extensions }) => ({
      subject: "ada@lab.example",
      extensions: withExtension(extensions, extensionId.subjectAlternativeName, undefined),
    })),
  },
  "another issuer": { on, change: issuerExtensions({ "1": "https://other.example", issuer: "https://other.example" }) },
  "no issuer": { on: some, change: issuerExtensions({}) },
  "the issuer in the old extension alone": { on: some, change: issuerExtensions({ "1": wanted }) },
  "the issuer in the new extension alone": { on: some, change: issuerExtensions({ issuer: wanted }) },
  "two issuers, ours in the old extension": {
    on: some,
    change: issuerExtensions({ "1": wanted, issuer: "https://other.example" }),
  },
  "two issuers, ours in the new extension": {
    on: some,
    change: issuerExtensions({ "1": "https://other.example", issuer: wanted }),
  },
  "an issuer that begins like ours": {
    on: some,
    change: issuerExtensions({ "1": `${wanted}.other`, issuer: `${wanted}.other` }),
  },
};
