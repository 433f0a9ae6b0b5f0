import { suite } from "uvu";
import * as assert from "uvu/assert";
import { goField } from "../../../core/encoding/go-json.ts";
import { type JsonObject, parseJson } from "../../../core/encoding/json.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/encoding/go-json");
const read = (text: string) =>
  goField(parseJson(text, { duplicateKeys: "last-wins", limits: defaultLimits }) as JsonObject, "logID");

test("keys in any case, the last one in the document", () => {
  assert.is(read('{"logID":1}'), 1);
  assert.is(read('{"LOGid":1}'), 1);
  assert.is(read('{"logID":1,"logid":2}'), 2);
  assert.is(read('{"logid":2,"logID":1}'), 1);
  assert.is(read('{"logID":1,"logid":2,"logID":3}'), 3);
});

test("absent and null", () => {
  assert.is(read("{}"), undefined);
  assert.is(read('{"logID":null}'), undefined);
  assert.is(read('{"logID ":1}'), undefined);
});

test.run();
