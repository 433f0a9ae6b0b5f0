import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countMoved } from "../../../proxy/registry/young-garbage.ts";

const test = suite("proxy/registry/young-garbage");
const mib = 2 ** 20;

/** The most that buffers take while so many of 1 MiB come and go. */
function mostOf(count: number, each: (bytes: number) => void): number {
  let most = 0;
  for (let made = 0; made < count; made++) {
    Buffer.allocUnsafeSlow(mib)[0] = 1;
    each(mib);
    most = Math.max(most, process.memoryUsage().arrayBuffers);
  }
  return most / mib;
}

test("buffers that are done with are collected after some megabytes", () => {
  const before = process.memoryUsage().arrayBuffers / mib;
  assert.ok(mostOf(200, countMoved) < before + 24);
});

test.run();
