import { spawnSync } from "node:child_process";
import { Script } from "node:vm";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countGarbage, countOne } from "../../proxy/young-garbage.ts";

const test = suite("proxy/young-garbage");
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
  assert.ok(mostOf(200, countGarbage) < before + 24);
});

test("young objects are collected after a thousand rows", () => {
  countGarbage(4 * mib);
  const garbage = (): number => Array.from({ length: 10_000 }, (_, index) => ({ index })).length;
  assert.is(garbage(), 10_000);
  const full = process.memoryUsage().heapUsed;
  for (let row = 0; row < 1024; row++) countOne("row");
  assert.ok(process.memoryUsage().heapUsed < full - 200_000);
});

test("code that another process compiled is still taken: V8 refuses it where flags differ", () => {
  countGarbage(4 * mib);
  const text = "(function(){ return 'young'; })";
  const compile = `
    const script = new (require("node:vm").Script)(${JSON.stringify(text)}, { filename: "a.cjs" });
    script.runInThisContext()();
    process.stdout.write(script.createCachedData().toString("base64"));`;
  const { stdout } = spawnSync(process.execPath, ["-e", compile], { encoding: "utf8", env: {} });
  const script = new Script(text, { filename: "a.cjs", cachedData: Buffer.from(stdout, "base64") });
  assert.is(script.cachedDataRejected, false);
});

test.run();
