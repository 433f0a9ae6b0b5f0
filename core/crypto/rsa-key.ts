/** RSA keys and the sizes that are accepted. Source: RFC 8017 §A.1.1. */
import { openDer } from "../asn1/der.ts";
import { Tag } from "../asn1/tag.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";

export interface RsaKeyFields {
  /** Big-endian, without leading zeros, odd. */
  readonly modulus: Uint8Array;
  /** Odd, 3 to 2^31 - 1. */
  readonly exponent: number;
  /** Of the modulus: from 1024 to the bound `rsaModulusBits`. */
  readonly bits: number;
}

/** As in Go's crypto/rsa, on which cosign and Kyverno rest: a shorter key can be broken. */
const minimumModulusBits = 1024;

const subject = "public key";
const malformed = (message: string): EngineError => new EngineError("malformed", `${subject}: ${message}`, { subject });

/**
 * RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }
 * @throws EngineError `malformed`; `over-limit` for a modulus that is too long.
 */
export function readRsaKey(der: Uint8Array, limits: Pick<Limits, "asn1Depth" | "rsaModulusBits">): RsaKeyFields {
  const fields = openDer(der, Tag.sequence, subject, limits);
  const modulus = fields.unsignedBytes();
  const exponent = fields.smallInteger(2 ** 31 - 1);
  fields.end();
  const bits = modulus.length * 8 - (Math.clz32(modulus[0] as number) - 24);
  if (bits > limits.rsaModulusBits)
    throw new EngineError("over-limit", `${subject}: RSA modulus of ${bits} bits`, { subject });
  if (bits < minimumModulusBits || (modulus[modulus.length - 1] as number) % 2 === 0)
    throw malformed(`RSA modulus that is even or of ${bits} bits`);
  if (exponent < 3 || exponent % 2 === 0) throw malformed(`RSA exponent ${exponent}`);
  return { modulus, exponent, bits };
}
