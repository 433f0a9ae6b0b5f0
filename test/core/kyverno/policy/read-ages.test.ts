import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Findings } from "../../../../core/kyverno/policy/findings.ts";
import { readAges } from "../../../../core/kyverno/policy/read-ages.ts";
import { loadPolicies } from "../../../../core/kyverno/policy/read-policy.ts";
import { policyText } from "../../../support/fixture-policies.ts";

const test = suite("core/kyverno/policy/read-ages");
const hour = 3_600_000;
const position = () => ({ file: "p.yaml", line: 1, column: 1 });

function read(annotations: Readonly<Record<string, string>>) {
  const findings = new Findings();
  const { ages } = readAges(annotations, findings);
  return { ages, problems: findings.problems(position, "p") };
}

test("the three annotations, in milliseconds; others are not looked at", () => {
  assert.equal(
    read({
      "sallyport.dev/max-mirror-age": "72h",
      "sallyport.dev/max-trust-age": "0s",
      "sallyport.dev/min-signature-age": "1d12h",
      "policies.kyverno.io/title": "-1",
    }),
    { ages: { maxMirrorAge: 72 * hour, maxTrustAge: 0, minSignatureAge: 36 * hour }, problems: [] },
  );
  assert.equal(read({}), { ages: undefined, problems: [] });
});

test("an attack: what is no span of time is refused, so that no bound is lost in silence", () => {
  const wrong = [
    "",
    "72",
    "-72h",
    "+72h",
    "72 h",
    "1.5h",
    "3 days",
    "P3D",
    "Infinity",
    "NaN",
    "1e9d",
    "3651d",
    "999999d",
  ];
  for (const text of [...wrong, "87601h", "9".repeat(400), "72h\n", " 72h", "７２h"]) {
    const { ages, problems } = read({ "sallyport.dev/max-mirror-age": text });
    assert.is(ages, undefined, text);
    assert.equal(
      problems.map(({ code, pointer }) => [code, pointer]),
      [["invalid-policy", "/metadata/annotations/sallyport.dev~1max-mirror-age"]],
      text,
    );
    assert.ok((problems[0]?.message.length ?? 0) < 300, "a long one is cut");
  }
  assert.equal(read({ "sallyport.dev/max-mirror-age": "3650d" }).problems, []);
});

test("a misspelt annotation is refused too, and says which was meant", () => {
  const [problem] = read({ "sallyport.dev/max-mirrorage": "72h" }).problems;
  assert.is(problem?.code, "invalid-policy");
  assert.match(problem?.message ?? "", "did you mean sallyport.dev/max-mirror-age?");
  assert.is(read({ "sallyport.dev/__proto__": "72h" }).problems.length, 1);
});

test("a policy with a faulty one does not load, and the place is that of the annotation", () => {
  const text = policyText().replace(
    "metadata: { name: check }",
    'metadata:\n  name: check\n  annotations:\n    sallyport.dev/max-trust-age: "soon"',
  );
  const { policies, errors } = loadPolicies([{ name: "p.yaml", text }]);
  assert.equal([policies.length, errors.map(({ code, line }) => [code, line])], [0, [["invalid-policy", 6]]]);
  const right = loadPolicies([{ name: "p.yaml", text: text.replace("soon", "24h") }]);
  assert.equal(right.policies[0]?.ages, { maxTrustAge: 24 * hour });
});

test.run();
