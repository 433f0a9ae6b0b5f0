import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { newKey } from "../../lab/keys.ts";
import { runCli } from "../command-io.ts";
import { podFor, policyFor } from "../demo-policy.ts";

const test = suite("cli/commands/policy");
const good = policyFor(newKey().pem);
const bad = good.replace("imageReferences", "imageReference");

test("policies that load", async () => {
  const { exit, out } = await runCli(["policy", "check", "a.yaml"], { files: { "a.yaml": good } });
  assert.is(exit, 0);
  assert.match(out, "1 policy loads; 0 errors, 0 warnings");
});

test("what is wrong has its place, and is exit 2", async () => {
  const { exit, out } = await runCli(["policy", "check", "p"], { files: { "p/a.yaml": good, "p/b.yaml": bad } });
  assert.is(exit, 2);
  assert.match(out, /error invalid-policy: p\/b\.yaml:\d+:\d+: /);
  assert.match(out, "2 policies: 1 load, 1 do not; 1 error, 0 warnings");
  const worse = bad.replace("attestors:", "attestor:");
  const files = { "b.yaml": worse, "c.yaml": "- *", "d.yaml": "{{ .Values.x }}" };
  const none = await runCli(["policy", "check", ...Object.keys(files)], { files });
  assert.match(none.out, /^3 policies do not load; 4 errors, 0 warnings$/m, none.out);
});

test("JSON for scripts", async () => {
  const document = JSON.parse(
    (await runCli(["policy", "check", "a.yaml", "b.yaml", "-o", "json"], { files: { "a.yaml": good, "b.yaml": bad } }))
      .out,
  );
  assert.equal(
    [document.policies, document.errors[0].file, document.errors[0].code],
    [["check-images"], "b.yaml", "invalid-policy"],
  );
});

const adviceFolder = new URL("../../fixtures/policy-advice/", import.meta.url);
const adviceFiles = Object.fromEntries(
  ["policy.yaml", "half-identity.yaml"].map((name) => [name, readFileSync(new URL(name, adviceFolder), "utf8")]),
);

test("advice is a warning with its kind and its place, by file and line, each once", async () => {
  const words = ["policy", "check", "policy.yaml", "half-identity.yaml"];
  const { exit, out } = await runCli(words, { files: adviceFiles });
  assert.is(exit, 0);
  assert.equal(
    out.split("\n").map((line) => /^(.*?:.*?:\d+):\d+: \w+: /.exec(line)?.[1] ?? line),
    [
      "warning skips-all: half-identity.yaml:11",
      "warning half-identity: half-identity.yaml:14",
      "warning unanchored-pattern: half-identity.yaml:14",
      "warning deny-without-attestations: half-identity.yaml:16",
      "warning never-matches: policy.yaml:12",
      "warning no-registry: policy.yaml:12",
      "warning wildcard-crosses-slash: policy.yaml:12",
      "2 policies load; 0 errors, 7 warnings",
      "",
    ],
  );
  const { warnings } = JSON.parse((await runCli([...words, "-o", "json"], { files: adviceFiles })).out);
  assert.equal(
    [warnings.length, warnings[0].code, warnings[0].file, warnings[0].line, warnings[0].policy],
    [7, "skips-all", "half-identity.yaml", 11, "half"],
  );
});

const deprecated = good.replace("validationFailureAction: Enforce", "validationFailureAction: enforce");
const broken = good.replace(
  /-----BEGIN PUBLIC KEY-----[\s\S]*?-----END PUBLIC KEY-----/,
  "neither PEM nor a reference",
);

test("warnings of the load have a place too, and stand where policies decide, once a run", async () => {
  assert.is.not(deprecated, good);
  assert.is.not(broken, good);
  const files = { "old.yaml": deprecated, "broken.yaml": broken, "pod.yaml": podFor("a", "ghcr.io/x/y:1") };
  const paths = ["old.yaml", "broken.yaml"];
  const { out } = await runCli(["policy", "check", ...paths], { files });
  assert.match(out, /^warning: old\.yaml:\d+:\d+: check-images: spec\.validationFailureAction: /m);
  assert.match(out, /^warning: broken\.yaml:\d+:\d+: check-images: .*\.entries\[0\]: \[malformed\] /m);
  const testFile = JSON.stringify({
    apiVersion: "cli.kyverno.io/v1alpha1",
    kind: "Test",
    metadata: { name: "t" },
    policies: paths,
    resources: ["pod.yaml"],
    results: ["CREATE", "UPDATE"].map((operation) => ({
      policy: "check-images",
      rule: "signed",
      kind: "Pod",
      resources: ["a"],
      result: "error",
      operation,
    })),
  });
  const testFolder = Object.fromEntries(
    Object.entries({ ...files, "kyverno-test.yaml": testFile }).map(([name, text]) => [`t/${name}`, text]),
  );
  for (const words of [
    ["apply", ...paths, "-r", "pod.yaml"],
    ["explain", "-p", "old.yaml", "-p", "broken.yaml", "ghcr.io/x/y:1"],
    ["test", "t"],
  ]) {
    const { err } = await runCli(words, { files: { ...files, ...testFolder } });
    assert.is(err.match(/^warning: .*old\.yaml:.*validationFailureAction/gm)?.length, 1, `${words[0]}: ${err}`);
    assert.is(err.match(/^warning: .*broken\.yaml:.*\[malformed\]/gm)?.length, 1, `${words[0]}: ${err}`);
  }
});

test("what serve will not ask for a Policy of one namespace, by its configuration and its folders", async () => {
  const written = /publicKeys: \|-\n(?: +-----BEGIN[\s\S]*?-----END PUBLIC KEY-----)/;
  const ofAll = good.replace(written, 'kms: "awskms:///alias/a"');
  assert.is.not(ofAll, good);
  const ofOne = ofAll
    .replace("kind: ClusterPolicy", "kind: Policy")
    .replace(/name: check-images/, "$&\n  namespace: team");
  const config = (mayAsk: string) =>
    "apiVersion: sallyport.dev/v1alpha1\nkind: Config\nstore: m\nmode: online\nupstreams: [{ host: a.io }]\n" +
    `policies: { folders: [all, gone], mayAsk: [${mayAsk}] }\n`;
  const files = { "one.yaml": ofOne, "none.yaml": config(""), "some.yaml": config('"awskms:///*"') };
  const check = async (words: readonly string[], more: Record<string, string> = {}, env = {}) => {
    const { exit, out } = await runCli(["policy", "check", "one.yaml", ...words, "-o", "json"], {
      files: { ...files, ...more },
      env,
    });
    assert.is(exit, 0);
    return (JSON.parse(out) as { warnings: { code?: string }[] }).warnings.map(({ code }) => code);
  };
  assert.equal(await check([]), ["not-asked"]);
  assert.equal(await check(["-c", "none.yaml"]), ["not-asked"]);
  assert.equal(await check(["-c", "some.yaml"]), []);
  assert.equal(await check([], {}, { SALLYPORT_CONFIG: "some.yaml" }), []);
  assert.equal(await check(["--config", "none.yaml"], { "all/a.yaml": ofAll }), [], "a ClusterPolicy of its folders");
  assert.is((await runCli(["policy", "check", "one.yaml", "-c", "gone.yaml"], { files })).exit, 2);
});

test("a Policy of one namespace that reads images by a registry is one that serve does not load", async () => {
  const context = "context: [{ name: labels, imageRegistry: { reference: 'ghcr.io/a/b:1' } }]";
  const ofAll = good.replace(/^( +)match:/m, `$1${context}\n$&`);
  assert.is.not(ofAll, good);
  const ofOne = ofAll
    .replace("kind: ClusterPolicy", "kind: Policy")
    .replace(/name: check-images/, "$&\n  namespace: team");
  const config = (more: string) =>
    "apiVersion: sallyport.dev/v1alpha1\nkind: Config\nstore: m\nmode: online\nupstreams: [{ host: a.io }]\n" +
    `policies: { folders: [gone]${more} }\n`;
  const files = {
    "all.yaml": ofAll,
    "one.yaml": ofOne,
    "c.yaml": config(""),
    "may.yaml": config(", namespacedImageRegistry: true"),
  };
  const warned = async (...words: readonly string[]) => {
    const { exit, out } = await runCli(["policy", "check", ...words], { files });
    assert.is(exit, 0, out);
    const place = "spec.rules[0].context[0]";
    return out.includes(`check-images: ${place}: serve does not load it: `) && /^warning not-asked: one/m.test(out);
  };
  assert.ok(await warned("one.yaml"));
  assert.ok(await warned("one.yaml", "-c", "c.yaml"));
  assert.not(await warned("one.yaml", "-c", "may.yaml"));
  assert.not(await warned("all.yaml"));
});

test("a key that is neither PEM nor a reference has one warning", async () => {
  const ofOne = broken
    .replace("kind: ClusterPolicy", "kind: Policy")
    .replace(/name: check-images/, "$&\n  namespace: team");
  const { out } = await runCli(["policy", "check", "a.yaml"], { files: { "a.yaml": ofOne } });
  assert.match(out, "0 errors, 1 warning");
});

test.run();
