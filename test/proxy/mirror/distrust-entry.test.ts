import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parsePublicKeyPem } from "../../../core/crypto/public-key.ts";
import { requestFor } from "../../../core/kyverno/rule/resource-request.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { addLayout } from "../../../proxy/archive/add-layout.ts";
import { fixtureText } from "../../support/fixture-images.ts";
import { engineOf, image, now, pod, policyText } from "../../support/fixture-policies.ts";
import type { DistrustRow } from "../../../core/knowledge/knowledge.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { throwsCode } from "../../support/assert.ts";
import { origin, reading, tamper, temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/distrust-entry");
const hex = "a".repeat(64);
const fixtureLayout = fileURLToPath(new URL("../../fixtures/documentation/layout", import.meta.url));
const rows: readonly DistrustRow[] = [
  { kind: "digest", value: `sha256:${hex}`, reason: "built by a compromised runner", date: "2026-03-01" },
  { kind: "identity", value: "*@example.com" },
  { kind: "key", value: hex, reason: "stolen" },
];
const filled = () =>
  writtenMirror((mirror) => {
    for (const row of [...rows].reverse()) mirror.writer().addDistrust(row, origin);
  });

test("entries come back with reason, date and where they came from, sorted", () => {
  reading(filled(), (mirror) => {
    assert.equal(mirror.knowledge().state().distrust, rows);
    for (const { at, from } of mirror.knowledge().distrustEntries()) assert.equal({ at, from }, origin);
  });
});

test("an entry that is there stays as it came first; another reason is another entry", () => {
  const later = { at: "2027-01-01T00:00:00Z", from: "later" };
  const folder = filled();
  writtenMirror((mirror) => {
    for (const row of rows) mirror.writer().addDistrust(row, later);
    mirror.writer().addDistrust({ kind: "key", value: hex, reason: "sold" }, later);
  }, folder);
  reading(folder, (mirror) =>
    assert.equal(
      mirror
        .knowledge()
        .distrustEntries()
        .map(({ row, from }) => [row.reason, from]),
      [
        [rows[0]?.reason, "test"],
        [undefined, "test"],
        ["sold", "later"],
        ["stolen", "test"],
      ],
    ),
  );
});

test("a list of rows is read once for each version, and a reader sees what a writer does", () => {
  const folder = temporaryFolder();
  const writer = openMirror(folder, { mode: "write", limits: defaultLimits });
  const reader = openMirror(folder, { mode: "read", limits: defaultLimits });
  try {
    const knowledge = reader.knowledge();
    assert.equal(knowledge.state().distrust, []);
    const digest = writer.writer().addDistrust(rows[0] as DistrustRow, origin);
    const held = knowledge.state().distrust;
    assert.equal(held, [rows[0]]);
    assert.is(knowledge.state().distrust, held);
    writer.writer().removeDistrust(digest);
    assert.equal(knowledge.state().distrust, []);
  } finally {
    reader.close();
    writer.close();
  }
});

test("an engine that remembers follows what the mirror distrusts from now on, and what it does not any more", () => {
  const folder = writtenMirror((mirror) => addLayout(mirror, fixtureLayout, { complete: "repository" }));
  const engine = engineOf(policyText());
  const writer = openMirror(folder, { mode: "write", limits: defaultLimits });
  const reader = openMirror(folder, { mode: "read", limits: defaultLimits });
  try {
    const request = requestFor(pod(image("signed")));
    const decide = (): string => {
      const { allowed, results } = engine.decide(request, reader.knowledge(), now);
      return allowed ? "allowed" : (/\[([a-z-]+)\]/.exec(results[0]?.message ?? "")?.[1] ?? "");
    };
    assert.equal([decide(), decide()], ["allowed", "allowed"]);
    const { fingerprint } = parsePublicKeyPem(fixtureText("trust/release.pub"), defaultLimits);
    const digest = writer.writer().addDistrust({ kind: "key", value: fingerprint }, origin);
    assert.is(decide(), "distrusted");
    writer.writer().removeDistrust(digest);
    assert.is(decide(), "allowed");
  } finally {
    reader.close();
    writer.close();
  }
});

for (const column of ["digest", "kind", "value", "reason", "date", "at", "source"])
  test(`a damaged entry is refused, never skipped: ${column}`, () => {
    const folder = filled();
    tamper(folder, `UPDATE distrust SET ${column} = 'x' WHERE kind = 'digest'`);
    reading(folder, (mirror) => void throwsCode("mirror-corrupt", () => mirror.knowledge().state().distrust));
  });

test.run();
