import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createStyle } from "../../../cli/render/style.ts";
import { renderVerifiedImage, toVerificationJson, type VerifiedImage } from "../../../cli/render/verification.ts";
import type { ErrorCode } from "../../../core/errors.ts";
import { certificateEvidence, source } from "./evidence-samples.ts";

const test = suite("cli/render/verification");
const now = new Date("2026-11-22T17:03:00Z");
const style = createStyle({ colour: false, unicode: true, width: 200 });
const passed: VerifiedImage = {
  reference: "a.example/b:1",
  digest: "sha256:00",
  verification: { truth: "proven", evidence: [{ evidence: certificateEvidence }] },
  candidates: [{ source, verification: { truth: "proven", evidence: certificateEvidence } }],
};
const failed = (truth: "refuted" | "unknown", ...codes: readonly ErrorCode[]): VerifiedImage => {
  const failures = codes.map((code, stage) => ({ check: "x", code, reason: `because of ${code}`, stage }));
  return {
    reference: "a.example/b:1",
    verification:
      truth === "refuted"
        ? { truth, failures }
        : { truth, failures, open: [{ kind: "trusted-root", name: "public-good" }] },
    candidates: [],
  };
};

test("a paragraph says who signed, where it is logged, and what it was checked with", () => {
  assert.is(
    renderVerifiedImage(passed, style, now),
    [
      "✓ a.example/b:1  sha256:00",
      "  signed by  https://github.com/acme/app/.github/workflows/rel.yml@refs/tags/v1",
      "  issuer     https://token.actions.githubusercontent.com",
      "  log        rekor.example #193422071, 2026-10-02 08:14 UTC (51 d ago)",
      "  trust      trusted root sha256:6494",
      "  found at   cosign tag sha256-aa.sig layer 0",
      "",
    ].join("\n"),
  );
});

test("failed and unknown look different", () => {
  assert.is(renderVerifiedImage(failed("refuted", "wrong-key"), style, now), "✗ a.example/b:1\n  [wrong-key]\n");
  assert.match(renderVerifiedImage(failed("unknown", "no-trust"), style, now), /^\? /);
});

test("the document has a verdict for all and for each", () => {
  const document = toVerificationJson([passed, failed("unknown", "no-trust")], {
    at: now,
    offline: true,
    fixes: { hasSource: true },
    exitCode: 3,
  });
  assert.equal(
    [document.verdict, document.exitCode, document.images.map(({ verdict, code }) => [verdict, code])],
    [
      "error",
      3,
      [
        ["pass", undefined],
        ["error", "no-trust"],
      ],
    ],
  );
  assert.equal((document.images[1] as { readonly open?: readonly string[] }).open, ["trusted-root public-good"]);
  assert.is(
    toVerificationJson([passed, failed("refuted", "wrong-key"), failed("unknown", "no-trust")], {
      at: now,
      offline: true,
      fixes: { hasSource: true },
      exitCode: 3,
    }).verdict,
    "fail",
  );
});

test.run();
