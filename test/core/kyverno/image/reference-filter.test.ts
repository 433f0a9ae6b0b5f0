import { suite } from "uvu";
import * as assert from "uvu/assert";
import { selectsImage, skipsImage, toReferenceFilter } from "../../../../core/kyverno/image/reference-filter.ts";
import { parseReference } from "../../../../core/oci/reference.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/kyverno/image/reference-filter");
const digest = `sha256:${"a".repeat(64)}`;
const selects = (pattern: string, text: string): boolean =>
  selectsImage(toReferenceFilter([pattern], []), parseReference(text, defaultLimits), defaultLimits);
const skips = (pattern: string, text: string): boolean =>
  skipsImage(toReferenceFilter(["*"], [pattern]), parseReference(text, defaultLimits), defaultLimits);

test("patterns match the whole reference, registry and all", () => {
  assert.ok(selects("*", "nginx"));
  assert.ok(selects("docker.io/nginx:*", "nginx"));
  assert.not(selects("nginx*", "nginx"));
  assert.ok(selects("ghcr.io/org/*", "ghcr.io/org/team/app:1"));
  assert.not(selects("ghcr.io/org/app", "ghcr.io/org/app:1"));
  assert.ok(selects("ghcr.io/org/app:?", "ghcr.io/org/app:1"));
});

test("with tag and digest either form selects, only the one with the digest skips", () => {
  const both = `ghcr.io/org/app:1@${digest}`;
  assert.ok(selects("ghcr.io/org/app:1", both));
  assert.ok(selects(`ghcr.io/org/app@${digest}`, both));
  assert.not(selects("ghcr.io/org/app:*", `ghcr.io/org/app@${digest}`));
  assert.not(skips("ghcr.io/org/app:1", both));
  assert.ok(skips("ghcr.io/org/app@*", both));
});

test("a pattern skips what it covers whole, not what begins like it", () => {
  assert.ok(skips("ghcr.io/org/app:1", "ghcr.io/org/app:1"));
  assert.not(skips("ghcr.io/org/app:1", "ghcr.io/org/app:10"));
  assert.not(skips("ghcr.io/org/app", "ghcr.io/org/app:1"));
  assert.not(skips("*/app:1", "ghcr.io/org/app:1-debug"));
});

test("a host is the same host in upper case and with its default port, in images and in patterns", () => {
  for (const text of [
    "GHCR.IO/org/app:1",
    "ghcr.io:443/org/app:1",
    "Ghcr.io:00443/org/app:1",
    `GHCR.IO:443/org/app:1@${digest}`,
  ])
    for (const pattern of ["ghcr.io/org/*", "GHCR.io/org/*", "ghcr.io:443/*", "*.IO/org/app*", "gh?R.io/*"]) {
      assert.ok(selects(pattern, text), `${pattern} ${text}`);
      assert.ok(skips(pattern, text), `${pattern} ${text}`);
    }
  assert.ok(selects("ghcr.io:443/org/*", "ghcr.io/org/app:1"));
  assert.ok(selects("ghcr.io/org/app:1", `GHCR.IO/org/app:1@${digest}`));
  assert.not(skips("ghcr.io/org/app:1", `GHCR.IO/org/app:1@${digest}`));
});

test("other ports, other paths and other names of a registry stay different", () => {
  for (const [pattern, text] of [
    ["ghcr.io/*", "ghcr.io:444/org/app:1"],
    ["ghcr.io/*", "ghcr.io:80/org/app:1"],
    ["ghcr.io:5000/*", "ghcr.io/org/app:1"],
    ["ghcr.io/Org/*", "ghcr.io/org/app:1"],
    ["ghcr.io/org/app:V1", "GHCR.IO/org/app:v1"],
    ["docker.io/*", "index.docker.io/library/nginx"],
    ["docker.io/*", "registry-1.docker.io/library/nginx"],
  ] as const)
    assert.not(selects(pattern, text), `${pattern} ${text}`);
  assert.ok(selects("localhost/*", "localhost:80/app:1"));
  for (const text of ["10.0.0.1:80/app:1", "10.0.0.1:443/app:1", "10.0.0.1/app:1"]) {
    assert.ok(selects("10.0.0.1/*", text), text);
    assert.is(skips("10.0.0.1/*", text), !text.includes(":80"), "what excuses an image is one server");
  }
  assert.not(skips("10.0.0.1:443/*", "10.0.0.1:80/app:1"));
});

test.run();
