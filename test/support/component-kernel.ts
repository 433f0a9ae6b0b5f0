/** The component's kernel in Node's WebAssembly, called as the component calls it: in a memory that is not its own. */
import type { ComponentKernel, HostHex } from "../../core/kernel/component-kernel.ts";
import { sha256Bytes, sha256Module } from "../../core/kernel/sha256-code.ts";
import { sumBytesOf, sumModule } from "../../core/kernel/sum-code.ts";
import { lengthModule } from "../../core/kernel/text-code.ts";

type Call = (...numbers: readonly number[]) => number;
interface Memory {
  readonly buffer: ArrayBuffer;
}
/** Node's types leave WebAssembly out. */
const { Instance, Memory, Module } = (
  globalThis as unknown as {
    readonly WebAssembly: {
      readonly Memory: new (size: { readonly initial: number }) => Memory;
      readonly Module: new (bytes: Uint8Array) => object;
      readonly Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, Call>> };
    };
  }
).WebAssembly;

const base = 65_536;
const answerAt = 32;
const textsAt = 3 * base;
const untouched = 0xa5;

/** A function over texts, which it gets by address and length. Its caller's memory stays as it is. */
function functionOf(makeModule: (base: number) => Uint8Array, bytes: number, name: string) {
  const memory = new Memory({ initial: 8 });
  let free = textsAt;
  const place = (length: number): number => {
    const at = free;
    free += length;
    return at;
  };
  const env = { memory, cabi_realloc: (_old: number, _bytes: number, _alignment: number, size: number) => place(size) };
  new Uint8Array(memory.buffer).fill(untouched);
  const { exports } = new Instance(new Module(makeModule(base)), { env });
  const call = (texts: readonly string[], ...more: readonly number[]): number => {
    free = textsAt;
    const words = texts.flatMap((text) => {
      const at = place(text.length);
      Buffer.from(memory.buffer, at, text.length).write(text, "latin1");
      return [at, text.length];
    });
    const result = (exports[name] as Call)(...words, ...more);
    for (const [index, text] of texts.entries())
      if (Buffer.from(memory.buffer, words[2 * index], text.length).toString("latin1") !== text)
        throw new Error(`${name} wrote into a text`);
    for (const [start, end] of [
      [answerAt + 8, base],
      [base + bytes, textsAt],
    ] as const)
      if (!Buffer.from(memory.buffer, start, end - start).equals(Buffer.alloc(end - start, untouched)))
        throw new Error(`${name} wrote outside its memory, from ${start} on`);
    return result;
  };
  return { call, memory };
}

export function nodeKernel(): ComponentKernel {
  const blocks = functionOf(sha256Module, sha256Bytes, "blocks");
  const sumOf = (curve: "P-256" | "P-384") => functionOf((at) => sumModule(curve, at), sumBytesOf(curve), "hasX");
  const [p256, p384] = [sumOf("P-256"), sumOf("P-384")];
  const length = functionOf(lengthModule, 0, "length");
  return {
    blocks: (state, text) => {
      blocks.call([state, text], answerAt);
      const [at = 0, length = 0] = new Uint32Array(blocks.memory.buffer, answerAt, 2);
      return Buffer.from(blocks.memory.buffer, at, length).toString("latin1");
    },
    hasXP256: (numbers) => p256.call([numbers]) === 1,
    hasXP384: (numbers) => p384.call([numbers]) === 1,
    // What is handed over is UTF-8: here it is latin1 of those bytes.
    utf8Length: (text) => length.call([Buffer.from(text).toString("latin1")]),
  };
}

export const nodeHex: HostHex = {
  toHex: (bytes) => Buffer.from(bytes).toString("hex"),
  fromHex: (text) => new Uint8Array(Buffer.from(text, "hex")),
};
