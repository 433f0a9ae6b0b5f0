/** From the kinds of policies to what an API server sends. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { webhookRules } from "../../../proxy/webhook/webhook-rules.ts";
import { load, type PolicyText, policyText } from "../../support/fixture-policies.ts";

const test = suite("proxy/webhook/webhook-rules");

const rulesOf = (policy: PolicyText, known?: Parameters<typeof webhookRules>[1]) =>
  webhookRules(load(policyText(policy)).policies, known);
const matching = (kinds: string) => ({ match: `any: [{ resources: { kinds: [${kinds}] } }]` });
const shortly = (policy: PolicyText, known?: Parameters<typeof webhookRules>[1]): readonly string[] =>
  rulesOf(policy, known).rules.map(
    ({ apiGroups, apiVersions, resources }) => `${apiGroups[0]}/${apiVersions[0]} ${resources.join(" ")}`,
  );

test("Pods, with their ephemeral containers, and the controllers for which rules are generated", () => {
  assert.equal(shortly({}), [
    "/v1 pods pods/ephemeralcontainers replicationcontrollers",
    "apps/v1 daemonsets deployments replicasets statefulsets",
    "batch/v1 cronjobs jobs",
  ]);
  const { rules, guessed } = rulesOf({});
  assert.equal(guessed, []);
  for (const { operations, scope } of rules) assert.equal([operations, scope], [["CREATE", "UPDATE"], "Namespaced"]);
});

test("what may be outside of namespaces is not asked for in namespaces alone", () => {
  for (const [kinds, expected] of [
    ['"/v1/Pod", "apps/v1/Deployment"', ["Namespaced", "Namespaced"]],
    ['"/v1/Pod", "/v1/Node"', ["*"]],
    ['"Pod/status"', ["Namespaced"]],
    ['"apps/v1/*"', ["*"]],
    ['"tekton.dev/v1/TaskRun"', ["*"]],
  ] as const) {
    const scopes = rulesOf(matching(kinds)).rules.map(({ scope }) => scope);
    assert.equal(scopes, expected, kinds);
  }
});

test("each spelling of a kind", () => {
  for (const [kinds, expected] of [
    ["apps/v1/Deployment", ["apps/v1 deployments"]],
    ["v1/Deployment", ["apps/v1 deployments"]],
    ["CronJob", ["batch/v1 cronjobs"]],
    ["Deployment, apps/v1/Deployment, StatefulSet", ["apps/v1 deployments statefulsets"]],
    ["tekton.dev/v1/TaskRun", ["tekton.dev/v1 taskruns"]],
    ["tekton.dev/*/TaskRun", ["tekton.dev/* taskruns"]],
    ["tekton.dev/v1/TaskRun.status", ["tekton.dev/v1 taskruns/status"]],
    ["TaskRun.status", ["*/* taskruns/status"]],
    ["Gateway", ["*/* gateways"]],
    ["Po?", ["*/* * pods/ephemeralcontainers"]],
    ["v1/P*", ["*/v1 * pods/ephemeralcontainers"]],
    ["apps/v1/D*", ["apps/v1 *"]],
    ["*Set.status", ["*/* */status"]],
  ] as const)
    assert.equal(shortly(matching(`"${kinds.replaceAll(", ", '", "')}"`)), expected, kinds);
});

test("a resource that is guessed is told; one that an API server names is not guessed", () => {
  const policy = matching('"example.org/v1/Moose"');
  assert.equal(rulesOf(policy).guessed, ["example.org/v1/Moose"]);
  const known = [{ group: "example.org", kind: "Moose", plural: "moose" }];
  assert.equal(rulesOf(policy, known).guessed, []);
  assert.equal(shortly(policy, known), ["example.org/v1 moose"]);
  assert.equal(shortly(matching('"Moose"'), known), ["example.org/* moose"]);
});

test("rules that verify nothing want nothing", () => {
  const { policies } = load(policyText());
  const [policy] = policies;
  if (policy === undefined) throw new Error("no policy");
  const rules = policy.spec.rules.map((rule) => ({ ...rule, kind: "validate" as const, verifyImages: [] }));
  assert.equal(webhookRules([{ ...policy, spec: { ...policy.spec, rules } }]).rules, []);
});

test.run();
