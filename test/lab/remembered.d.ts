import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
export declare function remembered(inner: SignatureVerifier): SignatureVerifier;
