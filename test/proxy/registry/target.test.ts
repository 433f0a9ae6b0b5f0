import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { isRefused, parseTarget, readListed } from "../../../proxy/registry/target.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("proxy/registry/target");
const digest = digestOf(new Uint8Array([1]));

/** The kind and the repository, or the status and the code. */
const read = (target: string): string => {
  const found = parseTarget(target, "docker.io");
  if (isRefused(found)) return `${found.status} ${found.code}`;
  return "repository" in found ? `${found.kind} ${found.repository}` : found.kind;
};

const rows: readonly (readonly [string, string])[] = [
  ["/v2/", "base"],
  ["/v2", "base"],
  ["/v2/?ns=ghcr.io", "base"],
  // By the parameter, by the path, by both, by default.
  ["/v2/org/app/manifests/1?ns=ghcr.io", "tag ghcr.io/org/app"],
  ["/v2/ghcr.io/org/app/manifests/1", "tag ghcr.io/org/app"],
  ["/v2/ghcr.io/org/app/manifests/1?ns=ghcr.io", "tag ghcr.io/org/app"],
  ["/v2/localhost/app/manifests/1", "tag localhost/app"],
  ["/v2/registry.example:5000/app/manifests/1", "tag registry.example:5000/app"],
  ["/v2/library/nginx/manifests/1", "tag docker.io/library/nginx"],
  ["/v2/nginx/manifests/1", "tag docker.io/library/nginx"],
  // One registry in every spelling.
  ["/v2/org/app/manifests/1?ns=GHCR.IO:443", "tag ghcr.io/org/app"],
  ["/v2/library/nginx/manifests/1?ns=registry-1.docker.io", "tag docker.io/library/nginx"],
  ["/v2/nginx/manifests/1?ns=index.docker.io", "tag docker.io/library/nginx"],
  ["/v2/org/app/manifests/1?ns=[::1]:5000", "tag [::1]:5000/org/app"],
  // Another registry's name in the path is a path.
  ["/v2/quay.io/app/manifests/1?ns=ghcr.io", "tag ghcr.io/quay.io/app"],
  [`/v2/org/app/manifests/${digest}`, "manifest docker.io/org/app"],
  [`/v2/org/app/manifests/${digest.replace(":", "%3A")}`, "manifest docker.io/org/app"],
  [`/v2/org/app/blobs/${digest}`, "blob docker.io/org/app"],
  [`/v2/org/app/referrers/${digest}?artifactType=a%2Fb`, "referrers docker.io/org/app"],
  ["/v2/org/app/tags/list?n=5&last=1.0", "tags docker.io/org/app"],
  // Repositories whose names have the words of paths.
  ["/v2/org/manifests/blobs/manifests/1", "tag docker.io/org/manifests/blobs"],
  ["/v2/tags/list/tags/list", "tags docker.io/tags/list"],
  // `ns` is a host, and never an address.
  ["/v2/a/b/manifests/1?ns=http://169.254.169.254", "400 NAME_INVALID"],
  ["/v2/a/b/manifests/1?ns=ghcr.io/other", "400 NAME_INVALID"],
  ["/v2/a/b/manifests/1?ns=user@ghcr.io", "400 NAME_INVALID"],
  ["/v2/a/b/manifests/1?ns=ghcr.io%2f..", "400 NAME_INVALID"],
  ["/v2/a/b/manifests/1?ns=ghcr.io%00", "400 NAME_INVALID"],
  ["/v2/a/b/manifests/1?ns=ghcr.io%0d%0aHost:x", "400 NAME_INVALID"],
  ["/v2/a/b/manifests/1?ns=", "400 NAME_INVALID"],
  ["/v2/a/b/manifests/1?ns=ghcr.io&ns=quay.io", "400 NAME_INVALID"],
  ["/v2/a/b/manifests/1?ns=a%20b", "400 NAME_INVALID"],
  // Nothing climbs, and nothing is decoded twice.
  ["/v2/../mirror.db/manifests/1", "400 NAME_INVALID"],
  ["/v2/a/%2e%2e/b/manifests/1", "400 NAME_INVALID"],
  ["/v2/a/%252e%252e/b/manifests/1", "400 NAME_INVALID"],
  ["/v2/A/b/manifests/1", "400 NAME_INVALID"],
  ["/v2/a//b/manifests/1", "400 NAME_INVALID"],
  ["/v2/a/b/manifests/%ff", "400 NAME_INVALID"],
  [`/v2/${"a".repeat(256)}/manifests/1`, "400 NAME_INVALID"],
  [`/v2/a/manifests/${"a".repeat(5000)}`, "400 NAME_INVALID"],
  ["/v2/a/b/manifests/..", "404 MANIFEST_UNKNOWN"],
  ["/v2/a/b/manifests/.INVALID", "404 MANIFEST_UNKNOWN"],
  ["/v2/a/b/manifests/sha256:12", "400 DIGEST_INVALID"],
  ["/v2/a/b/manifests/sha512:12", "400 DIGEST_INVALID"],
  [`/v2/a/b/blobs/${digest.toUpperCase()}`, "400 DIGEST_INVALID"],
  ["/v2/a/b/blobs/1", "400 DIGEST_INVALID"],
  ["/v2/a/b/tags/list?n=-1", "400 UNSUPPORTED"],
  ["/v2/a/b/tags/list?n=1e3", "400 UNSUPPORTED"],
  ["/v2/a/b/tags/list?last=a/b", "400 TAG_INVALID"],
  ["/v2/_catalog", "404 UNSUPPORTED"],
  ["/v2/a/b/blobs/uploads/", "404 UNSUPPORTED"],
  ["/v3/a/b/manifests/1", "404 UNSUPPORTED"],
];

for (const [target, expected] of rows) test(target.slice(0, 80), () => assert.is(read(target), expected));

test("whatever is sent is read as one repository of one host, or refused", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (name, reference, ns) => {
      const found = parseTarget(`/v2/${name}/manifests/${reference}?ns=${ns}`, "docker.io");
      if (isRefused(found) || found.kind === "base") return;
      assert.match(found.repository, /^[a-z0-9.:[\]-]+\/[a-z0-9._/-]+$/i);
      assert.not.match(found.repository, /(?:^|\/)\.{1,2}(?:\/|$)/);
    }),
    { numRuns: 2000 },
  );
});

test("hosts of the configuration", () => {
  assert.is(readListed("Registry.Example:443"), "registry.example");
  for (const text of ["https://ghcr.io", "ghcr.io/org", "", "-a.example", "a..b", "a.example:123456"])
    throwsCode("invalid-config", () => readListed(text));
});

test.run();
