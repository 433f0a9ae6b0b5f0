import { suite } from "uvu";
import * as assert from "uvu/assert";
import { once } from "../../../core/cosign/signed-entity.ts";

const test = suite("core/cosign/signed-entity");

test("a success is remembered, also one that is undefined; a failure is met again", () => {
  let reads = 0;
  const read = once(() => {
    reads++;
    return undefined;
  });
  read();
  read();
  assert.is(reads, 1);
  let tries = 0;
  const failing = once(() => {
    tries++;
    throw new Error("no");
  });
  for (const _ of [1, 2]) assert.throws(failing, /no/);
  assert.is(tries, 2);
});

test.run();
