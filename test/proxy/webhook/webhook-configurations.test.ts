/** The objects by which an API server calls the webhook. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../../core/index.ts";
import { type ConfigurationOptions, webhookConfigurations } from "../../../proxy/webhook/webhook-configurations.ts";
import { load, policyText } from "../../support/fixture-policies.ts";

const test = suite("proxy/webhook/webhook-configurations");

interface Hook {
  readonly name: string;
  readonly clientConfig: Record<string, unknown>;
  readonly failurePolicy: string;
  readonly timeoutSeconds: number;
  readonly reinvocationPolicy?: string;
  readonly rules: readonly { readonly resources: readonly string[] }[];
  readonly namespaceSelector?: {
    readonly matchExpressions: readonly { readonly operator: string; readonly values: readonly string[] }[];
  };
  readonly matchConditions: readonly { readonly name: string; readonly expression: string }[];
}

const enforce = "validationFailureAction: Enforce";
const strict = policyText({ name: "strict", spec: `${enforce}\nwebhookTimeoutSeconds: 25` });
const lenient = policyText({ name: "lenient", spec: `${enforce}\nfailurePolicy: Ignore` });

const made = (texts: readonly string[], more: Partial<ConfigurationOptions> = {}) => {
  const { objects, exempt } = webhookConfigurations({
    policies: load(...texts).policies,
    destination: { url: "https://127.0.0.1:8443/" },
    authorities: "PEM",
    ...more,
  });
  const hooks = objects.map((object) => object.webhooks as unknown as readonly Hook[]);
  return { objects, exempt, mutating: hooks[0] ?? [], validating: hooks[1] ?? [] };
};

test("one webhook for each failure policy that there is, with its own path and the longest time", () => {
  const { mutating, validating } = made([strict, policyText({ name: "quick" }), lenient]);
  const shown = ({ name, clientConfig, failurePolicy, timeoutSeconds }: Hook) => [
    name,
    clientConfig.url,
    failurePolicy,
    timeoutSeconds,
  ];
  assert.equal(mutating.map(shown), [
    ["mutate.sallyport.svc-fail", "https://127.0.0.1:8443/mutate/fail", "Fail", 25],
    ["mutate.sallyport.svc-ignore", "https://127.0.0.1:8443/mutate/ignore", "Ignore", 10],
  ]);
  assert.equal(validating.map(shown), [
    ["validate.sallyport.svc-fail", "https://127.0.0.1:8443/validate/fail", "Fail", 25],
    ["validate.sallyport.svc-ignore", "https://127.0.0.1:8443/validate/ignore", "Ignore", 10],
  ]);
  assert.equal(
    mutating.map(({ reinvocationPolicy }) => reinvocationPolicy),
    ["IfNeeded", "IfNeeded"],
  );
  assert.is(validating[0]?.reinvocationPolicy, undefined);
  // Where a policy does not say how long.
  const timed = made([strict, lenient], { timeoutSeconds: 15 }).mutating.map(({ timeoutSeconds }) => timeoutSeconds);
  assert.equal(timed, [25, 15]);
  assert.is(made([strict]).mutating.length, 1);
});

test("a Service in place of an address", () => {
  const { mutating } = made([strict], { destination: { namespace: "gate", name: "sallyport", port: 443 } });
  const service = { namespace: "gate", name: "sallyport", port: 443, path: "/mutate/fail" };
  assert.equal(mutating[0]?.clientConfig, { service, caBundle: Buffer.from("PEM").toString("base64") });
});

test("AKS is told to put no selector of its own in", () => {
  for (const { metadata } of made([strict]).objects)
    assert.equal((metadata as JsonObject).annotations, { "admissions.enforcer/disabled": "true" });
});

test("nothing is exempt unless it is said, and what is exempt is named", () => {
  const { mutating, exempt } = made([strict]);
  assert.is(mutating[0]?.namespaceSelector, undefined);
  assert.equal(exempt, []);
  const said = made([strict], {
    exemptNamespaces: ["kube-system"],
    exemptsLabelled: true,
    own: { namespace: "gate", labels: { app: "sallyport" } },
  });
  assert.equal(said.exempt, [
    "namespace kube-system",
    "namespaces with the label sallyport.dev/verify=ignore",
    "Pods, and what makes them, in namespace gate with the labels app=sallyport",
  ]);
  assert.is(said.validating[0]?.namespaceSelector?.matchExpressions.length, 2);
  const own = said.validating[0]?.matchConditions.find(({ name }) => name === "is-not-sallyport-itself");
  assert.match(own?.expression ?? "", /request\.namespace == 'gate'.*'app' in object\.metadata\.labels/);
  for (const kind of ["Pod", "ReplicaSet", "Job", "CronJob"])
    assert.match(own?.expression ?? "", new RegExp(`request\\.kind\\.kind in \\[[^\\]]*'${kind}'`), kind);
});

test("kinds of which a policy says where their images are have no condition, and long lists are always sent", () => {
  const extractor = (kind: string) =>
    policyText({
      name: "own",
      match: `any: [{ resources: { kinds: [${kind}] } }]`,
      rule: `imageExtractors:\n  ${kind}: [{ path: /metadata/annotations/image }]`,
      fields: "mutateDigest: false\nverifyDigest: false",
    });
  const conditions = (...texts: readonly string[]) => made(texts).mutating[0]?.matchConditions ?? [];
  const names = (...texts: readonly string[]) => conditions(...texts).map(({ name }) => name);
  const all = ["changes-images-of-pod", "changes-images-of-controllers", "changes-images-of-cronjob"];
  assert.equal(names(strict), all);
  assert.equal(names(strict, extractor("Task")), all);
  assert.equal(names(strict, extractor("Pod")), all.slice(1));
  const [, controllers] = conditions(strict, extractor("Deployment"));
  assert.not.match(controllers?.expression ?? "", /'Deployment'/);
  assert.match(controllers?.expression ?? "", /'StatefulSet'/);
  for (const { expression } of conditions(strict))
    for (const field of ["containers", "initContainers", "ephemeralContainers", "volumes"])
      for (const root of ["object", "oldObject"])
        assert.match(expression, new RegExp(`size\\(${root}\\.spec\\.[\\w.]*${field}\\) <= 100`));
});

const hook = (hooks: readonly Hook[]) =>
  hooks.map(({ name, rules, namespaceSelector }) => ({
    name: name.replace("mutate.sallyport.svc-", ""),
    resources: rules.flatMap(({ resources }) => resources),
    in: namespaceSelector?.matchExpressions.flatMap(({ operator, values }) => [operator, ...values]),
  }));
const kinds = (...names: readonly string[]): string => `any: [{ resources: { kinds: [${names.join(", ")}] } }]`;
const ofOne = (namespace: string, ...names: readonly string[]): string =>
  policyText({ kind: "Policy", namespace, match: kinds(...names) });

test("a Policy has its own namespace sent, and nothing that is sent from everywhere anyway", () => {
  assert.equal(hook(made([ofOne("b", "Deployment"), ofOne("a", "Job")]).mutating), [
    { name: "fail-of-namespaces", resources: ["deployments", "jobs"], in: ["In", "a", "b"] },
  ]);
  const everywhere = policyText({ match: kinds("Deployment") });
  assert.equal(hook(made([everywhere, ofOne("b", "Deployment"), ofOne("a", "Deployment", "Job")]).mutating).slice(1), [
    { name: "fail-of-namespaces", resources: ["jobs"], in: ["In", "a"] },
  ]);
  const two = [ofOne("a", "Job"), ofOne("a", "CronJob").replace("name: check", "name: other")];
  assert.equal(hook(made(two, { exemptNamespaces: ["z", "y"] }).mutating), [
    { name: "fail-of-namespaces", resources: ["cronjobs", "jobs"], in: ["In", "a", "NotIn", "y", "z"] },
  ]);
  // A group is told apart by its version, too.
  const tasks = policyText({ match: kinds("tekton.dev/v1/Task") });
  assert.equal(hook(made([tasks, ofOne("a", "tekton.dev/v2/Task")]).mutating).slice(1), [
    { name: "fail-of-namespaces", resources: ["tasks"], in: ["In", "a"] },
  ]);
});

test("of a namespace whose Policies name very many kinds everything is sent, and of the others what they name", () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => `Kind${"x".repeat(24)}${index}`);
  const sent = hook(made([ofOne("large", ...many(300)), ofOne("small", "Job")]).mutating);
  assert.equal(sent, [
    { name: "fail-of-namespaces", resources: ["jobs"], in: ["In", "small"] },
    { name: "fail-all-of-namespaces", resources: ["*/*"], in: ["In", "large"] },
  ]);
  assert.is(hook(made([ofOne("large", ...many(200))]).mutating)[0]?.name, "fail-of-namespaces");
});

test("kinds that nobody knows are guessed and said; updates are compared for kinds of Kubernetes alone", () => {
  const { guessed } = webhookConfigurations({
    policies: load(policyText({ match: kinds("Pod", "Task", "Run") })).policies,
    destination: { url: "https://127.0.0.1:8443/" },
    authorities: "PEM",
    known: [{ group: "tekton.dev", kind: "Run", plural: "runs" }],
  });
  assert.equal(guessed, ["Task"]);
  const [ofPods, ofControllers, ofCronJobs] = made([strict]).mutating[0]?.matchConditions ?? [];
  assert.match(ofPods?.expression ?? "", "'UPDATE' && request.kind.group == '' && request.kind.kind in ['Pod'] ");
  for (const one of [ofControllers, ofCronJobs])
    assert.match(one?.expression ?? "", "'UPDATE' && request.kind.group in ['', 'apps', 'batch'] && ");
});

test.run();
