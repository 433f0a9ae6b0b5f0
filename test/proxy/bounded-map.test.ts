import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BoundedMap } from "../../proxy/bounded-map.ts";

const test = suite("proxy/bounded-map");

test("the entry that was set longest ago makes room, and setting one again makes it new", () => {
  const map = new BoundedMap<string, number>(2);
  map.set("a", 1).set("b", 2).set("a", 3).set("c", 4);
  assert.equal(
    [...map],
    [
      ["a", 3],
      ["c", 4],
    ],
  );
});

test("a key that is there takes no room of another", () => {
  const map = new BoundedMap<string, number>(2);
  map.set("a", 1).set("b", 2).set("b", 3);
  assert.equal([...map.keys()], ["a", "b"]);
});

test.run();
