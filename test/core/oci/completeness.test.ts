import { suite } from "uvu";
import * as assert from "uvu/assert";
import { questionText } from "../../../core/knowledge/question.ts";
import {
  canonicalQuestion,
  completenessScopes,
  grainOf,
  imageScope,
  parseScope,
  questionsOfImage,
} from "../../../core/oci/completeness.ts";
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
  [`ghcr.io/app@${digest}`, `ghcr.io/app@${digest}`],
  [`nginx@${digest}`, `docker.io/library/nginx@${digest}`],
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
  `ghcr.io/app:1@${digest}`,
  `ghcr.io@${digest}`,
  `ghcr.io/app@${digest}@${digest}`,
  `ghcr.io/app@${digest.slice(0, -1)}`,
  "ghcr.io/app@",
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
    `localhost:5000/a/b@${digest}`,
    "localhost:5000/a/b",
    "localhost:5000",
  ]);
  assert.is(completenessScopes({ kind: "manifest", repository: "ghcr.io/a", digest }).length, 2);
  assert.equal(completenessScopes({ kind: "blob", repository: "ghcr.io/a", digest }), []);
  assert.equal(completenessScopes({ kind: "key", reference: "k8s://a/b" }), []);
});

test("what hangs on an image is its tags of cosign and its referrers, and the scope has no other question", () => {
  const scope = `docker.io/library/nginx@${digest}`;
  const questions = questionsOfImage(scope) ?? [];
  assert.equal(questions.map(questionText), [
    ...[".sig", ".att", ".sbom", ""].map((end) => `tag docker.io/library/nginx sha256-${digest.slice(7)}${end}`),
    `referrers docker.io/library/nginx ${digest}`,
  ]);
  for (const question of questions) assert.is(completenessScopes(question)[0], scope);
  for (const tag of ["latest", `sha256-${digest.slice(7)}.sigs`, `sha256-${digest.slice(7, 70)}.sig`])
    assert.is(completenessScopes({ kind: "tag", repository: "nginx", tag }).length, 2, tag);
  for (const wider of ["docker.io/library/nginx", "docker.io"]) assert.is(questionsOfImage(wider), undefined);
});

test("the grain of a scope", () => {
  assert.is(grainOf(imageScope("nginx", digest)), "image");
  assert.is(grainOf("docker.io/library/nginx"), "repository");
  assert.is(grainOf("localhost:5000"), "host");
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
