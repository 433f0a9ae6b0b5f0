import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runCli, type TestWorld } from "../command-io.ts";
import { demoLayout, predicateType } from "../demo-layout.ts";

const test = suite("cli/commands/verify-attestation");
const demo = demoLayout();
const world: TestWorld = { files: { "key.pub": demo.key.pem, "other.pub": demo.other.pem } };
const base = ["verify-attestation", "--layout", demo.folder, "--complete", "--insecure-ignore-tlog"];

test("a statement by the key, by short name and by URI", async () => {
  for (const type of ["slsaprovenance", predicateType]) {
    const { exit, out } = await runCli([...base, "--key", "key.pub", "--type", type, demo.signed], world);
    assert.is(exit, 0);
    assert.match(out, `statement  ${predicateType}\n`);
  }
});

test("the predicate is in JSON", async () => {
  const document = JSON.parse(
    (
      await runCli(
        [...base, "--key", "key.pub", "--predicate-type", "slsaprovenance", "-o", "json", demo.signed],
        world,
      )
    ).out,
  );
  assert.equal(document.images[0].statements[0].predicate, { builder: { id: "https://builder.example/hosted" } });
});

test("another type, another key, no attestation", async () => {
  assert.is((await runCli([...base, "--key", "key.pub", "--type", "spdx", demo.signed], world)).exit, 10);
  assert.is((await runCli([...base, "--key", "other.pub", "--type", "slsaprovenance", demo.signed], world)).exit, 12);
  assert.is((await runCli([...base, "--key", "key.pub", "--type", "slsaprovenance", demo.unsigned], world)).exit, 10);
});

test("policies in other languages are refused", async () => {
  const { exit, err } = await runCli([...base, "--key", "key.pub", "--policy", "a.rego", demo.signed], world);
  assert.is(exit, 2);
  assert.match(err, "error unsupported:");
});

test.run();
