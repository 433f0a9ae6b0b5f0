import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseJson } from "../../../core/encoding/json.ts";
import { readObject } from "../../../core/encoding/shape.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { readEntries } from "../../../proxy/archive/layout-names.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("proxy/archive/layout-names");
const digestOf = (letter: string) => `sha256:${letter.repeat(64)}` as const;
const a = digestOf("a");

const read = (manifests: readonly unknown[]) =>
  readEntries(readObject(parseJson(JSON.stringify({ manifests }), { limits: defaultLimits }), ""), defaultLimits);
const entry = (annotations: Record<string, unknown> = {}, more: object = {}) => ({
  mediaType: "m",
  digest: a,
  size: 1,
  annotations,
  ...more,
});
const ref = (text: string) => ({ "org.opencontainers.image.ref.name": text });
const containerd = (text: string) => ({ "io.containerd.image.name": text });
const base = (text: string) => ({ "org.opencontainers.image.base.name": text });

const habits: readonly (readonly [string, Record<string, string>, string | undefined, string | undefined])[] = [
  ["a plain tag", ref("1.4"), undefined, "1.4"],
  ["a name and tag of Docker Hub", ref("nginx:1"), "docker.io/library/nginx", "1"],
  ["a whole reference", ref("localhost:5000/demo/app:same"), "localhost:5000/demo/app", "same"],
  ["a host in capitals", ref("GHCR.IO/demo/app:same"), "ghcr.io/demo/app", "same"],
  ["a reference without tag", ref("quay.io/a/b"), "quay.io/a/b", "latest"],
  ["a digest", ref(`quay.io/a/b@${a}`), "quay.io/a/b", undefined],
  ["tag and digest", ref(`quay.io/a/b:1@${a}`), "quay.io/a/b", "1"],
  ["containerd's name beside the tag", { ...ref("1"), ...containerd("quay.io/a/redis:1") }, "quay.io/a/redis", "1"],
  [
    "containerd's name beside a name without host",
    { ...ref("a/b:1"), ...containerd("ghcr.io/a/b:2") },
    "ghcr.io/a/b",
    "2",
  ],
  ["the same with a name of one part", { ...ref("app:1"), ...containerd("ghcr.io/a/app:1") }, "ghcr.io/a/app", "1"],
  ["containerd's name alone", containerd("docker.io/library/redis:1"), "docker.io/library/redis", "1"],
  [
    "a name that has a host, beside containerd's",
    { ...ref("quay.io/a/b:1"), ...containerd("x.io/y:2") },
    "quay.io/a/b",
    "1",
  ],
  ["a name without host alone", ref("demo/app:1"), "docker.io/demo/app", "1"],
  ["nothing", {}, undefined, undefined],
];
for (const [name, annotations, repository, tag] of habits)
  test(name, () => {
    const { entries, skipped } = read([entry(annotations)]);
    assert.equal(skipped, []);
    assert.equal([entries[0]?.repository, entries[0]?.tag, entries[0]?.role], [repository, tag, "other"]);
  });

test("kinds of cosign and of Hauler, and what an entry says that it belongs to", () => {
  for (const [kind, role] of [
    ["dev.cosignproject.cosign/image", "image"],
    ["dev.cosignproject.cosign/imageIndex", "image"],
    ["dev.cosignproject.cosign/sigs", "signature"],
    ["dev.cosignproject.cosign/atts", "attestation"],
    ["dev.hauler/image", "image"],
    ["dev.hauler/sigs", "signature"],
    [`dev.hauler/sigs/${"b".repeat(64)}`, "signature"],
    ["dev.hauler/atts", "attestation"],
    ["dev.hauler/sboms", "sbom"],
    [`dev.hauler/referrers/${"c".repeat(64)}`, "referrer"],
    ["dev.hauler/other", "other"],
    ["constructor", "other"],
    ["x/dev.hauler/image", "other"],
  ] as const)
    assert.is(read([entry({ kind })]).entries[0]?.role, role, kind);
  assert.is(read([entry({ kind: "dev.hauler/imageIndex" })]).entries[0]?.index, true);
  assert.is(read([entry({ "hauler.dev/subject-digest": digestOf("b") })]).entries[0]?.subject, digestOf("b"));
  assert.is(read([entry({ "hauler.dev/subject-digest": "junk" })]).entries[0]?.subject, undefined);
});

test("Zarf's name is kept beside the others, because elsewhere it is that of the image below", () => {
  const [only] = read([entry(base("ghcr.io/zarf-dev/agent:v1"))]).entries;
  assert.equal([only?.repository, only?.base], [undefined, { repository: "ghcr.io/zarf-dev/agent", tag: "v1" }]);
});

test("an unreadable entry is reported and skipped, and the rest is read", () => {
  const good = entry(ref("quay.io/a/b:1"));
  const odd: readonly unknown[] = [
    entry({}, { digest: `sha512:${"a".repeat(128)}` }),
    entry({}, { digest: "sha256:../../../../etc/passwd" }),
    entry({}, { digest: a.toUpperCase() }),
    entry({}, { digest: undefined }),
    entry({}, { size: -1 }),
    entry({}, { size: "1" }),
    entry({}, { annotations: { "org.opencontainers.image.ref.name": 1 } }),
    entry(ref("Bad/../name")),
    entry(ref("quay.io/a/b:")),
    entry(ref("https://quay.io/a")),
    entry(ref("a b")),
    entry(ref("a/".repeat(5000))),
    entry({ ...ref("1"), ...containerd("a b") }),
    entry(base("a b")),
    "text",
    null,
  ];
  for (const other of odd) {
    const { entries, skipped } = read([other, good]);
    assert.equal(
      entries.map(({ repository }) => repository),
      ["quay.io/a/b"],
      JSON.stringify(other),
    );
    assert.match(skipped[0]?.subject ?? "", "index.json/manifests/0");
    assert.ok((skipped[0]?.reason ?? "") !== "");
  }
  assert.is(read([...odd, good]).skipped.length, odd.length);
  assert.match(read([odd[0]]).skipped[0]?.subject ?? "", "sha512:aaaa");
});

test("a list that is none, too long, or a name that is another digest's damages the index", () => {
  throwsCode("archive-corrupt", () => readEntries({ manifests: {} }, defaultLimits));
  throwsCode("over-limit", () => readEntries({ manifests: [1, 2] }, { ...defaultLimits, layoutEntries: 1 }));
  throwsCode("archive-corrupt", () => read([entry(ref(`quay.io/a/b@${digestOf("b")}`))]));
  assert.equal(readEntries({}, defaultLimits).entries, []);
});

test.run();
