/**
 * A candidate that is a Sigstore bundle. Source: Sigstore bundle format (docs/spec/sigstore.md#bundle-referrers,
 * #sigstore-bundle).
 */
import { cosignSignPredicateType } from "../dsse/predicate-types.ts";
import { statementOf } from "../dsse/statement.ts";
import type { SigstoreBundle } from "./bundle.ts";
import type { CarriedCertificate, EntityPurpose, EntitySource, SignedContent, SignedEntity } from "./signed-entity.ts";
import type { Limits } from "../limits.ts";

/** The content of a bundle, and its purpose. */
export interface ReadContent {
  readonly purpose: EntityPurpose;
  readonly content: SignedContent;
}

/**
 * The purpose of a bundle: an image signature is a statement of cosign's own predicate type, or a signature over the
 * artifact itself. Nothing is trusted by this; it decides where the bundle is a candidate.
 *
 * Differs: Kyverno counts any attestation by the right signer as a signature.
 *
 * @throws EngineError `malformed` when the signed statement cannot be read.
 */
export function readBundleContent(bundle: SigstoreBundle, limits: Limits): ReadContent {
  const { content } = bundle;
  if (content.kind === "message") return { purpose: "signature", content };
  const statement = statementOf(content.envelope, { layout: "bundle", limits });
  return {
    purpose: statement.predicateType === cosignSignPredicateType ? "signature" : "attestation",
    content: { kind: "dsse", envelope: content.envelope, statement },
  };
}

/** The candidate of a bundle that was parsed already. */
export const bundleEntity = (bundle: SigstoreBundle, source: EntitySource, read: ReadContent): SignedEntity =>
  new BundleEntity(bundle, source, read);

class BundleEntity implements SignedEntity {
  readonly source: EntitySource;
  readonly purpose: EntityPurpose;
  readonly #bundle: SigstoreBundle;
  readonly #content: SignedContent;

  constructor(bundle: SigstoreBundle, source: EntitySource, { purpose, content }: ReadContent) {
    this.source = source;
    this.purpose = purpose;
    this.#bundle = bundle;
    this.#content = content;
  }

  get id(): string {
    return `${this.purpose} ${this.source.digest}`;
  }

  content(): SignedContent {
    return this.#content;
  }

  declaredTypes(): readonly string[] {
    return this.#content.kind === "dsse" ? [this.#content.statement.predicateType] : [];
  }

  /**
   * Only the leaf: a bundle's other certificates are not part of a path (sigstore-go takes intermediates from the
   * trusted root alone).
   */
  certificate(): CarriedCertificate | undefined {
    const { verifier } = this.#bundle;
    return verifier.kind === "certificate" ? { certificate: verifier.certificate, intermediates: [] } : undefined;
  }

  logEntries(): SigstoreBundle["logEntries"] {
    return this.#bundle.logEntries;
  }

  timestamps(): SigstoreBundle["timestamps"] {
    return this.#bundle.timestamps;
  }
}
