import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runCli, type TestWorld } from "../command-io.ts";
import { demoLayout } from "../demo-layout.ts";
import { podFor, policyFor } from "../demo-policy.ts";

const test = suite("cli/commands/explain");
const demo = demoLayout();
const world: TestWorld = {
  files: {
    "check.yaml": policyFor(demo.key.pem),
    "pod.yaml": podFor("web", demo.signed, demo.foreign),
    "junk.yaml": "kind: ClusterPolicy\napiVersion: kyverno.io/v1\n",
  },
};
const base = ["explain", "-p", "check.yaml", "--layout", demo.folder, "--complete"];

test("an image that holds: the evidence, and who asked for it", async () => {
  const { exit, out, err } = await runCli([...base, demo.signed], world);
  assert.is(exit, 0, err);
  assert.match(out, new RegExp(`^ALLOW {2}${demo.signed} {2}now 2026-11-23 12:00 UTC\\n`));
  assert.match(out, demo.digests.signed);
  assert.match(out, /✓ key +[0-9a-f]{64} \(ecdsa-sha256\)/);
  assert.match(out, /← check\.yaml:\d+/);
});

test("an image that does not: the reason first", async () => {
  const { exit, out } = await runCli([...base, demo.foreign], world);
  assert.is(exit, 1);
  assert.match(
    out,
    /^DENY {2}.* {2}now .*\nby {7}check-images\/signed \(check\.yaml:\d+\)\nbecause {2}.*\[wrong-key\]\nfix {6}.*\n/,
  );
});

test("that there is nothing else rests on a claim, which the evidence names", async () => {
  const claimsOf = async (image: string, ...words: readonly string[]) => {
    const { out } = await runCli([...base.slice(0, -1), ...words, "-o", "json", image], world);
    const [first] = JSON.parse(out).decisions[0].results;
    const { claims = [] } = first.image.attestors[0]?.entries[0] ?? {};
    return [...claims, ...first.image.failures.flatMap(({ claim = [] }: { claim?: unknown }) => claim)].map(
      ({ scope, from }: { scope: string; from: string }) => `${scope} ${from}`,
    );
  };
  const layout = `--layout ${demo.folder}`;
  const scope = `registry.example/shop/web@${demo.digests.unsigned}`;
  assert.equal(await claimsOf(demo.unsigned, "--complete"), [`${scope} ${layout} --complete`]);
  assert.equal(await claimsOf(demo.unsigned), []);
  assert.equal(await claimsOf(demo.signed, "--complete"), [], "one good signature is enough");
  const missing = "registry.example/shop/web:gone";
  assert.equal(await claimsOf(missing, "--complete"), []);
  assert.equal(await claimsOf(missing, "--complete=repository"), [
    `registry.example/shop/web ${layout} --complete=repository`,
  ]);
  const { out } = await runCli([...base, demo.unsigned], { ...world, width: 400 } as TestWorld);
  assert.match(out, /no others\s+registry\.example/);
});

test("several images and resources, one after the other", async () => {
  const { exit, out } = await runCli([...base, demo.unsigned, "-r", "pod.yaml"], world);
  assert.is(exit, 1);
  assert.is(out.match(/^DENY/gm)?.length, 2);
});

test("an unknown is no denial by evidence: the open question is named", async () => {
  const { exit, out } = await runCli(["explain", "-p", "check.yaml", demo.signed], world);
  assert.is(exit, 1);
  assert.match(out, "[not-in-mirror]");
  assert.match(out, `because  ${demo.signed} is not in the mirror [not-in-mirror]`);
  assert.match(out, "fix      no mirror or layout was named");
  assert.not.match(out, /tag registry\.example\/shop\/web signed/);
});

test("brief is shorter, JSON is the decision itself", async () => {
  const full = (await runCli([...base, demo.foreign], world)).out;
  const brief = (await runCli([...base, demo.foreign, "--brief"], world)).out;
  assert.ok(brief.length < full.length);
  const document = JSON.parse((await runCli([...base, demo.foreign, "-o", "json"], world)).out);
  assert.is(document.decisions[0].allowed, false);
  assert.is(document.decisions[0].image, demo.foreign);
  assert.equal(document.decisions[0].resource, { apiVersion: "v1", kind: "Pod", namespace: "default", name: "image" });
  assert.is(document.decisions[0].results[0].policy, "check-images");
});

test("nothing to explain, no policy, or one that does not load: exit 2", async () => {
  for (const words of [base, ["explain", demo.signed], ["explain", "-p", "junk.yaml", demo.signed]])
    assert.is((await runCli(words, world)).exit, 2);
});

test.run();
