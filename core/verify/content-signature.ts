/**
 * The signature of a candidate over its content. Source: docs/spec/sigstore.md#dsse-envelope, #message-signatures,
 * #hash-for-a-key.
 */
import type { SignedContent } from "../cosign/signed-entity.ts";
import type { SignatureAlgorithm, SignatureVerifier } from "../crypto/signature-verifier.ts";
import { encodePae } from "../dsse/envelope.ts";
import { EngineError } from "../errors.ts";
import { matchSignature, type SignedMessage } from "./artifact-signature.ts";
import { type Claim, claimedDigest } from "./claim.ts";
import { requireMessageDigest } from "./signed-claims.ts";
import type { Signer } from "./signer.ts";

function signedMessage(content: SignedContent, claim: Claim): SignedMessage {
  switch (content.kind) {
    case "simple-signing":
      return { message: content.payload };
    case "dsse":
      return { message: encodePae(content.envelope.payloadType, content.envelope.payload) };
    case "message":
      return claim.bytes === undefined
        ? { digest: claimedDigest(claim, "sha256") as Uint8Array }
        : { message: claim.bytes() };
  }
}

/**
 * The signature for the rest of the pipeline. Of several on an envelope, the signer's one, else the first.
 */
export function chooseSignature(
  content: SignedContent,
  signer: Signer,
  claim: Claim,
  verifier: SignatureVerifier,
): Uint8Array {
  if (content.kind !== "dsse") return content.signature;
  const [first, ...others] = content.envelope.signatures;
  if (first === undefined) throw new EngineError("malformed", "an envelope without signatures");
  if (others.length === 0) return first.sig;
  const signed = signedMessage(content, claim);
  const own = content.envelope.signatures.find(
    ({ sig }) => matchSignature(signed, sig, signer.key, signer.algorithms, verifier) !== undefined,
  );
  return (own ?? first).sig;
}

/**
 * The algorithm under which the signer's key verifies the signature.
 * @throws EngineError `wrong-key` if the policy named the key, `bad-signature` if the key is the candidate's
 * certificate's, `wrong-digest` for a bundle of another artifact.
 */
export function requireSignature(
  content: SignedContent,
  signature: Uint8Array,
  signer: Signer,
  claim: Claim,
  verifier: SignatureVerifier,
): SignatureAlgorithm {
  requireMessageDigest(content, claim);
  const algorithm = matchSignature(signedMessage(content, claim), signature, signer.key, signer.algorithms, verifier);
  if (algorithm !== undefined) return algorithm;
  if (signer.kind === "issued")
    throw new EngineError("bad-signature", "the certificate's key does not verify the signature", {
      subject: signer.certificate.fingerprint,
    });
  throw new EngineError("wrong-key", "the signature is not by the required key", { subject: signer.key.fingerprint });
}
