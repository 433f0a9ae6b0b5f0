/** `x509_decode`: the certificate or request of a PEM text, as Go's structures print. Source: kyverno.md section 7.2; Go's crypto/x509 and encoding/pem packages. */
import type { JmesFunction } from "../../jmespath/functions/signature.ts";

export const certificateFunctions: readonly (readonly [string, JmesFunction])[] = [];
