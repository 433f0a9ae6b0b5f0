import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { LayoutEntry } from "../../../proxy/archive/layout-names.ts";
import { imageOf, markedImages, nameEntries, type NameOptions } from "../../../proxy/archive/name-entries.ts";
import { throwsCode } from "../../support/assert.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("proxy/archive/name-entries");
const digestOf = (letter: string) => `sha256:${letter.repeat(64)}` as const;

type Parts = Omit<Partial<LayoutEntry>, "descriptor"> & { readonly digest?: string };
const entries = (...parts: readonly Parts[]): readonly LayoutEntry[] =>
  parts.map(({ digest, ...part }, index) => ({
    role: "other",
    descriptor: { mediaType: "m", digest: digestOf(digest ?? "abcdef".charAt(index)), size: 1 },
    ...part,
  }));
const named = (options: NameOptions, ...parts: readonly Parts[]) =>
  nameEntries(entries(...parts), () => false, options, defaultLimits).map(({ repository, tag, role }) => [
    repository,
    tag,
    role,
  ]);
const a = { repository: "quay.io/a/b" };
const signatureTag = (letter: string) => `sha256-${letter.repeat(64)}.sig`;

test("a nameless entry takes the only repository that is named, never one of two", () => {
  assert.equal(named({}, { ...a, tag: "1" }, {}), [
    ["quay.io/a/b", "1", "other"],
    ["quay.io/a/b", undefined, "other"],
  ]);
  throwsCode("invalid-usage", () => named({}, a, { repository: "quay.io/c/d" }, {}));
  throwsCode("invalid-usage", () => named({}, {}));
});

test("a given repository is Docker Hub's where it names no registry", () => {
  assert.equal(named({ repository: "nginx" }, { tag: "1" }), [["docker.io/library/nginx", "1", "other"]]);
  for (const repository of ["nginx:1", `quay.io/a@${digestOf("a")}`, "UPPER", ""])
    throwsCode("invalid-reference", () => named({ repository }, { tag: "1" }));
});

test("the base image's name counts only where nothing else is said: as in Zarf's packages", () => {
  const zarf = [
    { base: { repository: "ghcr.io/zarf-dev/agent", tag: "v1" } },
    { base: { repository: "docker.io/library/registry", tag: "2" } },
  ];
  assert.equal(named({}, ...zarf), [
    ["ghcr.io/zarf-dev/agent", "v1", "other"],
    ["docker.io/library/registry", "2", "other"],
  ]);
  assert.equal(named({ repository: "quay.io/a/b" }, { ...zarf[0], tag: "1.4" }), [["quay.io/a/b", "1.4", "other"]]);
  assert.equal(named({ repository: "quay.io/a/b" }, zarf[0] ?? {}), [["quay.io/a/b", undefined, "other"]]);
  assert.equal(named({}, { ...zarf[0], ...a, tag: "1" }), [["quay.io/a/b", "1", "other"]]);
});

test("what cosign save wrote belongs to its image, which gets the tag", () => {
  assert.equal(
    named({ ...a, tag: "v1" }, { role: "signature" }, { role: "image" }, { role: "attestation" }, { digest: "e" }),
    [
      ["quay.io/a/b", undefined, "signature"],
      ["quay.io/a/b", "v1", "image"],
      ["quay.io/a/b", undefined, "attestation"],
      ["quay.io/a/b", undefined, "other"],
    ],
  );
});

test("a tag is for the entry that has it, else for the only image; signatures and referrers are none", () => {
  assert.equal(named({ tag: "1" }, { ...a, tag: "1" }), [["quay.io/a/b", "1", "other"]]);
  assert.equal(named({ tag: "2" }, { ...a, tag: "1" }), [
    ["quay.io/a/b", "1", "other"],
    ["quay.io/a/b", "2", "other"],
  ]);
  // An image and its signatures, as two copies of skopeo write them.
  const copied = [{ tag: "1.0" }, { tag: signatureTag("a") }];
  assert.equal(named({ ...a, tag: "1.0" }, ...copied), [
    ["quay.io/a/b", "1.0", "other"],
    ["quay.io/a/b", signatureTag("a"), "other"],
  ]);
  assert.equal(named({ ...a, tag: "2.0" }, ...copied).length, 3);
  assert.equal(named({ ...a, tag: "1.0" }, {}, { tag: signatureTag("a") })[0], ["quay.io/a/b", "1.0", "other"]);
  // One of several has the tag already.
  assert.equal(named({ ...a, tag: "2" }, { tag: "1" }, { tag: "2" }).length, 2);
  for (const others of [
    [{ tag: "1" }, { tag: "3" }],
    [{}, {}],
    [{ role: "image" as const }, { role: "image" as const }],
    [],
  ])
    throwsCode("invalid-usage", () => named({ ...a, tag: "2" }, ...others));
  throwsCode("invalid-reference", () => named({ ...a, tag: "a/b" }, {}));
  const referrers = nameEntries(
    entries({}, {}),
    ({ descriptor }) => descriptor.digest === digestOf("b"),
    {
      ...a,
      tag: "1",
    },
    defaultLimits,
  );
  assert.equal(
    referrers.map(({ tag }) => tag),
    ["1", undefined],
  );
});

test("an index wins over an image that is marked beside it, name by name", () => {
  const marked = (...parts: readonly Parts[]) =>
    markedImages(entries(...parts)).map(({ descriptor }) => descriptor.digest);
  assert.equal(marked({ role: "image" }, { role: "image", index: true }), [digestOf("b")]);
  assert.equal(marked({ ...a, role: "image" }, { ...a, tag: "2", role: "image", index: true }), [
    digestOf("a"),
    digestOf("b"),
  ]);
  assert.equal(marked({}), []);
});

test("signatures belong to what they name, else to the image of their name, else to the only one", () => {
  const images = nameEntries(
    entries(
      { ...a, tag: "1", role: "image" },
      { ...a, tag: "2", role: "image" },
      { repository: "x.io/y", role: "image" },
    ),
    () => false,
    {},
    defaultLimits,
  );
  const of = (part: Parts) =>
    imageOf({ ...(entries({ role: "signature", ...part })[0] as LayoutEntry), ...a, ...part } as never, images);
  assert.is(of({ tag: "2" }), digestOf("b"));
  assert.is(of({ tag: "2", subject: digestOf("f") }), digestOf("f"));
  assert.is(of({ repository: "x.io/y", tag: "7" }), digestOf("c"));
  assert.is(of({ repository: "z.io/y" }), undefined);
  throwsCode("archive-corrupt", () => of({ tag: "3" }));
});

test.run();
