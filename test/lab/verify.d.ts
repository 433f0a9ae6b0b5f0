/** Our verdict on what the lab made: the verifier for images and bundles, and the engine under a policy. */
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { type Decision, type EngineOptions } from "../../core/decide/engine.ts";
import { type Limits } from "../../core/limits.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import { type Verification } from "../../core/verdict.ts";
import { type AttestorOptions, type AttestorSpec } from "../../core/verify/attestor.ts";
import type { Evidence } from "../../core/verify/evidence.ts";
import type { ImageRequest } from "../../core/verify/verify-image.ts";
import type { Signed } from "./sign.ts";
import type { Json } from "./trusted-root.ts";
/** Both adapters of the verifier port. */
export declare const portableVerifier: SignatureVerifier;
export declare const fastVerifier: SignatureVerifier;
export declare const verifiers: readonly SignatureVerifier[];
export interface Asked {
  /** In place of the attestor that the right artefact satisfies, or made of it. */
  readonly attestor?: AttestorSpec | ((spec: AttestorSpec) => AttestorSpec);
  readonly options?: Omit<AttestorOptions, "limits">;
  readonly knowledge?: Knowledge;
  readonly now?: Date;
  readonly layouts?: Pick<ImageRequest, "layouts" | "signatureRepository">;
  /** Bytes of the file, or its digest alone. */
  readonly artifact?:
    | {
        readonly bytes: Uint8Array;
      }
    | {
        readonly digest: Signed["digest"];
      };
  readonly limits?: Partial<Limits>;
}
/** The verdict on a file's bundle or on an image, by the recipe's claim. Nothing is remembered. */
export declare function verify(signed: Signed, crypto: SignatureVerifier, asked?: Asked): Verification<Evidence>;
/** `proven`, or the codes of what refuted it or left it open. */
export declare function outcome(verification: Verification<unknown>): string;
/** {@link verify} under both adapters, which must agree. */
export declare function verdict(signed: Signed, asked?: Asked): string;
export interface Judged extends Asked {
  readonly policy?: (policy: Json) => Json;
  readonly pod?: (pod: Json) => Json;
  readonly engine?: Partial<EngineOptions>;
}
/** A policy that asks of every image what the recipe's signer satisfies. */
export declare function policyFor(signed: Signed, asked?: Judged): Json;
/** The engine's decision on a Pod with the image. */
export declare function decide(signed: Signed, verifier: SignatureVerifier, asked?: Judged): Decision;
