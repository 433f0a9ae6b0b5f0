import { suite } from "uvu";
import * as assert from "uvu/assert";
import { componentFaults, exportsOfModule } from "../../scripts/check-component.ts";
import { tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/check-component");
const wit = "world w {\n  export load: func(a: string) -> string;\n  export explain: func();\n}\n";
const types = "export function init(a: string): void;\nexport function load(a: string): string;\n";
const folder = (declarations: string) =>
  tempFolder({ "engine.wasm": "0123456789", "engine.wit": wit, "wasm/engine.d.ts": declarations });
const whole = `${types}export function explain(): void;\n`;

test("a component of the right size with the exports of its world passes", () =>
  assert.equal(componentFaults(folder(whole)), []));

test("too large, as it is or packed, is a fault", () => {
  assert.is(componentFaults(folder(whole), 9).length, 1);
  assert.is(componentFaults(folder(whole), 10, 9).length, 1);
});

test("an export too many or too few is a fault", () => {
  assert.match(componentFaults(folder(types))[0] ?? "", /exports init,load, its world explain,init,load/);
  assert.is(componentFaults(folder(`${whole}export function run(): void;\n`)).length, 1);
});

test("names are read from the declarations", () => {
  assert.equal(exportsOfModule(types), ["init", "load"]);
});

test.run();
