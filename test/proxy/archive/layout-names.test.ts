import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseJson } from "../../../core/encoding/json.ts";
import { readObject } from "../../../core/encoding/shape.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { imageEntry, nameEntries, type NameOptions, readEntries } from "../../../proxy/archive/layout-names.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("proxy/archive/layout-names");
const digestOf = (letter: string) => `sha256:${letter.repeat(64)}` as const;
const a = digestOf("a");

const entries = (...annotations: readonly Record<string, string>[]) =>
  readEntries(
    readObject(
      parseJson(
        JSON.stringify({
          manifests: annotations.map((given, index) => ({
            mediaType: "m",
            digest: digestOf("abcdef".charAt(index)),
            size: 1,
            annotations: given,
          })),
        }),
        { limits: defaultLimits },
      ),
      "",
    ),
    defaultLimits,
  );
const named = (options: NameOptions, ...annotations: readonly Record<string, string>[]) =>
  nameEntries(entries(...annotations), () => false, options).map(({ repository, tag, role }) => [
    repository,
    tag,
    role,
  ]);

const ref = (text: string) => ({ "org.opencontainers.image.ref.name": text });
const kind = (text: string) => ({ kind: `dev.cosignproject.cosign/${text}` });

const habits: readonly (readonly [string, Record<string, string>, string, string | undefined])[] = [
  ["a plain tag", ref("1.4"), "ghcr.io/given/name", "1.4"],
  ["a name and tag of Docker Hub", ref("nginx:1"), "docker.io/library/nginx", "1"],
  ["a whole reference", ref("localhost:5000/demo/app:same"), "localhost:5000/demo/app", "same"],
  ["a reference without tag", ref("quay.io/a/b"), "quay.io/a/b", "latest"],
  ["a digest", ref(`quay.io/a/b@${a}`), "quay.io/a/b", undefined],
  ["tag and digest", ref(`quay.io/a/b:1@${a}`), "quay.io/a/b", "1"],
  [
    "containerd's name beside the tag",
    { ...ref("1"), "io.containerd.image.name": "docker.io/library/redis:1" },
    "docker.io/library/redis",
    "1",
  ],
  ["nothing", {}, "ghcr.io/given/name", undefined],
];
for (const [name, annotations, repository, tag] of habits)
  test(name, () =>
    assert.equal(named({ repository: "ghcr.io/given/name" }, annotations), [[repository, tag, "other"]]),
  );

test("a nameless entry takes the only repository that is named, never one of two", () => {
  assert.equal(named({}, ref("quay.io/a/b:1"), {}), [
    ["quay.io/a/b", "1", "other"],
    ["quay.io/a/b", undefined, "other"],
  ]);
  throwsCode("invalid-usage", () => named({}, ref("quay.io/a/b:1"), ref("quay.io/c/d:1"), {}));
  throwsCode("invalid-usage", () => named({}, {}));
});

test("a given repository is Docker Hub's where it names no registry", () => {
  assert.equal(named({ repository: "nginx" }, ref("1")), [["docker.io/library/nginx", "1", "other"]]);
  for (const repository of ["nginx:1", `quay.io/a@${a}`, "UPPER", ""])
    throwsCode("invalid-reference", () => named({ repository }, ref("1")));
});

test("what cosign save wrote belongs to its image, which gets the tag", () => {
  assert.equal(named({ repository: "quay.io/a/b", tag: "v1" }, kind("sigs"), kind("image"), kind("atts"), {}), [
    ["quay.io/a/b", undefined, "signatures"],
    ["quay.io/a/b", "v1", "image"],
    ["quay.io/a/b", undefined, "attestations"],
    ["quay.io/a/b", undefined, "other"],
  ]);
  assert.is(imageEntry(entries(kind("image"), kind("imageIndex")))?.descriptor.digest, digestOf("b"));
  throwsCode("archive-corrupt", () => imageEntry(entries(kind("image"), kind("image"))));
  assert.is(imageEntry(entries({})), undefined);
});

test("the tag that is already there is not given twice", () => {
  assert.equal(named({ tag: "1" }, ref("quay.io/a/b:1")), [["quay.io/a/b", "1", "other"]]);
  assert.equal(named({ tag: "2" }, ref("quay.io/a/b:1")), [
    ["quay.io/a/b", "1", "other"],
    ["quay.io/a/b", "2", "other"],
  ]);
  throwsCode("invalid-usage", () => named({ tag: "2" }, ref("quay.io/a/b:1"), ref("quay.io/a/b:3")));
  throwsCode("invalid-usage", () => named({ tag: "2" }));
});

test("names that do not read, or name another digest, damage the index", () => {
  for (const text of ["Bad/../name", "quay.io/a/b:", `quay.io/a/b@${digestOf("b")}`, "https://quay.io/a", "a b"])
    throwsCode("archive-corrupt", () => entries(ref(text)));
  throwsCode("over-limit", () => entries(ref("a/".repeat(5000))));
});

test.run();
