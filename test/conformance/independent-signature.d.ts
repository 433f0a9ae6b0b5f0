/**
 * Whether a signature that our verifier accepted holds, by OpenSSL over the bytes of the case: nothing of the verifier,
 * of its parsers or of its hashes takes part. It proves nothing about logs, chains and identities.
 */
import { type KeyObject } from "node:crypto";
import type { EntitySource } from "../../core/cosign/signed-entity.ts";
import type { Evidence } from "../../core/verify/evidence.ts";
/** Every key of a text, however YAML has it in lines. */
export declare function keysOf(text: string): readonly KeyObject[];
/** Every algorithm by which the signature at `source` holds under a key of the policy. */
export declare const algorithmsThatHold: (
  source: EntitySource,
  image: string,
  layouts: readonly string[],
  policy: string,
) => readonly string[];
/** Whether the signature at `source` holds under the certificate beside it or under a key that the policy holds. */
export declare function holdsIndependently(
  { source, digest: image, signer: { algorithm } }: Pick<Evidence, "source" | "digest" | "signer">,
  layouts: readonly string[],
  policy: string,
): boolean;
/** SHA-256 of every public key that follows another one in its field, as logs are named. */
export declare function laterKeyIds(policy: string): ReadonlySet<string>;
