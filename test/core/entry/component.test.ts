/** The functions of the component, called as a host calls them. */
import { createPublicKey } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUnsignedStatement } from "../../../core/archive/verify-envelope.ts";
import { createComponent } from "../../../core/entry/component.ts";
import { createEngine } from "../../../core/index.ts";
import { nobleVerifier } from "../../../core/crypto/noble.ts";
import { toDecisionJson } from "../../../core/decide/result-json.ts";
import { Lab, sign } from "../../lab/index.ts";
import { reviewOf } from "../../support/admission.ts";
import { makeKey, ourKey } from "../../support/archive-store.ts";
import { engineFor, imageOf, makeCapsule, podWith } from "../../support/capsules.ts";

const test = suite("core/entry/component");
const { evaluate, explain, load, verify } = createComponent(nobleVerifier);
const lab = new Lab();
const signed = sign(lab, { layout: "tag" });
const now = lab.now.toISOString();
const podOf = (image: string) => podWith(image).object ?? {};
const pod = JSON.stringify(podOf(imageOf(signed)));
const { bytes } = makeCapsule([signed], { sequence: 7 });
const unsigned = makeCapsule([signed], { sign: encodeUnsignedStatement }).bytes;
const publicPem = ({ pem }: { readonly pem: string }): string =>
  String(createPublicKey(pem).export({ type: "spki", format: "pem" }));
const ours = [publicPem(ourKey)];

/** The code that a call is refused with. */
function codeOf(call: () => string): string {
  try {
    call();
  } catch (error) {
    assert.type(error, "string", "a component's error is a text");
    return (JSON.parse(error as string) as { readonly code: string }).code;
  }
  return "nothing was refused";
}

test("nothing is decided before a capsule is loaded", () => {
  assert.is(
    codeOf(() => evaluate(pod, now)),
    "invalid-usage",
  );
  assert.is(
    codeOf(() => verify('{"image":"a/b:1","attestor":{"keys":{"pem":"x"}}}', now)),
    "invalid-usage",
  );
});

test("who signed and how old it is are the host's to say; what is refused leaves the last one", () => {
  const loaded = JSON.parse(load(bytes, ours, 7)) as { readonly sequence: number; readonly signed: boolean };
  assert.is(loaded.sequence, 7);
  assert.is(loaded.signed, true);
  assert.is(
    codeOf(() => load(bytes, ours, 8)),
    "rollback",
  );
  assert.is(
    codeOf(() => load(bytes, [publicPem(makeKey())])),
    "archive-signature",
  );
  assert.is(
    codeOf(() => load(unsigned, ours)),
    "archive-signature",
  );
  assert.is(
    codeOf(() => load(bytes.subarray(0, 2048), ours)),
    "archive-corrupt",
  );
  assert.is(
    codeOf(() => load(bytes, ["no key"])),
    "malformed",
  );
  assert.is((JSON.parse(evaluate(pod, now)) as { readonly allowed: boolean }).allowed, true);
  assert.is((JSON.parse(load(unsigned, [], undefined, true)) as { readonly signed: boolean }).signed, false);
});

test("QuickJS gets the upper half of a floor's numbers as negative ones, and they are floors all the same", () => {
  const high = makeCapsule([signed], { sequence: 3_000_000_000 }).bytes;
  const asQuickJs = (floor: number): number => floor | 0;
  assert.is(
    codeOf(() => load(bytes, ours, asQuickJs(3_000_000_000))),
    "rollback",
  );
  assert.is(
    codeOf(() => load(high, ours, asQuickJs(3_000_000_001))),
    "rollback",
  );
  assert.is((JSON.parse(load(high, ours, asQuickJs(3_000_000_000))) as { readonly sequence: number }).sequence, 3e9);
  assert.is(
    codeOf(() => load(bytes, ours, Number.NaN)),
    "invalid-usage",
  );
  assert.is((JSON.parse(load(bytes, ours, null)) as { readonly sequence: number }).sequence, 7, "none is null there");
});

test("it decides as the engine does, of a resource and of its review", () => {
  load(bytes, ours);
  const engine = createEngine({ ...engineFor(signed), crypto: nobleVerifier });
  const decision = engine.decide(podWith(imageOf(signed)), signed.knowledge, lab.now);
  const whole = JSON.parse(explain(pod, now)) as { readonly decisions: readonly unknown[] };
  assert.is(JSON.stringify(whole.decisions[0]), JSON.stringify(toDecisionJson(decision)));
  const answer = JSON.parse(evaluate(pod, now)) as { readonly allowed: boolean; readonly patches: unknown };
  assert.is(answer.allowed, true);
  assert.equal(answer.patches, decision.patches);
  const ofReview = evaluate(JSON.stringify(reviewOf(podOf(imageOf(signed)) as never)), now);
  assert.is((JSON.parse(ofReview) as { readonly allowed: boolean }).allowed, true);
});

test("an image that the capsule does not answer for is unknown", () => {
  load(bytes, ours);
  const other = JSON.parse(evaluate(JSON.stringify(podOf("ghcr.io/lab/other:1")), now)) as {
    readonly allowed: boolean;
    readonly results: readonly { readonly failures: readonly { readonly code: string }[] }[];
  };
  assert.is(other.allowed, false);
  assert.is(other.results[0]?.failures[0]?.code, "not-in-mirror");
});

test("what cannot be read is refused with a code, and never decided", () => {
  load(bytes, ours);
  for (const request of ["", "{", "[]", "{}", '{"kind":"Pod"}', '{"kind":"AdmissionReview"}', '{"a":1,"a":2}'])
    assert.is(
      codeOf(() => evaluate(request, now)),
      "malformed",
      request,
    );
  for (const time of ["", "now", "2026-13-01T00:00:00Z", "2026-11-30"])
    assert.is(
      codeOf(() => evaluate(pod, time)),
      "malformed",
      time,
    );
});

test("one image is verified by whom the host names", () => {
  load(bytes, ours);
  const asked = (attestor: unknown): string => JSON.stringify({ image: imageOf(signed), attestor });
  const verdict = (attestor: unknown): string =>
    (JSON.parse(verify(asked(attestor), now)) as { readonly verdict: string }).verdict;
  const rekor = { ignoreTlog: true };
  const { policies } = engineFor(signed);
  const { keys } = (policies[0]?.spec.rules[0]?.verifyImages?.[0]?.attestors[0]?.entries[0] ?? {}) as {
    readonly keys?: { readonly publicKeys?: string };
  };
  assert.ok(keys?.publicKeys);
  assert.is(verdict({ keys: { pem: keys.publicKeys }, rekor }), "pass");
  assert.is(verdict({ keys: { pem: publicPem(makeKey()) }, rekor }), "fail");
  assert.is(
    codeOf(() => verify(asked({ keyless: { issuerRegexp: ".*", subject: "*" } }), now)),
    "malformed",
  );
  const other = verify('{"image":"ghcr.io/lab/other:1","attestor":{"keyless":{"subject":"*","issuer":"x"}}}', now);
  assert.is((JSON.parse(other) as { readonly verdict: string }).verdict, "error");
});

test.run();
