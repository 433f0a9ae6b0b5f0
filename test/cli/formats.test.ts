/** Layouts of other programs as people have them: what the fixtures of `test/fixtures/formats` must come to. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runCli, type TestRun } from "./command-io.ts";

const test = suite("cli/formats");
const fixtures = "test/fixtures/formats";
const run = (name: string, words: readonly string[], files: readonly string[] = []): Promise<TestRun> =>
  runCli(
    words.map((word) => word.replace("{}", `${fixtures}/${name}`)),
    { files: Object.fromEntries(files.map((file) => [file, readFileSync(`${fixtures}/${name}/${file}`)])) },
  );

test("base64 in lines: a signature annotation, an envelope's payload and its signature", async () => {
  const layout = ["--layout", "{}/layout", "--complete"];
  const words = ["--key", "cosign.pub", "--insecure-ignore-tlog", ...layout];
  for (const command of [
    ["verify", ...words, "registry.example/shop/app:1"],
    ["verify-attestation", "--type", "slsaprovenance1", ...words, "registry.example/shop/app:2"],
  ]) {
    const { exit, err } = await run("wrapped-base64", command, ["cosign.pub"]);
    assert.is(exit, 0, err);
  }
});

test("no predicate, and a predicate that is null: proven by flags, refused by a policy", async () => {
  const files = ["policy.yaml", "pod1.yaml", "pod2.yaml"];
  for (const tag of ["1", "2"]) {
    const applied = await run(
      "statement-without-predicate",
      ["apply", "policy.yaml", "-r", `pod${tag}.yaml`, "--layout", "{}/layout", "--complete"],
      files,
    );
    assert.is(applied.exit, 1);
    assert.match(applied.out, "[malformed] the statement has no predicate");
    const verified = await run(
      "statement-without-predicate",
      [
        ...["verify-attestation", "--key", "cosign.pub", "--type", "https://example.test/p", "--insecure-ignore-tlog"],
        ...["--layout", "{}/layout", "--complete", "-o", "json", `registry.example/shop/app:${tag}`],
      ],
      ["cosign.pub"],
    );
    assert.is(verified.exit, 0, verified.err);
    assert.is(JSON.parse(verified.out).images[0].statements[0].predicate, null);
  }
});

test("a policy's own chain whose leaf does not say what it is for passes, as in Kyverno", async () => {
  const { exit, out } = await run(
    "certchain-leaf-without-eku",
    ["apply", "policy.yaml", "-r", "pod.yaml", "--layout", "{}/layout", "--complete"],
    ["policy.yaml", "pod.yaml"],
  );
  assert.is(exit, 0, out);
  assert.match(out, "pass: 2, fail: 0, warn: 0, error: 0, skip: 0");
});

test.run();
