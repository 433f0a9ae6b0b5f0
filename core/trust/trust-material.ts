/**
 * A trusted root made ready for use: signatures between its authorities are verified once, when one is needed.
 * Source: docs/architecture.md#the-memo.
 */
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import type { ValidityPeriod } from "../encoding/instant.ts";
import type { Digest } from "../crypto/digest.ts";
import { prepareTimestampAuthority, type TimestampAuthority } from "../timestamp/timestamp-authority.ts";
import type { TransparencyLogKey } from "../tlog/transparency-log-key.ts";
import { type Authority, prepareAuthority } from "../x509/authority.ts";
import type { TrustedRoot } from "./trusted-root.ts";
import type { Limits } from "../limits.ts";

/** One certificate authority, independent of others: its own anchor, intermediates and period. */
export interface TrustedAuthority extends Authority {
  readonly uri: string;
  /** Closed interval. */
  readonly validFor: ValidityPeriod;
}

/** `digest` is that of the trusted root: materials with equal digests are the same. */
export interface TrustMaterial {
  readonly digest: Digest;
  readonly tlogs: readonly TransparencyLogKey[];
  readonly ctlogs: readonly TransparencyLogKey[];
  readonly authorities: readonly TrustedAuthority[];
  readonly timestampAuthorities: readonly TimestampAuthority[];
}

/** Compiles a trusted root. An authority whose own chain does not verify is refused when a certificate needs it. */
export const compileTrust = (root: TrustedRoot, verifier: SignatureVerifier, limits: Limits): TrustMaterial => ({
  digest: root.digest,
  tlogs: root.tlogs,
  ctlogs: root.ctlogs,
  authorities: root.certificateAuthorities.map(({ uri, anchor, intermediates, validFor }) => ({
    uri,
    validFor,
    ...prepareAuthority([anchor], intermediates, verifier, limits),
  })),
  timestampAuthorities: root.timestampAuthorities.map((authority) =>
    prepareTimestampAuthority(authority, verifier, limits),
  ),
});
