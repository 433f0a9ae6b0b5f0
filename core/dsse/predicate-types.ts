/** Predicate types and cosign's short names for them. Source: cosign `--type`, in-toto attestation predicates. */

/** The predicate type of an image signature in a Sigstore bundle, as cosign 3 writes it. */
export const cosignSignPredicateType = "https://sigstore.dev/cosign/sign/v1";

const shortNames: ReadonlyMap<string, string> = new Map([
  ["custom", "https://cosign.sigstore.dev/attestation/v1"],
  ["slsaprovenance", "https://slsa.dev/provenance/v0.2"],
  ["slsaprovenance02", "https://slsa.dev/provenance/v0.2"],
  ["slsaprovenance1", "https://slsa.dev/provenance/v1"],
  ["link", "https://in-toto.io/Link/v1"],
  ["spdx", "https://spdx.dev/Document"],
  ["spdxjson", "https://spdx.dev/Document"],
  ["cyclonedx", "https://cyclonedx.org/bom"],
  ["vuln", "https://cosign.sigstore.dev/attestation/vuln/v1"],
  ["openvex", "https://openvex.dev/ns"],
]);

/**
 * The URI of a short name; any other text is used as it is, compared exactly: `https://spdx.dev/Document/v2.3` is not
 * `spdx`.
 */
export const toPredicateType = (text: string): string => shortNames.get(text) ?? text;
