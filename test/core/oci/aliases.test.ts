import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { type Alias, createAliases, joinAliases, parseAlias, pinnedName } from "../../../core/oci/aliases.ts";
import { parseReference } from "../../../core/oci/reference.ts";

const test = suite("core/oci/aliases");

const read = (...texts: readonly string[]): readonly Alias[] => texts.map((text) => parseAlias(text, "--alias"));
const codeOf = (act: () => unknown): string => {
  try {
    act();
    return "none";
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return error.code;
  }
};
const create = (...texts: readonly string[]) => createAliases(read(...texts), defaultLimits);
const judged = (image: string, ...texts: readonly string[]): string | undefined =>
  create(...texts).logicalOf(parseReference(image, defaultLimits))?.reference.canonical;

const org = "ghcr.io/org=mirror.corp/ghcr.io/org";

test("what lies below the physical name, and nothing beside it", () => {
  assert.is(judged("mirror.corp/ghcr.io/org/app:1", org), "ghcr.io/org/app:1");
  assert.is(judged("mirror.corp/ghcr.io/org/a/b", org), "ghcr.io/org/a/b:latest");
  for (const image of [
    "mirror.corp/ghcr.io/organisation/app:1",
    "mirror.corp/ghcr.io/other/app:1",
    "mirror.corp/x/ghcr.io/org/app:1",
    "mirror.corp:5000/ghcr.io/org/app:1",
    "mirror.corp.evil.example/ghcr.io/org/app:1",
    "ghcr.io/org/app:1",
    "ghcr.io/mirror.corp/ghcr.io/org/app:1",
  ])
    assert.is(judged(image, org), undefined, image);
});

test("tag and digest stay", () => {
  const digest = `sha256:${"a".repeat(64)}`;
  assert.is(judged(`mirror.corp/ghcr.io/org/app@${digest}`, org), `ghcr.io/org/app@${digest}`);
  const both = create(org).logicalOf(parseReference(`mirror.corp/ghcr.io/org/app:1@${digest}`, defaultLimits));
  assert.is(both?.reference.withTag, "ghcr.io/org/app:1");
  assert.is(both?.reference.digest, digest);
});

test("one spelling of hosts; the case of a host says nothing, a port does", () => {
  assert.is(judged("MIRROR.corp:443/ghcr.io/org/app:1", org), "ghcr.io/org/app:1");
  assert.is(judged("mirror.corp/ghcr.io/org/app:1", "GHCR.io/org=Mirror.Corp:443/ghcr.io/org"), "ghcr.io/org/app:1");
  assert.is(judged("mirror.corp:5000/gh/app:1", "ghcr.io=mirror.corp:5000/gh"), "ghcr.io/app:1");
  assert.is(judged("mirror.corp:5000/gh/app:1", "ghcr.io=mirror.corp/gh"), undefined);
  assert.is(judged("[::1]:5000/gh/app:1", "ghcr.io=[::1]:5000/gh"), "ghcr.io/app:1");
});

test("a whole registry as either name, and one repository", () => {
  assert.is(judged("mirror.corp/org/app:1", "ghcr.io=mirror.corp"), "ghcr.io/org/app:1");
  assert.is(judged("mirror.corp/apps/one:1", "ghcr.io/org/app=mirror.corp/apps/one"), "ghcr.io/org/app:1");
  assert.is(judged("mirror.corp/gh:1", "ghcr.io=mirror.corp/gh"), undefined, "a registry is no repository");
});

test("the longest physical name counts", () => {
  const nested = ["docker.io=mirror.corp", "ghcr.io=mirror.corp/gh", "quay.io/x=mirror.corp/gh/x"];
  assert.is(judged("mirror.corp/gh/x/app:1", ...nested), "quay.io/x/app:1");
  assert.is(judged("mirror.corp/gh/y/app:1", ...nested), "ghcr.io/y/app:1");
  assert.is(judged("mirror.corp/ghx/app:1", ...nested), "docker.io/ghx/app:1");
});

test("an official image of Docker Hub has both of its names; Docker Hub as a mirror has one in every spelling", () => {
  const names = (image: string, ...aliases: readonly string[]) =>
    create(...aliases)
      .logicalOf(parseReference(image, defaultLimits))
      ?.names.map(({ canonical }) => canonical);
  const hub = "index.docker.io=mirror.corp/hub";
  assert.equal(names("mirror.corp/hub/library/nginx:1", hub), ["docker.io/library/nginx:1", "docker.io/nginx:1"]);
  assert.equal(names("mirror.corp/hub/nginx:1", hub), ["docker.io/nginx:1", "docker.io/library/nginx:1"]);
  assert.equal(names("mirror.corp/hub/org/app:1", hub), ["docker.io/org/app:1"]);
  assert.is(judged("corp/gh/app:1", "ghcr.io=docker.io/corp/gh"), "ghcr.io/app:1");
  assert.is(judged("one:1", "ghcr.io/org/app=docker.io/one"), "ghcr.io/org/app:1");
  assert.is(judged("library/one:1", "ghcr.io/org/app=docker.io/library/one"), "ghcr.io/org/app:1");
});

test("two logical names of one place, an alias of itself, chains and cycles are refused", () => {
  for (const wrong of [
    ["ghcr.io=mirror.corp/x", "quay.io=mirror.corp/x"],
    ["ghcr.io=mirror.corp/x", "quay.io=MIRROR.corp:443/x"],
    ["ghcr.io/org=ghcr.io/org"],
    ["ghcr.io/org=GHCR.io/org"],
    ["docker.io=index.docker.io"],
    ["ghcr.io=mirror.corp/gh", "mirror.corp=far.corp"],
    ["mirror.corp=far.corp", "ghcr.io=mirror.corp/gh"],
    ["ghcr.io=mirror.corp", "mirror.corp/a/b=far.corp"],
    ["ghcr.io=mirror.corp", "mirror.corp=ghcr.io"],
    ["mirror.corp=mirror.corp/cache"],
    ["mirror.corp/cache=mirror.corp"],
    ["ghcr.io/a=mirror.corp/a", "mirror.corp/a=far.corp/a", "far.corp/a=ghcr.io/a"],
  ])
    assert.is(
      codeOf(() => create(...wrong)),
      "invalid-config",
      wrong.join(" "),
    );
  for (const right of [
    ["ghcr.io=mirror.corp/x", "ghcr.io=far.corp/x"],
    ["ghcr.io=mirror.corp/x", "ghcr.io=mirror.corp/x"],
    ["ghcr.io=mirror.corp/x", "mirror.corp/own=far.corp/own"],
    ["ghcr.io/a=mirror.corp/a", "ghcr.io/ab=mirror.corp/ab"],
  ])
    assert.is(
      codeOf(() => create(...right)),
      "none",
      right.join(" "),
    );
});

test("what is no alias is refused", () => {
  for (const wrong of [
    "",
    "ghcr.io",
    "=mirror.corp",
    "ghcr.io=",
    "ghcr.io=mirror.corp=x",
    "ghcr.io/*=mirror.corp/*",
    "ghcr.io/o?g=mirror.corp/org",
    "ghcr.io/org/app:1=mirror.corp/app",
    "ghcr.io/org=mirror.corp/app:1",
    `ghcr.io/org=mirror.corp/app@sha256:${"a".repeat(64)}`,
    "nginx=mirror.corp/nginx",
    "ghcr.io/Org=mirror.corp/org",
    "https://ghcr.io=mirror.corp",
    "ghcr.io//org=mirror.corp",
    "ghcr.io/../org=mirror.corp",
    "user@ghcr.io=mirror.corp",
    "ghcr.io/org=mirror corp/org",
  ])
    assert.is(
      codeOf(() => create(wrong)),
      "invalid-config",
      wrong,
    );
  assert.is(judged("mirror.corp/org/app:1", "ghcr.io/org/=mirror.corp/org/"), "ghcr.io/org/app:1");
});

test("bounds: how many there are, and how long a name is", () => {
  const few = { ...defaultLimits, aliases: 1, referenceBytes: 40 };
  assert.is(
    codeOf(() => createAliases(read("ghcr.io=a.corp", "ghcr.io=b.corp"), few)),
    "over-limit",
  );
  assert.is(
    codeOf(() => createAliases(read(`ghcr.io/${"a".repeat(40)}=a.corp`), few)),
    "over-limit",
  );
  const long = `${"a".repeat(120)}/${"b".repeat(120)}`;
  assert.is(
    codeOf(() => judged(`mirror.corp/x/${long}`, `ghcr.io/${"c".repeat(60)}=mirror.corp/x`)),
    "malformed",
    "a logical name that no registry can have",
  );
});

test("a name is pinned with all its spellings", () => {
  const digest = `sha256:${"a".repeat(64)}` as const;
  const found = create("docker.io=mirror.corp").logicalOf(parseReference("mirror.corp/nginx:1", defaultLimits));
  if (found === undefined) throw new Error("it is mirrored");
  assert.equal(
    pinnedName(found, digest).names.map(({ canonical }) => canonical),
    [`docker.io/nginx@${digest}`, `docker.io/library/nginx@${digest}`],
  );
});

test("of found aliases only what is clear counts, and what was said wins", () => {
  const { aliases, leftOut } = joinAliases(
    read("ghcr.io/org=mirror.corp/a"),
    read(
      "quay.io=mirror.corp/a",
      "quay.io=mirror.corp/b",
      "docker.io=mirror.corp/b",
      "quay.io=mirror.corp/c",
      "quay.io=mirror.corp/c",
      "mirror.corp=far.corp",
      "quay.io=quay.io",
      "nothing=mirror.corp/d",
    ),
    defaultLimits,
  );
  assert.equal(
    aliases.map(({ logical, physical }) => `${logical}=${physical}`),
    ["ghcr.io/org=mirror.corp/a", "quay.io=mirror.corp/c"],
  );
  assert.equal(leftOut.map(({ alias }) => `${alias.logical}=${alias.physical}`).sort(), [
    "docker.io=mirror.corp/b",
    "mirror.corp=far.corp",
    "nothing=mirror.corp/d",
    "quay.io=mirror.corp/b",
    "quay.io=quay.io",
  ]);
  assert.is(
    codeOf(() => joinAliases(read("a.io=a.io"), [], defaultLimits)),
    "invalid-config",
  );
});

test.run();
