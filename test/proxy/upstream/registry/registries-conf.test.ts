import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findRule, parseRegistriesConf } from "../../../../proxy/upstream/registry/registries-conf.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("proxy/upstream/registry/registries-conf");
const parse = (text: string) => parseRegistriesConf(text, "/etc/containers/registries.conf");

test("rules with their mirrors, in order", () => {
  const rules = parse(`
unqualified-search-registries = ["docker.io"]
[[registry]]
prefix = "ghcr.io/org"
location = "registry.corp.example/org/"
insecure = true
[[registry.mirror]]
location = "one.example:5000/ghcr"
[[registry.mirror]]
location = "two.example"
insecure = true
pull-from-mirror = "digest-only"
[[registry]]
location = "quay.io"
mirror-by-digest-only = true
blocked = true
[[registry.mirror]]
location = "three.example"
`);
  assert.equal(rules, [
    {
      prefix: "ghcr.io/org",
      location: "registry.corp.example/org",
      insecure: true,
      blocked: false,
      mirrors: [
        { location: "one.example:5000/ghcr", insecure: false, digestOnly: false },
        { location: "two.example", insecure: true, digestOnly: true },
      ],
    },
    {
      prefix: "quay.io",
      location: "quay.io",
      insecure: false,
      blocked: true,
      mirrors: [{ location: "three.example", insecure: false, digestOnly: true }],
    },
  ]);
});

test("what cannot be meant is refused", () => {
  for (const text of [
    "[[registry]]\n",
    '[[registry]]\nprefix = "https://ghcr.io"',
    '[[registry]]\nprefix = "a b"',
    '[[registry]]\nlocation = "a"\nblocked = "yes"',
    '[[registry]]\nlocation = "a"\n[[registry.mirror]]\n',
    '[[registry]]\nlocation = "a"\n[[registry.mirror]]\nlocation = "b"\npull-from-mirror = "never"',
  ])
    throwsCode("invalid-config", () => parse(text));
  throwsCode("unsupported", () => parse('[registries.search]\nregistries = ["docker.io"]'));
});

test("the longest prefix that ends at a slash counts", () => {
  const rule = (prefix: string) => ({ prefix, insecure: false, blocked: false, mirrors: [] });
  const rules = ["ghcr.io", "ghcr.io/org/app", "ghcr.io/org", "*.corp.example", "*.example"].map(rule);
  const found = (repository: string) => {
    const match = findRule(rules, repository);
    return match === undefined ? undefined : [match.rule.prefix, match.rest];
  };
  assert.equal(found("ghcr.io/org/app"), ["ghcr.io/org/app", ""]);
  assert.equal(found("ghcr.io/org/app2"), ["ghcr.io/org", "/app2"]);
  assert.equal(found("ghcr.io/org2/app"), ["ghcr.io", "/org2/app"]);
  assert.equal(found("ghcr.iox/a"), undefined);
  assert.equal(found("a.corp.example:5000/b/c"), ["*.corp.example", "/b/c"]);
  assert.equal(found("corp.example/b"), ["*.example", "/b"]);
});

test.run();
