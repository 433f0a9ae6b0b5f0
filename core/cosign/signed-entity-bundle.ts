/**
 * A candidate that is a Sigstore bundle. Source: Sigstore bundle format (docs/spec/sigstore.md#bundle-referrers,
 * #sigstore-bundle).
 */
import { cosignSignPredicateType } from "../dsse/predicate-types.ts";
import { statementOf } from "../dsse/statement.ts";
import type { SigstoreBundle } from "./bundle.ts";
import {
  type CarriedCertificate,
  type EntityPurpose,
  type EntitySource,
  once,
  type SignedContent,
  type SignedEntity,
} from "./signed-entity.ts";
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
export function bundleEntity(bundle: SigstoreBundle, source: EntitySource, read: ReadContent): SignedEntity {
  return {
    get id() {
      return `${read.purpose} ${source.digest}`;
    },
    purpose: read.purpose,
    source,
    content: () => read.content,
    declaredTypes: () => (read.content.kind === "dsse" ? [read.content.statement.predicateType] : []),
    certificate: once(() => carried(bundle)),
    logEntries: () => bundle.logEntries,
    timestamps: () => bundle.timestamps,
  };
}

/**
 * Only the leaf: a bundle's other certificates are not part of a path (sigstore-go takes intermediates from the trusted
 * root alone).
 */
const carried = ({ verifier }: SigstoreBundle): CarriedCertificate | undefined =>
  verifier.kind === "certificate" ? { certificate: verifier.certificate, intermediates: [] } : undefined;
