/** Images under a mirror's name in a sync: the mirror is not asked, and the far side decides by the logical name. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { podFor, policyFor } from "../demo-policy.ts";
import { addSigned, key, reportOf, repository, statuses, withLab } from "./sync-lab.ts";

const test = suite("cli/commands/mirror-sync, aliases");

test("a list with a mirror's names is fetched by the logical ones, and decides behind the gap", () =>
  withLab(async (lab) => {
    const digest = addSigned(lab, "1");
    lab.registry.addImage(repository, "2", "nobody signed this");
    const mirrored = (tag: string): string => `mirror.example/far/app:${tag}`;
    const alias = ["--alias", `${lab.registry.host}/org=mirror.example/far`];
    const pinning = {
      "pinning.yaml": policyFor(key.pem, { images: `${lab.registry.host}/*` }).replace(
        "mutateDigest: false",
        "mutateDigest: true",
      ),
      "pod.yaml": podFor("web", mirrored("1")),
      "unsigned.yaml": podFor("web", mirrored("2")),
    };
    const words = ["mirror", "sync", "--store", lab.store, "--policies", "pinning.yaml", ...alias];
    const synced = await lab.run([...words, mirrored("1"), mirrored("2"), "--complete", "-o", "json"], pinning);
    assert.is(synced.exit, 0, synced.err);
    assert.equal(statuses(synced), ["copied", "copied"]);
    const verdicts = reportOf(synced).images.map(({ coverage, image }) => [image, coverage.decision]);
    assert.equal(verdicts, [
      [mirrored("1"), "pass"],
      [mirrored("2"), "fail"],
    ]);
    const apply = (resource: string) =>
      lab.run(["apply", "pinning.yaml", "-r", resource, "--store", lab.store, ...alias, "-o", "out.yaml"], pinning);
    const admitted = await apply("pod.yaml");
    assert.is(admitted.exit, 0, admitted.err);
    assert.match(Object.values(admitted.written).join(), `image: ${mirrored("1")}@${digest}`);
    assert.is((await apply("unsigned.yaml")).exit, 1);
  }));

test("patterns of a mirror's tags take those of the logical repository", () =>
  withLab(async (lab) => {
    for (const tag of ["v1.0", "v1.1", "v2.0"]) addSigned(lab, tag);
    const policy = policyFor(key.pem, { images: `${lab.registry.host}/*` });
    const words = ["mirror", "sync", "--store", lab.store, "--policies", "p.yaml", "-o", "json"];
    const alias = ["--alias", `${lab.registry.host}/org=mirror.example/far`];
    const files = { "p.yaml": policy.replace("mutateDigest: false", "mutateDigest: true") };
    const synced = await lab.run([...words, "mirror.example/far/app:v1.*", ...alias], files);
    assert.equal(
      reportOf(synced).images.map(({ image }) => image),
      ["mirror.example/far/app:v1.0", "mirror.example/far/app:v1.1"],
    );
    assert.equal(statuses(synced), ["copied", "copied"]);
  }));

test("what a policy skips by the mirror's name is excused in the coverage", () =>
  withLab(async (lab) => {
    lab.registry.addImage(repository, "1", "nobody signed this");
    const text = policyFor(key.pem, { images: "*" }).replace("mutateDigest: false", "mutateDigest: true");
    const skipping = text.replace(
      "mutateDigest",
      'skipImageReferences: ["mirror.example/*", "127.0.0.1:*"]\n          mutateDigest',
    );
    const files = { "p.yaml": skipping };
    const alias = ["--alias", `${lab.registry.host}/org=mirror.example/far`];
    const synced = await lab.run(
      [
        "mirror",
        "sync",
        "--store",
        lab.store,
        "--policies",
        "p.yaml",
        "mirror.example/far/app:1",
        ...alias,
        "-o",
        "json",
      ],
      files,
    );
    assert.equal(
      reportOf(synced).images.map(({ coverage }) => coverage.decision),
      ["pass"],
    );
  }));

test.run();
