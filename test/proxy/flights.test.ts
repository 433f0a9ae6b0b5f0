import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Flights } from "../../proxy/flights.ts";

const test = suite("proxy/flights");

test("what is under way is not begun again; what has ended is", async () => {
  const flights = new Flights<number>();
  let begun = 0;
  const begin = async (): Promise<number> => ++begun;
  const both = await Promise.all([flights.join("a", begin), flights.join("a", begin), flights.join("b", begin)]);
  assert.equal(both, [1, 1, 2]);
  assert.is(flights.get("a"), undefined);
  assert.is(await flights.join("a", begin), 3);
});

test("all who wait hear of a failure, and the next one tries again", async () => {
  const flights = new Flights<number>();
  const fail = async (): Promise<number> => {
    throw new Error("no");
  };
  const ends = await Promise.allSettled([flights.join("a", fail), flights.join("a", fail)]);
  assert.equal(
    ends.map(({ status }) => status),
    ["rejected", "rejected"],
  );
  assert.is(await flights.join("a", async () => 1), 1);
});

test.run();
