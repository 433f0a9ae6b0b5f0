import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isMatchEmptied } from "../../../../core/kyverno/policy/match-conflict.ts";
import type { PolicyMap } from "../../../../core/kyverno/policy/policy.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/kyverno/policy/match-conflict");
const bare = (resources: PolicyMap, users: PolicyMap = {}): PolicyMap => ({ resources, ...users });
const any = (...filters: readonly PolicyMap[]): PolicyMap => ({ any: filters });
const pods = bare({ kinds: ["Pod"] });

const cases: readonly (readonly [name: string, match: PolicyMap, exclude: PolicyMap | undefined, emptied: boolean])[] =
  [
    ["no exclude", pods, undefined, false],
    ["an empty exclude", pods, { resources: { annotations: {}, name: "" } }, false],
    ["an exclude with an empty list", pods, { any: [], resources: {} }, true],
    ["an exclude with an empty list of names", pods, { resources: { names: [] } }, true],
    ["equal filters of any", any(bare({ kinds: ["Job"] }), pods), any(pods), true],
    ["other filters of any", any(pods), any(bare({ kinds: ["Pod"], namespaces: ["a"] })), false],
    ["all is never reckoned", { all: [pods] }, { all: [pods] }, false],
    ["equal bare blocks", pods, pods, true],
    ["bare match, any in exclude", pods, any(bare({ namespaces: ["a"] })), true],
    [
      "bare match with a selector, any in exclude",
      bare({ kinds: ["Pod"], selector: { matchLabels: { a: "b" } } }),
      any(pods),
      false,
    ],
    [
      "bare match with annotations, any in exclude",
      bare({ kinds: ["Pod"], annotations: { a: "b" } }),
      any(pods),
      false,
    ],
    ["kinds not all excluded", bare({ kinds: ["Pod", "Job"] }), pods, false],
    ["kinds all excluded", pods, bare({ kinds: ["Job", "Pod"] }), true],
    ["a namespace more", pods, bare({ kinds: ["Pod"], namespaces: ["a"] }), false],
    ["the same namespace", bare({ kinds: ["Pod"], namespaces: ["a"] }), bare({ namespaces: ["a", "b"] }), true],
    ["roles of exclude alone", pods, bare({}, { roles: ["a:b"] }), false],
    [
      "the same subjects",
      bare({ kinds: ["Pod"] }, { subjects: [{ kind: "User", name: "a" }] }),
      bare({}, { subjects: [{ kind: "User", name: "a" }] }),
      true,
    ],
    ["a name of exclude that covers", bare({ kinds: ["Pod"], name: "ab" }), bare({ name: "a*" }), true],
    ["a name of exclude alone", pods, bare({ name: "a*" }), false],
    ["a name of exclude that the empty name fits", pods, bare({ name: "*" }), true],
    [
      "one name of several, other kinds",
      bare({ kinds: ["Pod"], names: ["a", "b"] }),
      bare({ names: ["b?", "a*"], kinds: ["Job"] }),
      true,
    ],
    [
      "names that do not meet",
      bare({ kinds: ["Pod"], names: ["a", "b"] }),
      bare({ names: ["c"], kinds: ["Pod"] }),
      false,
    ],
    ["names of exclude alone", pods, bare({ names: ["*"] }), false],
    [
      "names that meet, other users",
      bare({ kinds: ["Pod"], names: ["a"] }),
      bare({ names: ["a"] }, { roles: ["a:b"] }),
      false,
    ],
    [
      "annotations that are equal",
      bare({ kinds: ["Pod"], annotations: { a: "b" } }),
      bare({ annotations: { a: "b" } }),
      true,
    ],
    [
      "annotations of which exclude has more",
      bare({ kinds: ["Pod"], annotations: { a: "b" } }),
      bare({ annotations: { a: "b", c: "d" } }),
      false,
    ],
    [
      "selectors that are equal",
      bare({ kinds: ["Pod"], selector: { matchLabels: { a: "b" } } }),
      bare({ selector: { matchLabels: { a: "b", c: "d" } } }),
      true,
    ],
    [
      "selectors that differ",
      bare({ kinds: ["Pod"], selector: { matchLabels: { a: "b" } } }),
      bare({ selector: { matchLabels: { a: "c" } } }),
      false,
    ],
  ];
for (const [name, match, exclude, emptied] of cases)
  test(name, () => assert.is(isMatchEmptied(match, exclude, defaultLimits), emptied));

test.run();
