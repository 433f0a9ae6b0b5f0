import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../../../core/encoding/json.ts";
import { DefaultImages } from "../../../../core/kyverno/image/default-images.ts";
import { extractImages } from "../../../../core/kyverno/image/extract.ts";
import { digestPatch, type PatchOperation } from "../../../../core/kyverno/outcome/digest-patch.ts";
import type { ReferenceOptions } from "../../../../core/oci/reference.ts";
import { throwsCode } from "../../../support/assert.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/kyverno/image/default-images");
const digest = `sha256:${"0123456789abcdef".repeat(4)}` as const;
const podWith = (...images: readonly string[]): JsonObject => ({
  metadata: { name: "p" },
  spec: {
    initContainers: [{ name: "init", image: "quay.io/x/y:1" }],
    containers: images.map((image, index) => ({ name: `c${index}`, image })),
  },
});

test("each resource is walked once, and its kind and its settings still decide", () => {
  const defaults = new DefaultImages({ defaultRegistry: "ghcr.io" }, defaultLimits);
  const resource = podWith("app");
  const first = defaults.of(resource, "Pod");
  assert.is(defaults.of(resource, "Pod"), first);
  assert.equal(
    first,
    extractImages(resource, "Pod", undefined, { references: { defaultRegistry: "ghcr.io" }, limits: defaultLimits }),
  );
  assert.equal(defaults.of(resource, "Job").images, []);
  assert.is(defaults.of(podWith("other"), "Pod").images[1]?.reference.canonical, "ghcr.io/other:latest");
  for (let time = 0; time < 2; time++)
    throwsCode("unresolved", () => defaults.of({ spec: { containers: "none" } }, "Pod"));
});

test("what a patched resource holds is what a walk over it finds", () => {
  const images = ["nginx", "org/app:1", "Upper/app", "a_b/c", "localhost:5000/x", `ghcr.io/org/app:2@${digest}`];
  const settings: readonly ReferenceOptions[] = [
    {},
    { defaultRegistry: "ghcr.io/mirror" },
    { enableDefaultRegistryMutation: false },
  ];
  for (const references of settings) {
    const resource = podWith(...images);
    const defaults = new DefaultImages(references, defaultLimits);
    const pins = defaults
      .of(resource, "Pod")
      .images.filter(({ reference }) => reference.digest === undefined)
      .map(({ pointer, reference }) => digestPatch(pointer, reference, digest));
    assert.is(pins.length, images.length);
    for (const patches of [pins, pins.slice(0, 1), pins.slice(2)]) {
      const patched = defaults.patch(resource, patches);
      assert.equal(
        defaults.of(patched, "Pod"),
        extractImages(patched, "Pod", undefined, { references, limits: defaultLimits }),
      );
    }
  }
});

test("annotations change no image; any other patch is looked for, and so is what cannot be read", () => {
  const defaults = new DefaultImages({}, defaultLimits);
  const resource = podWith("nginx");
  const first = defaults.of(resource, "Pod");
  const annotated = defaults.patch(resource, [{ op: "add", path: "/metadata/annotations", value: { a: "b" } }]);
  assert.is(defaults.of(annotated, "Pod"), first);
  const others: readonly PatchOperation[] = [
    { op: "add", path: "/spec/ephemeralContainers", value: [{ name: "e", image: "busybox" }] },
    { op: "replace", path: "/spec/containers/0/name", value: "other" },
    { op: "replace", path: "/spec/containers/0/image", value: "NOT AN IMAGE" },
  ];
  for (const patch of others) {
    const patched = defaults.patch(resource, [patch]);
    const walked = extractImages(patched, "Pod", undefined, { limits: defaultLimits });
    assert.equal(JSON.stringify(defaults.of(patched, "Pod")), JSON.stringify(walked), patch.path);
    assert.not.equal(walked, first, patch.path);
  }
  assert.is(defaults.of(defaults.patch(podWith("a"), []), "Pod").images.length, 2, "one that was never extracted");
});

test.run();
