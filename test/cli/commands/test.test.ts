import { suite } from "uvu";
import * as assert from "uvu/assert";
import { junitFaults } from "../../support/junit-rules.ts";
import { parseXml } from "../../support/xml.ts";
import { runCli, type TestRun } from "../command-io.ts";
import { demoLayout } from "../demo-layout.ts";

const test = suite("cli/commands/test");
const demo = demoLayout();
const policy = `apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: { name: check }
spec:
  validationFailureAction: Enforce
  background: false
  rules:
  - name: verify
    match: { any: [{ resources: { kinds: [Pod] } }] }
    preconditions: { all: [{ key: "{{ request.operation }}", operator: NotEquals, value: UPDATE }] }
    verifyImages:
    - imageReferences: ["registry.example/*"]
      attestors: [{ entries: [{ keys: { publicKeys: "k8s://keys/ours", rekor: { ignoreTlog: true } } }] }]
`;
const pod = (name: string, image: string, namespace = "shop") =>
  "apiVersion: v1\n" +
  "kind: Pod\n" +
  `metadata: { name: ${name}, namespace: ${namespace} }\n` +
  `spec: { containers: [{ name: c, image: "${image}" }] }\n`;
const secret =
  "apiVersion: v1\n" +
  "kind: Secret\n" +
  "metadata: { name: ours, namespace: keys }\n" +
  `data: { cosign.pub: ${Buffer.from(demo.key.pem).toString("base64")} }\n`;
const head = "apiVersion: cli.kyverno.io/v1alpha1\nkind: Test\nmetadata: { name: t }\n";
const files = (
  results: string,
  more: Readonly<Record<string, string>> = {},
  parts = "policies: [policy.yaml]\nresources: [pods.yaml]\nclusterResources: [secret.yaml]\n",
) => ({
  "tests/kyverno-test.yaml": `${head}${parts}results:\n${results}`,
  "tests/policy.yaml": policy,
  "tests/pods.yaml": [pod("good", demo.signed), pod("bad", demo.unsigned), pod("other", "quay.io/org/app:1")].join(
    "---\n",
  ),
  "tests/secret.yaml": secret,
  ...more,
});
const run = (
  results: string,
  words: readonly string[] = [],
  more: Readonly<Record<string, string>> = {},
  parts?: string,
): Promise<TestRun> =>
  runCli(["test", "tests", "--layout", demo.folder, "--complete", ...words], { files: files(results, more, parts) });
const rows = ({ out }: TestRun) =>
  out
    .split("\n")
    .filter((line) => /^│ \d/.test(line))
    .map((line) =>
      line
        .split("│")
        .slice(4, 7)
        .map((cell) => cell.trim()),
    );

const expected =
  "- { policy: check, rule: verify, kind: Pod, resources: [good], result: pass }\n" +
  "- { policy: check, rule: verify, kind: Pod, resources: [bad], result: fail }\n";

test("a failure of a policy that is not scored is a warning, as in apply", async () => {
  const unscored = policy.replace(
    "{ name: check }",
    '{ name: check, annotations: { policies.kyverno.io/scored: "false" } }',
  );
  const reasons = async (results: string) => {
    const result = await run(results, [], { "tests/policy.yaml": unscored });
    return [result.exit, ...new Set(rows(result).map(([, ...cells]) => cells.join(" ")))];
  };
  assert.equal(await reasons(expected.replace("result: fail", "result: warn")), [0, "Pass Ok"]);
  assert.equal(await reasons(expected), [1, "Pass Ok", "Fail Want fail, got warn"]);
});

test("what comes as expected passes, in both passes, with a key from a Secret of the files", async () => {
  const result = await run(expected);
  assert.equal(
    [result.exit, rows(result)],
    [
      0,
      [
        ["v1/Pod/shop/good", "Pass", "Ok"],
        ["v1/Pod/shop/good", "Pass", "Ok"],
        ["v1/Pod/shop/bad", "Pass", "Ok"],
        ["v1/Pod/shop/bad", "Pass", "Ok"],
      ],
    ],
  );
  assert.match(result.out, "\nTest Summary: 4 tests passed and 0 tests failed\n");
  assert.match(result.out, "  Applying 1 policy to 3 resources with 0 exceptions ...\n");
});

test("what does not is shown with both sides, and ends with exit code 1", async () => {
  const result = await run("- { policy: check, rule: verify, kind: Pod, resources: [good], result: fail }\n");
  assert.equal([result.exit, rows(result)[0]], [1, ["v1/Pod/shop/good", "Fail", "Want fail, got pass"]]);
  assert.match(result.err, "Error: 2 tests failed\n");
});

test("excluded, not found and invalid are words of their own", async () => {
  const result = await run(
    "- { policy: check, rule: verify, kind: Pod, resources: [other, nowhere], result: pass }\n" +
      "- { policy: nobody, rule: verify, kind: Pod, resources: [good], result: pass }\n" +
      "- { policy: broken, rule: verify, kind: Pod, resources: [good], result: pass }\n",
    [],
    {
      "tests/broken.yaml": policy.replace("name: check", "name: broken").replace("imageReferences", "imageReference"),
    },
    "policies: [policy.yaml, broken.yaml]\nresources: [pods.yaml]\nclusterResources: [secret.yaml]\n",
  );
  assert.equal(
    rows(result).map(([, , reason]) => reason),
    ["Excluded", "Not found", "Not found", "Invalid Policy"],
  );
});

test("an operation, a namespace, values and rules of controllers", async () => {
  const result = await run(
    "- { policy: check, rule: verify, kind: Pod, resources: [shop/good], result: skip, operation: UPDATE }\n",
  );
  assert.equal(rows(result)[0], ["v1/Pod/shop/good", "Pass", "Ok"]);
  const deployment =
    "apiVersion: apps/v1\n" +
    "kind: Deployment\n" +
    "metadata: { name: web }\n" +
    `spec: { template: { spec: { containers: [{ name: c, image: "${demo.signed}" }] } } }\n`;
  const generated = await run(
    "- { policy: check, rule: verify, kind: Deployment, resources: [web], result: pass }\n",
    [],
    { "tests/pods.yaml": deployment },
  );
  assert.equal(rows(generated)[0], ["apps/v1/Deployment/default/web", "Pass", "Ok"]);
  const valued = await run(
    "- { policy: check, rule: verify, kind: Pod, resources: [good], result: skip }\n",
    [],
    {},
    "policies: [policy.yaml]\nresources: [pods.yaml]\nvalues: { globalValues: { request.operation: UPDATE } }\n",
  );
  assert.equal(rows(valued)[0], ["v1/Pod/shop/good", "Pass", "Ok"]);
});

test("a resource as it was patched", async () => {
  const digest = (await run(expected, ["-o", "json", "--detailed-results"])).out;
  assert.ok(digest.includes("MESSAGE"));
  const patched = (image: string) =>
    run(
      "- { policy: check, rule: verify, kind: Pod, resources: [good], result: pass, patchedResources: patched.yaml }\n",
      [],
      {
        "tests/patched.yaml": pod("good", image),
      },
    );
  assert.equal(rows(await patched(`${demo.signed}@${demo.digests.signed}`)).at(-1), ["v1/Pod/shop/good", "Pass", "Ok"]);
  assert.equal(
    rows(await patched(demo.signed))
      .at(-1)
      ?.slice(1),
    ["Fail", "The patched resource differs"],
  );
});

test("selected, failed only, and in other forms", async () => {
  assert.is(rows(await run(expected, ["-t", "resource=*bad"])).length, 2);
  assert.is(rows(await run(expected, ["-t", "policy=check, rule=ver*, resource=bad"])).length, 2);
  assert.is(rows(await run(expected, ["-t", "policy=check,rule=other"])).length, 0);
  const failing = await run(expected.replace("result: fail", "result: pass"), ["--fail-only"]);
  assert.match(failing.out, "Test Summary: 2 out of 4 tests failed\n\nAggregated Failed Test Cases : \n");
  const json = await run(expected, ["-o", "json"]);
  assert.equal(JSON.parse(json.out)[0], {
    ID: 1,
    POLICY: "check",
    REASON: "Ok",
    RESOURCE: "v1/Pod/shop/good",
    RESULT: "Pass",
    RULE: "verify",
  });
  assert.match((await run(expected, ["-o", "yaml"])).out, "- ID: 1\n  POLICY: check\n");
  assert.match(
    (await run(expected, ["-o", "markdown"])).out,
    "| 1 | check | verify | v1/Pod/shop/good | Pass | Ok |\n",
  );
  const junit = (await run(expected, ["-o", "junit"])).out;
  assert.match(junit, '<testsuites tests="4" failures="0" errors="0">');
  assert.equal(junitFaults(parseXml(junit)), []);
});

test("no tests", async () => {
  const nothing = await runCli(["test", "tests"], { files: { "tests/policy.yaml": policy } });
  assert.equal([nothing.exit, nothing.out], [0, "No test yamls available\n"]);
  assert.is((await runCli(["test", "tests", "--require-tests"], { files: { "tests/policy.yaml": policy } })).exit, 2);
});

test("test files that cannot be read say where", async () => {
  const wrong: readonly (readonly [RegExp, string])[] = [
    [/^error invalid-usage: .*deprecated form/, "name: t\npolicies: []\n"],
    [/^error invalid-usage: .*result must be pass/, `${head}results: [{ policy: check, result: maybe }]\n`],
    [/^error invalid-usage: .*unknown field "polices"/, `${head}polices: []\n`],
    [/^error unsupported: .*jsonPayloads/, `${head}jsonPayloads: [a]\n`],
    [
      /^error unsupported: .*isImageValidatingPolicy/,
      `${head}results: [{ policy: check, result: pass, isImageValidatingPolicy: true }]\n`,
    ],
  ];
  for (const [pattern, text] of wrong) {
    const { exit, err } = await runCli(["test", "tests"], { files: { ...files(""), "tests/kyverno-test.yaml": text } });
    assert.is(exit, 2, text);
    assert.match(err, pattern);
  }
  assert.is((await runCli(["test", "https://example.com/tests"])).exit, 2);
});

test("an expectation of what does not exist fails: a rule, a resource, a kind, a policy", async () => {
  const reasons = async (row: string) => {
    const result = await run(`- { policy: check, kind: Pod, ${row} }\n`);
    return [result.exit, rows(result).map(([, passed, reason]) => `${passed} ${reason}`)];
  };
  const missing = [1, ["Fail Not found"]];
  for (const status of ["pass", "fail", "skip"]) {
    assert.equal(await reasons(`rule: verfy, resources: [good], result: ${status}`), missing, status);
    assert.equal(await reasons(`rule: verify, resources: [goood], result: ${status}`), missing, status);
  }
  const ofKind = await run("- { policy: check, rule: verify, kind: Deployment, result: pass }\n");
  assert.equal([ofKind.exit, rows(ofKind).map(([, , reason]) => reason)], [1, ["Not found"]]);
  for (const rule of ["autogen-verify", "autogen-cronjob-verify"])
    assert.equal(await reasons(`rule: ${rule}, resources: [good], result: pass`), [0, ["Pass Excluded"]]);
});

test("a skip for a rule that is not decided here is no pass", async () => {
  const mixed = {
    "tests/policy.yaml": `${policy}  - name: other
    match: { any: [{ resources: { kinds: [Pod] } }] }
    validate: { deny: {} }
`,
  };
  const result = await run(
    "- { policy: check, rule: other, kind: Pod, resources: [good], result: skip }\n" +
      "- { policy: check, rule: verify, kind: Pod, resources: [good], result: skip, operation: UPDATE }\n",
    [],
    mixed,
  );
  assert.is(result.exit, 1);
  assert.equal(
    rows(result).map(([, passed, reason]) => `${passed} ${reason}`),
    ["Fail Want skip, validate rules are not decided here", "Pass Ok", "Pass Ok"],
  );
});

test("a test that cannot be run stops no other, and the exit code says so", async () => {
  const world = {
    ...files(expected),
    "tests/a/kyverno-test.yaml": `${head}policies: [gone.yaml]\nresources: [pods.yaml]\nresults:\n${expected}`,
    "tests/b/kyverno-test.yaml": "apiVersion: cli.kyverno.io/v1alpha1\nkind: Tst\n",
    "tests/c/kyverno-test.yaml": "",
    "tests/d/kyverno-test.yaml": `${head}policies: [p.yaml]\nresources: [p.yaml]\nresults: []\n`,
  };
  const words = ["test", "tests", "--layout", demo.folder, "--complete"];
  const result = await runCli(words, { files: world });
  assert.is(result.exit, 2);
  assert.match(result.out, "Test Summary: 4 tests passed and 4 tests failed");
  for (const name of ["a", "b", "c", "d"])
    assert.match(result.err, new RegExp(`error invalid-usage: .*(?:\n.*)?tests/${name}/`));
  const junit = (await runCli([...words, "-o", "junit"], { files: world })).out;
  assert.match(junit, 'tests="8" failures="0" errors="4"');
  assert.equal(junitFaults(parseXml(junit)), []);
});

test("tests are found in hidden folders, and not twice behind a mounted ConfigMap", async () => {
  const world = files(expected);
  const text = world["tests/kyverno-test.yaml"];
  const hidden = {
    ".kyverno-test/kyverno-test.yaml": text,
    "..data/kyverno-test.yaml": text,
    "..2026/kyverno-test.yaml": text,
  };
  const moved = Object.fromEntries(
    [...Object.entries(world), ...Object.entries(hidden)].flatMap(([path, content]) => {
      if (path === "tests/kyverno-test.yaml") return [];
      const name = path.replace(/^tests\//, "");
      return [[name.startsWith(".") ? `tests/${name}` : `tests/.kyverno-test/${name}`, content]];
    }),
  );
  const result = await runCli(["test", "tests", "--layout", demo.folder, "--complete"], { files: moved });
  assert.equal([result.exit, rows(result).length], [0, 4], result.err);
});

test("a faulty resource is a failed row, and the others are judged", async () => {
  const result = await run(expected, [], {
    "tests/pods.yaml": [
      pod("good", demo.signed),
      "apiVersion: v1\nkind: Pod\nspec: {}\n",
      pod("bad", demo.unsigned),
    ].join("---\n"),
  });
  assert.is(result.exit, 1);
  assert.equal(rows(result).at(-1), ["tests/pods.yaml:6:1", "Fail", "Malformed"]);
  assert.match(result.out, "Test Summary: 4 tests passed and 1 tests failed");
});

test("a rule's own value wins over a resource's, that over the global one", async () => {
  const context =
    "context: [{ name: stage, configMap: { name: s, namespace: shop } }]\n    " +
    'preconditions: { all: [{ key: "{{ stage }}", operator: Equals, value: go }] }\n    ';
  const staged = { "tests/policy.yaml": policy.replace(/preconditions: .*\n {4}/, context) };
  const status = async (values: string) => {
    const result = await run(
      "- { policy: check, rule: verify, kind: Pod, resources: [good], result: pass }\n",
      [],
      staged,
      `policies: [policy.yaml]\nresources: [pods.yaml]\nclusterResources: [secret.yaml]\nvalues: ${values}\n`,
    );
    return rows(result)[0]?.[2];
  };
  const named = (resource: string, rule?: string) => {
    const rules = rule === undefined ? "" : `rules: [{ name: verify, values: { stage: ${rule} } }], `;
    const resources = `resources: [{ name: good, values: { stage: ${resource} } }]`;
    return `{ globalValues: { stage: stop }, policies: [{ name: check, ${rules}${resources} }] }`;
  };
  assert.is(await status(named("stop", "go")), "Ok");
  assert.is(await status(named("go", "stop")), "Want pass, got skip");
  assert.is(await status(named("go")), "Ok");
  assert.is(await status("{ globalValues: { stage: go } }"), "Ok");
  assert.is(await status("{ globalValue: { stage: go } }"), undefined, "an unknown field");
});

test.run();
