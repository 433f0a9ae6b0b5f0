/** What people are told: inputs that were judged rightly, and about which the words must help. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runCli, type TestRun } from "./command-io.ts";

const test = suite("cli/messages");

const fixture = (path: string): string => fileURLToPath(new URL(`../fixtures/${path}`, import.meta.url));

const layout = ["--layout", fixture("documentation/layout"), "--complete"];

/** A folder of `test/fixtures/messages` as the files of a command. */
function filesOf(folder: string): Readonly<Record<string, Uint8Array>> {
  const path = fixture(`messages/${folder}`);
  return Object.fromEntries(
    readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => [name, readFileSync(`${path}/${name}`)]),
  );
}

const root = { "root.json": readFileSync(fixture("messages/given-files/root.json")) };
const run = (folder: string, words: readonly string[]): Promise<TestRun> =>
  runCli(words, { files: { ...root, ...filesOf(folder) } });

test("a variable that the author of the resource left unset denies under Ignore, in apply and in explain", async () => {
  const explained = await run("unset-variable", ["explain", "-r", "pod.yaml", "-p", "p.yaml"]);
  assert.is(explained.exit, 1);
  assert.match(explained.out, /^DENY {2}Pod default\/evil .*\nby {7}team-key\/r /);
  assert.is((await run("unset-variable", ["apply", "p.yaml", "-r", "pod.yaml"])).exit, 1);
});

const noEntry = "the signature carries no log entry, and no log was asked";
const ignoreLog = /--insecure-ignore-tlog, or rekor\.ignoreTlog: true in the policy/;

test("a signature without log entry: says so, once, and what to do, with a trusted root and without", async () => {
  const files = ["policy.yaml", "-r", "resource.yaml", ...layout];
  for (const more of [[], ["--trusted-root", "root.json"]]) {
    const { exit, err } = await run("key-without-log", ["apply", ...files, ...more]);
    assert.is(exit, 1);
    assert.is(err.split(noEntry).length - 1, 1, err);
    assert.is(err.match(/^fix for /gm)?.length, 1, err);
    assert.match(err.replace(/\s+/g, " "), "log entry: rekor.ignoreTlog: true in the policy");
    assert.not.match(err, "--insecure-ignore-tlog");
    const [policy = "", ...rest] = files;
    const explained = await run("key-without-log", ["explain", "-p", policy, ...rest, ...more, "--brief"]);
    assert.match(explained.out, noEntry);
    assert.not.match(err + explained.out, /never asked|log-entry https:/);
  }
});

test("verify of one: the same, and not the public log where the trusted root has another", async () => {
  for (const more of [[], ["--trusted-root", "root.json"]]) {
    const image = "registry.example/shop/app:1";
    test("explain takes what apply takes, and names the resource of each tree", async () => {
      const files = ["policy.yaml", "-r", "resource.yaml", ...layout];
      const cluster = ["--cluster-resource", "configmap.yaml"];
      const { exit, out } = await run("explain-inputs", ["explain", "-p", ...files, ...cluster]);
      assert.is(exit, 1);
      assert.equal(out.match(/^(?:ALLOW|DENY) .*?(?= {2}now)/gm), ["DENY  Pod shop/a", "ALLOW  Pod shop/b"]);
      const json = await run("explain-inputs", ["explain", "-p", ...files, ...cluster, "-o", "json"]);
      const { decisions } = JSON.parse(json.out);
      assert.equal(
        decisions.map(({ allowed, resource }: Record<string, unknown>) => [allowed, resource]),
        ["a", "b"].map((name, index) => [index === 1, { apiVersion: "v1", kind: "Pod", namespace: "shop", name }]),
      );
      const without = await run("explain-inputs", ["explain", "-p", ...files, "--brief"]);
      assert.match(without.out, "because  ConfigMap shop/keys was not given [not-in-mirror]");
      assert.is(without.out.match(/^fix {6}give it with --cluster-resource FILE$/gm)?.length, 1, "once for both Pods");
    });

    test("explain of an Audit rule that fails: it is audited, and no reason to allow", async () => {
      const policy = readFileSync(fixture("messages/explain-inputs/policy.yaml"), "utf8")
        .replace("Action: Enforce", "Action: Audit")
        .replace("imageReferences", "mutateDigest: false\n          imageReferences");
      const files = { ...filesOf("explain-inputs"), "policy.yaml": policy };
      const words = ["explain", "-p", "policy.yaml", "-r", "resource.yaml", "--cluster-resource", "configmap.yaml"];
      const { exit, out } = await runCli([...words, ...layout], { files });
      assert.is(exit, 0);
      assert.match(
        out,
        /^ALLOW {2}Pod shop\/a .*\naudited {2}base\/signed \(policy\.yaml:9\) fails, .*: it denies nothing\n/,
      );
    });

    const own = ["--layout", fixture("messages/given-files/layout"), "--complete"];
    const { exit, err } = await run("given-files", ["verify", "--key", "cosign.pub", ...own, ...more, image]);
    assert.is(exit, more.length === 0 ? 3 : 5);
    assert.match(err, noEntry);
    assert.match(err, ignoreLog);
    assert.not.match(err, /rekor\.sigstore\.dev|sallyport mirror add|never asked/);
  }
});

test("a failed condition: path, key, operator, what is wanted, what the predicate has, and the line", async () => {
  const words = ["policy.yaml", "-r", "resource.yaml", ...layout];
  const failed = 'conditions[0].all[1]: {{ repo.branch }} Equals "main" is false: it is "next" (policy.yaml:28)';
  const applied = await run("which-condition", ["apply", ...words]);
  assert.match(applied.out, failed);
  assert.match(applied.out, /image verification failed for [^ ]+: attestation checks failed; /);
  assert.match((await run("which-condition", ["explain", "-p", ...words])).out, failed);
});

const own = ["--layout", fixture("messages/given-files/layout"), "--complete"];
const byKey = ["--key", "cosign.pub", "--insecure-ignore-tlog"];
const attested = "registry.example/shop/app:2";
const spdx = "https://spdx.dev/Document/v2.3";

test("a missing attestation: the type that was asked for and the types that are there", async () => {
  const words = ["verify-attestation", "--type", "spdxjson", ...byKey, ...own, attested];
  const { exit, err } = await run("given-files", words);
  assert.is(exit, 10);
  assert.match(
    err,
    `no attestation of type https://spdx.dev/Document found, neither as a tag nor as a referrer; found: ${spdx}\n`,
  );
  const files = ["wrong-type.yaml", "-r", "resource.yaml", ...layout];
  const applied = await run("which-condition", ["apply", ...files]);
  const said =
    "no attestation of type https://example.com/Review/v1 found, neither as a tag nor as a referrer; " +
    "found: https://example.com/";
  assert.match(applied.out, said);
  assert.match((await run("which-condition", ["explain", "-p", ...files])).out, said);
});

test("an image that has attestations only: verify and apply point to verify-attestation, and the type", async () => {
  const { exit, err } = await run("given-files", ["verify", ...byKey, ...own, attested]);
  assert.is(exit, 10);
  assert.match(err, `sallyport verify-attestation --type ${spdx} ${attested}, or attestations in the policy`);
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "a" },
    spec: { containers: [{ name: "c", image: attested }] },
  };
  const policy = readFileSync(fixture("messages/explain-inputs/policy.yaml"), "utf8")
    .replace("ghcr.io/kyverno/test-verify-image", "registry.example/shop/app")
    .replace(
      '"{{ keys.data.release }}"',
      JSON.stringify(readFileSync(fixture("messages/given-files/cosign.pub"), "utf8")),
    )
    .replace(/ +context:.*\n/, "");
  const files = { "policy.yaml": policy, "pod.json": JSON.stringify(pod) };
  const applied = await runCli(["apply", "policy.yaml", "-r", "pod.json", ...own], { files });
  assert.match(applied.err, `fix for no-signature: it has attestations: sallyport verify-attestation --type ${spdx} `);
});

test("refuted here, and others may be elsewhere: the refutation leads, the status stays unknown", async () => {
  const words = ["verify", "--key", "other.pub", "--insecure-ignore-tlog", ...own.slice(0, 2)];
  const other = readFileSync(fixture("documentation/trust/someone-else.pub"));
  const files = { ...filesOf("given-files"), "other.pub": other };
  const { exit, out, err } = await runCli([...words, "registry.example/shop/app:1"], { files });
  assert.is(exit, 5);
  const lead = "1 signature is here, by another key; whether there are others is unknown";
  assert.match(err, new RegExp(`^error not-in-mirror: .*${lead}\n`));
  assert.match(err, /fix: {2}if the layout has all that hangs on the image, say so with --complete/);
  assert.match(out, /^\? /);
  assert.match(out, "[wrong-key]");
  assert.is((await runCli([...words, "--complete", "registry.example/shop/app:1"], { files })).exit, 12);
});

const wrongFiles: readonly (readonly [words: readonly string[], said: RegExp, fix: RegExp])[] = [
  [["--key", "key.der"], /--key key\.der .*public key in DER form/, /openssl pkey -pubin -inform DER -in key\.der/],
  [["--key", "cosign.key"], /--key cosign\.key .*a private key of cosign/, /give cosign\.pub/],
  [["--key", "root.json"], /--key root\.json .*a trusted root/, /--trusted-root root\.json/],
  [[...byKey, "--trusted-root", "signing-config.json"], /a signing config \(application\/vnd/, /trusted_root\.json/],
  [[...byKey, "--trusted-root", "two.jsonl"], /2 documents in a row/, /split -l 1 two\.jsonl/],
  [["--key", "gone.pub"], /cannot read gone\.pub/, /./],
];
for (const [words, said, fix] of wrongFiles)
  test(`something else: ${words.slice(-2).join(" ")}: which, what it is, what to do, exit 2`, async () => {
    const { exit, out, err } = await run("given-files", ["verify", ...words, ...own, attested]);
    assert.equal([exit, out], [2, ""]);
    assert.match(err, said);
    assert.match(err, /^ {2}fix: {2}/m);
    assert.match(err, fix);
  });

test("no mirror and no layout: the message says so", async () => {
  const { exit, err } = await run("given-files", ["verify", "--key", "cosign.pub", "registry.example/shop/app:1"]);
  assert.is(exit, 5);
  assert.match(err, "registry.example/shop/app:1 is not in the mirror");
  assert.match(err, /no mirror or layout was named: give --store STORE, --layout LAYOUT or SALLYPORT_STORE/);
});

const wrongValues: readonly (readonly [words: readonly string[], said: string])[] = [
  [["--online", "--refresh", "1"], '--refresh takes a span of time such as 30d, 72h or 1d12h, not "1"'],
  [["--online", "--timeout", "1"], '--timeout takes a span of time such as 30d, 72h or 1d12h, not "1"'],
  [["--online", "--timeout", "0s"], "--timeout 0s leaves no time"],
  [["--online", "--max-workers", "0"], '--max-workers takes a number from 1 to 9999, not "0"'],
  [["--max-trust-age", "9"], '--max-trust-age takes a span of time such as 30d, 72h or 1d12h, not "9"'],
  [["--max-bundle-size", "1X"], '--max-bundle-size takes a size such as 96MiB, or a number of bytes, not "1X"'],
  [["--at", "2026"], '--at takes a time such as 2026-11-22T17:03:00Z, not "2026"'],
];
for (const [words, said] of wrongValues)
  test(`${words.join(" ")}: the flag and its value are named`, async () => {
    const { exit, err } = await run("given-files", ["verify", ...byKey, ...own.slice(0, 2), ...words, attested]);
    assert.is(exit, 2);
    assert.match(err, said);
  });

test("a grain as a word of its own is an image, and the note says how a grain is written", async () => {
  const words = ["verify", ...byKey, ...own.slice(0, 2), "--complete", "repository", "registry.example/shop/app:1"];
  assert.match((await run("given-files", words)).err, /^note: repository is .*did you mean --complete=repository\?\n/);
  assert.not.match((await run("given-files", words.with(6, "--complete=repository"))).err, /^note/m);
});

test("another key: whose fingerprint it is, and from where", async () => {
  const other = readFileSync(fixture("documentation/trust/someone-else.pub"));
  const files = { ...filesOf("given-files"), "other.pub": other };
  const words = ["verify", "--key", "other.pub", "--insecure-ignore-tlog", ...own, "registry.example/shop/app:1"];
  const { exit, err } = await runCli(words, { files });
  assert.is(exit, 12);
  assert.match(err, /\n {2}why: {2}key asked for: [0-9a-f]{64} \(other\.pub\)\n/);
});

test("resources among the policies, and none where they should be", async () => {
  const { exit, err } = await run("which-condition", ["apply", "policy.yaml", "resource.yaml"]);
  assert.is(exit, 2);
  assert.match(err, "no -r; resource.yaml looks like resources: did you mean -r resource.yaml?");
  assert.match((await run("which-condition", ["apply", "policy.yaml"])).err, "no -r FILE and no --cluster");
});

test("verify says a sentence once: the tree has its code, the error the sentence", async () => {
  const words = ["verify", ...byKey, ...own, attested];
  const { out, err } = await run("given-files", words);
  const sentence = "no signature found, neither as a tag nor as a referrer";
  assert.match(out, /\n {2}\[no-signature\]\n/);
  assert.is((out + err).split(sentence).length - 1, 1, out + err);
});

test("the reason in the table of apply: the code, and the image", async () => {
  const files = ["wrong-type.yaml", "-r", "resource.yaml", ...layout, "-t"];
  const { out } = await run("which-condition", ["apply", ...files]);
  assert.match(out, /│ Fail +│ no-attestation/);
});

const checked = (more: string) =>
  runCli(["policy", "check", "p.yaml"], {
    files: {
      "p.yaml": `apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: { name: x }
spec:
  rules:
    - name: r
      match: { any: [{ resources: { kinds: [Pod] } }] }
      verifyImages:
        - imageReferences: ["a.example/*"]
${more}`,
    },
  });

test("a misspelt failure action is the fault, and not what follows from it", async () => {
  const { exit, out } = await checked("          failureAction: Enforced\n");
  assert.is(exit, 2);
  assert.is(out.match(/^error /gm)?.length, 1, out);
  assert.match(out, /failureAction: .*did you mean "Enforce"\?/);
  assert.match((await checked("          failureAction: Audit\n")).out, "mutateDigest");
});

test("a damaged key in a policy: no image can satisfy the entry", async () => {
  const pem = "-----BEGIN PUBLIC KEY-----\\nMFkw\\n-----END PUBLIC KEY-----";
  const attestor = `          attestors: [{ entries: [{ keys: { publicKeys: "${pem}" } }] }]\n`;
  const { exit, out } = await checked(`          failureAction: Enforce\n${attestor}`);
  assert.is(exit, 0);
  assert.match(out, /\[malformed\] .*; no image can satisfy this entry\n/);
});

test("another tag of the repository is here: which, and no digest is left without its tag", async () => {
  const { exit, err } = await run("given-files", ["verify", ...byKey, ...own.slice(0, 2), "registry.example/shop/app"]);
  assert.is(exit, 5);
  assert.match(
    err.replaceAll(/\s+/g, " "),
    /sallyport mirror add --store STORE registry\.example\/shop\/app:latest=LAYOUT; .*--online; here: app:1, app:2 /,
  );
});

test("a key of the older form beside attestations is refused, and the reason is that", async () => {
  const { exit, out } = await run("legacy-attestation", ["policy", "check", "policy.yaml"]);
  assert.is(exit, 2);
  assert.is(out.match(/^error /gm)?.length, 1, out);
  assert.match(out, /policy\.yaml:\d+:\d+: .*\.key: is not asked of attestations.*attestations\[\]\.attestors\[\]/);
});

test("a label with wildcards that meets another entry's: never selects, and policy check warns", async () => {
  const files = ["-r", "match-labels-pod.yaml"];
  const checked = await run("match-labels-wildcard", ["policy", "check", "match-labels.yaml"]);
  assert.match(checked.out, /warning overlapping-labels: match-labels\.yaml:\d+:\d+: .*"tier"/);
  const applied = await run("match-labels-wildcard", ["apply", "match-labels.yaml", ...files]);
  assert.match(applied.out, "pass: 0, fail: 0, warn: 0, error: 0, skip: 0");
});

test.run();
