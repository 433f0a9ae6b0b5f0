import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readLimits } from "../../../cli/input/limit-flags.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("cli/input/limit-flags");
const of = (maxBundleSize: string, env: Record<string, string> = {}) =>
  readLimits({ maxBundleSize }, { env, used: new Set(), limits: defaultLimits });

test("nothing given is the default; a flag wins over the environment", () => {
  assert.is(readLimits({}, { env: {}, used: new Set(), limits: defaultLimits }), defaultLimits);
  assert.is(
    readLimits({}, { env: { SALLYPORT_MAX_BUNDLE_SIZE: "" }, used: new Set(), limits: defaultLimits }),
    defaultLimits,
  );
  assert.is(
    readLimits({}, { env: { SALLYPORT_MAX_BUNDLE_SIZE: "5" }, used: new Set(), limits: defaultLimits }).bundleBytes,
    5,
  );
  assert.is(of("6", { SALLYPORT_MAX_BUNDLE_SIZE: "junk" }).bundleBytes, 6);
});

test("sizes in bytes and in both kinds of units, and what holds a bundle grows with it", () => {
  const mib = 1024 * 1024;
  for (const [text, bytes] of [
    ["1", 1],
    ["1B", 1],
    ["96MiB", 96 * mib],
    ["96Mi", 96 * mib],
    ["96mib", 96 * mib],
    ["96MB", 96_000_000],
    ["96M", 96_000_000],
    ["7Ki", 7 * 1024],
    ["500MiB", 500 * mib],
  ] as const) {
    const limits = of(text);
    assert.is(limits.bundleBytes, bytes, text);
    for (const name of ["blobBytes", "jsonBytes", "signatureBytesPerImage"] as const) {
      assert.ok(limits[name] >= bytes, `${text}: ${name}`);
      assert.ok(limits[name] >= defaultLimits[name], `${text}: ${name}`);
    }
  }
});

test("what is no size is refused, and so is one that cannot be held", () => {
  for (const bad of ["", "0", "-1", "1.5MiB", "MiB", "64 MiB", "64TiB", "1e9", "501MiB", "1GiB", "999999999999"])
    throwsCode("invalid-usage", () => of(bad));
  throwsCode("invalid-usage", () =>
    readLimits({}, { env: { SALLYPORT_MAX_BUNDLE_SIZE: "junk" }, used: new Set(), limits: defaultLimits }),
  );
});

test.run();
