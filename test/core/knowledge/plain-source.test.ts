import { suite } from "uvu";
import * as assert from "uvu/assert";
import { plainHostsIn, withoutTls } from "../../../core/knowledge/plain-source.ts";

const test = suite("core/knowledge/plain-source");

test("a source says which of its hosts were asked without TLS", () => {
  assert.equal(plainHostsIn(`${withoutTls("a.corp:5000")}, b.corp, ${withoutTls("c.corp")}`), [
    "a.corp:5000",
    "c.corp",
  ]);
  assert.equal(plainHostsIn("b.corp"), []);
});

test.run();
