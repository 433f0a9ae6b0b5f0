import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bytesFunction, textFunction } from "../../../core/kernel/text-code.ts";
import { encodeModule } from "../../../core/kernel/wasm-code.ts";
import { nodeKernel } from "../../support/component-kernel.ts";
import { wasmHost } from "../../../proxy/host/wasm-host.ts";

const test = suite("core/kernel/text-code");

function module() {
  const host = wasmHost();
  assert.ok(host !== undefined);
  const functions = [bytesFunction(), textFunction()];
  return new host.Instance(new host.Module(encodeModule(functions, 1).buffer as ArrayBuffer)).exports as {
    readonly memory: { readonly buffer: ArrayBuffer };
    readonly bytes: (to: number, step: number, text: number, length: number) => void;
    readonly text: (to: number, bytes: number, length: number) => void;
  };
}

const all = Uint8Array.from({ length: 256 }, (_, index) => index);

test("every byte as text, and text as bytes: forwards, backwards, and where the text is", () => {
  const { memory, bytes, text } = module();
  const view = Buffer.from(memory.buffer);
  view.set(all, 2048);
  text(4096, 2048, all.length);
  const hex = Buffer.from(all).toString("hex");
  assert.is(view.toString("latin1", 4096, 4096 + hex.length), hex);
  bytes(8192, 1, 4096, hex.length);
  assert.equal(view.subarray(8192, 8192 + all.length), Buffer.from(all));
  bytes(8192 + all.length - 1, -1, 4096, hex.length);
  assert.equal(view.subarray(8192, 8192 + all.length), Buffer.from(all).reverse());
  bytes(4096, 1, 4096, hex.length);
  assert.equal(view.subarray(4096, 4096 + all.length), Buffer.from(all));
  view.write("00FF");
  bytes(8192, 1, 0, 4);
  assert.is(view[8193], 0xff, "capitals too");
});

test("the length of a text is that of its UTF-8", () => {
  const { utf8Length } = nodeKernel();
  for (const text of ["", "a", "a\u00e9\u20ac\ud83d\ude00", "x".repeat(70_000)])
    assert.is(utf8Length(text), Buffer.byteLength(text));
});

test.run();
