import * as assert from "uvu/assert";
import fc from "fast-check";
import { suite } from "uvu";
import { compileRule } from "../../../../core/kyverno/image/compile-rule.ts";
import type { CompiledPolicy } from "../../../../core/kyverno/image/decide-policy.ts";
import { DefaultImages } from "../../../../core/kyverno/image/default-images.ts";
import { selectsImage, toReferenceFilter } from "../../../../core/kyverno/image/reference-filter.ts";
import { indexRules, literalPrefix } from "../../../../core/kyverno/image/rule-index.ts";
import { expandRules } from "../../../../core/kyverno/policy/autogen.ts";
import { loadPolicies } from "../../../../core/kyverno/policy/read-policy.ts";
import { requestFor } from "../../../../core/kyverno/rule/resource-request.ts";
import { createAliases } from "../../../../core/oci/aliases.ts";
import { parseReference } from "../../../../core/oci/reference.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/kyverno/image/rule-index");

interface RuleText {
  readonly name: string;
  readonly kinds?: string;
  readonly references?: readonly string[];
  readonly extractors?: string;
}

function compile(...policies: readonly (readonly RuleText[])[]): readonly CompiledPolicy[] {
  const text = policies
    .map(
      (rules, index) => `apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: { name: p${index}, annotations: { pod-policies.kyverno.io/autogen-controllers: none } }
spec:
  validationFailureAction: Enforce
  rules:
${rules
  .map(
    ({ name, kinds = "[Pod]", references = ["*"], extractors }) => `  - name: ${name}
    match: { any: [{ resources: { kinds: ${kinds} } }] }
${extractors === undefined ? "" : `    imageExtractors: ${extractors}\n`}    verifyImages:
    - imageReferences: ${JSON.stringify(references)}
      attestors: [{ entries: [{ keyless: { issuer: i, subject: s, rekor: { url: "https://rekor.sigstore.dev" } } }] }]
`,
  )
  .join("")}`,
    )
    .join("---\n");
  const loaded = loadPolicies([{ name: "p.yaml", text }]);
  assert.equal(loaded.errors, []);
  return loaded.policies.map((policy) => ({
    policy,
    rules: expandRules(policy).map((rule) => compileRule(policy, rule, defaultLimits)),
  }));
}

const pod = (...images: readonly string[]) =>
  requestFor({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p" },
    spec: { containers: images.map((image, index) => ({ name: `c${index}`, image })) },
  });
const names = (policies: readonly CompiledPolicy[]): readonly string[] =>
  policies.flatMap(({ policy, rules }) => rules.map((rule) => `${policy.name}/${rule.rule.name}`));

test("the literal part of a pattern ends at its wildcard, tag or digest", () => {
  const table: Readonly<Record<string, string>> = {
    "*": "",
    "": "",
    "ghcr.io/org/*": "ghcr.io/org/",
    "ghcr.io/org/app:*": "ghcr.io/org/app",
    "ghcr.io/org/app:1.?": "ghcr.io/org/app",
    "ghcr.io/org/app@sha256:00": "ghcr.io/org/app",
    "ghcr.io/org/app:1@sha256:00": "ghcr.io/org/app",
    "localhost:5000/app:1": "localhost:5000/app",
    "localhost:*": "localhost",
    "ghcr.io/o?g/*": "ghcr.io/o",
  };
  for (const [pattern, prefix] of Object.entries(table)) assert.is(literalPrefix(pattern), prefix, pattern);
});

test("rules are found by kind and image, in their order, under their policy", () => {
  const index = indexRules(
    compile(
      [
        { name: "a", references: ["ghcr.io/org/*"] },
        { name: "b", references: ["quay.io/*"] },
      ],
      [{ name: "c", references: ["*/app:1", "ghcr.io/other*"] }],
      [{ name: "d", kinds: "[Deployment]", references: ["ghcr.io/org/*"] }],
      [{ name: "e", kinds: '["P?d"]', references: ["ghcr.io/org/app@sha256:*"] }],
    ),
  );
  assert.equal(names(index(pod("ghcr.io/org/app:1"), new DefaultImages({}, defaultLimits))), ["p0/a", "p1/c", "p3/e"]);
  assert.equal(names(index(pod("quay.io/x/y", "ghcr.io/org/app"), new DefaultImages({}, defaultLimits))), [
    "p0/a",
    "p0/b",
    "p1/c",
    "p3/e",
  ]);
  assert.equal(names(index(pod("docker.io/library/nginx"), new DefaultImages({}, defaultLimits))), ["p1/c"]);
  const other = { ...pod("ghcr.io/org/app:1"), kind: { group: "", version: "v1", kind: "Nobody" } };
  assert.equal(
    names(index(other, new DefaultImages({}, defaultLimits))),
    [],
    "a kind without extractors has no images",
  );
  assert.equal(
    names(
      index(
        { ...pod("ghcr.io/org/app:1"), operation: "DELETE" as const, object: undefined as never },
        new DefaultImages({}, defaultLimits),
      ),
    ),
    [],
  );
});

test("a pattern that selects another spelling of a host, or the name of what is mirrored, leaves nothing out", () => {
  const index = indexRules(
    compile([
      { name: "a", references: ["10.0.0.1/*"] },
      { name: "b", references: ["ghcr.io/*"] },
    ]),
  );
  assert.equal(names(index(pod("10.0.0.1:80/app:1"), new DefaultImages({}, defaultLimits))), ["p0/a"]);
  const aliases = createAliases([{ logical: "ghcr.io", physical: "mirror.corp/gh" }], defaultLimits);
  const defaults = (): DefaultImages => new DefaultImages({}, defaultLimits, aliases);
  assert.equal(names(index(pod("mirror.corp/gh/app:1"), defaults())), ["p0/b"]);
  assert.equal(names(index(pod("mirror.corp/ghx/app:1"), defaults())), []);
});

test("what the default extractors cannot read is left to the rules", () => {
  const index = indexRules(
    compile([
      { name: "a", references: ["ghcr.io/org/*"] },
      { name: "b", references: ["quay.io/*"], extractors: "{ Pod: [{ path: /spec/image }] }" },
    ]),
  );
  assert.equal(names(index(pod("docker.io/library/nginx"), new DefaultImages({}, defaultLimits))), ["p0/b"]);
  assert.equal(
    names(index(pod("NOT AN IMAGE"), new DefaultImages({}, defaultLimits))),
    ["p0/a", "p0/b"],
    "a malformed image is every rule's business",
  );
  assert.equal(
    names(
      index(
        requestFor({ apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec: { containers: "none" } }),
        new DefaultImages({}, defaultLimits),
      ),
    ),
    ["p0/a", "p0/b"],
  );
});

test("no rule that selects an image is left out, tag or digest", () => {
  const word = fc.constantFrom("ghcr.io", "localhost:5000", "org", "app", "a", "app-worker");
  const image = fc
    .tuple(
      fc.constantFrom("ghcr.io", "localhost:5000", "quay.io"),
      word,
      fc.constantFrom("", ":1.0", `@sha256:${"0".repeat(64)}`, `:2@sha256:${"a".repeat(64)}`),
    )
    .map(([host, name, tail]) => `${host}/${name.replace(/[:.].*/, "")}${tail}`);
  const pattern = fc
    .array(
      fc.constantFrom(
        "ghcr.io",
        "localhost",
        ":5000",
        "/",
        "*",
        "?",
        "app",
        "org",
        "a",
        ":1.0",
        "@sha256:",
        "-worker",
        ":",
      ),
      { maxLength: 7 },
    )
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(image, pattern, (text, select) => {
      const reference = parseReference(text, defaultLimits);
      if (selectsImage(toReferenceFilter([select], []), reference, defaultLimits))
        assert.ok(reference.canonical.startsWith(literalPrefix(select)), `${select} selects ${text}`);
    }),
    { numRuns: 3000, seed: 1 },
  );
});

test.run();
