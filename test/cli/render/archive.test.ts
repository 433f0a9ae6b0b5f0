import { suite } from "uvu";
import * as assert from "uvu/assert";
import { renderCoverage, renderExport, renderFiles } from "../../../cli/render/archive.ts";
import { imageDigest } from "../../support/archive-sample.ts";

const test = suite("cli/render/archive");

test("files that travel along are printed as sha256sum checks them", () => {
  const files = [{ name: "chart.tgz", digest: imageDigest, size: 3 }];
  assert.is(renderFiles(files), `${imageDigest.slice(7)}  chart.tgz\n`);
  assert.is(renderFiles([]), "");
});

test("an export in numbers; what is one has no plural", () => {
  const report = {
    kind: "delta" as const,
    sequence: 3,
    statement: imageDigest,
    contentId: imageDigest,
    base: 1,
    created: "2026-11-30T04:00:00Z",
    entries: 1,
    tombstones: 0,
    blobs: 2,
    layers: 1,
    blobBytes: 2048,
    files: [{ path: "a\u001b.tar", bytes: 4096 }],
    bootstrap: [],
    growth: [],
  };
  const lines = renderExport(report, []).split("\n");
  assert.not((lines[0] ?? "").includes("\u001b"));
  assert.is(lines[1], "archive 3, delta since 1");
  assert.is(lines[2], "  1 entry, 0 gone, 2 blobs of 2.0 KiB, 1 layer of them");
  assert.match(renderExport({ ...report, files: [] }, []), /^dry run/);
  const empty = { ...report, entries: 0, blobs: 0, layers: 0, blobBytes: 0 };
  assert.match(renderExport(empty, []), "  nothing has changed since archive 1\n");
  for (const other of [report, { ...empty, tombstones: 1 }, { ...empty, kind: "full" as const }])
    assert.not.match(renderExport(other, []), "nothing has changed");
});

test("coverage names what is not decided, and why", () => {
  const covered = { verdict: "pass" as const, missing: [], reasons: [], isCovered: true };
  const reason = { policy: "p", rule: "r", code: "not-in-mirror" as const, action: "Enforce" as const, message: "m" };
  const open = { ...covered, verdict: "unknown" as const, isCovered: false, reasons: [reason, reason] };
  const text = renderCoverage(
    [
      { image: "a.io/a:1", coverage: covered },
      { image: "a.io/b:1", coverage: open },
    ],
    80,
  );
  assert.match(text, /a\.io\/a:1 +pass +-/);
  assert.match(text, /a\.io\/b:1 +unknown +not-in-mirror/);
  assert.is(text.split("p.r: m").length, 2);
});

test.run();
