import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addedFrom, isAddedFrom } from "../../../proxy/archive/added-source.ts";

const test = suite("proxy/archive/added-source");

test("what was added is told from what a host said", () => {
  assert.ok(isAddedFrom(addedFrom("a.tar")));
  for (const source of ["ghcr.io", "layout", "layout.corp:5000", "127.0.0.1:5000 (without TLS)", "https://rekor.dev"])
    assert.not(isAddedFrom(source), source);
});

test.run();
