import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import type { Digest } from "../../../core/crypto/digest.ts";
import { throwsCode } from "../../support/assert.ts";
import { type LayoutEntry, manifestType, refName } from "../../support/layout-folder.ts";
import { digestOfTag, LayoutToOpen, referrersOf } from "../../support/layout-to-open.ts";

const test = suite("proxy/archive/oci-layout");
const repository = "ghcr.io/org/app";

test("skopeo and oras: a plain tag belongs to the given repository", () => {
  const folder = new LayoutToOpen();
  const image = folder.add(folder.manifest(), { [refName]: "1.4" });
  const layout = folder.open({ repository, at: "2026-01-01T00:00:00Z", limits: defaultLimits });
  assert.equal(layout.images(), [{ repository, tag: "1.4", digest: image.digest }]);
  assert.equal(layout.answer({ kind: "tag", repository, tag: "1.4" }), {
    state: "present",
    value: { mediaType: manifestType, digest: image.digest, size: image.size },
    at: "2026-01-01T00:00:00Z",
    from: `layout ${folder.path}`,
  });
  assert.is(layout.answer({ kind: "manifest", repository, digest: image.digest })?.state, "present");
  assert.is(layout.answer({ kind: "tag", repository, tag: "1.5" }), undefined);
  throwsCode("invalid-usage", () => folder.open());
  throwsCode("invalid-reference", () => folder.open({ repository: "ghcr.io/org/app:1", limits: defaultLimits }));
  throwsCode("invalid-reference", () => folder.open({ repository: "Bad Name", limits: defaultLimits }));
});

test("whole references name repositories of their own, in any spelling", () => {
  const folder = new LayoutToOpen();
  const one = folder.add(folder.manifest({ annotations: { n: "1" } }), { [refName]: "docker.io/library/nginx:1" });
  const two = folder.add(folder.manifest({ annotations: { n: "2" } }), {
    [refName]: "2",
    "io.containerd.image.name": "quay.io/a/b:2",
  });
  const three = folder.manifest({ annotations: { n: "3" } });
  folder.add(three, { [refName]: `localhost:5000/c@${three.digest}` });
  const layout = folder.open();
  assert.is(digestOfTag(layout, "1", "index.docker.io/nginx"), one.digest);
  assert.is(digestOfTag(layout, "2", "quay.io/a/b"), two.digest);
  assert.is(
    layout.answer({ kind: "manifest", repository: "localhost:5000/c", digest: three.digest })?.state,
    "present",
  );
  assert.is(layout.answer({ kind: "manifest", repository: "quay.io/a/b", digest: three.digest }), undefined);
});

test("a name with another digest than its entry is refused", () => {
  const folder = new LayoutToOpen();
  folder.add(folder.manifest(), { [refName]: `localhost:5000/c@sha256:${"0".repeat(64)}` });
  throwsCode("archive-corrupt", () => folder.open());
});

test("cosign save: kinds become tags of the image, bundles are found among the blobs", () => {
  const folder = new LayoutToOpen();
  const image = folder.add(folder.manifest({ annotations: { the: "image" } }), {
    kind: "dev.cosignproject.cosign/image",
  });
  const signatures = folder.add(folder.manifest({ layers: [folder.blob("payload")] }), {
    kind: "dev.cosignproject.cosign/sigs",
  });
  const attestations = folder.add(folder.manifest({ annotations: { the: "attestations" } }), {
    kind: "dev.cosignproject.cosign/atts",
  });
  const bundle = folder.manifest({
    artifactType: "application/vnd.dev.sigstore.bundle.v0.3+json",
    subject: image,
    layers: [folder.blob("bundle")],
    annotations: { a: "b" },
  });
  const onBundle = folder.manifest({ artifactType: "x/y", subject: bundle });
  folder.blob('{"config":{"Env":[]},"subject":"an image configuration, not a manifest"}');
  const layout = folder.open({ repository, tag: "v1", limits: defaultLimits });
  const hex = image.digest.slice(7);
  assert.is(digestOfTag(layout, "v1"), image.digest);
  assert.is(digestOfTag(layout, `sha256-${hex}.sig`), signatures.digest);
  assert.is(digestOfTag(layout, `sha256-${hex}.att`), attestations.digest);
  assert.equal(referrersOf(layout, image.digest), [bundle.digest]);
  assert.equal(referrersOf(layout, bundle.digest), [onBundle.digest]);
  assert.equal(layout.images(), [{ repository, tag: "v1", digest: image.digest }]);
  assert.is(layout.problems.size, 0);
});

test("cosign save: the index wins, and two images are refused", () => {
  const folder = new LayoutToOpen();
  folder.add(folder.manifest(), { kind: "dev.cosignproject.cosign/image" });
  const index = folder.add(folder.blob(JSON.stringify({ manifests: [] }), "application/vnd.oci.image.index.v1+json"), {
    kind: "dev.cosignproject.cosign/imageIndex",
  });
  const signatures = folder.add(folder.manifest({ annotations: { s: "" } }), { kind: "dev.cosignproject.cosign/sigs" });
  const layout = folder.open({ repository, limits: defaultLimits });
  assert.is(digestOfTag(layout, `sha256-${index.digest.slice(7)}.sig`), signatures.digest);
  folder.add(index, { kind: "dev.cosignproject.cosign/imageIndex", other: "one" });
  assert.is(
    digestOfTag(folder.open({ repository, limits: defaultLimits }), `sha256-${index.digest.slice(7)}.sig`),
    signatures.digest,
  );
  folder.add(folder.manifest({ annotations: { another: "" } }), { kind: "dev.cosignproject.cosign/imageIndex" });
  throwsCode("archive-corrupt", () => folder.open({ repository, limits: defaultLimits }));
});

test("a tag is given to the one image without a name, never to one of several", () => {
  const folder = new LayoutToOpen();
  const image = folder.add(folder.manifest());
  folder.add(folder.manifest({ subject: image }));
  assert.is(digestOfTag(folder.open({ repository, tag: "v1", limits: defaultLimits }), "v1"), image.digest);
  throwsCode("invalid-reference", () => folder.open({ repository, tag: "a/b", limits: defaultLimits }));
  folder.add(folder.manifest({ annotations: { second: "image" } }));
  throwsCode("invalid-usage", () => folder.open({ repository, tag: "v1", limits: defaultLimits }));
  assert.is(folder.open({ repository, limits: defaultLimits }).images().length, 0);
});

test("a second tag for the only named image", () => {
  const folder = new LayoutToOpen();
  const image = folder.add(folder.manifest(), { [refName]: "1.4" });
  const layout = folder.open({ repository, tag: "stable", limits: defaultLimits });
  assert.is(digestOfTag(layout, "1.4"), image.digest);
  assert.is(digestOfTag(layout, "stable"), image.digest);
});

test("the index behind a fallback tag adds what has no subject here", () => {
  const folder = new LayoutToOpen();
  const image = folder.add(folder.manifest(), { [refName]: "localhost:5001/app:1" });
  const referrer = folder.manifest({ subject: image });
  const sparse = { mediaType: manifestType, digest: `sha256:${"1".repeat(64)}`, size: 5, artifactType: "a/b" };
  folder.add(folder.blob(JSON.stringify({ manifests: [referrer, sparse] })), {
    [refName]: `localhost:5001/app:sha256-${image.digest.slice(7)}`,
  });
  const layout = folder.open({ complete: "repository", limits: defaultLimits });
  assert.equal(referrersOf(layout, image.digest, "localhost:5001/app"), [referrer.digest, sparse.digest]);
  assert.is(
    layout.answer({ kind: "manifest", repository: "localhost:5001/app", digest: sparse.digest as Digest }),
    undefined,
    "named and left out: never asked",
  );
});

test("referrers stay in the repository that names them", () => {
  const folder = new LayoutToOpen();
  const image = folder.manifest();
  folder.add(image, { [refName]: "localhost:5000/one:1" });
  folder.add(image, { [refName]: "localhost:5000/two:1" });
  const named = folder.manifest({ subject: image, annotations: { named: "in one" } });
  folder.add(named, { [refName]: `localhost:5000/one@${named.digest}` });
  const unnamed = folder.manifest({ subject: image, annotations: { named: "nowhere" } });
  const layout = folder.open();
  assert.equal(
    new Set(referrersOf(layout, image.digest, "localhost:5000/one")),
    new Set([named.digest, unnamed.digest]),
  );
  assert.equal(referrersOf(layout, image.digest, "localhost:5000/two"), [unnamed.digest]);
});

test("sparse: what is left out was never asked; complete: what is not named is absent", () => {
  const folder = new LayoutToOpen();
  const layer = {
    mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
    digest: `sha256:${"2".repeat(64)}` as const,
    size: 5,
  };
  const image = folder.add(folder.manifest({ layers: [layer] }), { [refName]: `${repository}:1` });
  const open = folder.open();
  const unknown = { kind: "tag", repository, tag: `sha256-${image.digest.slice(7)}.sig` } as const;
  assert.is(open.answer({ kind: "blob", repository, digest: layer.digest }), undefined);
  assert.is(open.answer(unknown), undefined);
  assert.is(open.answer({ kind: "referrers", repository, digest: image.digest }), undefined);
  for (const complete of ["repository", "host", ["ghcr.io"], [repository]] as const) {
    const whole = folder.open({ complete, limits: defaultLimits });
    assert.is(whole.answer(unknown)?.state, "absent");
    assert.is(whole.answer({ kind: "referrers", repository, digest: image.digest })?.state, "absent");
    assert.is(whole.answer({ kind: "manifest", repository, digest: layer.digest })?.state, "absent");
    assert.is(whole.answer({ kind: "blob", repository, digest: layer.digest }), undefined);
    assert.is(whole.answer({ ...unknown, repository: "quay.io/org/app" }), undefined);
  }
  assert.is(open.answer({ kind: "key", reference: "k8s://a/b" }), undefined);
});

const cosignKind = (kind: string) => ({ kind: `dev.cosignproject.cosign/${kind}` });

test("a store of Hauler: several repositories, kinds beside names, signatures of a platform", () => {
  const folder = new LayoutToOpen();
  const name = (reference: string) => ({
    [refName]: reference.slice(reference.indexOf("/") + 1),
    "io.containerd.image.name": reference,
  });
  const app = folder.manifest({ annotations: { n: "app" } });
  const platform = folder.manifest({ annotations: { n: "platform" } });
  const index = folder.blob(JSON.stringify({ manifests: [platform] }), "application/vnd.oci.image.index.v1+json");
  const material = (n: string) => folder.manifest({ annotations: { n } });
  const [appSigs, appAtts, indexSigs, platformSigs, sbom] = ["1", "2", "3", "4", "5"].map(material) as [
    LayoutEntry,
    LayoutEntry,
    LayoutEntry,
    LayoutEntry,
    LayoutEntry,
  ];
  const bundle = folder.manifest({ artifactType: "a/b", subject: app });
  const appName = name("ghcr.io/acme/app:1");
  const toolName = name("quay.io/acme/tool:1");
  folder.add(app, { ...cosignKind("image"), ...appName });
  folder.add(appSigs, { ...cosignKind("sigs"), ...appName });
  folder.add(appAtts, { kind: "dev.hauler/atts", ...appName });
  folder.add(sbom, { kind: "dev.hauler/sboms", ...appName });
  folder.add(bundle, { kind: `dev.hauler/referrers/${bundle.digest.slice(7)}`, ...appName });
  folder.add(index, { kind: "dev.hauler/imageIndex", ...toolName });
  folder.add(indexSigs, { kind: "dev.hauler/sigs", ...toolName });
  folder.add(platformSigs, {
    kind: `dev.hauler/sigs/${platform.digest.slice(7)}`,
    "hauler.dev/subject-digest": platform.digest,
    ...toolName,
  });
  folder.add(folder.manifest({ annotations: { n: "chart" } }), {
    kind: "dev.hauler/image",
    [refName]: "hauler/rancher:2.8.0",
  });
  const layout = folder.open();
  assert.equal(layout.images(), [
    { repository: "ghcr.io/acme/app", tag: "1", digest: app.digest },
    { repository: "quay.io/acme/tool", tag: "1", digest: index.digest },
    { repository: "docker.io/hauler/rancher", tag: "2.8.0", digest: layout.marked[2]?.digest },
  ]);
  const tagged = (image: LayoutEntry, suffix: string, from: string) =>
    digestOfTag(layout, `sha256-${image.digest.slice(7)}.${suffix}`, from);
  assert.is(tagged(app, "sig", "ghcr.io/acme/app"), appSigs.digest);
  assert.is(tagged(app, "att", "ghcr.io/acme/app"), appAtts.digest);
  assert.is(tagged(app, "sbom", "ghcr.io/acme/app"), sbom.digest);
  assert.is(tagged(index, "sig", "quay.io/acme/tool"), indexSigs.digest);
  assert.is(tagged(platform, "sig", "quay.io/acme/tool"), platformSigs.digest);
  assert.equal(referrersOf(layout, app.digest, "ghcr.io/acme/app"), [bundle.digest]);
});

test("a package of Zarf: images of several repositories under the base image's name", () => {
  const folder = new LayoutToOpen();
  const base = (reference: string) => ({ "org.opencontainers.image.base.name": reference });
  const agent = folder.add(folder.manifest({ annotations: { n: "1" } }), base("ghcr.io/zarf-dev/zarf/agent:v0.60.0"));
  const registry = folder.add(folder.manifest({ annotations: { n: "2" } }), base("library/registry:3.0.0"));
  const pinned = folder.manifest({ annotations: { n: "3" } });
  folder.add(pinned, base(`docker.io/grafana/loki@${pinned.digest}`));
  const layout = folder.open();
  assert.is(digestOfTag(layout, "v0.60.0", "ghcr.io/zarf-dev/zarf/agent"), agent.digest);
  assert.is(digestOfTag(layout, "3.0.0", "docker.io/library/registry"), registry.digest);
  assert.is(
    layout.answer({ kind: "manifest", repository: "docker.io/grafana/loki", digest: pinned.digest })?.state,
    "present",
  );
});

test.run();
