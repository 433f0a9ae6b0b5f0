import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Digest } from "../../../core/crypto/digest.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { associatedTag } from "../../../core/oci/associated-tag.ts";
import { addLayout, type AddLayoutOptions } from "../../../proxy/archive/add-layout.ts";
import { openLayout } from "../../../proxy/archive/oci-layout.ts";
import { requireClaimable } from "../../../proxy/archive/claim-layout.ts";
import type { Mirror } from "../../../proxy/mirror/mirror.ts";
import { throwsCode } from "../../support/assert.ts";
import { LayoutFolder, refName } from "../../support/layout-folder.ts";
import { temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/archive/claim-layout");
const repository = "ghcr.io/org/app";
const indexType = "application/vnd.oci.image.index.v1+json";
const [old, young] = ["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"];

type Part = "sig" | "att" | "referrer" | "only the signature";

/** An image that is told from others by its name, and what hangs on it. */
function layoutOf(name: string, ...parts: readonly Part[]) {
  const folder = new LayoutFolder(temporaryFolder());
  const image = folder.manifest({ annotations: { name } });
  const at = { [refName]: `${repository}:${name}` };
  if (!parts.includes("only the signature")) folder.add(image, at);
  const material = (kind: "signature" | "attestation"): void =>
    void folder.add(folder.manifest({ annotations: { name, kind } }), {
      [refName]: `${repository}:${associatedTag(image.digest, kind)}`,
    });
  if (parts.includes("sig") || parts.includes("only the signature")) material("signature");
  if (parts.includes("att")) material("attestation");
  if (parts.includes("referrer")) folder.manifest({ artifactType: "a/b", subject: image });
  return { folder: folder.write(), digest: image.digest, scope: `${repository}@${image.digest}` };
}

const add = (mirror: Mirror, { folder }: { readonly folder: string }, options: AddLayoutOptions = {}) =>
  addLayout(mirror, folder, { at: old, ...options });
const whole = { complete: "image" } as const;
const scopesIn = (mirror: Mirror): readonly string[] =>
  mirror
    .knowledge()
    .allClaims()
    .map(({ scope }) => scope);
const tagged = (mirror: Mirror, tag: string) => mirror.knowledge().answer({ kind: "tag", repository, tag })?.state;
const state = (mirror: Mirror, digest: Digest, kind: "signature" | "attestation") =>
  tagged(mirror, associatedTag(digest, kind));

test("one saved image says nothing of another tag, and what comes later inherits nothing", () =>
  void writtenMirror((mirror) => {
    const [one, two] = [layoutOf("one", "sig"), layoutOf("two")];
    assert.equal(
      add(mirror, one, whole).complete.map(({ scope }) => scope),
      [one.scope],
    );
    assert.is(state(mirror, one.digest, "attestation"), "absent");
    assert.is(mirror.knowledge().answer({ kind: "referrers", repository, digest: one.digest })?.state, "absent");
    assert.is(tagged(mirror, "two"), undefined);
    add(mirror, two);
    assert.is(state(mirror, two.digest, "signature"), undefined);
    assert.equal(scopesIn(mirror), [one.scope], "an image beside it is no news");
  }));

for (const part of ["sig", "att", "referrer"] as const)
  test(`a further ${part} ends the claim about its image and every wider one, and no other`, () =>
    void writtenMirror((mirror) => {
      const [one, two] = [layoutOf("one"), layoutOf("two")];
      add(mirror, two, whole);
      for (const complete of ["image", "repository", "host"] as const) add(mirror, one, { complete });
      assert.equal(scopesIn(mirror).length, 4);
      const { ended, complete } = add(mirror, layoutOf("one", part), { at: young });
      assert.equal(complete, []);
      assert.equal(ended.map(({ scope }) => scope).sort(), ["ghcr.io", repository, one.scope].sort());
      assert.equal(scopesIn(mirror), [two.scope]);
      assert.is(state(mirror, one.digest, part === "att" ? "signature" : "attestation"), undefined);
    }));

test("a further tag ends the claims about its repository and host; a tag that is moved does too", () =>
  void writtenMirror((mirror) => {
    const [one, two] = [layoutOf("one"), layoutOf("two")];
    for (const complete of ["image", "repository", "host"] as const) add(mirror, one, { complete });
    add(mirror, two);
    assert.equal(scopesIn(mirror), [one.scope]);
    for (const complete of ["repository", "host"] as const) add(mirror, one, { complete });
    const value = { mediaType: "a/b", digest: two.digest, size: 1 };
    const moved = { state: "present", value, at: young, from: "registry" } as const;
    mirror.writer().setAnswer({ kind: "tag", repository, tag: "one" }, moved);
    assert.equal(scopesIn(mirror), [one.scope]);
  }));

test("a list of referrers from a layout may have more, until a claim or a registry says that it is whole", () =>
  void writtenMirror((mirror) => {
    const one = layoutOf("one", "referrer");
    const asked = { kind: "referrers", repository, digest: one.digest } as const;
    const partial = () => {
      const known = mirror.knowledge().answer(asked);
      assert.ok(known?.state === "present");
      return known.partial;
    };
    const inMemory = (options: Pick<AddLayoutOptions, "complete">) => {
      const known = openLayout(one.folder, { ...options, limits: defaultLimits }).answer(asked);
      return known?.state === "present" && known.partial;
    };
    assert.equal([inMemory({}), inMemory(whole)], [true, undefined]);
    add(mirror, one);
    assert.is(partial(), true);
    const before = mirror.contentId();
    add(mirror, one, whole);
    assert.is(partial(), undefined);
    assert.is.not(mirror.contentId(), before);
    add(mirror, layoutOf("one", "att"));
    assert.is(partial(), true, "the claim has ended");
    const listed = mirror.knowledge().answer(asked);
    if (listed?.state === "present")
      mirror.writer().setAnswer(asked, { state: "present", value: listed.value, at: young, from: "registry" });
    assert.is(partial(), undefined);
    add(mirror, one);
    assert.is(partial(), undefined, "no news");
  }));

test("the same once more is no news, and of two claims the later stays", () =>
  void writtenMirror((mirror) => {
    const one = layoutOf("one", "sig", "att", "referrer");
    const claimedAt = () =>
      mirror
        .knowledge()
        .allClaims()
        .map(({ at, from }) => `${at} ${from}`);
    add(mirror, one, { ...whole, at: young, claimedBy: "young" });
    assert.equal(add(mirror, one).ended, []);
    assert.equal(add(mirror, one, { ...whole, at: old }).ended, []);
    assert.equal(claimedAt(), [`${young} young`]);
    add(mirror, one, { ...whole, at: "2026-03-01T00:00:00Z", claimedBy: "younger" });
    assert.equal(claimedAt(), ["2026-03-01T00:00:00Z younger"]);
  }));

test("a layout that lacks what the mirror holds of its image is not complete, and changes nothing", () =>
  void writtenMirror((mirror) => {
    add(mirror, layoutOf("one", "att"));
    const before = mirror.contentId();
    const error = throwsCode("archive-incomplete", () => add(mirror, layoutOf("one", "sig"), whole));
    assert.is(error.subject, layoutOf("one").scope);
    assert.is(mirror.contentId(), before);
    add(mirror, layoutOf("one", "sig"));
    assert.equal(add(mirror, layoutOf("one", "sig", "att"), whole).complete.length, 1);
  }));

test("two layouts of an image, each said to be complete, are complete together", () =>
  void writtenMirror((mirror) => {
    const [signed, attested] = [layoutOf("one", "sig"), layoutOf("one", "att")];
    add(mirror, signed, whole);
    assert.equal(add(mirror, attested, { ...whole, at: young }).ended, []);
    assert.equal(scopesIn(mirror), [signed.scope]);
    assert.is(mirror.knowledge().answer({ kind: "referrers", repository, digest: signed.digest })?.state, "absent");
    add(mirror, signed, whole);
    assert.is(mirror.knowledge().allClaims()[0]?.at, young, "what lacks something is not the newer claim");
  }));

test("a name given on the command line keeps a layout from claiming anything about another", () => {
  const folder = new LayoutFolder(temporaryFolder());
  const mine = folder.add(folder.manifest({ annotations: { name: "mine" } }), { [refName]: "1" });
  folder.add(folder.manifest({ annotations: { name: "theirs" } }), { [refName]: "ghcr.io/victim/app:2" });
  folder.write();
  const scopes = (complete: "image" | "repository", named?: string) =>
    openLayout(folder.path, { complete, limits: defaultLimits, ...(named === undefined ? {} : { repository: named }) })
      .complete.map(({ scope }) => scope)
      .sort();
  assert.equal(scopes("image", repository), [`${repository}@${mine.digest}`]);
  assert.equal(scopes("repository", repository), [repository]);
  assert.is(scopes("image").length, 2, "without a name, what the layout names is meant");
});

test("signed material, referrers and children of an index are no images that a layout claims", () => {
  const folder = new LayoutFolder(temporaryFolder());
  const child = folder.manifest({ annotations: { name: "child" } });
  const index = folder.add(folder.blob(JSON.stringify({ manifests: [child] }), indexType), {
    [refName]: `${repository}:1`,
  });
  const victim = `sha256:${"9".repeat(64)}` as const;
  folder.add(folder.manifest({ subject: { ...child, digest: victim } }), { [refName]: `${repository}:2` });
  folder.add(folder.manifest({ annotations: { name: "sig" } }), {
    [refName]: `${repository}:${associatedTag(victim, "signature")}`,
  });
  const layout = openLayout(folder.write(), { complete: "image", limits: defaultLimits });
  assert.equal(
    layout.complete.map(({ scope }) => scope),
    [`${repository}@${index.digest}`],
  );
  for (const digest of [child.digest, victim])
    for (const kind of ["attestation", "sbom"] as const)
      assert.is(layout.answer({ kind: "tag", repository, tag: associatedTag(digest, kind) }), undefined);
});

test("an archive of docker save is not complete; with the marks of Hauler it is a store", () => {
  const { folder } = layoutOf("one");
  writeFileSync(join(folder, "manifest.json"), '[{"Config":"blobs/sha256/a","RepoTags":["app:1"],"Layers":[]}]');
  writtenMirror((mirror) => {
    for (const complete of ["image", "repository", "host"] as const)
      assert.is(throwsCode("invalid-usage", () => add(mirror, { folder }, { complete })).remedy, "docker-archive");
    assert.equal(scopesIn(mirror), []);
    add(mirror, { folder });
    assert.is(tagged(mirror, "one"), "present");
  });
  const hauler = new LayoutFolder(temporaryFolder());
  hauler.add(hauler.manifest(), { kind: "dev.hauler/image", [refName]: `${repository}:1` });
  hauler.write();
  writeFileSync(join(hauler.path, "manifest.json"), '[{"Config":"a","RepoTags":["app:1"],"Layers":[]}]');
  requireClaimable(openLayout(hauler.path, { complete: "image", limits: defaultLimits }));
});

test("where no image is, there is none to claim; the repository can be", () =>
  void writtenMirror((mirror) => {
    const signature = layoutOf("one", "only the signature");
    assert.is(throwsCode("invalid-usage", () => add(mirror, signature, whole)).remedy, "wider-claim");
    add(mirror, signature, { complete: "repository" });
    assert.equal(scopesIn(mirror), [repository]);
  }));

test.run();
