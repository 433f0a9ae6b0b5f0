/** What is kept of JSON by names of every length. Whole reviews: test/proxy/webhook/plain-review.test.ts. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { WasmHost } from "../../../core/kernel/field.ts";
import { beyond } from "../../../core/kernel/json-marks-code.ts";
import { type Members, shorteningModule } from "../../../core/kernel/shortening-code.ts";
import { wasmHost } from "../../../proxy/host/wasm-host.ts";

const test = suite("core/kernel/shortening-code");

const { Module, Instance } = wasmHost() as WasmHost;

function shortened(kept: Members, text: string, room = { text: 4096, kept: 1024 }, depth = 20): string | undefined {
  const module = shorteningModule(kept, room);
  const { memory, shorten } = new Instance(new Module(module.bytes.buffer as ArrayBuffer)).exports as {
    readonly memory: { readonly buffer: ArrayBuffer };
    readonly shorten: (length: number, depth: number) => number;
  };
  const bytes = Buffer.from(memory.buffer);
  const length = bytes.write(text, module.text);
  bytes.fill(beyond.byte, module.text + length, module.text + length + beyond.bytes);
  const written = shorten(length, depth);
  return written < 0 ? undefined : bytes.toString("utf8", module.output, module.output + written);
}

test("names are the same only whole: of every length, and with the same beginning", () => {
  const base = "abcdefghijklmnopqrstuvwxyz012345";
  for (let length = 0; length <= base.length; length++) {
    const name = base.slice(0, length);
    const others = [`${name}x`, name.slice(0, -1), `${name.slice(0, -1)}-`, `x${name.slice(1)}`, `${name} `];
    const left = others.filter((one) => one !== name).map((one) => `${JSON.stringify(one)}:1`);
    const text = `{${[...left, `"${name}":2`, ...left].join()}}`;
    assert.is(shortened({ [name]: "whole" }, text), `{"${name}":2}`, text);
    assert.is(shortened({ none: "whole", [name]: "whole", other: "whole" }, text), `{"${name}":2}`, text);
  }
  assert.throws(() => shorteningModule({ [`${base}6`]: "whole" }, { text: 64, kept: 64 }), /the name is too long/);
  assert.is(shortened({ größe: "whole" }, '{"größe":"é","groesse":1}'), '{"größe":"é"}');
});

test("objects, lists of objects, and what has another form", () => {
  const kept: Members = { list: [{ a: "whole" }], object: { a: "whole", below: { c: "whole" } } };
  assert.is(shortened(kept, '{"x":[{}],"list":[{"a":1,"b":2},{"b":[2]},3,null]}'), '{"list":[{"a":1},{},3,null]}');
  assert.is(
    shortened(kept, ' { "object" : { "b" : "}" , "below" : { "c" : -1.5e+3 , "d" : true } } , "y" : "" } '),
    ' { "object" : {"below" : { "c" : -1.5e+3} }}',
  );
  assert.is(shortened(kept, '{"object":null,"list":"text"}'), '{"object":null,"list":"text"}');
  for (const other of ['{"object":[]}', '{"list":{}}', '{"list":[[]]}', '{"object":{"below":[1]}}'])
    assert.is(shortened(kept, other), undefined, other);
});

test("what is no JSON where somebody looks, and a word that is none, is not gone over", () => {
  for (const broken of [
    "",
    " ",
    "{",
    '{"a"}',
    '{"a":}',
    '{"a":1 "b":2}',
    '{"a":1,}',
    '{"a":1]',
    '{"b":1]',
    '{"a";1}',
    '{"b";1,"a":1}',
    '{"a":tr"u"e}',
    '{"a":\\1}',
    "{}{}",
  ])
    assert.is(shortened({ a: "whole" }, broken), undefined, broken);
});

test("what is kept has its room, with one byte for a comma, and depth its bound", () => {
  const room = { text: 256, kept: 32 };
  const text = (length: number): string => `{"x":0,"a":"${"y".repeat(length)}"}`;
  for (let length = 0; length < 40; length++)
    assert.is(
      shortened({ a: "whole" }, text(length), room),
      length + 8 < 32 ? `{"a":"${"y".repeat(length)}"}` : undefined,
    );
  assert.is(shortened({ a: { a: "whole" } }, '{"a":{"a":[1]}}', room, 3), '{"a":{"a":[1]}}');
  assert.is(shortened({ a: { a: "whole" } }, '{"a":{"a":[1]}}', room, 2), undefined);
  assert.is(shortened({ a: { a: { a: "whole" } } }, '{"a":{"a":{"a":1}}}', room, 3), '{"a":{"a":{"a":1}}}');
  assert.is(shortened({ a: { a: { a: "whole" } } }, '{"a":{"a":{"a":1}}}', room, 2), undefined);
  assert.is(shortened({ a: [{ a: "whole" }] }, '{"a":[{"a":1}]}', room, 3), '{"a":[{"a":1}]}');
  assert.is(shortened({ a: [{ a: "whole" }] }, '{"a":[{"a":1}]}', room, 2), undefined);
  assert.is(shortened({ a: { a: "whole" } }, '{"a":{"a":1,"b":[[1]]}}', room, 4), '{"a":{"a":1}}');
  assert.is(shortened({ a: { a: "whole" } }, '{"a":{"a":1,"b":[[1]]}}', room, 3), undefined);
});

test.run();
