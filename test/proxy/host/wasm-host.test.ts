/** Node's WebAssembly. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { wasmHost } from "../../../proxy/host/wasm-host.ts";

const test = suite("proxy/host/wasm-host");

test("it compiles an empty module", () => {
  const host = wasmHost();
  assert.ok(host);
  const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  assert.equal(Object.keys(new host.Instance(new host.Module(empty.buffer)).exports as object), []);
});

test.run();
