import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type DocumentForm, formOf, itemOf } from "../../../../core/kyverno/policy/document-form.ts";

const test = suite("core/kyverno/policy/document-form");

const cases: readonly (readonly [name: string, document: unknown, form: DocumentForm])[] = [
  ["a Pod", { apiVersion: "v1", kind: "Pod" }, "object"],
  ["a policy", { apiVersion: "kyverno.io/v1", kind: "ClusterPolicy", spec: {} }, "object"],
  ["a kind without apiVersion", { kind: "Pod", metadata: { name: "a" }, spec: {} }, "broken"],
  ["an apiVersion without kind", { apiVersion: "v1", metadata: { name: "a" } }, "broken"],
  ["misspelt fields", { ApiVersion: "v1", Kind: "Pod" }, "broken"],
  ["a kind that is a number", { apiVersion: "v1", kind: 1 }, "broken"],
  ["a list without kind", { apiVersion: "v1", items: [] }, "broken"],
  ["a policy's apiVersion alone", { apiVersion: "kyverno.io/v1", rules: [] }, "broken"],
  ["a Helm chart", { apiVersion: "v2", name: "app", version: "1.0.0" }, "other"],
  ["artifacthub-pkg.yml", { name: "base", version: "1.0.0", displayName: "Base" }, "other"],
  ["a kustomization without kind", { resources: ["policy.yaml"] }, "other"],
  ["a kustomization", { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization" }, "other"],
  ["a Kyverno test", { apiVersion: "cli.kyverno.io/v1alpha1", kind: "Test", metadata: { name: "t" } }, "other"],
  ["settings of Skaffold", { apiVersion: "skaffold/v4beta6", kind: "Config" }, "other"],
  ["a list", [{ apiVersion: "v1", kind: "Pod" }], "other"],
  ["a text", "apiVersion", "other"],
  ["null", null, "other"],
];
for (const [name, document, form] of cases) test(name, () => assert.is(formOf(document), form));

test("an item is of its list's kind where it does not say", () => {
  const pods = { apiVersion: "v1", kind: "PodList" };
  assert.equal(
    { ...itemOf(pods, { metadata: { name: "a" } }) },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "a" },
    },
  );
  for (const item of [{ kind: "Job" }, { apiVersion: "v2" }, "text", null]) assert.is(itemOf(pods, item), item);
  const bare = { metadata: {} };
  assert.is(itemOf({ apiVersion: "v1", kind: "List" }, bare), bare);
});

test.run();
