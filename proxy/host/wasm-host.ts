/** Node's WebAssembly, which its types leave out. */
import type { WasmHost } from "../../core/kernel/field.ts";

/** Absent where Node runs without it, as under `--jitless`. */
export const wasmHost = (): WasmHost | undefined =>
  (globalThis as unknown as { readonly WebAssembly?: WasmHost }).WebAssembly;
