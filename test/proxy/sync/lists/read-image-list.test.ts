import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../../core/errors.ts";
import { defaultLimits, limitsWith } from "../../../../core/limits.ts";
import { readImageList } from "../../../../proxy/sync/lists/read-image-list.ts";
import { listed, references, refusal } from "./listed.ts";

const test = suite("proxy/sync/lists/read-image-list");

test("zarf.yaml: the images of every component, and notes of the rest", () => {
  const text = `kind: ZarfPackageConfig
metadata: { name: x }
components:
  - name: a
    images: [ghcr.io/a/b:1, { name: ghcr.io/a/c:1 }]
    charts: [{ name: x }]
    manifests: []
  - name: b
    import: { path: ../b }
    images: [ghcr.io/a/b:1]
  - name: c
`;
  assert.equal(references(text), ["ghcr.io/a/b:1", "ghcr.io/a/c:1"]);
  assert.equal(
    listed(text).notes.map((note) => note.split(" ")[0]),
    ["f:4:", "f:8:"],
  );
  assert.equal(refusal(text.replace("ghcr.io/a/c:1", '"###ZARF_PKG_TMPL_TAG###"')), ["invalid-reference f:5", 1]);
  assert.equal(refusal(`${text}    images: nginx\n`), ["invalid-usage f:12", 1]);
});

test("Hauler: names, the registry of those without one, and notes of other kinds", () => {
  const text = `apiVersion: content.hauler.cattle.io/v1
kind: Images
metadata: { annotations: { hauler.dev/registry: reg.example } }
spec:
  images:
    - name: busybox
    - name: ghcr.io/x/y:1
      platform: linux/amd64
---
apiVersion: content.hauler.cattle.io/v1alpha1
kind: Charts
spec: { charts: [] }
---
apiVersion: collection.hauler.cattle.io/v1
kind: ImageTxts
`;
  assert.equal(references(text), ["reg.example/busybox:latest", "ghcr.io/x/y:1"]);
  assert.is(listed(text).notes.length, 3);
  assert.equal(refusal(text.replace("name: busybox", "nam: busybox")), ["invalid-usage f:6", 1]);
});

test("oc-mirror: additional images that are not blocked", () => {
  for (const version of ["v1alpha2", "v2alpha1"]) {
    const text = `apiVersion: mirror.openshift.io/${version}
kind: ImageSetConfiguration
mirror:
  platform: { channels: [{ name: stable }] }
  operators: []
  additionalImages:
    - name: docker://registry.redhat.io/ubi9/ubi
    - name: quay.io/x/y:1
    - name: quay.io/x/z:1
  blockedImages: [{ name: "quay.io/x/y:1" }, { name: unused }]
`;
    assert.equal(references(text), ["registry.redhat.io/ubi9/ubi:latest", "quay.io/x/z:1"]);
    assert.is(listed(text).notes.length, 2);
    assert.equal(refusal(text.replace("docker://", "oci:///")), ["invalid-reference f:7", 1]);
    assert.equal(refusal(text.replace(version, "v3")), ["invalid-usage f:1", 1]);
  }
});

const policy = `apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: { name: c }
spec:
  rules:
    - name: r
      match: { any: [{ resources: { kinds: [Pod] } }] }
      verifyImages:
        - imageReferences: ["ghcr.io/a/b:1", "ghcr.io/*", "ghcr.io/a/c"]
          mutateDigest: false
          attestors: [{ entries: [{ keys: { secret: { name: a, namespace: b } } }] }]
`;

test("policies: whole references, and notes of patterns", () => {
  assert.equal(references(policy), ["ghcr.io/a/b:1"]);
  assert.is(listed(policy).images[0]?.from, "f:9");
  assert.match(listed(policy).notes.join(), /patterns, .*ghcr\.io\/\*, ghcr\.io\/a\/c/);
  assert.equal(references(`${policy}---\n- nginx\n`), ["docker.io/nginx:latest", "ghcr.io/a/b:1"]);
  assert.equal(refusal(policy.replace("verifyImages:", "verifyImage:"))[0], "invalid-policy f:8");
  assert.equal(refusal(policy.replace('"ghcr.io/a/b:1", ', "")), ["invalid-usage f", 1]);
  assert.equal(
    refusal("apiVersion: policies.kyverno.io/v1\nkind: ImageValidatingPolicy\nmetadata: {name: x}\n")[0],
    "unsupported f:2",
  );
});

test("forms that are no list are refused with what to do; in a folder they are noted", () => {
  for (const text of [
    "images: [{ name: nginx, newTag: '1' }]\nkind: Kustomization\n",
    "services: { web: { image: nginx } }\n",
    "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
    "replicas: 1\nimage: nginx\n",
    "just: words\n",
  ]) {
    assert.equal(refusal(text), ["invalid-usage f:1", 1], text);
    const { images, notes } = readImageList(
      [
        { name: "d/other.yaml", text, inFolder: true },
        { name: "d/list.txt", text: "nginx\n", inFolder: true },
        { name: "d/README.txt", text: "Words, and no image.\n", inFolder: true },
      ],
      { limits: defaultLimits, policies: [], now: new Date(0) },
    );
    assert.is(images.length, 1, text);
    assert.equal(
      notes.map((note) => note.split(/:| /)[0]),
      ["d/other.yaml", "d/README.txt"],
    );
  }
});

test("Flux has a Kustomization that is a resource", () => {
  const text = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: x}\n---\n- nginx\n";
  assert.equal(references(text), ["docker.io/nginx:latest"]);
});

const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "x" },
  spec: { containers: [{ name: "a", image: "b" }] },
};
const samples = [
  "# x\nghcr.io/a/b:1 expect=unsigned tags='>=1 <2' # y\nnginx:v*\n",
  "apiVersion: sallyport.dev/v1alpha1\nkind: ImageList\nimages:\n- {image: a, tags: {range: 1.x}, children: true}\n",
  `apiVersion: v1\nkind: List\nitems:\n- ${JSON.stringify(pod)}\n`,
  "kind: ZarfPackageConfig\ncomponents: [{name: a, images: [nginx], charts: [{}]}]\n",
  "apiVersion: content.hauler.cattle.io/v1\nkind: Images\nspec: {images: [{name: nginx}]}\n",
  "apiVersion: mirror.openshift.io/v2alpha1\nkind: ImageSetConfiguration\nmirror: {additionalImages: [{name: a}]}\n",
  "NAME: x\nMANIFEST:\n---\n# Source: a/b.yaml\napiVersion: v1\nkind: Pod\nmetadata: {name: x}\nNOTES:\nx\n",
  policy,
];
const pieces = [
  "{",
  "}",
  "[",
  "]",
  ":",
  "\n",
  "'",
  '"',
  "#",
  "*",
  "null",
  "1",
  "---\n",
  "- ",
  "&a ",
  "*a",
  "\u0000",
  "\ud800",
  " ",
];

test("whatever is given is a list, or an error with a code and a place", () => {
  const edit = fc.tuple(fc.nat(), fc.nat(40), fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 5 })));
  const text = fc.tuple(fc.constantFrom(...samples), fc.array(edit, { maxLength: 4 })).map(([sample, edits]) =>
    edits.reduce((before, [at, length, piece]) => {
      const from = at % (before.length + 1);
      return before.slice(0, from) + piece + before.slice(from + (length % 9));
    }, sample),
  );
  fc.assert(
    fc.property(text, fc.boolean(), (given, inFolder) => {
      try {
        const { images, tags } = listed(given, { inFolder });
        assert.ok(images.length + tags.length > 0);
        for (const { reference, from } of images) {
          assert.equal(references(reference), [reference]);
          assert.match(from, /^f:\d+$/);
        }
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        assert.match(error.subject ?? "", /^f(?::\d+)?$/);
      }
    }),
    { numRuns: 1500, seed: 11 },
  );
});

test("what is empty, or no document, is refused", () => {
  for (const text of ["", "\n# only a remark\n", "---\n", "[]", "apiVersion: v1\nkind: Service\nmetadata: {name: x}\n"])
    assert.equal(refusal(text), ["invalid-usage f:1", 1], JSON.stringify(text));
  assert.equal(refusal("- nginx\n- {a: b\n")[0]?.slice(0, 16), "invalid-usage f:");
  assert.equal(refusal("apiVersion: v1\nkind: Pod\nmetadata: {name: 12}\n")[0], "invalid-usage f:1");
});

test("a file whose images are listed already is no empty one", () => {
  const files = ["a", "b"].map((name) => ({ name, text: "nginx\n" }));
  const { images } = readImageList(files, { limits: defaultLimits, policies: [], now: new Date(0) });
  assert.equal(images, [{ reference: "docker.io/nginx:latest", from: "a:1" }]);
});

test("bounds: entries, and the size of a file", () => {
  assert.is(refusal("a:1\nb:1\na:1\n", { limits: limitsWith({ listEntries: 2 }) })[0], "");
  for (const text of ["a:1\nb:1\nc:1\n", "- a:1\n- b:1\n- c:1\n"]) {
    const [code = ""] = refusal(text, { limits: limitsWith({ listEntries: 2 }) });
    assert.is(code, "over-limit f:3", text);
  }
  assert.is(refusal("nginx\n", { limits: limitsWith({ resourceBytes: 3 }) })[0], "over-limit f:1");
});

test.run();
