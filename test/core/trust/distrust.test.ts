import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonValue } from "../../../core/encoding/json.ts";
import { compileDistrust, readDistrust } from "../../../core/trust/distrust.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/trust/distrust");
const hex = "a".repeat(64);

test("rows are found by kind and value; identities by wildcard", () => {
  const list = readDistrust({
    distrust: [
      { key: hex, reason: "stolen", date: "2026-01-01" },
      { identity: "*@example.com" },
      { digest: `sha256:${hex}` },
    ],
  });
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
    { distrust: [{ key: hex.toUpperCase() }] },
    { distrust: [{ digest: hex }] },
    { distrust: [{ identity: "" }] },
    { distrust: [{ key: hex, because: "typo" }] },
    { distrust: [{ key: hex, reason: 1 }] },
    { distrust: [{ key: 1 }] },
  ];
  for (const document of wrong) throwsCode("malformed", () => readDistrust(document));
});

test("the digest names the content", () => {
  assert.is(compileDistrust([]).digest, compileDistrust([]).digest);
  assert.is.not(
    compileDistrust([{ kind: "key", value: hex }]).digest,
    compileDistrust([{ kind: "log", value: hex }]).digest,
  );
});

test.run();
