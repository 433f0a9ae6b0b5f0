import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { exportsOfWorld, innerWorld, kernelName } from "../../../scripts/component/world.ts";

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

test.run();
