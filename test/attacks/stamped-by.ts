/**
 * Timestamps in every layout that has them: the forms that attacks are tried on, and tokens by any authority beside
 * trust in any.
 */
import * as assert from "uvu/assert";
import { encodeBase64 } from "../../core/encoding/base64.ts";
import {
  type Changes,
  Lab,
  type LabCertificate,
  type LabTimestampAuthority,
  type Making,
  type Period,
  type Recipe,
  sign,
  timestampAuthorityInstance,
  type TokenSpec,
  verdict,
} from "../lab/index.ts";

export const lab = new Lab();

/** Forms in which a timestamp is the only source of time. */
export const forms: readonly Recipe[] = [
  { evidence: ["rekor2", "timestamp"] },
  { evidence: ["rekor2", "timestamp"], claim: "attestation" },
  { evidence: ["rekor2", "timestamp"], claim: "blob", layout: "file" },
  { evidence: ["timestamp"], layout: "tag" },
  { evidence: ["timestamp"], layout: "artifact" },
  { evidence: ["timestamp"], layout: "tag", claim: "attestation" },
];

/** One whose authority is the trusted root's, one whose authority is the policy's. */
const two = [forms[0], forms[5]] as readonly Recipe[];

/** The verdict on forms under a change. */
export function expect(wanted: string, change: Changes, among = two): void {
  for (const form of among)
    assert.is(verdict(sign(lab, { by: "certificate", ...form, change })), wanted, JSON.stringify(form));
}

export const isLayer = ({ recipe }: Making): boolean => recipe.layout === "tag" || recipe.layout === "artifact";
export const stampedBytes = (making: Making): Uint8Array =>
  isLayer(making) && making.envelope !== undefined ? making.envelope : making.signature;

export interface Trusting {
  /** Whose tokens are in the signature; trusted is what `listed` says. */
  readonly tokens?: readonly Partial<TokenSpec>[];
  readonly at?: Date;
  readonly listed?: readonly LabCertificate[];
  readonly validFor?: Period;
}

/** Tokens by `tsa`, and trust in it: by the trusted root for bundles, by the policy for layers. */
export function stampedBy(
  tsa: LabTimestampAuthority,
  { tokens = [{}], at = lab.loggedAt, listed = tsa.chain, validFor = lab.period }: Trusting = {},
): Changes {
  return {
    timestamps: (_, making) => tokens.map((token) => tsa.stamp(stampedBytes(making), at, token)),
    trustedRoot: (root) => {
      const certificates = listed.map(({ der }) => ({ rawBytes: encodeBase64(der) }));
      return {
        ...root,
        timestampAuthorities: [{ ...timestampAuthorityInstance(tsa, validFor), certChain: { certificates } }],
      };
    },
    attestor: (spec, making) =>
      isLayer(making)
        ? { ...spec, ctlog: { ignoreSCT: false, tsaCertChain: listed.map(({ pem }) => pem).join("") } }
        : spec,
  };
}
