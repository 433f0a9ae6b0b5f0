/** Marks, beside a walk over the text byte by byte. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  afterBracketsFunction,
  beyond,
  firstFunction,
  markFunction,
  marksBytes,
} from "../../../core/kernel/json-marks-code.ts";
import { encodeModule } from "../../../core/kernel/wasm-code.ts";
import type { WasmHost } from "../../../core/kernel/field.ts";
import { wasmHost } from "../../../proxy/host/wasm-host.ts";

const test = suite("core/kernel/json-marks-code");

const most = 4096;
const places = { text: 0, marks: most + beyond.bytes };

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  mark(length: number): number;
  firstQuote(at: number): number;
  firstMark(at: number): number;
  afterBrackets(at: number, left: number, length: number): number;
}

const { Module, Instance } = wasmHost() as WasmHost;
const module = encodeModule(
  [markFunction(places), firstFunction(places, false), firstFunction(places, true), afterBracketsFunction(places)],
  Math.ceil((places.marks + marksBytes(most)) / 65_536),
);
const kernel = new Instance(new Module(module.buffer as ArrayBuffer)).exports as Exports;
const memory = Buffer.from(kernel.memory.buffer);

function mark(text: string): boolean {
  memory.fill(beyond.byte, memory.write(text, 0, "latin1"), text.length + beyond.bytes);
  return kernel.mark(text.length) === 1;
}

/** Of each byte outside of texts: what it is. Undefined where a text does not end, or an escape is outside of one. */
function walk(text: string): { readonly texts: readonly (readonly [number, number])[]; brackets: string } | undefined {
  const texts: [number, number][] = [];
  let brackets = "";
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "\\") return undefined;
    if (text[at] !== '"') {
      brackets += /[[\]{}]/.test(text[at] as string) ? text[at] : " ";
      continue;
    }
    const began = at;
    for (at += 1; text[at] !== '"'; at++) {
      if (text[at] === "\\") at += 1;
      if (at >= text.length) return undefined;
    }
    texts.push([began, at]);
    brackets += " ".repeat(at + 1 - began);
  }
  return { texts, brackets };
}

function bracketsEnd(brackets: string, from: number, left: number): number {
  let depth = 0;
  for (let at = from; at < brackets.length; at++) {
    if (/[[{]/.test(brackets[at] as string)) depth += 1;
    if (depth > left) return -1;
    if (/[\]}]/.test(brackets[at] as string)) depth -= 1;
    if (depth === 0) return at + 1;
  }
  return -1;
}

const pieces = fc.constantFrom('"', '"a"', "\\", '\\"', "\\\\", "{", "}", "[", "]", "é", ",", "{}".repeat(40));
const texts = fc.oneof(
  fc.array(pieces, { minLength: 1, maxLength: 120 }).map((list) => list.join("")),
  // Most of the others do not end.
  fc
    .array(
      fc.oneof(
        fc.string({ maxLength: 90 }).map((text) => JSON.stringify(text)),
        fc.constantFrom("[", "]", "{", "}"),
      ),
      {
        minLength: 1,
        maxLength: 60,
      },
    )
    .map((list) => Buffer.from(list.join(" ")).toString("latin1").slice(0, most)),
);

test("the same texts, escapes and brackets as a walk over every byte finds", () => {
  let whole = 0;
  fc.assert(
    fc.property(texts, fc.integer({ min: 0, max: 50 }), (text, left) => {
      const walked = walk(text);
      assert.is(mark(text), walked !== undefined, text);
      if (walked === undefined) return;
      whole += 1;
      for (const [began, end] of walked.texts) {
        assert.is(kernel.firstQuote(began + 1), end, text);
        const escapeAt = text.indexOf("\\", began);
        assert.is(kernel.firstMark(began + 1), escapeAt < 0 ? end : Math.min(escapeAt, end), text);
      }
      for (const [at, one] of [...walked.brackets].entries())
        if (/[[{]/.test(one))
          assert.is(kernel.afterBrackets(at, left, text.length), bracketsEnd(walked.brackets, at, left), text);
    }),
    { numRuns: 2000 },
  );
  assert.ok(whole > 500, String(whole));
});

test("rows of backslashes of every length, across every border of 64 bytes", () => {
  for (let before = 0; before < 70; before++)
    for (let count = 0; count < 140; count++) {
      const text = `${" ".repeat(before)}"${"\\".repeat(count)}"`;
      assert.is(mark(text), count % 2 === 0, `${before} ${count}`);
      if (count % 2 === 0) assert.is(kernel.firstQuote(before + 1), before + 1 + count);
    }
});

test("nesting is bounded where it is counted, too", () => {
  for (const count of [1, 31, 32, 33, 63, 64, 65, 200]) {
    const text = `${"[".repeat(count)}${" ".repeat(100)}${"]".repeat(count)}`;
    assert.ok(mark(text));
    assert.is(kernel.afterBrackets(0, count, text.length), text.length);
    assert.is(kernel.afterBrackets(0, count - 1, text.length), -1);
    assert.ok(mark(text.slice(0, -1)));
    assert.is(kernel.afterBrackets(0, count, text.length - 1), -1);
  }
});

test.run();
