import { suite } from "uvu";
import * as assert from "uvu/assert";
import { canonicalQuestion, completenessScopes, parseScope } from "../../../core/oci/completeness.ts";
import { throwsCode } from "../../support/assert.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/oci/completeness");
const digest = `sha256:${"ab".repeat(32)}` as const;

const scopes: readonly (readonly [string, string])[] = [
  ["ghcr.io", "ghcr.io"],
  ["GHCR.io", "ghcr.io"],
  ["localhost", "localhost"],
  ["localhost:5000", "localhost:5000"],
  ["index.docker.io", "docker.io"],
  ["[::1]:5000", "[::1]:5000"],
  ["ghcr.io/org/app", "ghcr.io/org/app"],
  ["nginx", "docker.io/library/nginx"],
  ["team/app", "docker.io/team/app"],
  ["index.docker.io/library/nginx", "docker.io/library/nginx"],
];
for (const [text, scope] of scopes) {
  test(`${text} is the scope ${scope}`, () => {
    assert.is(parseScope(text, defaultLimits), scope);
    assert.is(parseScope(scope, defaultLimits), scope);
  });
}

for (const text of [
  "",
  "/",
  "ghcr.io/",
  "ghcr.io/app:1",
  `ghcr.io/app@${digest}`,
  "nginx:latest",
  "a b",
  "*",
  "UPPER",
  "ghcr.io/*",
])
  test(`${JSON.stringify(text.slice(0, 20))} is no scope`, () =>
    void throwsCode("invalid-usage", () => parseScope(text, defaultLimits)));

test("completeness covers tags, manifests and referrers, never blobs or content outside a repository", () => {
  assert.equal(completenessScopes({ kind: "tag", repository: "nginx", tag: "1" }), [
    "docker.io/library/nginx",
    "docker.io",
  ]);
  assert.equal(completenessScopes({ kind: "referrers", repository: "localhost:5000/a/b", digest }), [
    "localhost:5000/a/b",
    "localhost:5000",
  ]);
  assert.is(completenessScopes({ kind: "manifest", repository: "ghcr.io/a", digest }).length, 2);
  assert.equal(completenessScopes({ kind: "blob", repository: "ghcr.io/a", digest }), []);
  assert.equal(completenessScopes({ kind: "key", reference: "k8s://a/b" }), []);
});

test("a question has one spelling", () => {
  assert.equal(canonicalQuestion({ kind: "tag", repository: "index.docker.io/nginx", tag: "1" }), {
    kind: "tag",
    repository: "docker.io/library/nginx",
    tag: "1",
  });
  assert.equal(canonicalQuestion({ kind: "trusted-root", name: "x" }), { kind: "trusted-root", name: "x" });
});

test.run();
