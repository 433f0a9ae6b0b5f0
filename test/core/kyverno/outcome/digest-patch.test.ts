import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  annotationPatches,
  canonicalWithDigest,
  digestPatch,
  imagesAnnotation,
  noteStatus,
  scopedAnnotation,
} from "../../../../core/kyverno/outcome/digest-patch.ts";
import { applyPatches } from "../../../../core/kyverno/outcome/apply-patches.ts";
import { parseReference } from "../../../../core/oci/reference.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/kyverno/outcome/digest-patch");
const digest = `sha256:${"a".repeat(64)}` as const;

test("a pinned image keeps its tag, and says its registry", () => {
  assert.equal(digestPatch("/spec/containers/0/image", parseReference("nginx", defaultLimits), digest), {
    op: "replace",
    path: "/spec/containers/0/image",
    value: `docker.io/nginx:latest@${digest}`,
  });
  assert.is(
    canonicalWithDigest(parseReference("localhost:5000/a/b:1", defaultLimits), digest),
    `localhost:5000/a/b@${digest}`,
  );
});

test("no image judged, no annotation", () => assert.equal(annotationPatches({}, new Map(), new Map()), []));

test("annotations are added to what is there, and the two forms agree", () => {
  const flat = { [`ghcr.io/a@${digest}`]: "pass" } as const;
  const scoped = { "/check": { verify: flat } };
  const statuses = new Map(Object.entries(flat));
  const byPolicy = new Map([["/check", new Map([["verify", statuses]])]]);
  for (const metadata of [
    undefined,
    {},
    { annotations: {} },
    { annotations: { other: "kept", [imagesAnnotation]: "old" } },
  ]) {
    const resource = metadata === undefined ? {} : { metadata };
    const patched = applyPatches(resource, annotationPatches(resource, statuses, byPolicy)) as {
      metadata: { annotations: Record<string, string> };
    };
    const { annotations } = patched.metadata;
    assert.is(annotations[imagesAnnotation], JSON.stringify(flat));
    assert.equal(JSON.parse(annotations[scopedAnnotation] ?? ""), { version: 1, policies: scoped });
    assert.is(
      annotations.other,
      metadata?.annotations !== undefined && "other" in metadata.annotations ? "kept" : undefined,
    );
  }
});

test("the annotations are canonical: keys are sorted and escaped", () => {
  const statuses = new Map([
    ['b"', "fail"],
    ["a", "pass"],
  ] as const);
  const scoped = new Map([["/p", new Map([["r", statuses]])]]);
  const patches = annotationPatches({ metadata: { annotations: {} } }, statuses, scoped);
  const flat = '{"a":"pass","b\\"":"fail"}';
  assert.equal(
    patches.map(({ value }) => value),
    [flat, `{"version":1,"policies":{"/p":{"r":${flat}}}}`],
  );
});

test("of two statuses of an image the worse counts, whichever comes first", () => {
  for (const [first, second, worse] of [
    ["skip", "pass", "pass"],
    ["pass", "skip", "pass"],
    ["fail", "pass", "fail"],
    ["pass", "fail", "fail"],
  ] as const) {
    const statuses = new Map();
    noteStatus(statuses, "a", first);
    noteStatus(statuses, "a", second);
    assert.equal([...statuses], [["a", worse]]);
  }
});

test.run();
