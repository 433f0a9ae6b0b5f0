import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LayerWindow, Slabs } from "../../../proxy/registry/layer-window.ts";

const test = suite("proxy/registry/layer-window");
const kib = 1024;
const slab = 256 * kib;
const filled = (bytes: number, value: number): Uint8Array => new Uint8Array(bytes).fill(value);

test("takes what there is room for, and gives what lies together", () => {
  const window = new LayerWindow(4 * slab, new Slabs(0));
  const bytes = Uint8Array.from({ length: 5 * slab }, (_, at) => at % 251);
  const rest = window.add(bytes);
  assert.equal([rest.length, window.isFull, window.start, window.end], [slab, true, 0, 4 * slab]);
  for (const [at, length] of [
    [0, slab],
    [1, slab - 1],
    [slab - 1, 1],
    [3 * slab + 7, slab - 7],
  ] as const)
    assert.equal(window.view(at), Buffer.from(bytes.subarray(at, at + length)), String(at));
  assert.is(window.view(4 * slab), undefined);
  window.drop();
  assert.equal([window.start, window.view(slab - 1), window.add(rest).length], [slab, undefined, 0]);
  assert.equal(window.view(4 * slab), Buffer.from(rest));
});

test("buffers are used again, but for those that are lent", () => {
  const slabs = new Slabs(8 * slab);
  const window = new LayerWindow(4 * slab, slabs);
  window.add(filled(4 * slab, 1));
  const views = [0, 1, 2, 3].map((index) => window.view(index * slab));
  window.lend(slab + 1, 2 * slab + 1);
  window.close();
  const next = new LayerWindow(4 * slab, slabs);
  next.add(filled(4 * slab, 2));
  assert.equal(
    views.map((view) => view?.[0]),
    [2, 1, 1, 2],
  );
});

test("a window that is next to nothing still lets everything pass", () => {
  const window = new LayerWindow(1, new Slabs(0));
  let rest: Uint8Array = Uint8Array.of(1, 2, 3, 4, 5, 6);
  const seen: number[] = [];
  for (let at = 0; at < 6; at++) {
    rest = window.add(rest);
    seen.push(window.view(at)?.[0] ?? 0);
    if (at >= 2) window.drop();
  }
  assert.equal([seen, rest.length], [[1, 2, 3, 4, 5, 6], 0]);
});

test.run();
