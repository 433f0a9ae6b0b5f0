import { suite } from "uvu";
import * as assert from "uvu/assert";
import { faults, loaded, policyText, ruleFaults, ruleWith } from "./sample-policy.ts";

const test = suite("core/kyverno/policy/check-match");
const pods = { resources: { kinds: ["Pod"] } };
const any = (...filters: unknown[]): Record<string, unknown> => ({ any: filters });
const users = { subjects: [{ kind: "User", name: "joe" }] };

const matches: readonly (readonly [name: string, match: Record<string, unknown>, faults: readonly string[]])[] = [
  ["any", any(pods), []],
  ["bare", pods, []],
  ["nothing", {}, ["/match"]],
  ["no kinds", any({ resources: { names: ["a"] } }), ["/match/any/0/resources"]],
  ["users alone", any(users), ["/match/any/0"]],
  ["any and all", { any: [pods], all: [pods] }, ["/match"]],
  ["any beside resources", { any: [pods], ...pods }, ["/match/resources"]],
  ["name and names", any({ resources: { kinds: ["Pod"], name: "a", names: ["b"] } }), ["/match/any/0/resources"]],
  ["the kind *", any({ resources: { kinds: ["*"] } }), ["/match/any/0/resources/kinds"]],
  ["an empty selector", any({ resources: { kinds: ["Pod"], selector: {} } }), ["/match/any/0/resources/selector"]],
  ["an empty selector of namespaces", any({ resources: { kinds: ["Pod"], namespaceSelector: {} } }), []],
  [
    "a misspelt operator in a selector of namespaces",
    any({
      resources: {
        kinds: ["Pod"],
        namespaceSelector: { matchExpressions: [{ key: "env", operator: "in", values: ["prod"] }] },
      },
    }),
    ["/match/any/0/resources/namespaceSelector/matchExpressions/0/operator"],
  ],
  ["a role without namespace", any({ ...pods, roles: ["a:b", "editor"] }), ["/match/any/0/roles/1"]],
  [
    "a service account without namespace",
    any({ ...pods, subjects: [{ kind: "ServiceAccount", name: "a" }] }),
    ["/match/any/0/subjects/0"],
  ],
  ["a variable", any({ resources: { kinds: ["Pod"], names: ["{{ request.name }}"] } }), ["/match"]],
];
for (const [name, match, found] of matches)
  test(`match: ${name}`, () =>
    assert.equal(
      ruleFaults({ match }),
      found.map((fault) => `invalid-policy ${fault}`),
    ));

test("the kind * in rules of other kinds", () => {
  const rule = (kinds: readonly string[], background: boolean) =>
    ruleFaults(
      { match: any({ resources: { kinds } }), verifyImages: undefined, validate: { deny: {} } },
      { background },
    );
  assert.equal(rule(["*"], false), []);
  assert.equal(rule(["*", "Pod"], false), ["invalid-policy /match/any/0/resources/kinds"]);
  assert.equal(rule(["*"], true), ["invalid-policy /match/any/0/resources/kinds"]);
});

test("exclude needs no kinds, but the same care", () => {
  assert.equal(ruleFaults({ exclude: any({ resources: { namespaces: ["a"] } }) }), []);
  assert.equal(ruleFaults({ exclude: any({ roles: ["editor"] }) }), ["invalid-policy /exclude/any/0/roles/0"]);
  assert.equal(ruleFaults({ exclude: any(pods) }), ["invalid-policy /exclude"]);
  assert.equal(ruleFaults({ exclude: any({ resources: { kinds: ["*"] } }) }), [
    "invalid-policy /exclude/any/0/resources/kinds",
  ]);
});

test("users are unknown in background scans", () => {
  assert.equal(ruleFaults({ exclude: any(users) }, { background: true }), ["invalid-policy /exclude/any/0/subjects"]);
  assert.equal(ruleFaults({ exclude: any(users) }, { background: undefined }), [
    "invalid-policy /exclude/any/0/subjects",
  ]);
  assert.equal(ruleFaults({ exclude: any(users) }), []);
});

test("a Policy has neither namespaces to select nor kinds of the cluster", () => {
  const text = policyText(
    [ruleWith({ match: any({ resources: { kinds: ["Pod", "Namespace"], namespaces: ["a"] } }) })],
    {},
    { kind: "Policy" },
  );
  assert.equal([...faults(text)].sort(), [
    "invalid-policy /spec/rules/0/match/any/0/resources/kinds/1",
    "invalid-policy /spec/rules/0/match/any/0/resources/namespaces",
  ]);
});

test("users beside any are ignored, which is warned of", () => {
  const { warnings } = loaded(policyText([ruleWith({ match: { any: [pods], clusterRoles: ["a"] } })]));
  assert.match(warnings[0]?.message ?? "", /ignored beside any/);
});

test.run();
