/** Attacks on those who read the records of decisions: auditors, and whoever gets at their folder. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { runCli, type TestWorld } from "../cli/command-io.ts";
import { demoLayout } from "../cli/demo-layout.ts";
import { podFor, policyFor } from "../cli/demo-policy.ts";
import { makeKey } from "../support/archive-store.ts";
import { temporaryFolder } from "../support/temporary-mirror.ts";
import { attackSuite } from "./attack.ts";

const { attack, run } = attackSuite("records");

const demo = demoLayout();
const source = ["--layout", demo.folder, "--complete"];
const policy = policyFor(demo.key.pem);

/** The record that `apply` writes of one Pod, and its exit code. */
async function recorded(files: TestWorld["files"], env: Record<string, string> = {}) {
  const folder = join(temporaryFolder(), "records");
  const words = ["apply", "check.yaml", "-r", "good.yaml", ...source, "--record", folder];
  const { exit } = await runCli(words, { files: { "good.yaml": podFor("good", demo.signed), ...files }, env });
  const [name = ""] = readdirSync(folder);
  return { exit, text: readFileSync(join(folder, name), "utf8") };
}

attack(279, "denied then and now, it says", async () => {
  const { text } = await recorded({ "check.yaml": policy });
  const forged = text.replace('"decision":{"allowed":true', '"decision":{"allowed":false');
  assert.is.not(forged, text);
  const store = temporaryFolder();
  assert.is((await runCli(["mirror", "add", "--store", store, demo.folder, "--complete"], {})).exit, 0);
  const gone = ["mirror", "distrust", "add", "--store", store, "key", "demo.pub", "--reason", "stolen"];
  assert.is((await runCli(gone, { files: { "demo.pub": demo.key.pem } })).exit, 0);
  // Today's mirror denies it, as the record lies that it was.
  const words = ["replay", "forged.json", "--store", store];
  const { exit, out } = await runCli(words, { files: { "forged.json": forged } });
  assert.is(exit, 1);
  assert.match(out, /another decision than was recorded, first at \/predicate\/decision\/allowed/);
  assert.not.match(out, /then and now/);
  const json = JSON.parse((await runCli([...words, "-o", "json"], { files: { "forged.json": forged } })).out);
  assert.is(json.records[0].same, false);
  assert.is(json.records[0].difference.replayed, true);
  assert.is(json.records[0].allowed, false);
});

attack(280, "a private key, a password file, a variable", async () => {
  const privateKey = makeKey().pem;
  for (const [reference, files, env] of [
    ["./cosign.key", { "./cosign.key": privateKey }, {}],
    ["./both.pem", { "./both.pem": `${demo.key.pem}\n${privateKey}` }, {}],
    ["./password.txt", { "./password.txt": "never-tell" }, {}],
    ["env://REGISTRY_TOKEN", {}, { REGISTRY_TOKEN: "never-tell" }],
  ] as const) {
    const named = policy.replace(/publicKeys: \|-[\s\S]*?END PUBLIC KEY-----/, `publicKeys: "${reference}"`);
    assert.is.not(named, policy);
    const { exit, text } = await recorded({ "check.yaml": named, ...files }, env);
    assert.is(exit, 1, reference);
    assert.not.match(text, /never-tell/, reference);
    for (const line of privateKey.split("\n").filter((one) => /^[A-Za-z0-9+/=]{16,}$/.test(one)))
      assert.is(text.includes(line), false, reference);
    // And it is the same decision for whoever replays it elsewhere.
    const again = await runCli(["replay", "r.json"], { files: { "r.json": text } });
    assert.is(again.exit, 0, again.out);
  }
  // A public key is recorded as before.
  const named = policy.replace(/publicKeys: \|-[\s\S]*?END PUBLIC KEY-----/, 'publicKeys: "./cosign.pub"');
  const { exit, text } = await recorded({ "check.yaml": named, "./cosign.pub": demo.key.pem });
  assert.is(exit, 0);
  assert.match(text, /key \.\/cosign\.pub/);
});

attack(280, "a Secret that an API call reads as a whole", async () => {
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "token", namespace: "kyverno" },
    data: { token: "bmV2ZXItdGVsbA==" },
  };
  const call = "apiCall: { urlPath: /api/v1/namespaces/kyverno/secrets/token, jmesPath: metadata.name }";
  const asks = 'preconditions: { all: [{ key: "{{ token }}", operator: Equals, value: token }] }';
  const reads = policy.replace(/^( *)verifyImages:/m, `$1context: [{ name: token, ${call} }]\n$1${asks}\n$&`);
  assert.is.not(reads, policy);
  const folder = join(temporaryFolder(), "records");
  const given = { "check.yaml": policy, "reads.yaml": reads, "secret.yaml": JSON.stringify(secret) };
  const files = { ...given, "good.yaml": podFor("good", demo.signed) };
  const words = ["-r", "good.yaml", ...source, "--cluster-resource", "secret.yaml", "--record", folder];
  const { exit, out, err } = await runCli(["apply", "reads.yaml", ...words], { files });
  assert.match(out, /pass: 1, fail: 0/);
  assert.is(exit, 2, err);
  assert.match(err, /unsupported.*secrets\/token/s);
  assert.equal(readdirSync(folder), []);
  assert.is((await runCli(["apply", "check.yaml", ...words], { files })).exit, 0);
  assert.is(readdirSync(folder).length, 1);
});

attack(281, "and what it trusts would go into the next one", async () => {
  const [store, folder] = [temporaryFolder(), temporaryFolder()];
  const files = { "check.yaml": policy, "images.txt": `${demo.signed}\n`, "k.pub": makeKey().signing.publicKey };
  assert.is((await runCli(["mirror", "add", "--store", store, demo.folder, "--complete=repository"], {})).exit, 0);
  const making = ["--store", store, "--unsigned", "-f"];
  const create = ["capsule", "create", "--policies", "check.yaml", "--images", "images.txt", ...making];
  const created = await runCli([...create, join(folder, "old.tar")], { files });
  assert.is(created.exit, 0, created.err);
  const world = { files: { ...files, "old.tar": readFileSync(join(folder, "old.tar")) } };
  const update = ["capsule", "update", "old.tar", ...making, join(folder, "new.tar")];
  const { exit, err } = await runCli([...update, "--old-key", "k.pub"], world);
  assert.is(exit, 6, err);
  assert.match(err, /archive-signature/);
  assert.is((await runCli(update, world)).exit, 0);
});

run();
