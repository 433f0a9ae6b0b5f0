/** The component's kernel in Node's WebAssembly, called as the component calls it. */
import type { ComponentKernel, HostHex } from "../../core/kernel/component-kernel.ts";
import { sha256Module } from "../../core/kernel/sha256-code.ts";
import { sumModule } from "../../core/kernel/sum-code.ts";
import { wasmHost } from "../../proxy/host/wasm-host.ts";

type Call = (...numbers: readonly number[]) => number;
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly cabi_realloc: Call;
}

/** A module's function over texts, which it gets by address and length. */
function functionOf(module: Uint8Array, name: string) {
  const host = wasmHost();
  if (host === undefined) throw new Error("Node has WebAssembly");
  const exports = new host.Instance(new host.Module(module.buffer as ArrayBuffer)).exports as Exports &
    Readonly<Record<string, Call>>;
  const call = (...texts: readonly string[]): number =>
    (exports[name] as Call)(
      ...texts.flatMap((text) => {
        const at = exports.cabi_realloc(0, 0, 1, text.length);
        Buffer.from(exports.memory.buffer, at, text.length).write(text, "latin1");
        return [at, text.length];
      }),
    );
  return { call, exports };
}

export function nodeKernel(): ComponentKernel {
  const blocks = functionOf(sha256Module(), "blocks");
  const [p256, p384] = [functionOf(sumModule("P-256"), "hasX"), functionOf(sumModule("P-384"), "hasX")];
  return {
    blocks: (state, text) => {
      const answer = blocks.call(state, text);
      const [at = 0, length = 0] = new Uint32Array(blocks.exports.memory.buffer, answer, 2);
      return Buffer.from(blocks.exports.memory.buffer, at, length).toString("latin1");
    },
    hasXP256: (numbers) => p256.call(numbers) === 1,
    hasXP384: (numbers) => p384.call(numbers) === 1,
  };
}

export const nodeHex: HostHex = {
  toHex: (bytes) => Buffer.from(bytes).toString("hex"),
  fromHex: (text) => new Uint8Array(Buffer.from(text, "hex")),
};
