import { suite } from "uvu";
import * as assert from "uvu/assert";
import { makeSigningKey } from "../demo-image.ts";
import { runCli } from "../command-io.ts";
import { policyFor } from "../demo-policy.ts";

const test = suite("cli/commands/policy");
const good = policyFor(makeSigningKey().publicPem);
const bad = good.replace("imageReferences", "imageReference");

test("policies that load", async () => {
  const { exit, out } = await runCli(["policy", "check", "a.yaml"], { files: { "a.yaml": good } });
  assert.is(exit, 0);
  assert.match(out, "1 policies load, 0 errors");
});

test("what is wrong has its place, and is exit 2", async () => {
  const { exit, out } = await runCli(["policy", "check", "p"], { files: { "p/a.yaml": good, "p/b.yaml": bad } });
  assert.is(exit, 2);
  assert.match(out, /error invalid-policy: p\/b\.yaml:\d+:\d+: /);
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

test.run();
