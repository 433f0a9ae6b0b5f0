import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeModule } from "../../../core/kernel/wasm-code.ts";
import {
  join,
  modulesOf,
  positive,
  Reader,
  readModule,
  section,
  text,
  unsigned,
  vector,
} from "../../../scripts/component/core-module.ts";

const test = suite("scripts/component/core-module");
const preamble = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
const component = Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0);

test("numbers and texts as they are written", () => {
  for (const value of [0, 1, 127, 128, 300, 65_535, 2 ** 31, 2 ** 32 - 1])
    assert.is(new Reader(unsigned(value)).unsigned(), value);
  for (const [bytes, value] of [
    [[0], 0],
    [[0x3f], 63],
    [[0x40], -64],
    [[0x7f], -1],
    [[0xc0, 0], 64],
    [[0x80, 0x80, 0xc0, 0], 1_048_576],
    [[0x80, 0x80, 0x40], -1_048_576],
  ] as const)
    assert.is(new Reader(Uint8Array.from(bytes)).signed(), value);
  for (const value of [0, 63, 64, 127, 128, 8191, 8192, 1_048_576, 2 ** 31 - 1])
    assert.is(new Reader(positive(value)).signed(), value);
  assert.is(new Reader(text("wasi:io/€")).text(), "wasi:io/€");
  assert.throws(() => new Reader(unsigned(300).subarray(0, 1)).unsigned(), /cut short/);
});

test("imports with the types of functions, exports, and globals as long as they are constants", () => {
  const named = (...names: readonly string[]) => join(...names.map(text));
  const bytes = join(
    preamble,
    section(1, vector([Uint8Array.of(0x60, 0, 0), Uint8Array.of(0x60, 1, 0x7f, 1, 0x7e)])),
    section(
      2,
      vector([
        join(named("env", "memory"), Uint8Array.of(2, 1, 1, 2)),
        join(named("env", "table"), Uint8Array.of(1, 0x70, 0, 5)),
        join(named("env", "base"), Uint8Array.of(3, 0x7f, 0)),
        join(named("a:b/c", "f"), Uint8Array.of(0, 1)),
      ]),
    ),
    section(6, vector([Uint8Array.of(0x7f, 0, 0x41, 0x7f, 0x0b), Uint8Array.of(0x7f, 1, 0x23, 0, 0x0b)])),
    section(7, vector([join(text("g"), Uint8Array.of(3, 1)), join(text("f"), Uint8Array.of(0, 0))])),
  );
  const { imports, exports, globals } = readModule(bytes);
  assert.equal(
    imports.map(({ module, name, kind, type }) => [module, name, kind, type === undefined ? undefined : [...type]]),
    [
      ["env", "memory", "memory", undefined],
      ["env", "table", "table", undefined],
      ["env", "base", "global", undefined],
      ["a:b/c", "f", "function", [0x60, 1, 0x7f, 1, 0x7e]],
    ],
  );
  assert.equal(
    [...exports],
    [
      ["g", { kind: "global", index: 1 }],
      ["f", { kind: "function", index: 0 }],
    ],
  );
  assert.equal(globals, [-1]);
});

test("modules of a component and of those inside it, in their order", () => {
  const module = (name: string) => encodeModule([{ name, parameters: 0, locals: 0, body: [] }], 1);
  const inner = join(component, section(1, module("b")), section(4, join(component, section(1, module("c")))));
  const outer = join(component, section(1, module("a")), section(4, inner), section(1, module("d")));
  assert.equal(
    modulesOf(outer).map(({ exports }) => [...exports.keys()]),
    ["a", "b", "c", "d"].map((name) => [name, "memory"]),
  );
});

test.run();
