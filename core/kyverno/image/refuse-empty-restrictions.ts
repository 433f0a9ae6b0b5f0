/**
 * A restriction whose variable turns out empty is refused, because an empty text restricts nothing. Differs: Kyverno
 * ignores a subject, an authority or a log key whose variable is empty. Source: docs/spec/kyverno.md#certificates.
 */
import { EngineError } from "../../errors.ts";
import type { Attestor, AttestorSet } from "../policy/policy.ts";

/**
 * Texts of an attestor that restrict the signer or its evidence, and restrict nothing when empty.
 */
function restrictions({
  keys,
  certificates,
  keyless,
  signatureAlgorithm,
}: Attestor): Readonly<Record<string, string | undefined>> {
  const settings = keys ?? certificates ?? keyless;
  return {
    "keys.publicKeys": keys?.publicKeys,
    "keys.signatureAlgorithm": keys?.signatureAlgorithm,
    "certificates.cert": certificates?.cert,
    "certificates.certChain": certificates?.certChain,
    "keyless.subject": keyless?.subject,
    "keyless.subjectRegExp": keyless?.subjectRegExp,
    "keyless.issuer": keyless?.issuer,
    "keyless.issuerRegExp": keyless?.issuerRegExp,
    "keyless.roots": keyless?.roots,
    "rekor.pubKey": settings?.rekor?.pubKey,
    "ctlog.pubKey": settings?.ctlog?.pubKey,
    "ctlog.tsaCertChain": settings?.ctlog?.tsaCertChain,
    signatureAlgorithm,
  };
}

/**
 * Compares attestors as written with the same ones after substitution.
 * @throws EngineError `malformed` naming the field that became empty
 */
export function refuseEmptyRestrictions(written: readonly AttestorSet[], resolved: readonly AttestorSet[]): void {
  for (const [at, set] of written.entries()) {
    for (const [index, attestor] of set.entries.entries()) {
      const other = resolved[at]?.entries[index];
      if (other === undefined) continue;
      const found = restrictions(other);
      for (const [field, text] of Object.entries(restrictions(attestor))) {
        if (text !== undefined && text !== "" && found[field] === "")
          throw new EngineError("malformed", `the variable of ${field} is empty, which would restrict nothing`, {
            subject: `${attestor.pointer}/${field}`,
          });
      }
      if (attestor.attestor !== undefined && other.attestor !== undefined)
        refuseEmptyRestrictions([attestor.attestor], [other.attestor]);
    }
  }
}
