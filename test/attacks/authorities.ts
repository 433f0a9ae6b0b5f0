/** Authorities of a test's own: who issues, what is trusted, and what a policy asks for. */
import { layerAnnotation } from "../../core/cosign/layer-annotation.ts";
import type { AttestorSpec } from "../../core/verify/attestor.ts";
import {
  authorityKeyIdentifier,
  type CertificateAuthority,
  certificateAuthorityInstance,
  type CertificateSpec,
  extensionId,
  type LabCertificate,
  type Period,
  type Recipe,
  withExtension,
} from "../lab/index.ts";
import { lab, withChange } from "./refuses.ts";

export const pems = (certificates: readonly LabCertificate[]): string => certificates.map(({ pem }) => pem).join("");

/**
 * The recipe's leaf issued by another authority, and that authority's chain beside the signature where the layout has
 * one.
 */
export const issuedBy = (
  own: CertificateAuthority,
  recipe: Recipe,
  chain: readonly LabCertificate[] = own.chain,
): Recipe =>
  withChange(
    { by: "certificate", ...recipe },
    {
      issuer: () => own.issuer,
      leaf: (spec) => ({
        ...spec,
        issuer: own.issuer.certificate.spec.subject,
        extensions: withExtension(
          spec.extensions,
          extensionId.authorityKeyIdentifier,
          authorityKeyIdentifier(own.issuer.key.publicKey.spki),
        ),
      }),
      layer: (annotations) => ({
        ...annotations,
        ...(layerAnnotation.chain in annotations ? { [layerAnnotation.chain]: pems(chain) } : {}),
      }),
    },
  );

/** The same, and the trusted root lists that authority alone. */
export const trusting = (
  own: CertificateAuthority,
  recipe: Recipe,
  validFor: Period = { start: lab.period.start },
): Recipe =>
  withChange(issuedBy(own, recipe), {
    trustedRoot: (root) => ({ ...root, certificateAuthorities: [certificateAuthorityInstance(own, validFor)] }),
  });

/** The same, and the policy names that authority's root itself; intermediates come with the signature. */
export const rooting = (
  own: CertificateAuthority,
  recipe: Recipe,
  chain: readonly LabCertificate[] = own.chain,
): Recipe =>
  withChange(issuedBy(own, recipe, chain), {
    attestor: (spec) => ({ ...spec, keyless: { ...spec.keyless, roots: own.root.pem } }),
  });

/** The same, and the policy gives the whole chain. */
export const chaining = (own: CertificateAuthority, recipe: Recipe): Recipe =>
  withChange(issuedBy(own, recipe), {
    attestor: ({ keyless: _, ...spec }): AttestorSpec => ({ ...spec, certificates: { certChain: pems(own.chain) } }),
  });

/** An authority of which one certificate is changed: 0 is the root. */
export const authorityWith = (
  index: number,
  change: (spec: CertificateSpec) => CertificateSpec,
  options: { readonly intermediates?: number } = {},
): CertificateAuthority =>
  lab.makeAuthority("Own", { ...options, change: (spec, place) => (place === index ? change(spec) : spec) });
