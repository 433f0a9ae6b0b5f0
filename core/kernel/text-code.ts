/**
 * Bytes as hexadecimal text: what QuickJS hands over as a text is copied at once, and a list byte by byte. Source:
 * RFC 4648 §8.
 */
import * as wasm from "./wasm-code.ts";

const { get, set, tee, address, addressPlus: plus } = wasm;

/** The value of the digit at an address: of 0 to 9 and a to f. Of anything else it is any number. */
const digitAt = (at: number, offset: number): wasm.Code => [
  ...get(at),
  ...wasm.loadByte(offset),
  ...address(15),
  ...wasm.shortAnd,
  ...get(at),
  ...wasm.loadByte(offset),
  ...address(6),
  ...wasm.shortUnsignedShift,
  ...address(9),
  ...wasm.shortTimes,
  ...plus,
];

/**
 * bytes(to, step, text, length): what hexadecimal text says, to `to`, `to` + `step`, … It may be where the text is. The
 * length is not 0.
 */
export function bytesFunction(): wasm.WasmFunction {
  const [to, step, text, length] = [0, 1, 2, 3];
  const body = wasm.repeat([
    ...get(to),
    ...digitAt(text, 0),
    ...address(16),
    ...wasm.shortTimes,
    ...digitAt(text, 1),
    ...plus,
    ...wasm.storeByte(0),
    ...[get(to), get(step), plus, set(to)].flat(),
    ...[get(text), address(2), plus, set(text)].flat(),
    ...[get(length), address(2), wasm.shortMinus, tee(length)].flat(),
  ]);
  return { name: "bytes", parameters: 4, locals: 0, body };
}

/** text(to, bytes, length): bytes as hexadecimal text of lower case. The length is not 0. */
export function textFunction(): wasm.WasmFunction {
  const [to, bytes, length, digit] = [0, 1, 2, 3];
  const putDigit = (offset: number, value: wasm.Code): wasm.Code => [
    ...get(to),
    ...value,
    ...tee(digit),
    ...address(0x30),
    ...plus,
    // Letters begin 39 behind where a digit after 9 would be.
    ...get(digit),
    ...address(9),
    ...wasm.isAbove,
    ...address(0x61 - 0x30 - 10),
    ...wasm.shortTimes,
    ...plus,
    ...wasm.storeByte(offset),
  ];
  const byte = [...get(bytes), ...wasm.loadByte(0)];
  const body = wasm.repeat([
    ...putDigit(0, [...byte, ...address(4), ...wasm.shortUnsignedShift]),
    ...putDigit(1, [...byte, ...address(15), ...wasm.shortAnd]),
    ...[get(to), address(2), plus, set(to)].flat(),
    ...[get(bytes), address(1), plus, set(bytes)].flat(),
    ...[get(length), address(1), wasm.shortMinus, tee(length)].flat(),
  ]);
  return { name: "text", parameters: 3, locals: 0, shortLocals: 1, body };
}

/** The module: `length`, of a text that is handed over by its address and its length. */
export const lengthModule = (): Uint8Array =>
  wasm.encodeModule([{ name: "length", parameters: 2, locals: 0, returns: true, body: get(1) }], []);
