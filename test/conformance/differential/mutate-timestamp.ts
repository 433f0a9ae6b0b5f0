/** Wrong timestamps. */
import { sha256 } from "../../../core/crypto/digest.ts";
import { sequence, integer, setOf } from "../../lab/der.ts";
import {
  type Changes,
  extendedKeyUsage,
  extensionId,
  type Lab,
  later,
  purposes,
  strangers,
  timestampAuthorityInstance,
  type TokenSpec,
  unknownExtension,
  withExtension,
} from "../../lab/index.ts";
import { flip, type Mutations } from "./mutation.ts";

const on = ["certificate-bundle-rekor2", "certificate-file-rekor2", "certificate-bundle-unlogged"];
const everywhere = [
  ...on,
  "key-file-rekor2",
  "key-tag-timestamp",
  "certificate-tag-timestamp",
  "certificate-tag-attestation-timestamp",
];
const token = (change: (lab: Lab) => Partial<TokenSpec>) => () => ({ token: change });
const minute = 60_000;

type AuthorityOptions = NonNullable<Parameters<Lab["makeTimestampAuthority"]>[1]>;

/** A token by another certificate of the right authority, which the trusted root does not name. */
const bySibling = (options: AuthorityOptions) => (lab: Lab) => {
  const sibling = lab.makeTimestampAuthority("timestamp", options);
  return {
    key: sibling.key,
    signer: sibling.certificate,
    names: sibling.certificate,
    certificates: [sibling.certificate, ...sibling.authority.chain.slice(0, -1)],
  };
};
/** The trusted root with the authority as `options` make it, and the token by it. */
const asAuthority =
  (options: AuthorityOptions) =>
  (lab: Lab): Changes => {
    const own = lab.makeTimestampAuthority("timestamp", options);
    return {
      token: bySibling(options),
      trustedRoot: (root) => ({
        ...root,
        timestampAuthorities: [
          timestampAuthorityInstance(own, { start: lab.period.start }),
          ...root.timestampAuthorities.slice(1),
        ],
      }),
    };
  };
const withUsage = (ids: readonly string[], critical: boolean) =>
  asAuthority({
    leaf: (spec) => ({
      ...spec,
      extensions: withExtension(
        spec.extensions,
        extensionId.extendedKeyUsage,
        ids.length === 0 ? undefined : extendedKeyUsage(ids, critical),
      ),
    }),
  });

export const timestampMutations: Mutations = {
  "no timestamp": { on: [...on, "key-file-rekor2"], change: () => ({ timestamps: () => [] }) },
  "a timestamp over another signature": { on: everywhere, change: () => ({ stamped: (message) => flip(message, 0) }) },
  "a timestamp by a stranger": {
    on: everywhere,
    change: () => ({
      timestamps: (_, { lab, signature, envelope, recipe }) => [
        strangers(lab).timestampAuthority.stamp(
          recipe.layout === "tag" && envelope !== undefined ? envelope : signature,
          lab.loggedAt,
        ),
      ],
    }),
  },
  "a timestamp with a flipped bit": {
    on: everywhere,
    change: () => ({ timestamps: ([der]) => (der === undefined ? [] : [flip(der, -1)]) }),
  },
  "a timestamp with bytes behind": {
    on,
    change: () => ({ timestamps: ([der]) => (der === undefined ? [] : [Uint8Array.of(...der, 0)]) }),
  },
  "stamped after the certificate's end": {
    on,
    change: (lab) => ({ token: () => ({ at: later(lab.leafEnd, minute), signingTime: later(lab.leafEnd, minute) }) }),
  },
  "stamped before the certificate": {
    on,
    change: (lab) => ({
      token: () => ({ at: later(lab.signedAt, -minute), signingTime: later(lab.signedAt, -minute) }),
    }),
  },
  "stamped when the authority was not trusted": {
    on,
    change: () => ({
      trustedRoot: (root, lab) => ({
        ...root,
        timestampAuthorities: root.timestampAuthorities.map((one: typeof root) => ({
          ...one,
          validFor: { ...one.validFor, end: lab.signedAt.toISOString() },
        })),
      }),
    }),
  },
  "stamped at the authority's last second": {
    on,
    change: () => ({
      trustedRoot: (root, lab) => ({
        ...root,
        timestampAuthorities: root.timestampAuthorities.map((one: typeof root) => ({
          ...one,
          validFor: { ...one.validFor, end: lab.loggedAt.toISOString() },
        })),
      }),
    }),
  },
  "an authority whose certificates had ended": {
    on,
    change: asAuthority({ notAfter: new Date("2026-01-01T00:00:00Z") }),
  },
  "an authority whose certificates end later": {
    on,
    change: asAuthority({ notAfter: new Date("2026-07-01T00:00:00Z") }),
  },
  "an authority without a purpose": { on, change: withUsage([], false) },
  "an authority whose purpose is not critical": { on, change: withUsage([purposes.timeStamping], false) },
  "an authority with two purposes": { on, change: withUsage([purposes.timeStamping, purposes.codeSigning], true) },
  "an authority for code": { on, change: withUsage([purposes.codeSigning], true) },
  "an authority with an unknown critical extension": {
    on,
    change: asAuthority({ leaf: (spec) => ({ ...spec, extensions: [...spec.extensions, unknownExtension(true)] }) }),
  },
  "another certificate of the authority": {
    on,
    change: () => ({ token: bySibling({ leaf: (spec) => ({ ...spec, serial: 7 }) }) }),
  },
  "signed by another key than the certificate's": { on, change: token((lab) => ({ key: lab.key("another") })) },
  "no embedded certificates": { on: everywhere, change: token(() => ({ certificates: [] })) },
  "the signer's certificate alone": {
    on,
    change: token((lab) => ({ certificates: [lab.timestampAuthority.certificate] })),
  },
  "strange certificates embedded first": {
    on,
    change: token((lab) => ({
      certificates: [strangers(lab).timestampAuthority.certificate, lab.timestampAuthority.certificate],
    })),
  },
  "granted with changes": { on, change: token(() => ({ status: 1 })) },
  "rejected by the authority": { on, change: token(() => ({ status: 2 })) },
  "an imprint by SHA-1": { on, change: token(() => ({ hash: "sha1" })) },
  "an imprint by SHA-512": { on, change: token(() => ({ hash: "sha512" })) },
  "a message digest of other content": { on, change: token(() => ({ messageDigest: new Uint8Array(32) })) },
  "no signed attributes": { on, change: token(() => ({ attributes: () => [] })) },
  "no name of the certificate among the attributes": { on, change: token(() => ({ names: undefined })) },
  "another certificate's name among the attributes": {
    on,
    change: token((lab) => ({ names: lab.secondTimestampAuthority.certificate })),
  },
  "the certificate's name by SHA-1": { on, change: token(() => ({ namedBy: "v1" })) },
  "another content type among the attributes": {
    on,
    change: token(() => ({ signedContentType: "1.2.840.113549.1.7.1" })),
  },
  "another content type": { on, change: token(() => ({ contentType: "1.2.840.113549.1.7.1" })) },
  "a signing time outside the signer's": {
    on,
    change: token(() => ({ signingTime: new Date("2040-01-01T00:00:00Z") })),
  },
  "no signing time": { on, change: token(() => ({ attributes: (all) => all.filter((_, index) => index !== 1) })) },
  "a critical extension in the statement": { on, change: token(() => ({ criticalExtension: true })) },
  "a statement of version 2": { on, change: token(() => ({ infoVersion: 2 })) },
  "accuracy and a nonce": {
    on,
    change: token(() => ({ infoRest: [sequence(integer(1))], nonce: Uint8Array.of(1, 2, 3) })),
  },
  "two signers": { on, change: token(() => ({ signers: 2 })) },
  "named by key identifier": { on, change: token(() => ({ byKeyIdentifier: true, signerVersion: 3 })) },
  "digested by SHA-512": { on, change: token(() => ({ digest: "sha512" })) },
  "a digest that was not announced": { on, change: token(() => ({ announced: ["sha512"] })) },
  "signed data of version 1": { on, change: token(() => ({ signedDataVersion: 1 })) },
  "an attribute twice": { on, change: token(() => ({ attributes: (all) => [...all, ...all.slice(-1)] })) },
  "an empty attribute behind": {
    on,
    change: token(() => ({ attributes: (all) => [...all, sequence(Uint8Array.of(6, 1, 42), setOf())] })),
  },
  "a broken timestamp beside a right one": {
    on: ["certificate-file-two-times"],
    change: () => ({
      timestamps: ([first, second]) => [flip(first ?? new Uint8Array(1), -1), second ?? new Uint8Array(1)],
    }),
  },
  "two timestamps, one outside the certificate's": {
    on: ["certificate-file-two-times"],
    change: (lab) => ({ token: () => ({ at: later(lab.leafEnd, minute), signingTime: later(lab.leafEnd, minute) }) }),
  },
  "the same timestamp twice": {
    on: ["certificate-file-rekor2"],
    change: () => ({ timestamps: ([first]) => (first === undefined ? [] : [first, first]) }),
  },
  "an imprint of a digest": {
    on: ["certificate-file-rekor2"],
    change: () => ({ stamped: (message) => sha256(message) }),
  },
};
