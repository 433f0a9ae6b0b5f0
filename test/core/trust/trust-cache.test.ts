import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { resolveTrust } from "../../../core/trust/resolve-trust.ts";
import { TrustCache } from "../../../core/trust/trust-cache.ts";
import { createTufVerifier, type TufEvidence } from "../../../core/trust/tuf-verifier.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { throwsCode } from "../../support/assert.ts";
import { fixtureBytes } from "../../support/fixture-images.ts";
import { makeTufRepository } from "../../lab/tuf-repository.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/trust/trust-cache");
const bytes = fixtureBytes("trust/trusted-root.json");
const name = "public-good";
const now = () => new Date("2026-11-26T00:00:00Z");
const neverRead = (): Date => {
  throw new Error("the time was read");
};

test("one content is compiled once, and a pinned root does not depend on the time", () => {
  const cache = new TrustCache(nodeVerifier, { limits: defaultLimits });
  const source = { form: "pinned", bytes } as const;
  const material = cache.load(source, neverRead, name).material;
  assert.is(cache.load(source, neverRead, name).material, material);
  assert.is(
    cache.load({ form: "pinned", bytes: bytes.slice() }, neverRead, name).material,
    material,
    "by content, not by identity",
  );
  assert.is.not(
    new TrustCache(nodeVerifier, { limits: defaultLimits }).load(source, neverRead, name).material,
    material,
  );
  assert.equal(
    [
      material.authorities.length > 0,
      material.tlogs.length > 0,
      material.ctlogs.length > 0,
      material.timestampAuthorities.length > 0,
    ],
    [true, true, true, true],
  );
});

test("what cannot be read is a want of trust", () => {
  for (const text of ["", "{", "[]", '{"mediaType":"x"}'])
    throwsCode("no-trust", () =>
      new TrustCache(nodeVerifier, { limits: defaultLimits }).load(
        { form: "pinned", bytes: encodeUtf8(text) },
        now,
        name,
      ),
    );
});

test("an older root leaves when many come", () => {
  const cache = new TrustCache(nodeVerifier, { limits: defaultLimits });
  const text = new TextDecoder().decode(bytes);
  const first = cache.load({ form: "pinned", bytes }, now, name).material;
  for (let spaces = 1; spaces <= 16; spaces++)
    cache.load({ form: "pinned", bytes: encodeUtf8(text + " ".repeat(spaces)) }, now, name);
  assert.is.not(cache.load({ form: "pinned", bytes: bytes.slice() }, now, name).material, first);
});

test("metadata without a verifier is no trust; with one, the verifier's word", () => {
  const source = makeTufRepository(bytes).source();
  const resolution = { name: "lab", now, verifier: nodeVerifier };
  throwsCode("no-trust", () => resolveTrust(source, { ...resolution, tuf: undefined }));
  const tuf = { warning: "w" } as TufEvidence;
  assert.equal(
    resolveTrust(source, { ...resolution, tuf: { verify: () => ({ bytes, tuf }), requirePin: () => undefined } }),
    { bytes, tuf },
  );
  assert.equal(resolveTrust({ form: "pinned", bytes }, { ...resolution, tuf: undefined }), { bytes, steady: {} });
});

test("metadata is judged on each call, what it vouches for is compiled once", () => {
  const repository = makeTufRepository(bytes);
  const [initialRoot] = repository.rootHistory as [Uint8Array];
  const cache = new TrustCache(nodeVerifier, {
    tuf: createTufVerifier({ initialRoots: { lab: initialRoot }, mode: "enforce" }, defaultLimits),
    limits: defaultLimits,
  });
  const source = repository.source();
  const loaded = cache.load(source, () => repository.now, "lab");
  assert.is(cache.load(repository.source(), () => repository.now, "lab").material, loaded.material);
  assert.is(loaded.tuf?.versions.root, "1");
  throwsCode("stale", () => cache.load(source, () => new Date("2030-01-01T00:00:00Z"), "lab"));
  throwsCode("no-trust", () => cache.load(source, () => repository.now, "another"));
});

test.run();
