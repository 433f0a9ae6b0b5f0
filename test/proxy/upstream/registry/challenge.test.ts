import { suite } from "uvu";
import * as assert from "uvu/assert";
import { chooseChallenge, parseChallenges } from "../../../../proxy/upstream/registry/challenge.ts";

const test = suite("proxy/upstream/registry/challenge");
const plain = (field: string) => parseChallenges(field).map(({ scheme, parameters }) => [scheme, { ...parameters }]);

const fields: readonly (readonly [field: string, read: readonly unknown[]])[] = [
  ["", []],
  ["Basic", [["basic", {}]]],
  ['Basic realm="a"', [["basic", { realm: "a" }]]],
  ['bEaReR Realm="https://a/t",SERVICE="s"', [["bearer", { realm: "https://a/t", service: "s" }]]],
  // Odd quoting.
  ["Bearer realm=https://a/t?x=1,service=s", [["bearer", { realm: "https://a/t?x=1", service: "s" }]]],
  ['Bearer realm="https://a/t', [["bearer", { realm: "https://a/t" }]]],
  ['Bearer realm = "a" , service = b', [["bearer", { realm: "a", service: "b" }]]],
  ['Bearer realm="a\\"b\\\\c"', [["bearer", { realm: 'a"b\\c' }]]],
  [
    'Bearer scope="repository:a/b:pull,push repository:c:pull"',
    [["bearer", { scope: "repository:a/b:pull,push repository:c:pull" }]],
  ],
  ['Bearer realm="",service=', [["bearer", { realm: "", service: "" }]]],
  ['Bearer realm="first",realm="second"', [["bearer", { realm: "first" }]]],
  // Several.
  [
    'Negotiate, Basic realm="a", Bearer realm="b",service="c"',
    [
      ["negotiate", {}],
      ["basic", { realm: "a" }],
      ["bearer", { realm: "b", service: "c" }],
    ],
  ],
  ['realm="nobody\'s"', []],
  [
    'Bearer __proto__="x",realm="a"',
    [
      [
        "bearer",
        Object.fromEntries([
          ["__proto__", "x"],
          ["realm", "a"],
        ]),
      ],
    ],
  ],
];
for (const [field, read] of fields)
  test(field, () => {
    assert.equal(plain(field), read);
  });

test("a field of any length is read in one pass", () => {
  for (const field of ['Bearer realm="'.repeat(20_000), "=".repeat(100_000), '"'.repeat(100_000), "\\".repeat(100_000)])
    assert.ok(parseChallenges(field).length <= 8192);
});

test("a token before a password; a bearer without a realm cannot be answered", () => {
  const chosen = (field: string) => chooseChallenge(parseChallenges(field))?.scheme;
  assert.is(chosen('Basic realm="a", Bearer realm="b"'), "bearer");
  assert.is(chosen('Bearer service="x", Basic realm="a"'), "basic");
  assert.is(chosen("Bearer"), undefined);
  assert.is(chosen("Digest nonce=1"), undefined);
});

test.run();
