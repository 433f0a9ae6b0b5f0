import { createHash } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { blockBytes, initialState, mostBlockBytes } from "../../../core/kernel/sha256-code.ts";
import { nodeKernel } from "../../support/component-kernel.ts";

const test = suite("core/kernel/sha256-code");
const { blocks } = nodeKernel();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** The end of a message of so many bytes, of which those before it were whole blocks. */
const endOf = (bytes: number): Uint8Array => {
  const end = new Uint8Array(blockBytes);
  end[0] = 0x80;
  new DataView(end.buffer).setBigUint64(blockBytes - 8, 8n * BigInt(bytes));
  return end;
};

test("the state begins with the roots of eight primes: FIPS 180-4 §5.3.3", () => {
  assert.is(initialState(), "6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19");
});

test("no block, one, several and as many as there is room for; in one call or in several", () => {
  for (const count of [0, 1, 2, 3, 17, mostBlockBytes / blockBytes]) {
    const message = Uint8Array.from({ length: count * blockBytes }, (_, index) => (index * 31 + (index >> 7)) & 0xff);
    const expected = createHash("sha256").update(message).digest("hex");
    const whole = count === 0 ? initialState() : blocks(initialState(), hex(message));
    assert.is(blocks(whole, hex(endOf(message.length))), expected, String(count));
    let state = initialState();
    for (let at = 0; at < message.length; at += blockBytes)
      state = blocks(state, hex(message.subarray(at, at + blockBytes)));
    assert.is(blocks(state, hex(endOf(message.length))), expected, String(count));
  }
});

test("what is no whole block, no block at all, too much, or no state, is refused", () => {
  const state = initialState();
  for (const [before, text] of [
    [state, ""],
    [state, "00".repeat(blockBytes - 1)],
    [state, "00".repeat(blockBytes + 1)],
    [state, "00".repeat(mostBlockBytes + blockBytes)],
    [state.slice(2), "00".repeat(blockBytes)],
    ["", "00".repeat(blockBytes)],
  ] as const)
    assert.throws(() => nodeKernel().blocks(before, text));
});

test.run();
