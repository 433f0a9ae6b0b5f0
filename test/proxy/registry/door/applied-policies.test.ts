import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadPolicies } from "../../../../core/kyverno/policy/read-policy.ts";
import { doorPolicies } from "../../../../proxy/registry/door/applied-policies.ts";

const test = suite("proxy/registry/door/applied-policies");
const pods = { any: [{ resources: { kinds: ["Pod"] } }] };

/** What a rule needs that a registry does not have, by what it says beside its attestors. */
function needs(rule: object, policy: object = {}, spec: object = {}): string | undefined {
  const document = {
    apiVersion: "kyverno.io/v1",
    kind: "ClusterPolicy",
    metadata: { name: "one" },
    spec: {
      background: false,
      ...spec,
      rules: [
        {
          name: "verify",
          match: pods,
          verifyImages: [
            {
              imageReferences: ["*"],
              mutateDigest: false,
              attestors: [{ entries: [{ keys: { publicKeys: "k8s://a/b" } }] }],
            },
          ],
          ...rule,
        },
      ],
    },
    ...policy,
  };
  const { policies, errors } = loadPolicies([{ name: "policy.yaml", text: JSON.stringify(document) }]);
  assert.equal(errors, []);
  const { applied, notApplied } = doorPolicies(policies);
  assert.is(applied.length + notApplied.length, 1);
  return notApplied[0]?.needs.split(" (")[0];
}

const attestation = (deny: string) => ({
  verifyImages: [
    {
      imageReferences: ["*"],
      mutateDigest: false,
      attestations: [
        {
          type: "https://example.com/x",
          attestors: [{ entries: [{ keys: { publicKeys: "k8s://a/b" } }] }],
          conditions: [{ all: [{ key: deny, operator: "Equals", value: "a" }] }],
        },
      ],
    },
  ],
});

const rows: readonly (readonly [string, string | undefined, object, object?, object?])[] = [
  ["kinds alone", undefined, {}],
  ["kinds and operations", undefined, { match: { any: [{ resources: { kinds: ["Pod"], operations: ["CREATE"] } }] } }],
  ["a condition on what was attested", undefined, attestation("{{ builder.id }}")],
  ["namespaces", "a namespace", { match: { any: [{ resources: { kinds: ["Pod"], namespaces: ["prod"] } }] } }],
  [
    "namespace labels",
    "a namespace",
    { match: { any: [{ resources: { kinds: ["Pod"], namespaceSelector: { matchLabels: { a: "b" } } } }] } },
  ],
  ["names", "a resource", { match: { any: [{ resources: { kinds: ["Pod"], names: ["a*"] } }] } }],
  [
    "labels",
    "a resource",
    { match: { all: [{ resources: { kinds: ["Pod"], selector: { matchLabels: { a: "b" } } } }] } },
  ],
  ["users", "a user", { match: { any: [{ resources: { kinds: ["Pod"] }, subjects: [{ kind: "User", name: "a" }] }] } }],
  ["roles", "a user", { match: { any: [{ resources: { kinds: ["Pod"] }, clusterRoles: ["admin"] }] } }],
  ["an exclusion", "a namespace", { exclude: { any: [{ resources: { namespaces: ["kube-system"] } }] } }],
  ["an excluded kind", "a resource", { exclude: { any: [{ resources: { kinds: ["Deployment"] } }] } }],
  [
    "preconditions",
    "a resource",
    { preconditions: { all: [{ key: "{{ request.operation }}", operator: "Equals", value: "CREATE" }] } },
  ],
  ["a variable of the request", "a resource", attestation("{{ request.object.metadata.name }}")],
  ["a variable of the user", "a resource", attestation("{{ serviceAccountName }}")],
  ["a policy of a namespace", "a namespace", {}, { kind: "Policy", metadata: { name: "one", namespace: "prod" } }],
  [
    "another action in some namespaces",
    "a namespace",
    {},
    {},
    { validationFailureActionOverrides: [{ action: "Audit", namespaces: ["test"] }] },
  ],
];

for (const [name, expected, rule, policy, spec] of rows)
  test(`${name}: ${expected ?? "applied"}`, () => {
    assert.is(needs(rule, policy, spec), expected);
  });

test("a policy without signatures is none of the door's", () => {
  const text = JSON.stringify({
    apiVersion: "kyverno.io/v1",
    kind: "ClusterPolicy",
    metadata: { name: "one" },
    spec: { rules: [{ name: "a", match: pods, validate: { message: "x", pattern: { metadata: { name: "?*" } } } }] },
  });
  const { policies } = loadPolicies([{ name: "policy.yaml", text }]);
  assert.equal(doorPolicies(policies), { applied: [], notApplied: [] });
});

test.run();
