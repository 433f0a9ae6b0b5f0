/** JSON texts made shorter by WebAssembly, as `core/kernel/shortening-code.ts` says. */
import { Buffer } from "node:buffer";
import type { WasmHost } from "../../core/kernel/field.ts";
import { beyond } from "../../core/kernel/json-marks-code.ts";
import { type Members, type Room, shorteningModule } from "../../core/kernel/shortening-code.ts";

/** What is kept of a text; undefined where it is no JSON, nested deeper than this, or has no room. */
export type Shorten = (bytes: Uint8Array, depth: number) => string | undefined;

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  shorten(length: number, depth: number): number;
}

/** Undefined where Node may not use WebAssembly, or the processor lacks its vectors. */
export function openShortening(kept: Members, room: Room, host: WasmHost | undefined): Shorten | undefined {
  if (host === undefined) return undefined;
  const { bytes: module, text, output } = shorteningModule(kept, room);
  let exports: Exports;
  try {
    exports = new host.Instance(new host.Module(module.buffer as ArrayBuffer)).exports as Exports;
  } catch (error) {
    // The processor lacks vectors: texts stay as they are.
    if (error instanceof Error && error.name === "CompileError") return undefined;
    throw error;
  }
  const memory = Buffer.from(exports.memory.buffer);
  return (bytes, depth) => {
    const { length } = bytes;
    if (length > room.text) return undefined;
    memory.set(bytes, text);
    memory.fill(beyond.byte, text + length, text + length + beyond.bytes);
    const written = exports.shorten(length, depth);
    return written < 0 ? undefined : memory.toString("utf8", output, output + written);
  };
}
