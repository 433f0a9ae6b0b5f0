/** The one root: bounds, distrust and trust reach every verification, whichever way it comes. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nobleVerifier } from "../../../core/crypto/noble.ts";
import { defaultLimits, type Limits } from "../../../core/limits.ts";
import type { Verification } from "../../../core/verdict.ts";
import { compileAttestor } from "../../../core/verify/attestor.ts";
import { createImageVerifier, type ImageVerifierOptions } from "../../../core/verify/image-verifier.ts";
import { Lab, type Recipe, type Signed, sign } from "../../lab/index.ts";

const test = suite("core/verify/image-verifier");
const lab = new Lab();

type Settings = Omit<Partial<ImageVerifierOptions>, "limits"> & { readonly limits?: Partial<Limits> };

function codeOf(verification: Verification<unknown>): string {
  return verification.truth === "proven" ? "proven" : (verification.failures[0]?.code ?? "");
}

/** The same verifier on an image and, where the recipe makes one, on a file. */
function ask(signed: Signed, { limits, ...settings }: Settings = {}): string {
  const verifier = createImageVerifier({
    crypto: nobleVerifier,
    limits: { ...defaultLimits, ...limits },
    ...settings,
  });
  const expectation = compileAttestor(signed.attestor, { limits: defaultLimits });
  if (signed.recipe.layout !== "file") {
    const decision = verifier.open(signed.knowledge, lab.now);
    return codeOf(decision.verify({ image: signed, expectation, layouts: "all" }).verification);
  }
  const trustedRoot = { form: "pinned", bytes: signed.trustedRoot } as const;
  const given = { bundle: signed.bundle ?? "", artifact: { bytes: signed.artifact }, expectation, trustedRoot };
  return codeOf(verifier.verifyBundle(given, lab.now));
}

const recipes: readonly Recipe[] = [{ layout: "tag" }, { layout: "bundle" }, { layout: "file" }];

test("bounds and distrust hold for images in every layout and for files", () => {
  for (const recipe of recipes) {
    const signed = sign(lab, { ...recipe, by: "certificate" });
    assert.is(ask(signed), "proven", recipe.layout);
    assert.is(ask(signed, { limits: { signatureChecksPerDecision: 1 } }), "over-limit", recipe.layout);
    const distrust = [{ kind: "identity", value: "ada@lab.example" }] as const;
    assert.is(ask(signed, { distrust }), "distrusted", recipe.layout);
  }
});

test("freshness is of its time and its mirror, however often the same is asked", () => {
  const { freshness } = createImageVerifier({ crypto: nobleVerifier, limits: defaultLimits });
  const [early, late] = [new Date("2026-01-02T00:00:00Z"), new Date("2026-01-03T00:00:00Z")];
  const mirrors = [
    { at: new Date("2026-01-01T00:00:00Z"), by: "sync" },
    { at: early, by: "archive" },
    undefined,
  ] as const;
  for (const mirrored of mirrors)
    for (const now of [early, early, late, early]) {
      const asked = freshness({ mirrored }, now);
      const fresh = createImageVerifier({ crypto: nobleVerifier, limits: defaultLimits }).freshness({ mirrored }, now);
      assert.equal(asked, fresh);
      assert.is(asked.judgedAt, now.toISOString());
    }
});

test("the bound is one for all images of a decision, and begins again with the next", () => {
  const signed = sign(lab, { layout: "tag", evidence: [] });
  const verifier = createImageVerifier({
    crypto: nobleVerifier,
    limits: { ...defaultLimits, signatureChecksPerDecision: 1 },
  });
  const expectations = ["right", "wrong"].map((name) =>
    compileAttestor(
      {
        keys: { pem: lab.key(name === "right" ? undefined : "stranger").pem },
        rekor: { ignoreTlog: true },
      },
      { limits: defaultLimits },
    ),
  );
  const codes = () => {
    const decision = verifier.open(signed.knowledge, lab.now);
    return expectations.map((expectation) =>
      codeOf(decision.verify({ image: signed, expectation, layouts: "all" }).verification),
    );
  };
  assert.equal(
    [codes(), codes()],
    [
      ["proven", "over-limit"],
      ["proven", "over-limit"],
    ],
  );
});

test("the trusted root is the one of the name", () => {
  const signed = sign(lab, { layout: "tag", by: "certificate" });
  assert.is(ask(signed, { trustRoot: "public-good" }), "proven");
  const asked: string[] = [];
  const verifier = createImageVerifier({ crypto: nobleVerifier, limits: defaultLimits, trustRoot: "corp" });
  const decision = verifier.open(
    {
      answer: (question) => {
        if (question.kind === "trusted-root") asked.push(question.name);
        return signed.knowledge.answer(question);
      },
    },
    lab.now,
  );
  decision.verify({
    image: signed,
    expectation: compileAttestor(signed.attestor, { limits: defaultLimits }),
    layouts: "all",
  });
  assert.equal(asked, ["corp"]);
});

test.run();
