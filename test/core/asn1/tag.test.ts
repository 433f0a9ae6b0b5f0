/** Identifier octets. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { contextConstructed, contextPrimitive, Tag } from "../../../core/asn1/tag.ts";

const test = suite("core/asn1/tag");

test("context-specific identifiers", () => {
  assert.is(contextPrimitive(0), 0x80);
  assert.is(contextPrimitive(8), 0x88);
  assert.is(contextConstructed(0), 0xa0);
  assert.is(contextConstructed(3), 0xa3);
});

test("only SEQUENCE and SET are constructed", () => {
  for (const [name, tag] of Object.entries(Tag)) assert.is((tag & 0x20) !== 0, name === "sequence" || name === "set");
});

test.run();
