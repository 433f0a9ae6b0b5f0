/**
 * Certificate authorities: a root, intermediates and what they issue, with timestamps of certificate logs. Source: RFC
 * 5280, RFC 6962 §3.1, Fulcio's certificate profile.
 */
import {
  type CertificateSpec,
  encodeTbs,
  type ExtensionSpec,
  type LabCertificate,
  makeCertificate,
  spkiOf,
} from "./certificate.ts";
import { type CertificateLog, timestampList, type TimestampSpec } from "./certificate-log.ts";
import {
  authorityKeyIdentifier,
  basicConstraints,
  extendedKeyUsage,
  keyUsage,
  purposes,
  subjectKeyIdentifier,
} from "./extensions.ts";
import { type LabKey, makeKey } from "./keys.ts";
import type { Seed } from "./seed.ts";

export interface AuthorityOptions {
  readonly seed: Seed;
  readonly name: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** The keys of root and intermediates. */
  readonly type?: Parameters<typeof makeKey>[2];
  /** How many stand between root and leaf. Default 1. */
  readonly intermediates?: number;
  /** Purposes of the intermediates. Default: none said. */
  readonly purposes?: readonly string[];
  /** Of one authority certificate: 0 is the root. */
  readonly change?: (spec: CertificateSpec, index: number) => CertificateSpec;
}

export interface Issuer {
  readonly key: LabKey;
  readonly certificate: LabCertificate;
}

/** `issuers`: root first. The last one issues. */
export class CertificateAuthority {
  readonly issuers: readonly Issuer[];
  readonly #seed: Seed;

  constructor({
    seed,
    name,
    notBefore,
    notAfter,
    type = "p256",
    intermediates = 1,
    purposes: ids = [],
    change = (spec) => spec,
  }: AuthorityOptions) {
    this.#seed = seed.below(`authority ${name}`);
    const issuers: Issuer[] = [];
    for (let index = 0; index <= intermediates; index++) {
      const key = makeKey(this.#seed, `issuer ${index}`, type);
      const parent = issuers.at(-1);
      const subject = index === 0 ? name : `${name} ${index}`;
      const spec = change(
        {
          subject,
          issuer: parent?.certificate.spec.subject ?? subject,
          serial: this.#seed.bytes(`serial ${subject}`, 15),
          notBefore,
          notAfter,
          key,
          extensions: [
            keyUsage("keyCertSign", "cRLSign"),
            ...(index > 0 && ids.length > 0 ? [extendedKeyUsage(ids)] : []),
            basicConstraints(true, intermediates - index),
            subjectKeyIdentifier(key.publicKey.spki),
            ...(parent === undefined ? [] : [authorityKeyIdentifier(parent.key.publicKey.spki)]),
          ],
        },
        index,
      );
      issuers.push({ key, certificate: makeCertificate(spec, parent?.key ?? key) });
    }
    this.issuers = issuers;
  }

  get root(): LabCertificate {
    return (this.issuers[0] as Issuer).certificate;
  }

  /** The one that issues leaves. */
  get issuer(): Issuer {
    return this.issuers.at(-1) as Issuer;
  }

  /** Without the leaf: the issuer first, the root last. */
  get chain(): readonly LabCertificate[] {
    return this.issuers.map(({ certificate }) => certificate).reverse();
  }

  /** A leaf for code signing, still to be issued. */
  leaf(
    key: LabKey | Uint8Array,
    notBefore: Date,
    notAfter: Date,
    extensions: readonly ExtensionSpec[],
  ): CertificateSpec {
    return {
      subject: "",
      issuer: this.issuer.certificate.spec.subject,
      serial: this.#seed.bytes(`leaf ${notBefore.toISOString()}`, 15),
      notBefore,
      notAfter,
      key,
      extensions: [
        keyUsage("digitalSignature"),
        extendedKeyUsage([purposes.codeSigning]),
        subjectKeyIdentifier(spkiOf(key)),
        authorityKeyIdentifier(this.issuer.key.publicKey.spki),
        ...extensions,
      ],
    };
  }

  /** Issues what the description says, whatever it says. */
  issue(spec: CertificateSpec, issuer: LabKey = this.issuer.key): LabCertificate {
    return makeCertificate(spec, issuer);
  }
}

/** One log's timestamp in a certificate; changes make it wrong. */
export interface EmbeddedTimestamp {
  readonly log: CertificateLog;
  readonly at: Date;
  readonly changes?: Partial<TimestampSpec>;
}

/**
 * The description with a timestamp list in place of none: as the logs saw it, and then the list. `issuer` is the key
 * that issues.
 */
export function withTimestamps(
  spec: CertificateSpec,
  issuer: LabKey,
  timestamps: readonly EmbeddedTimestamp[],
): CertificateSpec {
  if (timestamps.length === 0) return spec;
  const tbs = encodeTbs(spec, issuer);
  const list = timestampList(timestamps.map(({ log, at, changes }) => log.embedded(tbs, issuer, at, changes)));
  return { ...spec, extensions: [...spec.extensions, list] };
}
