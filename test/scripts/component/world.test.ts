import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  exportsOfWorld,
  functionsOfWorld,
  initText,
  innerWorld,
  kernelName,
} from "../../../scripts/component/world.ts";

const test = suite("scripts/component/world");
const wit = "package a:b@1.2.3;\n\n/// A world.\nworld w {\n  export load: func();\n  export explain: func();\n}\n";

test("QuickJS' world has the kernel, and hosts' world has it not", () => {
  const inner = innerWorld(wit, "interface kernel {\n}\n");
  assert.match(inner, /^world w \{\n {2}import kernel;\n {2}export load/m);
  assert.match(inner, /\n\ninterface kernel \{\n\}\n$/);
  const ours = readFileSync("scripts/component/engine.wit", "utf8");
  assert.not.match(ours, /^ *import/m);
  assert.match(innerWorld(ours, ""), /import kernel;/);
  assert.throws(() => innerWorld("package a:b@1.2.3;\n", ""), /no world/);
});

test("the kernel is named as its package, with the version", () => {
  assert.is(kernelName(wit), "a:b/kernel@1.2.3");
  assert.throws(() => kernelName("world w {}"), /no package/);
});

test("exports are the world's, and the one that is added", () => {
  assert.equal(exportsOfWorld(wit), ["explain", "init", "load"]);
});

test("a function's type: primitives as they are, what is made of them as a type before it", () => {
  const [one, ...none] = functionsOfWorld(
    "  export load-it: func(a: list<u8>, the-keys: option<u32>, c: bool) -> result<_, string>;\n",
  );
  assert.equal(none, []);
  assert.is(one?.name, "load-it");
  assert.equal(
    one?.types.map((type) => [...type]),
    [
      [0x70, 0x7d],
      [0x6b, 0x79],
      [0x6a, 0, 1, 0x73],
    ],
  );
  const written = Buffer.from(one?.type((index) => 10 + index) ?? []).toString("latin1");
  assert.is(written, "\x40\x03\x01a\x0a\x08the-keys\x0b\x01c\x7f\x00\x0c");
  assert.throws(() => functionsOfWorld("  export f: func(a: list<list<u8>>) -> bool;\n"), /not known here/);
  assert.throws(() => functionsOfWorld("  export f: func(a: char) -> bool;\n"), /not known here/);
});

test("every function that the world exports has its type, and so has the one that is added", () => {
  const ours = readFileSync("scripts/component/engine.wit", "utf8");
  const names = [...functionsOfWorld(ours), ...functionsOfWorld(initText)].map(({ name }) => name);
  assert.equal(names.sort(), exportsOfWorld(ours));
});

test.run();
