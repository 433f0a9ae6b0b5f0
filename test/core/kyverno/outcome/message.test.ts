import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ErrorCode } from "../../../../core/errors.ts";
import { failureMessage, sentenceFor } from "../../../../core/kyverno/outcome/message.ts";

const test = suite("core/kyverno/outcome/message");
const image = "ghcr.io/org/app:1";
const at = (code: ErrorCode, stage = 1, path = ".attestors[0].entries[0].keys") => ({
  path,
  failure: { check: "c", code, reason: `because of ${code}`, stage },
});

test("the documented sentences", () => {
  assert.is(
    sentenceFor(image, "refuted", "no-signature"),
    `image verification failed for ${image}: signature not found`,
  );
  assert.is(
    sentenceFor(image, "refuted", "no-attestation"),
    `image verification failed for ${image}: signature not found`,
  );
  for (const code of ["wrong-key", "wrong-identity", "bad-log-proof", "malformed"] as const)
    assert.is(sentenceFor(image, "refuted", code), `image verification failed for ${image}: invalid signature`);
  assert.is(sentenceFor(image, "unknown", "not-in-mirror"), `image verification could not decide for ${image}`);
});

test("first the sentence of what got furthest, then each place with its code", () => {
  assert.is(
    failureMessage(image, "refuted", [at("no-signature"), at("wrong-identity", 9, ".attestors[0].entries[1].keyless")]),
    `image verification failed for ${image}: invalid signature; .attestors[0].entries[0].keys: [no-signature] ` +
      "because of no-signature; .attestors[0].entries[1].keyless: [wrong-identity] because of wrong-identity",
  );
});

test("what could not be decided names what was missing, not what was refuted beside it", () => {
  const message = failureMessage(image, "unknown", [at("wrong-key", 9), at("unreachable", 0, "")]);
  assert.is(message, `image verification could not decide for ${image}; [unreachable] because of unreachable`);
});

test("at most five places", () => {
  const message = failureMessage(
    image,
    "refuted",
    Array.from({ length: 8 }, () => at("wrong-key")),
  );
  assert.is(message.split("[wrong-key]").length - 1, 5);
  assert.match(message, /; and 3 more$/);
});

test.run();
