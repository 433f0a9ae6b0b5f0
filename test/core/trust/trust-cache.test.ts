import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { resolveTrust } from "../../../core/trust/resolve-trust.ts";
import { TrustCache } from "../../../core/trust/trust-cache.ts";
import { nodeVerifier } from "../../../proxy/crypto-node.ts";
import { throwsCode } from "../../support/assert.ts";
import { fixtureBytes } from "../../support/fixture-images.ts";

const test = suite("core/trust/trust-cache");
const bytes = fixtureBytes("trust/trusted-root.json");
const now = () => new Date("2026-11-26T00:00:00Z");
const neverRead = (): Date => {
  throw new Error("the time was read");
};

test("one content is compiled once, and a pinned root does not depend on the time", () => {
  const cache = new TrustCache(nodeVerifier);
  const source = { form: "pinned", bytes } as const;
  const material = cache.material(source, neverRead);
  assert.is(cache.material(source, neverRead), material);
  assert.is(cache.material({ form: "pinned", bytes: bytes.slice() }, neverRead), material, "by content, not by identity");
  assert.is.not(new TrustCache(nodeVerifier).material(source, neverRead), material);
  assert.equal(
    [material.authorities.length > 0, material.tlogs.length > 0, material.ctlogs.length > 0, material.timestampAuthorities.length > 0],
    [true, true, true, true],
  );
});

test("what cannot be read is a want of trust", () => {
  for (const text of ["", "{", "[]", '{"mediaType":"x"}'])
    throwsCode("no-trust", () => new TrustCache(nodeVerifier).material({ form: "pinned", bytes: encodeUtf8(text) }, now));
});

test("an older root leaves when many come", () => {
  const cache = new TrustCache(nodeVerifier);
  const text = new TextDecoder().decode(bytes);
  const first = cache.material({ form: "pinned", bytes }, now);
  for (let spaces = 1; spaces <= 16; spaces++) cache.material({ form: "pinned", bytes: encodeUtf8(text + " ".repeat(spaces)) }, now);
  assert.is.not(cache.material({ form: "pinned", bytes: bytes.slice() }, now), first);
});

test("metadata without an initial root to verify it from is no trust; with one, the verifier's word", () => {
  const source = { form: "tuf", metadata: [], target: { name: "trusted_root.json", bytes } } as never;
  const tuf = Object.assign({ form: "tuf" as const }, source);
  throwsCode("no-trust", () => resolveTrust(tuf, now(), nodeVerifier, undefined));
  assert.is(
    resolveTrust(tuf, now(), nodeVerifier, () => bytes),
    bytes,
  );
  assert.is(resolveTrust({ form: "pinned", bytes }, now(), nodeVerifier, undefined), bytes);
});

test.run();
