/** Arguments that a host of the component's module may leave out. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { withOptionalArguments } from "../../../scripts/component/optional-arguments.ts";

const test = suite("scripts/component/optional-arguments");

test("options at the end may be left out, those before an argument may not", () => {
  const types = [
    "export function evaluate(request: string, now: string): string;",
    "export function init(shim: string, entry: string | undefined, isOff: boolean): void;",
    `export function load(keys: Array<string>, floor: number | undefined, isUnsigned: boolean | undefined): string;`,
    "",
  ];
  const [evaluate, init] = types;
  assert.equal(withOptionalArguments(types.join("\n")).split("\n"), [
    evaluate,
    init,
    "export function load(keys: Array<string>, floor?: number, isUnsigned?: boolean): string;",
    "",
  ]);
});

test("types of another form stop the build", () => {
  assert.throws(() => withOptionalArguments("export function load(floor?: number): string;"), /another way/);
});

test.run();
