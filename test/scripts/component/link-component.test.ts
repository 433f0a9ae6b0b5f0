/** A small engine of the form that componentize-qjs makes, linked, and run by Node's WebAssembly. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as wasm from "../../../core/kernel/wasm-code.ts";
import {
  join,
  modulePreamble,
  positive,
  section,
  text,
  unsigned,
  vector,
} from "../../../scripts/component/core-module.ts";
import { linkComponent } from "../../../scripts/component/link-component.ts";
import { functionsOfWorld } from "../../../scripts/component/world.ts";
import { runComponent } from "../../support/run-component.ts";

const test = suite("scripts/component/link-component");
const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const component = (...modules: readonly Uint8Array[]): Uint8Array =>
  join(bytes(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0), ...modules.map((module) => section(1, module)));
const [i32, immutable, mutable, end] = [0x7f, 0, 1, 0x0b];
/** A function's type: so many integers, and whether it leaves one. */
const type = (parameters: number, returns = false) =>
  bytes(0x60, parameters, ...Array.from({ length: parameters }, () => i32), ...(returns ? [1, i32] : [0]));
const imported = (module: string, name: string, ...kind: readonly number[]) =>
  join(text(module), text(name), bytes(...kind));
const exported = (name: string, kind: number, index: number) => join(text(name), bytes(kind, index));
const global = (kind: number, value: number) => join(bytes(i32, kind, 0x41), positive(value), bytes(end));
const body = (code: wasm.Code) => join(unsigned(code.length + 2), bytes(0, ...code, end));
const slot = 3;
const base = 4096;

const snapshot = join(
  modulePreamble,
  section(1, vector([type(0)])),
  section(2, vector([imported("wasi_snapshot_preview1", "reset_adapter_state", 0, 0)])),
  section(4, vector([bytes(0x70, 0, 5)])),
  section(5, vector([bytes(0, 1)])),
  section(6, vector([global(mutable, 1000), global(immutable, base), global(mutable, slot), global(mutable, 9000)])),
  section(
    7,
    vector([
      exported("memory", 2, 0),
      exported("__indirect_function_table", 1, 0),
      exported("__stack_pointer", 3, 0),
      exported("componentize_qjs_runtime.wasm:memory_base", 3, 1),
      exported("componentize_qjs_runtime.wasm:cabi_realloc", 3, 2),
      exported("__heap_base", 3, 3),
    ]),
  ),
  section(11, vector([join(bytes(0, 0x41), positive(base), bytes(end, 1, 42))])),
);
/** `init` gives what is at the memory's base plus what is in the table's place; `wit_dylib_export_call` asks WASI. */
const runtime = join(
  modulePreamble,
  section(1, vector([type(4, true), type(0, true), type(1), type(0)])),
  section(
    2,
    vector([
      imported("env", "memory", 2, 0, 0),
      imported("env", "__indirect_function_table", 1, 0x70, 0, 0),
      imported("env", "__memory_base", 3, i32, immutable),
      imported("GOT.func", "cabi_realloc", 3, i32, mutable),
      imported("GOT.mem", "__heap_base", 3, i32, mutable),
      imported("wasi:cli/exit@0.2.0", "exit", 0, 2),
      imported("wasi_snapshot_preview1", "reset_adapter_state", 0, 3),
    ]),
  ),
  section(3, vector([bytes(0), bytes(1), bytes(2), bytes(3)])),
  section(
    7,
    vector([
      exported("cabi_realloc", 0, 2),
      exported("init", 0, 3),
      exported("cabi_post_init", 0, 4),
      exported("wit_dylib_export_call", 0, 5),
    ]),
  ),
  section(
    10,
    vector([
      body([...wasm.get(3), ...wasm.address(1), ...wasm.addressPlus]),
      body([
        ...wasm.call(1),
        ...[0x23, 0, ...wasm.loadByte(0)],
        ...[0, 0, 0, 100].flatMap((value) => wasm.address(value)),
        ...[0x23, 1, 0x11, 0, 0, ...wasm.addressPlus],
      ]),
      body([]),
      body([...wasm.address(7), ...wasm.call(0)]),
    ]),
  ),
);
/** `evaluate` asks the kernel; `verify` asks WASI by the runtime. */
const lifting = join(
  modulePreamble,
  section(1, vector([type(4, true), type(2, true), type(1), type(0)])),
  section(
    2,
    vector([
      imported("env", "cabi_realloc", 0, 0),
      imported("env", "wit_dylib_export_call", 0, 3),
      imported("a:b/kernel@1.2.3", "sum", 0, 1),
    ]),
  ),
  section(3, vector([bytes(0), bytes(1), bytes(2), bytes(1), bytes(3)])),
  section(
    7,
    vector([
      exported("cabi_realloc", 0, 3),
      exported("evaluate", 0, 4),
      exported("cabi_post_evaluate", 0, 5),
      exported("verify", 0, 6),
      exported("cabi_post_verify", 0, 5),
      exported("__wasm_call_ctors", 0, 7),
    ]),
  ),
  section(
    10,
    vector([
      body([...[0, 1, 2, 3].flatMap((local) => wasm.get(local)), ...wasm.call(0)]),
      body([...wasm.get(0), ...wasm.get(1), ...wasm.call(2)]),
      body([]),
      body([...wasm.call(1), ...wasm.address(1)]),
      body([]),
    ]),
  ),
);
/** The sum of both and of what is in the kernel's own memory, where it also leaves it. */
const kernel = {
  name: "sum",
  bytes: 70_000,
  module: (at: number) =>
    wasm.encodeModule(
      [
        {
          name: "summed",
          parameters: 2,
          locals: 0,
          returns: true,
          body: [
            ...wasm.address(at),
            ...[...wasm.get(0), ...wasm.get(1), ...wasm.addressPlus],
            ...[...wasm.address(at), ...wasm.loadShort(0), ...wasm.addressPlus],
            ...wasm.storeShort(0),
            ...[...wasm.address(at), ...wasm.loadShort(0)],
          ],
        },
      ],
      [],
      [{ at, bytes: bytes(5) }],
    ),
  export: "summed",
};
const world = (text: string) => functionsOfWorld(text);
const functions = {
  runtime: world("  export init: func(shim: string) -> result<_, string>;\n"),
  lifting: world(
    "  export evaluate: func(a: string, b: option<u32>) -> result<string, string>;\n" +
      "  export verify: func(a: list<u8>) -> string;\n",
  ),
};
const engine = join(component(), section(4, component(snapshot, runtime, lifting)));

test("the kernel works in pages that were added, and keeps what it has; QuickJS has its snapshot and its table", () => {
  const { functions: lifted, memory } = runComponent(linkComponent(engine, "a:b/kernel@1.2.3", [kernel], functions));
  assert.equal([...lifted.keys()], ["init", "evaluate", "verify"]);
  assert.is(lifted.get("init")?.called(), 42 + 101);
  assert.is(lifted.get("evaluate")?.called(10, 20), 35);
  assert.is(lifted.get("evaluate")?.called(1, 1), 37);
  assert.is(memory.buffer.byteLength, 3 * 65_536);
  assert.is(new Uint32Array(memory.buffer)[65_536 / 4], 37);
});

test("each function of the kernel has pages of its own", () => {
  const places: number[] = [];
  const placed = (name: string) => ({
    ...kernel,
    name,
    module(at: number) {
      places.push(at);
      return kernel.module(at);
    },
  });
  const linked = linkComponent(engine, "a:b/kernel@1.2.3", [placed("sum"), placed("other")], functions);
  assert.equal(places, [65_536, 3 * 65_536]);
  assert.is(runComponent(linked).memory.buffer.byteLength, 5 * 65_536);
});

test("what WASI would be asked is a trap", () => {
  const { functions: lifted } = runComponent(linkComponent(engine, "a:b/kernel@1.2.3", [kernel], functions));
  assert.throws(() => lifted.get("verify")?.called(0, 0), /unreachable/);
});

test("memory for values, and who takes it back, are those of the library that lifts them", () => {
  const { functions: lifted } = runComponent(linkComponent(engine, "a:b/kernel@1.2.3", [kernel], functions));
  for (const { realloc, after } of lifted.values()) {
    assert.is(realloc(0, 0, 1, 10), 11);
    assert.is(after(0), undefined);
  }
});

test("what is not there is said: a module, a function of the kernel, a place", () => {
  const link = (...modules: readonly Uint8Array[]) =>
    linkComponent(component(...modules), "a:b/kernel@1.2.3", [kernel], functions);
  assert.throws(() => link(snapshot, runtime), /not one module of the component exports evaluate/);
  assert.throws(() => link(snapshot, snapshot, runtime, lifting), /not one module of the component exports memory/);
  assert.throws(() => linkComponent(engine, "a:b/kernel@1.2.3", [], functions), /the kernel has no sum/);
});

test.run();
