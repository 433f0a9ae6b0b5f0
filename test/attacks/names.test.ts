/**
 * Attacks by names: spellings of hosts and repositories, Unicode, names in layouts, and patterns that meet them.
 * Source: docs/attacks.md.
 */
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { EngineError } from "../../core/errors.ts";
import { defaultLimits } from "../../core/limits.ts";
import { parseReference, repositoryForFetching } from "../../core/oci/reference.ts";
import { openLayout } from "../../proxy/archive/oci-layout.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { type Json, sign, type Signed } from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { withImage } from "./other-answers.ts";
import { accepts, decided, lab, unsigned } from "./refuses.ts";

const { attack, run } = attackSuite("names");

const signed = accepts({ layout: "tag" });
const host = "registry.lab.example";
const path = (one: Signed): string => `${one.repository.slice(host.length)}:${one.tag}`;
const asks = { attestor: signed.attestor };
const only =
  (imageReferences: readonly string[], skipImageReferences: readonly string[] = []) =>
  (policy: Json) => {
    Object.assign(policy.spec.rules[0].verifyImages[0], { imageReferences, skipImageReferences });
    return policy;
  };
/** What a policy with these patterns says of the unsigned image under a name. */
const unsignedAs = (image: string, policy: (policy: Json) => Json): string =>
  decided(unsigned, { ...asks, policy, pod: withImage(image) });

attack(151, "the policy's host in upper case, in part or as a whole", () => {
  for (const name of ["REGISTRY.LAB.EXAMPLE", "Registry.Lab.Example", "registry.lab.EXAMPLE"])
    assert.is(unsignedAs(name + path(unsigned), only([`${host}/*`])), "denied: no-signature");
});

attack(152, "the policy's host with its default port, in several spellings", () => {
  for (const port of ["443", "0443", "0000443"])
    assert.is(unsignedAs(`${host}:${port}${path(unsigned)}`, only([`${host}/*`])), "denied: no-signature");
  assert.is(unsignedAs(host + path(unsigned), only([`${host}:443/*`])), "denied: no-signature");
  assert.is(unsignedAs(`${host}:443${path(unsigned)}`, only([`${host.toUpperCase()}/*`])), "denied: no-signature");
});

attack(153, "a skipped registry's name as a part of another host, a path or a tag", () => {
  const policy = only(["*"], ["trusted.example/*"]);
  for (const image of [
    `trusted.example.evil.example${path(unsigned)}`,
    `evil.example/trusted.example${path(unsigned)}`,
    `evil.example/app:trusted.example`,
    `trusted.example:8443${path(unsigned)}`,
  ])
    assert.match(unsignedAs(image, policy), /^denied: /, image);
});

attack(154, "letters of other alphabets that look like the host's or the path's", () => {
  for (const image of [
    `regi\u0455try.lab.example${path(unsigned)}`,
    `registry.lab.example\u2044team/app:1`,
    `registry\u3002lab.example${path(unsigned)}`,
    `${host}/te\u0430m/app:1`,
    `${host}/team/app\u200b:1`,
    `${host}/team/app:1\u202e`,
  ])
    assert.is(unsignedAs(image, only([`${host}/*`])), "denied: malformed", image);
});

attack(155, "dots, empty parts, queries and users in a reference", () => {
  for (const image of [
    `${host}/../evil/app:1`,
    `${host}//app:1`,
    `${host}/team/./app:1`,
    `user@${host}/team/app:1`,
    `https://${host}/team/app:1`,
    `${host}/team/app:1?x=y`,
    `${host}/team/app:1#x`,
    `${host}/team/app:1\n${host}/team/app:2`,
    `${host}./team/app:1`,
    ` ${host}/team/app:1`,
    `${host}/team/app:1%00`,
  ])
    assert.is(unsignedAs(image, only([`${host}/*`])), "denied: malformed", JSON.stringify(image));
});

attack(156, "an image without a registry, whose first part looks like one", () => {
  for (const [image, repository] of [
    ["registry/app", "docker.io/registry/app"],
    ["localhost/app", "localhost/app"],
    ["App/x", "APP/x"],
    ["App:443/x", "APP/x"],
    ["index.docker.io/app", "docker.io/library/app"],
    ["INDEX.DOCKER.IO:443/app", "docker.io/library/app"],
    ["app", "docker.io/library/app"],
  ] as const) {
    assert.is(parseReference(image, defaultLimits).fetchRepository, repository, image);
    assert.is(repositoryForFetching(repository), repository);
  }
});

attack(157, "a tag that is named like a signature's tag of the image", () => {
  const tag = `sha256-${signed.digest.slice("sha256:".length)}.sig`;
  assert.match(decided(signed, { pod: withImage(`${signed.repository}:${tag}`) }), /^denied: /);
});

/** A layout of the signed image whose index names other things. */
function layoutWith(change: (index: Json) => Json, prepare: (folder: string) => void = () => undefined): string {
  const folder = tempFolder();
  signed.store.write(folder);
  const file = join(folder, "index.json");
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, "utf8")))));
  prepare(folder);
  return folder;
}
function codeOf(folder: string): string {
  try {
    openLayout(folder, { limits: defaultLimits });
    return "opened";
  } catch (error) {
    assert.instance(error, EngineError);
    return (error as EngineError).code;
  }
}
const refName = "org.opencontainers.image.ref.name";
const renamed = (change: (name: string) => unknown) => (index: Json) => ({
  ...index,
  manifests: index.manifests.map((one: Json) => ({
    ...one,
    annotations: { ...one.annotations, [refName]: change(one.annotations[refName]) },
  })),
});

attack(158, "one name in a layout's index for two digests", () => {
  assert.is(codeOf(layoutWith((index) => index)), "opened");
  const evil = sign(lab, { layout: "tag", tag: "evil", repository: signed.repository });
  const two = layoutWith((index) => ({
    ...index,
    manifests: [
      ...index.manifests,
      {
        ...index.manifests[0],
        digest: evil.digest,
        annotations: { [refName]: `${signed.repository}:${signed.tag}` },
      },
    ],
  }));
  assert.match(codeOf(two), /^(?:archive-corrupt|invalid-usage)$/);
});

attack(
  159,
  "names in a layout's index with paths, control characters, other alphabets, or as members of objects",
  () => {
    for (const name of [
      "../../etc/passwd",
      "a\u0000b",
      "__proto__",
      "constructor:1",
      "\u202eapp:1",
      "//x",
      "x".repeat(9000),
    ]) {
      const folder = layoutWith(renamed(() => name));
      assert.match(
        codeOf(folder),
        /^(?:opened|archive-corrupt|invalid-usage|malformed|over-limit)$/,
        JSON.stringify(name),
      );
    }
    assert.is(Object.hasOwn(Object.prototype, "1"), false);
  },
);

attack(160, "a file of the layout that is a link out of it, or a folder", () => {
  const secret = join(tempFolder(), "secret");
  writeFileSync(secret, '{"imageLayoutVersion":"1.0.0"}');
  const replace = (name: string, by: (file: string) => void): string =>
    layoutWith(
      (index) => index,
      (folder) => {
        rmSync(join(folder, name));
        by(join(folder, name));
      },
    );
  for (const name of ["oci-layout", "index.json"]) {
    assert.is(codeOf(replace(name, (file) => symlinkSync(secret, file))), "archive-corrupt");
    assert.is(codeOf(replace(name, (file) => mkdirSync(file))), "archive-corrupt");
  }
});

run();
