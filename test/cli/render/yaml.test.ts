import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toYamlText } from "../../../cli/render/yaml.ts";

const test = suite("cli/render/yaml");

test("long lines are not folded, and nothing is an alias", () => {
  assert.is(toYamlText({ a: "x ".repeat(100).trim() }), `a: ${"x ".repeat(100).trim()}\n`);
  const shared = { b: 1 };
  assert.is(toYamlText({ a: shared, c: shared }), "a:\n  b: 1\nc:\n  b: 1\n");
});

test("what plain JSON cannot write", () =>
  assert.is(
    toYamlText({ index: 2n ** 64n, gone: undefined, at: new Date(0) }),
    'index: "18446744073709551616"\nat: 1970-01-01T00:00:00.000Z\n',
  ));

test.run();
