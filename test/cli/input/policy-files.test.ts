import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readPaths } from "../../../cli/input/files.ts";
import { countRefused, readExceptions, readJudgingSet, readPolicies } from "../../../cli/input/policy-files.ts";
import { policyText, ruleWith } from "../../core/kyverno/policy/sample-policy.ts";
import { throwsCode } from "../../support/assert.ts";
import { testIO } from "../command-io.ts";

const test = suite("cli/input/policy-files");
const exception =
  "apiVersion: kyverno.io/v2\nkind: PolicyException\nmetadata: { name: spare }\n" +
  "spec:\n  exceptions: [{ policyName: p, ruleNames: [check] }]\n  match: { any: [{ resources: { kinds: [Pod] } }] }\n";
const pod = "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\n";
const files = {
  "p.yaml": policyText([ruleWith()]),
  "e.yaml": exception,
  "both/p.yaml": policyText([ruleWith()]),
  "both/e.yaml": exception,
  "both/k.yaml": "resources: []\n",
  "pod.yaml": pod,
  "mixed.yaml": `${exception}---\n${pod}`,
  "broken.yaml": policyText([ruleWith({ match: undefined })]),
};
const world = () => testIO({ files });

test("each path holds a policy or an exception, or is refused with its name", () => {
  const { policies, exceptions } = readPolicies(["p.yaml", "e.yaml", "both"], world().io);
  assert.equal([policies.length, exceptions.length], [2, 2]);
  assert.is(readPolicies(["broken.yaml"], world().io).errors.length, 1, "it holds a policy that does not load");
  assert.match(
    throwsCode("invalid-usage", () => readPolicies(["p.yaml", "pod.yaml"], world().io)).message,
    /^pod\.yaml holds/,
  );
});

test("a file of exceptions holds nothing else; a folder may", () => {
  assert.is(readExceptions(["e.yaml"], world().io).length, 1);
  assert.is(readExceptions(["both"], world().io).length, 1);
  for (const path of ["mixed.yaml", "p.yaml", "pod.yaml", "gone.yaml"])
    throwsCode("invalid-usage", () => readExceptions([path], world().io));
  assert.equal(readExceptions([], world().io), []);
});

test("which exceptions count", () => {
  const among = (options: object, resources: readonly string[] = []) => {
    const { io, seen } = world();
    const set = readJudgingSet(["both"], readPaths(resources, io), options, io);
    return [set.exceptions.length, /does not count/.test(seen.err)];
  };
  assert.equal(among({}), [0, true]);
  assert.equal(among({ exceptionsWithinPolicies: true }), [1, false]);
  assert.equal(among({ exception: ["e.yaml"], exceptions: ["both,e.yaml"] }), [3, true]);
  assert.equal(among({ exceptionsWithResources: true }, ["mixed.yaml"]), [1, true]);
  throwsCode("invalid-usage", () => readJudgingSet(["e.yaml"], [], {}, world().io));
});

test("an exception for a missing policy or rule gets a warning", () => {
  const idle = (change: (text: string) => string) => {
    const { io, seen } = testIO({ files: { ...files, "e.yaml": change(exception) } });
    readJudgingSet(["p.yaml"], [], { exception: ["e.yaml"] }, io);
    return seen.err;
  };
  assert.is(
    idle((text) => text),
    "",
  );
  assert.is(
    idle((text) => text.replace("[check]", '["ch*"]')),
    "",
  );
  assert.match(
    idle((text) => text.replace("policyName: p", "policyName: q")),
    'e.yaml:5:16: the exception names the policy "q"',
  );
  assert.match(
    idle((text) => text.replace("[check]", "[check, chek]")),
    'the exception names the rule "chek" of the policy p',
  );
});

test("policies are counted, not their problems; a document that does not parse counts as one", () => {
  const { errors } = readPolicies(["broken.yaml"], world().io);
  assert.is(countRefused(errors), 1);
  const [problem] = errors;
  assert.ok(problem !== undefined);
  const { policy: _, ...nameless } = problem;
  assert.is(countRefused([problem, { ...problem, line: 99 }, { ...problem, policy: "q" }]), 2);
  assert.is(countRefused([nameless, { ...nameless, line: 99 }, nameless]), 2);
  assert.is(countRefused([]), 0);
});

test.run();
