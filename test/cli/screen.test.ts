/** What is shown fits 80 columns, and is ASCII where the locale has no UTF-8: every help, and answers of every kind. */
import { Command } from "commander";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { commands } from "../../cli/program.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { runCli, testIO, type TestWorld } from "./command-io.ts";
import { demoLayout } from "./demo-layout.ts";
import { podFor, policyFor } from "./demo-policy.ts";

const test = suite("cli/screen");
const demo = demoLayout();
const store = tempFolder();
const world: TestWorld = {
  width: 80,
  files: {
    "check.yaml": policyFor(demo.key.pem),
    "pod.yaml": podFor("web-with-a-name-that-is-rather-long-as-names-of-deployments-are", demo.signed, demo.foreign),
    "key.pub": demo.key.pem,
    "other.pub": demo.other.pem,
    "kyverno-test.yaml": [
      "apiVersion: cli.kyverno.io/v1alpha1",
      "kind: Test",
      "metadata: {name: t}",
      "policies: [check.yaml]",
      "resources: [pod.yaml]",
      "results:",
      "- {policy: check-images, rule: signed, kind: Pod, result: pass,",
      "   resources: [web-with-a-name-that-is-rather-long-as-names-of-deployments-are]}",
    ].join("\n"),
  },
};

/** Every command with its subcommands, as words. */
async function allCommands(): Promise<readonly (readonly string[])[]> {
  const { io } = testIO();
  const found: (readonly string[])[] = [[]];
  for (const entry of commands) {
    const command = new Command(entry.name);
    (await entry.load()).define(command, { io, finish: () => undefined });
    const visit = (one: Command, words: readonly string[]): void => {
      found.push(words);
      for (const below of one.commands) visit(below, [...words, below.name()]);
    };
    visit(command, [entry.name]);
  }
  return found;
}

function assertFits(text: string, what: string): void {
  for (const line of text.split("\n")) assert.ok([...line].length <= 80, `${what}: ${[...line].length}: ${line}`);
}

test("every help", async () => {
  const all = await allCommands();
  assert.ok(all.length > 25);
  for (const words of all) {
    const { exit, out } = await runCli([...words, "--help"], world);
    assert.is(exit, 0, words.join(" "));
    assertFits(out, words.join(" "));
    const plain = await runCli([...words, "--help"], { ...world, unicode: false });
    assert.not.match(plain.out, /[^\0-\x7f]/, words.join(" "));
  }
});

const layout = ["--layout", demo.folder, "--complete"];
const byKey = ["--key", "key.pub", "--insecure-ignore-tlog"];
const answers: readonly (readonly string[])[] = [
  ["verify", ...byKey, ...layout, demo.signed, demo.foreign, demo.unsigned],
  ["verify", ...byKey, demo.signed],
  ["verify", "--key", "key.pub", ...layout, demo.signed],
  ["verify-attestation", ...byKey, ...layout, "--type", "slsaprovenance", demo.signed],
  ["verify-attestation", ...byKey, ...layout, "--type", "spdx", demo.signed],
  ["explain", "-p", "check.yaml", ...layout, demo.signed, demo.foreign, demo.unsigned, "-r", "pod.yaml"],
  ["explain", "-p", "check.yaml", demo.signed],
  ["apply", "check.yaml", "-r", "pod.yaml", ...layout, "--table"],
  ["apply", "check.yaml", "-r", "pod.yaml", ...layout, "--detailed-results"],
  ["test", "kyverno-test.yaml", ...layout],
  ["test", "kyverno-test.yaml", ...layout, "--detailed-results", "--fail-only"],
  ["mirror", "ls", "--store", store],
  ["mirror", "ls", "signatures", "--store", store],
  ["mirror", "ls", "attestations", "--store", store],
  ["mirror", "check", "--store", store],
  ["mirror", "pins", "--store", store],
  ["mirror", "distrust", "ls", "--store", store],
  ["trust", "status", "--store", store],
  ["mirror", "ls", "--store", "nosuchdir"],
  ["policy", "check", "check.yaml"],
  ["verify", "--key", "gone-with-a-rather-long-name-so-that-the-line-gets-long-enough.pub", demo.signed],
];

test.before(async () => {
  for (const words of [
    ["mirror", "add", demo.folder],
    ["mirror", "pin-key", "k8s://a-namespace-with-a-long-name/a-secret-with-a-rather-long-name", "key.pub"],
    ["mirror", "distrust", "add", "digest", `sha256:${"0".repeat(64)}`, "--reason", "a reason that is long enough"],
  ]) {
    const { exit, err } = await runCli([...words, "--store", store], world);
    assert.is(exit, 0, err);
  }
});

for (const words of answers)
  test(words.slice(0, 4).join(" "), async () => {
    const { out, err } = await runCli(words, world);
    assertFits(err, "stderr");
    assertFits(out, "stdout");
    const plain = await runCli(words, { ...world, unicode: false });
    assert.not.match(plain.out + plain.err, /[^\0-\x7f]/);
  });

test.run();
