import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../../../core/encoding/json.ts";
import { EngineError } from "../../../../core/errors.ts";
import type { ImageExtractor, Policy } from "../../../../core/kyverno/policy/policy.ts";
import { loadPolicies } from "../../../../core/kyverno/policy/read-policy.ts";
import { defaultLimits } from "../../../../core/limits.ts";
import { goldenDir, skipped } from "../../../support/vectors.ts";
import { listed, references, refusal } from "./listed.ts";

const test = suite("proxy/sync/lists/manifest-images");
const spec = `
  initContainers: [{name: i, image: nginx}]
  containers: [{name: a, image: "ghcr.io/a/b:1"}, {name: b, image: "ghcr.io/a/b:1"}]
  ephemeralContainers: [{name: e, image: "quay.io/e/e"}]
  volumes: [{name: v, image: {reference: "quay.io/v/v:2"}}, {name: w, emptyDir: {}}]
`;
const images = ["docker.io/nginx:latest", "ghcr.io/a/b:1", "quay.io/e/e:latest", "quay.io/v/v:2"];
const indented = (text: string, by: string): string => text.replaceAll("\n", `\n${by}`);

test("every container and volume of Pods and of what makes Pods", () => {
  assert.equal(references(`apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:${spec}`), images);
  assert.equal(
    references(
      `apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: x}\nspec:\n  jobTemplate:\n    spec:\n      template:\n` +
        `        spec:${indented(spec, "        ")}`,
    ),
    images,
  );
});

test("lists are taken apart; the place is that of the image", () => {
  const head = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: x}\n";
  const text = `${head}  spec:${indented(spec, "  ")}`;
  assert.equal(references(text), images);
  assert.equal(
    listed(text).images.map(({ from }) => from),
    ["f:8", "f:9", "f:10", "f:11"],
  );
});

test("a text that is no image is a fault where it stands", () => {
  assert.equal(refusal(`apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:${spec.replace("nginx", '"{{ x }}"')}`), [
    "invalid-reference f:5",
    1,
  ]);
});

test("kinds of which nobody knows the images are named, those without any are not", () => {
  const prometheus = "apiVersion: m/v1\nkind: Prometheus\nmetadata: {name: p}\nspec: {image: 'quay.io/p/p:1'}\n";
  const service = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: []}\n";
  const { notes } = listed(`${prometheus}---\n${service}---\n- nginx\n`);
  assert.is(notes.length, 1);
  assert.match(notes[0] ?? "", /^f:4: Prometheus /);
});

test("a policy's extractors are used, with their expressions", () => {
  const { policies, errors } = loadPolicies(
    [
      {
        name: "p",
        text: `apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: tasks}
spec:
  rules:
  - name: r
    match: {any: [{resources: {kinds: [Task]}}]}
    imageExtractors:
      Task:
      - path: /spec/steps/*/image
      - path: /spec/extra/ref
        jmesPath: "trim_prefix(@, 'docker://')"
    verifyImages:
    - imageReferences: ["*"]
      mutateDigest: false
      attestors: [{entries: [{keys: {secret: {name: a, namespace: b}}}]}]
`,
      },
    ],
    { limits: defaultLimits },
  );
  assert.equal(errors, []);
  const task = `apiVersion: tekton.dev/v1
kind: Task
metadata: {name: t}
spec: {steps: [{image: nginx}], extra: {ref: "docker://ghcr.io/a/b:1"}}
`;
  assert.equal(references(task, { policies }), ["docker.io/nginx:latest", "ghcr.io/a/b:1"]);
  assert.equal(refusal(task)[0], "invalid-usage f");
});

interface GoldenCase {
  readonly id: string;
  readonly resource: JsonObject & { readonly kind: string };
  readonly imageExtractors?: Readonly<Record<string, readonly ImageExtractor[]>>;
  readonly images?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>> | null;
  readonly error?: string;
}

const asPolicy = (imageExtractors: GoldenCase["imageExtractors"]): Policy =>
  ({ spec: { rules: [{ imageExtractors }] } }) as unknown as Policy;

/** What is listed; undefined where a fault refuses the list. */
function listOf({ resource, imageExtractors }: GoldenCase): Set<string> | undefined {
  const policies = imageExtractors === undefined ? [] : [asPolicy(imageExtractors)];
  try {
    return new Set(references(`${JSON.stringify(resource)}\n---\n["always.example/there:1"]`, { policies }));
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}

test("the list has every image that Kyverno finds, and no other", () => {
  const folder = goldenDir();
  if (folder === undefined)
    return skipped("image lists over the golden extractions", 163, "SALLYPORT_GOLDEN is not set");
  const counts = { equal: 0, more: 0, refused: 0, unverifiable: 0 };
  for (const line of readFileSync(join(folder, "kyverno/images.jsonl"), "utf8").trim().split("\n")) {
    const golden = JSON.parse(line) as GoldenCase;
    const found = listOf(golden);
    if (golden.error !== undefined) {
      assert.is(found, undefined, golden.id);
      counts.refused += 1;
      continue;
    }
    const wanted = Object.values(golden.images ?? {})
      .flatMap((group) => Object.values(group))
      .map(({ digest, reference = "", referenceWithTag = "" }) =>
        digest === undefined ? reference : `${referenceWithTag.replace(/:$/, "")}@${digest}`,
      );
    if (found === undefined) {
      assert.ok(
        wanted.some((reference) => reference.includes("@sha512:")),
        golden.id,
      );
      counts.unverifiable += 1;
      continue;
    }
    found.delete("always.example/there:1");
    for (const reference of wanted) assert.ok(found.has(reference), `${golden.id}: ${reference}`);
    counts[found.size === new Set(wanted).size ? "equal" : "more"] += 1;
  }
  // Of two images with one key the variable holds one; where an extractor finds none, other rules see the Pod's own.
  assert.equal(counts, { equal: 95, more: 2, refused: 65, unverifiable: 1 });
});

test.run();
