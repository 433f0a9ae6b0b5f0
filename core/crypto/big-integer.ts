/** Unsigned integers and their bytes. Source: RFC 8017 §4 (I2OSP, OS2IP). */

/** The integer of big-endian bytes; zero for none. */
export function toBigInt(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let value = 0n;
  let offset = bytes.length % 8;
  for (let index = 0; index < offset; index++) value = (value << 8n) | BigInt(bytes[index] as number);
  for (; offset < bytes.length; offset += 8) value = (value << 64n) | view.getBigUint64(offset);
  return value;
}

/** `length` big-endian bytes of `value`, which must fit. */
export function toBytes(value: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let left = value;
  let offset = length;
  for (; offset >= 8; left >>= 64n) {
    offset -= 8;
    view.setBigUint64(offset, left & 0xffffffffffffffffn);
  }
  for (; offset > 0; left >>= 8n) bytes[--offset] = Number(left & 0xffn);
  if (left !== 0n) throw new RangeError("integer does not fit its length");
  return bytes;
}

/** -1, 0 or 1 as the first of two unsigned integers, big-endian and equally long, is smaller, equal or larger. */
export function compareUnsigned(left: Uint8Array, right: Uint8Array): number {
  for (let index = 0; index < left.length; index++) {
    const difference = (left[index] as number) - (right[index] as number);
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  return 0;
}
