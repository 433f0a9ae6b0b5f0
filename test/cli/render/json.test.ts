import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sorted, toJsonLine, toJsonText } from "../../../cli/render/json.ts";

const test = suite("cli/render/json");

test("writes what plain JSON cannot", () => {
  assert.is(
    toJsonLine({ index: 2n ** 64n, bytes: Uint8Array.of(1, 2), at: new Date(0), gone: undefined, run: () => 1 }),
    '{"index":"18446744073709551616","bytes":"AQI=","at":"1970-01-01T00:00:00.000Z"}\n',
  );
});

test("JSON is indented by two", () => {
  assert.is(toJsonText({ a: [1] }), '{\n  "a": [\n    1\n  ]\n}\n');
});

test("sorts keys at every depth, lists stay", () =>
  assert.is(JSON.stringify(sorted({ b: [{ d: 1, c: 2 }], a: 1 })), '{"a":1,"b":[{"c":2,"d":1}]}'));

test.run();
