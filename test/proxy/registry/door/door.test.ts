import { suite } from "uvu";
import * as assert from "uvu/assert";
import { imageText } from "../../../../proxy/registry/door/door.ts";

const test = suite("proxy/registry/door/door");

test("an image has its digest, and its tag where it was asked for by one", () => {
  const digest = `sha256:${"a".repeat(64)}` as const;
  assert.is(imageText({ repository: "ghcr.io/org/app", tag: "1", digest }), `ghcr.io/org/app:1@${digest}`);
  assert.is(imageText({ repository: "ghcr.io/org/app", digest }), `ghcr.io/org/app@${digest}`);
});

test.run();
