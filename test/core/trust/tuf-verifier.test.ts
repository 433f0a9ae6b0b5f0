import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import type { SignatureVerifier } from "../../../core/crypto/signature-verifier.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { parseTrustedRoot } from "../../../core/trust/trusted-root.ts";
import type { TrustBudget } from "../../../core/trust/freshness.ts";
import { asTrustError, createTufVerifier, type TrustSettings } from "../../../core/trust/tuf-verifier.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { tufFaults } from "../../lab/tuf-faults.ts";
import { makeTufRepository, type TufSource } from "../../lab/tuf-repository.ts";
import { throwsCode } from "../../support/assert.ts";
import { freshTime, publicGoodRootVersion, publicGoodSource } from "../../support/root-signing.ts";
import { skipped } from "../../support/vectors.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/trust/tuf-verifier");
const target = encodeUtf8("{}");
const day = 86_400_000;
const after = (date: Date, days: number): Date => new Date(date.getTime() + days * day);

const repository = makeTufRepository(target);
const [initialRoot] = repository.rootHistory as [Uint8Array];
const expiry = after(repository.now, 365);
const initialRoots = { lab: initialRoot };
const verify = (settings: TrustSettings, now: Date, source: TufSource = repository.source()) =>
  createTufVerifier({ initialRoots, ...settings }, defaultLimits).verify("lab", source, () => now, nodeVerifier);
const neverRead = (): Date => {
  throw new Error("the time was read");
};

test("fresh metadata proves its target, and says how", () => {
  for (const [mode, days] of [
    ["enforce", 0],
    ["budget", 7],
  ] as const)
    assert.equal(verify({ mode }, repository.now), {
      bytes: target,
      steady: { end: new Date(after(expiry, days).getTime() - 1) },
      tuf: {
        name: "lab",
        mode,
        initialRoot: "1",
        versions: { root: "1", timestamp: "1", snapshot: "1", targets: "1" },
        expires: { role: "root", at: expiry.toISOString() },
      },
    });
});

test("enforce: expired is stale", () => {
  assert.is(verify({ mode: "enforce" }, new Date(expiry.getTime() - 1)).tuf.warning, undefined);
  throwsCode("stale", () => verify({ mode: "enforce" }, expiry));
});

test("budget, the default: silent at first, then a warning, then stale", () => {
  for (const [days, warns] of [
    [-1, false],
    [0, false],
    [6.9, false],
    [7, true],
    [90, true],
  ] as const)
    assert.is(verify({}, after(expiry, days)).tuf.warning !== undefined, warns, `${days}`);
  throwsCode("stale", () => verify({}, after(expiry, 90.1)));
  assert.ok(verify({ maxTrustAge: { warn: 0 } }, expiry).tuf.warning);
  throwsCode("stale", () => verify({ maxTrustAge: { deny: day } }, after(expiry, 2)));
  const unset = { deny: undefined } as unknown as Partial<TrustBudget>;
  assert.ok(verify({ maxTrustAge: unset }, after(expiry, 90)).tuf.warning);
  throwsCode("stale", () => verify({ maxTrustAge: unset }, after(expiry, 90.1)));
});

test("the period of a result ends where another one begins", () => {
  for (const settings of [
    { mode: "enforce" },
    {},
    { maxTrustAge: { warn: day } },
    { maxTrustAge: { deny: 3 * day } },
  ] as const) {
    const { steady, tuf } = verify(settings, repository.now);
    const end = steady?.end ?? new Date(0);
    assert.equal(verify(settings, end).tuf, tuf, "the last instant");
    const next = new Date(end.getTime() + 1);
    if ("mode" in settings) throwsCode("stale", () => verify(settings, next));
    else if ("deny" in (settings.maxTrustAge ?? {}))
      throwsCode("stale", () => verify(settings, new Date(next.getTime() + 1)));
    else
      assert.equal(
        [verify(settings, next).tuf.warning === undefined, verify(settings, next).steady],
        [false, undefined],
      );
  }
});

test("the role that expires first counts", () => {
  const other = makeTufRepository(target);
  other.setExpiry("snapshot", after(other.now, 10));
  other.publish();
  assert.equal(verify({}, other.now, other.source()).tuf.expires, {
    role: "snapshot",
    at: after(other.now, 10).toISOString(),
  });
  throwsCode("stale", () => verify({ mode: "enforce" }, after(other.now, 10), other.source()));
});

test("pin: one digest, whatever the time; nothing without one", () => {
  const pins = { lab: digestOf(target) };
  const pinned = createTufVerifier({ initialRoots, mode: "pin", pins }, defaultLimits);
  assert.equal(pinned.verify("lab", repository.source(), neverRead, nodeVerifier).steady, {});
  throwsCode("no-trust", () => verify({ mode: "pin" }, repository.now));
  throwsCode("no-trust", () => verify({ mode: "pin", pins: { lab: digestOf(initialRoot) } }, repository.now));
  pinned.requirePin("lab", target);
  pinned.requirePin("another", initialRoot);
  throwsCode("no-trust", () => pinned.requirePin("lab", initialRoot));
  createTufVerifier({ pins }, defaultLimits).requirePin("lab", initialRoot);
});

test("whatever is wrong is a want of trust, in every mode", () => {
  for (const [name, { code, spoil }] of Object.entries(tufFaults)) {
    if (code === "stale") continue;
    for (const mode of ["enforce", "budget", "pin"] as const) {
      const spoiled = makeTufRepository(target);
      const error = throwsCode("no-trust", () =>
        verify({ mode, pins: { lab: digestOf(target) } }, repository.now, spoil(spoiled)),
      );
      if (code !== "no-trust") assert.match(error.message, `[${code}]`, name);
    }
  }
});

test("a name without initial root has no trust, also one that objects have", () => {
  for (const name of ["another", "toString", "__proto__"])
    throwsCode("no-trust", () =>
      createTufVerifier({ initialRoots }, defaultLimits).verify(
        name,
        repository.source(),
        () => repository.now,
        nodeVerifier,
      ),
    );
});

test("signatures are verified once for each content, expiry each time", () => {
  let count = 0;
  const counting: SignatureVerifier = {
    name: "counting",
    verify: (...given) => {
      count++;
      return nodeVerifier.verify(...given);
    },
  };
  const verifier = createTufVerifier({ initialRoots, mode: "enforce" }, defaultLimits);
  const source = repository.source();
  verifier.verify("lab", source, () => repository.now, counting);
  const once = count;
  assert.ok(once > 0);
  verifier.verify("lab", source, () => repository.now, counting);
  verifier.verify("lab", repository.source(), () => repository.now, counting);
  throwsCode("stale", () => verifier.verify("lab", source, () => expiry, counting));
  assert.is(count, once);
  const changed = { ...source, floors: { root: "9" } };
  throwsCode("no-trust", () => verifier.verify("lab", changed, () => repository.now, counting));
  for (let number = 0; number < 20; number++) {
    const other = makeTufRepository(encodeUtf8(`{"a":${number}}`));
    verifier.verify("lab", other.source(), () => repository.now, counting);
  }
  const before = count;
  verifier.verify("lab", source, () => repository.now, counting);
  assert.is(count, before + once, "the oldest content has left");
});

test("codes of trust stay, defects fly on", () => {
  throwsCode("stale", () => asTrustError("x", () => verify({ mode: "enforce" }, expiry)));
  assert.throws(
    () =>
      asTrustError("x", () => {
        throw new TypeError("defect");
      }),
    (error: unknown) => error instanceof TypeError,
  );
});

const source = publicGoodSource();
if (source === undefined) skipped("core/trust/tuf-verifier", 1, "SALLYPORT_VECTORS is not set");
else
  test("the public-good repository, from root 5 and from the root that is carried", () => {
    const settings = { initialRoots: { "root five": publicGoodRootVersion(5) } };
    for (const [name, initial] of [
      ["root five", "5"],
      ["public-good", "14"],
    ] as const) {
      const run = (more: TrustSettings, now: Date) =>
        createTufVerifier({ ...settings, ...more }, defaultLimits).verify(name, source, () => now, nodeVerifier);
      const { bytes, tuf } = run({ mode: "enforce" }, freshTime);
      assert.ok(parseTrustedRoot(bytes, defaultLimits).tlogs.length > 0);
      assert.equal([tuf.initialRoot, tuf.versions.root, tuf.warning], [initial, "15", undefined]);
      assert.equal(tuf.expires.role, "timestamp");
      const late = after(new Date(tuf.expires.at), 30);
      throwsCode("stale", () => run({ mode: "enforce" }, late));
      assert.ok(run({ mode: "budget" }, late).tuf.warning);
      throwsCode("stale", () => run({ mode: "budget" }, after(late, 70)));
      assert.is(run({ mode: "pin", pins: { [name]: digestOf(bytes) } }, after(late, 9999)).bytes, bytes);
      throwsCode("no-trust", () => run({ mode: "pin", pins: { [name]: digestOf(initialRoot) } }, freshTime));
    }
  });

test.run();
