/** `serve print-webhooks`: what it takes, refuses and says. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseAllDocuments } from "yaml";
import { policyText } from "../../support/fixture-policies.ts";
import { runCli } from "../command-io.ts";
import { head } from "../serving.ts";

const test = suite("cli/commands/serve-print-webhooks");

const files = {
  "c.yaml":
    `${head}policies: { folders: [policy.yaml] }\n` +
    'listeners: [{ address: ":8443", serves: [admission], tls: { from: own } }]\n',
  "none.yaml": head,
  "policy.yaml": policyText({ match: "any: [{ resources: { kinds: [Pod, tekton.dev/v1/TaskRun] } }]" }),
  "ca.pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
  "key.pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n",
};
const print = (...words: readonly string[]) =>
  runCli(["serve", "print-webhooks", "--config", "c.yaml", "--ca", "ca.pem", ...words], { files });

test("two objects in YAML; what is exempt or guessed is a note", async () => {
  const { exit, out, err } = await print("--service", "gate/sallyport", "--exempt-namespace", "kube-system,ops");
  assert.is(exit, 0, err);
  const objects = parseAllDocuments(out).map((document) => document.toJS());
  assert.equal(
    objects.map(({ kind }) => kind),
    ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
  );
  assert.equal(objects[0].webhooks[0].clientConfig.service, {
    namespace: "gate",
    name: "sallyport",
    port: 443,
    path: "/mutate/fail",
  });
  const said = err.replaceAll(/\s+/g, " ");
  for (const words of [
    "not verified: namespace kube-system",
    "not verified: namespace ops",
    "TaskRun: the name of its",
  ])
    assert.ok(said.includes(words), said);
});

test("flags of serve say settings here too", async () => {
  const timesOf = async (...words: readonly string[]): Promise<unknown> => {
    const { exit, out, err } = await print("--service", "gate/sallyport", ...words);
    assert.is(exit, 0, err);
    return parseAllDocuments(out).map((document) => document.toJS().webhooks[0].timeoutSeconds);
  };
  assert.equal(await timesOf(), [10, 10]);
  assert.equal(await timesOf("--webhooktimeout=15"), [15, 15]);
  assert.is((await print("--service", "gate/sallyport", "--webhooktimeout=31")).exit, 2);
});

test("a server that the API server could not use is warned of", async () => {
  const own = (rest: string) =>
    `${head}policies: { folders: [policy.yaml] }\nlisteners: [{ address: ":8443", ${rest} }]\n`;
  const warned = async (config: string, ...words: readonly string[]) => {
    const all = ["serve", "print-webhooks", "-c", "one.yaml", "--ca", "ca.pem", ...words];
    const { exit, err } = await runCli(all, { files: { ...files, "one.yaml": config } });
    assert.is(exit, 0, err);
    return err.replaceAll(/\s+/g, " ");
  };
  const service = ["--service", "gate/sallyport"];
  const unnamed = own("serves: [admission], tls: { from: own, names: [other.gate.svc] }");
  assert.match(await warned(unnamed, ...service), "will not name sallyport.gate.svc");
  assert.match(await warned(unnamed, "--url", "https://gate.corp:8443"), "will not name gate.corp,");
  const named = own("serves: [admission], tls: { from: own, names: [sallyport.gate.svc, gate.corp] }");
  assert.not.match(await warned(named, ...service), "warning");
  assert.not.match(await warned(named, "--url", "https://gate.corp:8443"), "warning");
  assert.match(await warned(own("serves: [registry], tls: { from: own }"), ...service), "serves admission");
});

test("wrong usage is named", async () => {
  for (const words of [
    [],
    ["--service", "a/b", "--url", "https://h"],
    ["--service", "a"],
    ["--service", "a/b:0"],
    ["--service", "A/b"],
    ["--url", "http://h"],
    ["--url", "https://user:secret@h"],
    ["--url", "https://h", "--ca", "key.pem"],
    ["--url", "https://h", "--exempt-namespace", "a b"],
  ]) {
    const { exit, err } = await print(...words);
    assert.is(exit, 2, words.join(" "));
    assert.match(err, /invalid-usage/);
  }
  const { exit, err } = await print("--url", "https://h", "--config", "none.yaml");
  assert.is(exit, 2);
  assert.match(err, /invalid-config/);
});

test.run();
