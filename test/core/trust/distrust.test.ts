import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonValue } from "../../../core/encoding/json.ts";
import type { DistrustRow } from "../../../core/knowledge/knowledge.ts";
import { compileDistrust, distrustWith, readDistrust } from "../../../core/trust/distrust.ts";
import { throwsCode } from "../../support/assert.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/trust/distrust");
const hex = "a".repeat(64);

test("rows are found by kind and value; identities by wildcard", () => {
  const rows = readDistrust({
    distrust: [
      { key: hex, reason: "stolen", date: "2026-01-01" },
      { identity: "*@example.com", date: "2026-01-01T10:00:00Z" },
      { digest: `sha256:${hex}` },
    ],
  });
  const list = compileDistrust(rows, defaultLimits);
  assert.is(list.find("key", hex)?.reason, "stolen");
  assert.is(list.find("certificate", hex), undefined);
  assert.ok(list.find("identity", "ada@example.com"));
  assert.is(list.find("identity", "ada@example.org"), undefined);
  assert.ok(list.find("digest", `sha256:${hex}`));
});

test("a list that says something unreadable is refused as a whole", () => {
  const wrong: readonly JsonValue[] = [
    null,
    [],
    {},
    { distrust: {} },
    { distrust: [], more: 1 },
    { distrust: [{}] },
    { distrust: [{ key: hex, log: hex }] },
    { distrust: [{ key: "AA" }] },
    { distrust: [{ key: `sha256:${hex.slice(1)}` }] },
    { distrust: [{ key: `sha512:${hex}` }] },
    { distrust: [{ log: `sha256:sha256:${hex}` }] },
    { distrust: [{ key: hex.toUpperCase() }] },
    { distrust: [{ digest: hex }] },
    { distrust: [{ identity: "" }] },
    { distrust: [{ key: hex, because: "typo" }] },
    { distrust: [{ key: hex, reason: 1 }] },
    { distrust: [{ key: hex, date: "yesterday" }] },
    { distrust: [{ key: hex, date: "2026-02-30" }] },
    { distrust: [{ key: 1 }] },
  ];
  for (const document of wrong) throwsCode("malformed", () => readDistrust(document));
});

test("the digest names the content", () => {
  const digestOf = (...rows: readonly DistrustRow[]): string => compileDistrust(rows, defaultLimits).digest;
  assert.is(digestOf(), digestOf());
  assert.is.not(digestOf({ kind: "key", value: hex }), digestOf({ kind: "log", value: hex }));
});

test("a fingerprint with its algorithm is the same as without", () => {
  for (const kind of ["key", "certificate", "log", "timestamp-authority"])
    assert.equal(
      readDistrust({ distrust: [{ [kind]: `sha256:${hex}` }] }),
      readDistrust({ distrust: [{ [kind]: hex }] }),
      kind,
    );
});

test("what was given counts beside what a source distrusts, and either alone", () => {
  const given: DistrustRow = { kind: "key", value: hex };
  const rows: readonly DistrustRow[] = [{ kind: "log", value: hex }];
  const both = distrustWith([given], defaultLimits);
  assert.ok(both([])?.find("key", hex));
  assert.ok(both(rows)?.find("key", hex) && both(rows)?.find("log", hex));
  assert.is(both(rows), both(rows), "compiled once");
  const none = distrustWith([], defaultLimits);
  assert.is(none([]), undefined);
  assert.ok(none(rows)?.find("log", hex));
});

test.run();
