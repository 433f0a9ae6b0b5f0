import { suite } from "uvu";
import * as assert from "uvu/assert";
import { metadataKey } from "../../../core/archive/metadata-key.ts";

const test = suite("core/archive/metadata-key");

test("names without spaces are as they are; no two rows have one key", () => {
  assert.is(metadataKey("public-good", "targets/a.json", 0), "public-good targets/a.json 0");
  const parts = ["a", "b", "a b", "b a", "a%20b", "%", "", " "];
  const keys = parts.flatMap((repository) => parts.map((role) => metadataKey(repository, role, 1)));
  assert.is(new Set(keys).size, parts.length ** 2);
});

test.run();
