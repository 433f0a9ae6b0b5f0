/** Identifier octets of ASN.1 that Sigstore's formats use. Source: X.690 §8.1.2, X.680 §8.4. */

/** Universal identifier octets, with the constructed bit where DER sets it. */
export const Tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  t61String: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Context-specific identifier `[number]` of a primitive value: IMPLICIT over a primitive type. `number` is 0 to 30. */
export const contextPrimitive = (number: number): number => 0x80 | number;

/**
 * Context-specific identifier `[number]` of a constructed value: EXPLICIT, or IMPLICIT over SEQUENCE or SET. `number`
 * is 0 to 30.
 */
export const contextConstructed = (number: number): number => 0xa0 | number;
