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

test.run();
