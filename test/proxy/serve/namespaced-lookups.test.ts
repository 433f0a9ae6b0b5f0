import { suite } from "uvu";
import * as assert from "uvu/assert";
import { namespacedLookups } from "../../../proxy/serve/namespaced-lookups.ts";
import { load, policyText } from "../../support/fixture-policies.ts";

const test = suite("proxy/serve/namespaced-lookups");

const reads = `context:
- { name: plain, variable: { value: a } }
- { name: found, imageRegistry: { reference: "registry.example/a:1" } }`;

test("each imageRegistry entry of a Policy is named by its place; those of ClusterPolicies are not", () => {
  const of = (kind: string, rule: string, namespace?: string) =>
    namespacedLookups(load(policyText({ kind, rule, ...(namespace === undefined ? {} : { namespace }) })).policies);
  const [found, ...others] = of("Policy", reads, "shop");
  assert.equal(others, []);
  assert.equal([found?.code, found?.pointer, found?.policy], ["unsupported", "/spec/rules/0/context/1", "check"]);
  assert.ok((found?.line ?? 0) > 1);
  assert.match(found?.message ?? "", "the context entry found asks registries");
  assert.equal(of("ClusterPolicy", reads), []);
  assert.equal(of("Policy", "", "shop"), []);
});

test.run();
