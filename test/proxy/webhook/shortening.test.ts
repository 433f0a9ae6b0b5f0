import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { WasmHost } from "../../../core/kernel/field.ts";
import { wasmHost } from "../../../proxy/host/wasm-host.ts";
import { openPlainReviews } from "../../../proxy/webhook/plain-review.ts";
import { openShortening, type Shorten } from "../../../proxy/webhook/shortening.ts";

const test = suite("proxy/webhook/shortening");

const room = { text: 256, kept: 128 };
const open = (): Shorten => openShortening({ a: "whole" }, room, wasmHost()) as Shorten;

test("one text after the other, up to the room for it; nothing of one before is left", () => {
  const shorten = open();
  const padded = (length: number): Buffer => Buffer.from('{"b":"\\"","a":"é"}'.padEnd(length - 1));
  for (const length of [room.text, 20, 64, room.text + 1, 65, 128, 19])
    assert.is(shorten(padded(length), 10), length > room.text ? undefined : '{"a":"é"}', String(length));
  assert.is(shorten(Buffer.from(""), 10), undefined);
  assert.is(shorten(Buffer.from("{}"), 10), "{}");
});

test("without WebAssembly, and on a processor without its vectors, texts are left as they are", () => {
  const { Instance } = wasmHost() as WasmHost;
  const throwing = (name: string): WasmHost => ({
    Instance,
    Module: class {
      constructor() {
        throw Object.assign(new Error("SIMD unsupported"), { name });
      }
    },
  });
  assert.is(openShortening({}, room, undefined), undefined);
  assert.is(openShortening({ a: "whole" }, room, throwing("CompileError")), undefined);
  assert.throws(() => openShortening({ a: "whole" }, room, throwing("RangeError")), /SIMD/);
  assert.is(openPlainReviews(undefined), undefined);
  assert.is(openPlainReviews(throwing("CompileError")), undefined);
});

test.run();
