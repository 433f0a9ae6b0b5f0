import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  isHost,
  isTag,
  parseReference,
  plainHost,
  plainPattern,
  repositoryForFetching,
  verifiableDigest,
  withDigest,
} from "../../../core/oci/reference.ts";
import { onlyEngineErrors, throwsCode } from "../../support/assert.ts";
import { readGolden, skipped } from "../../support/vectors.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/oci/reference");
const hex = "0123456789abcdef".repeat(4);

const canonical: readonly (readonly [string, string, string])[] = [
  ["nginx", "docker.io/nginx:latest", "docker.io/nginx:latest"],
  ["test/nginx", "docker.io/test/nginx:latest", "docker.io/test/nginx:latest"],
  ["localhost/netd:v1", "localhost/netd:v1", "localhost/netd:v1"],
  ["localhost:4443/test/nginx", "localhost:4443/test/nginx:latest", "localhost:4443/test/nginx:latest"],
  ["index.docker.io/busybox:v1.2.3", "index.docker.io/busybox:v1.2.3", "index.docker.io/busybox:v1.2.3"],
  [`reg:10443/img:tag@sha256:${hex}`, `reg:10443/img@sha256:${hex}`, "reg:10443/img:tag"],
  [`docker.io/test/centos@sha256:${hex}`, `docker.io/test/centos@sha256:${hex}`, "docker.io/test/centos:"],
  ["Foo/bar", "Foo/bar:latest", "Foo/bar:latest"],
  ["[::1]/app:v", "[::1]/app:v", "[::1]/app:v"],
  ["a/b", "docker.io/a/b:latest", "docker.io/a/b:latest"],
  ["sha256:abc", "docker.io/sha256:abc", "docker.io/sha256:abc"],
];

for (const [text, reference, withTag] of canonical) {
  test(`${text} is ${reference}`, () => {
    const image = parseReference(text, defaultLimits);
    assert.is(image.canonical, reference);
    assert.is(image.withTag, withTag);
  });
}

test("parts of a reference with tag and digest", () => {
  const image = parseReference(`ghcr.io/org/team/app:1.4@sha256:${hex}`, defaultLimits);
  assert.equal(
    { ...image },
    {
      registry: "ghcr.io",
      path: "org/team/app",
      name: "app",
      tag: "1.4",
      digest: `sha256:${hex}`,
      repository: "ghcr.io/org/team/app",
      fetchRepository: "ghcr.io/org/team/app",
      canonical: `ghcr.io/org/team/app@sha256:${hex}`,
      withTag: "ghcr.io/org/team/app:1.4",
    },
  );
});

test("a digest alone has no tag", () => {
  assert.is(parseReference(`nginx@sha256:${hex}`, defaultLimits).tag, undefined);
});

test("a default registry may have a port and a path", () => {
  assert.is(
    parseReference("nginx", defaultLimits, { defaultRegistry: "ghcr.io/mirror" }).canonical,
    "ghcr.io/mirror/nginx:latest",
  );
  assert.is(parseReference("nginx", defaultLimits, { defaultRegistry: "localhost:5000" }).registry, "localhost:5000");
  assert.is(parseReference("quay.io/a/b", defaultLimits, { defaultRegistry: "ghcr.io" }).registry, "quay.io");
});

test("without registry mutation an added registry is not reported, a given one is", () => {
  const options = { enableDefaultRegistryMutation: false };
  const image = parseReference("team/nginx:1", defaultLimits, options);
  assert.is(image.registry, "");
  assert.is(image.canonical, "team/nginx:1");
  assert.is(image.fetchRepository, "docker.io/team/nginx");
  assert.is(parseReference("ghcr.io/team/nginx:1", defaultLimits, options).registry, "ghcr.io");
});

test("a host with an underscore is taken from the path", () => {
  const image = parseReference("my_reg.io/team/app:1", defaultLimits);
  assert.is(image.registry, "my_reg.io");
  assert.is(image.path, "team/app");
  assert.is(image.canonical, "my_reg.io/team/app:1");
  assert.is(parseReference("kauri_x/app", defaultLimits).registry, "docker.io");
});

const refused = [
  "",
  "++",
  "/nginx",
  "Nginx",
  "a/B:c",
  "app:",
  "app@",
  "a..b",
  "a_.b",
  "nginx ",
  "https://ghcr.io/a/b",
  `app@sha256:${hex.toUpperCase()}`,
  `app@sha256:${hex.slice(1)}`,
  `app@md5:${"c".repeat(32)}`,
  `app@sha256:${hex}:v1`,
  `app:${"t".repeat(129)}`,
  `reg.io/${"b".repeat(256)}`,
  "nginx\n",
  "reg.io:abc/app",
];
for (const text of refused)
  test(`${JSON.stringify(text.slice(0, 40))} is malformed`, () =>
    void throwsCode("malformed", () => parseReference(text, defaultLimits)));

test("a reference of unreasonable length is over the limit", () =>
  void throwsCode("over-limit", () => parseReference("a".repeat(5000), defaultLimits)));

test("bad text of any kind is an EngineError, and quickly", () => {
  for (const piece of ["a-", "a.", "-", "__", "a/", "A.", "a:", "@", "sha256:0", "[", "1.", "\u0130/"])
    onlyEngineErrors(() => parseReference(piece.repeat(Math.floor(4000 / piece.length)), defaultLimits));
});

test("only sha256 digests can be verified", () => {
  const sha512 = parseReference(`app@sha512:${"c".repeat(128)}`, defaultLimits);
  assert.is(sha512.digest, `sha512:${"c".repeat(128)}`);
  throwsCode("malformed", () => verifiableDigest(sha512));
  assert.is(verifiableDigest(parseReference(`app@sha256:${hex}`, defaultLimits)), `sha256:${hex}`);
  assert.is(verifiableDigest(parseReference("app", defaultLimits)), undefined);
});

const folded: readonly (readonly [string, string])[] = [
  ["docker.io/nginx", "docker.io/library/nginx"],
  ["docker.io/library/nginx", "docker.io/library/nginx"],
  ["index.docker.io/library/nginx", "docker.io/library/nginx"],
  ["index.docker.io/nginx", "docker.io/library/nginx"],
  ["nginx", "docker.io/library/nginx"],
  ["team/nginx", "docker.io/team/nginx"],
  ["GHCR.IO/org/app", "ghcr.io/org/app"],
  ["localhost/app", "localhost/app"],
  ["localhost:5000/app", "localhost:5000/app"],
  ["ghcr.io/app", "ghcr.io/app"],
  ["ghcr.io:443/app", "ghcr.io/app"],
  ["ghcr.io:0443/app", "ghcr.io/app"],
  ["ghcr.io:4430/app", "ghcr.io:4430/app"],
  ["ghcr.io:05000/app", "ghcr.io:5000/app"],
  ["ghcr.io:80/app", "ghcr.io:80/app"],
  ["127.0.0.1:443/app", "127.0.0.1:443/app"],
  ["docker.io:443/nginx", "docker.io/library/nginx"],
  ["index.docker.io:443/nginx", "docker.io/library/nginx"],
  ["index.docker.io:5000/nginx", "index.docker.io:5000/nginx"],
  ["docker.io.example/nginx", "docker.io.example/nginx"],
  ["kauri_x/app", "docker.io/kauri_x/app"],
];
for (const [given, wanted] of folded) {
  test(`${given} is fetched from ${wanted}`, () => {
    assert.is(repositoryForFetching(given), wanted);
    assert.is(repositoryForFetching(wanted), wanted);
  });
}

test("tags", () => {
  assert.ok(isTag("v1.2.3") && isTag("_x") && !isTag("-x") && !isTag("a/b") && !isTag("") && !isTag("a".repeat(129)));
});

test("a host is a name or an address with or without a port, and nothing else", () => {
  for (const text of ["ghcr.io", "localhost", "registry.example:5000", "[::1]:5000", "10.0.0.1", "GHCR.IO"])
    assert.ok(isHost(text), text);
  for (const text of [
    "",
    "-a",
    "a..b",
    "a.",
    "a_b",
    "https://a",
    "u@a",
    "a/b",
    "a:",
    "a:123456",
    "::1",
    "a".repeat(256),
  ])
    assert.not(isHost(text), text);
});

interface GoldenImage {
  readonly reference: string;
  readonly referenceWithTag: string;
  readonly registry: string;
  readonly path: string;
  readonly name: string;
  readonly tag?: string;
  readonly digest?: string;
  readonly jsonPointer: string;
}

const lines = (file: string): readonly string[] | undefined => {
  const bytes = readGolden(file);
  return bytes === undefined
    ? undefined
    : new TextDecoder()
        .decode(bytes)
        .split("\n")
        .filter((line) => line !== "");
};

const wildcards = lines("kyverno/wildcards.jsonl");
const images = lines("kyverno/images.jsonl");
if (wildcards === undefined || images === undefined) skipped("core/oci/reference", 440, "SALLYPORT_GOLDEN is not set");
else {
  test("golden: every image of wildcards.jsonl has Kyverno's reference", () => {
    for (const line of wildcards) {
      const { id, image, reference } = JSON.parse(line) as { id: string; image: string; reference: string };
      assert.is(parseReference(image, defaultLimits).canonical, reference, id);
    }
  });

  test("golden: every extracted image of images.jsonl has Kyverno's parts", () => {
    let compared = 0;
    for (const line of images) {
      const golden = JSON.parse(line) as {
        id: string;
        resource: unknown;
        images?: Record<string, Record<string, GoldenImage>> | null;
      };
      for (const image of Object.values(golden.images ?? {}).flatMap((group) => Object.values(group))) {
        const text = image.jsonPointer
          .split("/")
          .slice(1)
          .reduce<unknown>((node, step) => (node as Record<string, unknown> | undefined)?.[step], golden.resource);
        // An extractor's jmesPath rewrites the text; what it gives is not in the resource.
        if (typeof text !== "string" || /:\/\/|\|/.test(text)) continue;
        const { canonical, withTag, registry, path, name, tag, digest } = parseReference(text, defaultLimits);
        const { jsonPointer: _, ...wanted } = image;
        assert.equal(
          {
            reference: canonical,
            referenceWithTag: withTag,
            registry,
            path,
            name,
            ...(tag === undefined ? {} : { tag }),
            ...(digest === undefined ? {} : { digest }),
          },
          wanted,
          golden.id,
        );
        compared += 1;
      }
    }
    assert.ok(compared > 60, `${compared} compared`);
  });

  test("golden: what Kyverno refuses is refused with its words", () => {
    let compared = 0;
    for (const line of images) {
      const { id, error } = JSON.parse(line) as { id: string; error?: string };
      const parts = /^invalid image '([\s\S]*?)' \((bad image: [\s\S]*)\)$/.exec(error ?? "");
      if (parts === null) continue;
      assert.is(throwsCode("malformed", () => parseReference(parts[1] ?? "", defaultLimits)).message, parts[2], id);
      compared += 1;
    }
    assert.ok(compared > 30, `${compared} compared`);
  });
}

test("one spelling of a host", () => {
  for (const [host, wanted] of [
    ["GHCR.IO", "ghcr.io"],
    ["ghcr.io:443", "ghcr.io"],
    ["ghcr.io:000443", "ghcr.io"],
    ["ghcr.io:80", "ghcr.io:80"],
    ["ghcr.io:05000", "ghcr.io:5000"],
    ["localhost:80", "localhost:80"],
    ["localhost:443", "localhost:443"],
    ["registry.local:80", "registry.local:80"],
    ["registry.local:443", "registry.local"],
    ["10.0.0.1:80", "10.0.0.1:80"],
    ["10.0.0.1:443", "10.0.0.1"],
    ["[::1]:443", "[::1]:443"],
    ["[FE80::1]:5000", "[fe80::1]:5000"],
    ["172.32.0.1:80", "172.32.0.1:80"],
  ] as const) {
    assert.is(plainHost(host), wanted);
    assert.is(plainHost(wanted), wanted);
  }
  assert.is(repositoryForFetching("INDEX.docker.io:443/nginx"), "docker.io/library/nginx");
  assert.is(parseReference("ghcr.io:443/org/app", defaultLimits).fetchRepository, "ghcr.io/org/app");
  assert.is(parseReference("ghcr.io/org/app", defaultLimits).plain, undefined);
  const pinned = withDigest(parseReference("GHCR.IO/org/app:1", defaultLimits), `sha256:${"a".repeat(64)}`);
  assert.equal(pinned, parseReference(`GHCR.IO/org/app:1@sha256:${"a".repeat(64)}`, defaultLimits));
});

test("patterns: only their host is changed, and only as far as it is fixed", () => {
  for (const [pattern, wanted] of [
    ["GHCR.IO:443/Org/*:V1", "ghcr.io/Org/*:V1"],
    ["*.GHCR.IO/x", "*.ghcr.io/x"],
    ["*", "*"],
    ["org/*", "org/*"],
    ["GHCR.IO*", "GHCR.IO*"],
  ] as const)
    assert.is(plainPattern(pattern), wanted);
});

test.run();
