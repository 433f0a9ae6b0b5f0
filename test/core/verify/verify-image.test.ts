import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Knowledge } from "../../../core/knowledge/knowledge.ts";
import type { Question } from "../../../core/knowledge/question.ts";
import { compileDistrust } from "../../../core/trust/distrust.ts";
import { type AttestorSpec, compileAttestor } from "../../../core/verify/attestor.ts";
import { type ImageRequest, verifyImage } from "../../../core/verify/verify-image.ts";
import { fixtureContext, fixtureImage, fixtureKnowledge, fixtureText } from "../../support/fixture-images.ts";
import { rewritten, signedLayers } from "../../support/rewrite-image.ts";
import { instead } from "../../support/instead.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { furthest, leadingFailure } from "../../../core/verdict.ts";

const test = suite("core/verify/verify-image");
const ours: AttestorSpec = { keys: { pem: fixtureText("trust/release.pub") }, rekor: { ignoreTlog: true } };
const theirs: AttestorSpec = { keys: { pem: fixtureText("trust/someone-else.pub") }, rekor: { ignoreTlog: true } };
const review = "https://example.com/CodeReview/v1";
const org = "registry.io/org/app";

const asked = (tag: string, more: Partial<ImageRequest> = {}): ImageRequest => ({
  image: more.image ?? fixtureImage(tag),
  expectation: compileAttestor(ours, { limits: defaultLimits }),
  layouts: "all",
  ...more,
});

const signatures = (tag: string, spec = ours, changes = {}) =>
  verifyImage(asked(tag, { expectation: compileAttestor(spec, { limits: defaultLimits }) }), fixtureContext(changes));

/** cosign's annotations without the one that names the type. */
const signedOnly = ({ predicateType: _, ...annotations }: Record<string, string>): Record<string, string> =>
  annotations;

test("one that proves is enough, and ends the search unless everything is to be looked at", () => {
  const { verification, candidates } = signatures("signed-by-both", ours);
  assert.is(verification.truth, "proven");
  assert.is(signatures("signed-by-both", theirs).verification.truth, "proven");
  assert.is(candidates.length + signatures("signed-by-both", theirs).candidates.length, 3);
  assert.is(signatures("signed-by-both", ours, { exhaustive: true }).candidates.length, 2);
});

test("all refuted, or none found: refuted, each with its code", () => {
  const wrong = signatures("signed-by-someone-else").verification;
  assert.ok(wrong.truth === "refuted" && wrong.failures[0]?.code === "wrong-key");
  const none = signatures("unsigned").verification;
  assert.ok(none.truth === "refuted" && none.failures[0]?.code === "no-signature");
});

test("a layout that nobody answered for leaves it unknown, but for what is proven", () => {
  const silentAbout = (kind: Question["kind"]): Knowledge => instead(fixtureKnowledge, kind);
  const knowledge = silentAbout("referrers");
  assert.is(signatures("signed", ours, { knowledge }).verification.truth, "proven");
  for (const tag of ["unsigned", "signed-by-someone-else"]) {
    const { verification } = signatures(tag, ours, { knowledge });
    assert.is(verification.truth, "unknown", tag);
    assert.ok(verification.truth === "unknown" && verification.open.some(({ kind }) => kind === "referrers"));
  }
});

test("beside what is proven, what nobody answered for counts for attestations alone", () => {
  const context = fixtureContext({ knowledge: instead(fixtureKnowledge, "referrers") });
  const kindsBeside = (tag: string, more: Partial<ImageRequest> = {}) => {
    const { verification, undecided } = verifyImage(asked(tag, more), context);
    return [verification.truth, undecided.open.map(({ kind }) => kind), undecided.failures.length > 0];
  };
  const image = fixtureImage("reviewed", org);
  assert.equal(kindsBeside("reviewed", { image, predicateType: review }), ["proven", ["referrers"], true]);
  assert.equal(kindsBeside("signed"), ["proven", [], false]);
});

test("bundles alone do not see tags", () => {
  const { verification } = verifyImage(asked("signed", { layouts: "bundles" }), fixtureContext());
  assert.ok(verification.truth === "refuted" && verification.failures[0]?.code === "no-signature");
});

test("another repository for signatures", () => {
  const elsewhere = { signatureRepository: "registry.io/signatures" };
  const truth = (tag: string) => verifyImage(asked(tag, elsewhere), fixtureContext()).verification.truth;
  assert.is(truth("signed-elsewhere"), "proven");
  assert.is(truth("signed"), "refuted");
});

test("a malformed sibling spoils nothing", () => {
  const image = rewritten(fixtureImage("signed"), "signature", (layers) => [
    { payload: new Uint8Array([1, 2, 3]), mediaType: "x/y", annotations: {} },
    ...layers,
  ]);
  const { verification, candidates } = verifyImage(
    asked("signed", { image }),
    fixtureContext({ knowledge: image.knowledge }),
  );
  assert.is(verification.truth, "proven");
  assert.is(candidates.length, 2);
});

test("attestations: every statement of the type that satisfies, none of another type", () => {
  const attest = (tag: string, type = review, spec = ours) =>
    verifyImage(
      {
        image: fixtureImage(tag, org),
        expectation: compileAttestor(spec, { limits: defaultLimits }),
        predicateType: type,
        layouts: "all",
      },
      fixtureContext(),
    ).verification;
  const found = attest("reviewed");
  assert.ok(
    found.truth === "proven" && found.evidence.length === 1 && found.evidence[0]?.statement?.predicateType === review,
  );
  const none = attest("reviewed", "https://slsa.dev/provenance/v1");
  assert.ok(none.truth === "refuted" && none.failures[0]?.code === "no-attestation");
  const foreign = attest("reviewed-by-someone-else");
  assert.ok(foreign.truth === "refuted" && foreign.failures[0]?.code === "wrong-key");
  assert.is(attest("reviewed-by-someone-else", review, theirs).truth, "proven");
});

test("two attestations of the type: both are given", () => {
  const image = rewritten(fixtureImage("reviewed", org), "attestation", (layers) => [...layers, ...layers]);
  const { verification } = verifyImage(
    asked("reviewed", { image, predicateType: review }),
    fixtureContext({ knowledge: image.knowledge }),
  );
  assert.ok(verification.truth === "proven" && verification.evidence.length === 2);
  assert.is(signedLayers(image, "attestation").layers.length, 2);
});

test("a layer of another type that cannot be read is no news; of the wanted one, or of none, it is", () => {
  const broken = (type: string | undefined) =>
    rewritten(fixtureImage("reviewed", org), "attestation", ([layer]) => {
      const statement = Buffer.from(JSON.stringify({ predicateType: type })).toString("base64");
      const payload = new TextEncoder().encode(JSON.stringify({ payload: statement }));
      return layer === undefined ? [] : [{ ...layer, payload, annotations: signedOnly(layer.annotations) }];
    });
  const codeFor = (type: string | undefined) => {
    const image = broken(type);
    const context = fixtureContext({ knowledge: image.knowledge });
    const { verification } = verifyImage(asked("reviewed", { image, predicateType: "https://slsa.dev/x" }), context);
    return verification.truth === "refuted"
      ? verification.failures.map(({ code, reason }) => `${code}: ${reason}`)
      : [];
  };
  assert.equal(codeFor("https://spdx.dev/Document"), [
    "no-attestation: no attestation of type https://slsa.dev/x found, neither as a tag nor as a referrer; " +
      "found: https://spdx.dev/Document",
  ]);
  assert.match(codeFor("https://slsa.dev/x")[0] ?? "", /^malformed: /);
  assert.match(codeFor(undefined)[0] ?? "", /^malformed: /);
});

test("refuted here, and more may be elsewhere: unknown, and the refutation leads", () => {
  const { verification } = signatures("signed-by-someone-else", ours, {
    knowledge: instead(fixtureKnowledge, "referrers"),
  });
  assert.ok(verification.truth === "unknown");
  assert.is(
    leadingFailure("unknown", verification.failures)?.reason,
    "1 signature is here, by another key; whether there are others is unknown",
  );
  assert.is(furthest(verification.failures)?.code, "wrong-key");
});

test("a distrusted image is refuted before anything is looked for", () => {
  const { verification, candidates } = signatures("signed", ours, {
    distrust: compileDistrust([{ kind: "digest", value: fixtureImage("signed").digest }], defaultLimits),
  });
  assert.ok(verification.truth === "refuted" && verification.failures[0]?.code === "distrusted");
  assert.equal(candidates, []);
});

test.run();
