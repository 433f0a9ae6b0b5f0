import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ourKey } from "../../support/archive-store.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { runCli, type TestWorld } from "../command-io.ts";
import { demoLayout } from "../demo-layout.ts";
import { policyFor } from "../demo-policy.ts";

const test = suite("cli/commands/export-coverage");
const world: TestWorld = {
  width: 80,
  files: { "cosign.key": ourKey.pem, "cosign.pub": ourKey.signing.publicKey },
};

test("what the other side will decide is said, sets the exit code, and travels along", async () => {
  const demo = demoLayout();
  const files = { ...world.files, "policy.yaml": policyFor(demo.key.pem) };
  const covering = async (...added: readonly string[]) => {
    const store = tempFolder();
    assert.is((await runCli(["mirror", "add", demo.folder, "--store", store, ...added])).exit, 0);
    const path = join(tempFolder(), "archive.tar");
    const words = ["export", "--store", store, "-f", path, "--key", "cosign.key", "--policies", "policy.yaml"];
    const shown = await runCli(words, { ...world, files });
    const json = await runCli([...words, "--since", "1", "-o", "json"], { ...world, files });
    return { path, shown, json: JSON.parse(json.out) };
  };
  const complete = await covering("--complete");
  assert.is(complete.shown.exit, 1);
  assert.match(complete.shown.out, /IMAGE +DECISION +GAP/);
  assert.match(complete.shown.out, /unsigned\S* +fail +no-signature/);
  assert.match(complete.shown.out, /signed\S* +pass +-/);
  assert.is(complete.json.exitCode, 1);
  assert.equal(complete.json.coverage.policies, ["check-images"]);
  const inside = await runCli(["archive", "inspect", complete.path, "-o", "json"], world);
  assert.is(JSON.parse(inside.out).coverage, true);
  assert.is((await runCli(["archive", "verify", complete.path, "--key", "cosign.pub"], world)).exit, 0);
  // Nobody says that the layout has all: what has no signature is not known to have none.
  const partial = await covering();
  assert.is(partial.shown.exit, 5);
  assert.ok(partial.json.coverage.summary.unknown > 0);
});

test("--alias: what the other side's Pods pull from its mirror is judged as what it mirrors", async () => {
  const demo = demoLayout();
  const files = { ...world.files, "policy.yaml": policyFor(demo.key.pem, { images: "upstream.example/*" }) };
  const store = tempFolder();
  assert.is((await runCli(["mirror", "add", demo.folder, "--store", store, "--complete"])).exit, 0);
  const covering = async (...more: readonly string[]) => {
    const words = ["export", "--store", store, "-f", join(tempFolder(), "a.tar"), "--key", "cosign.key"];
    const policies = ["--policies", "policy.yaml", "-o", "json", ...more];
    const { exit, out } = await runCli([...words, ...policies], { ...world, files });
    return { exit, summary: JSON.parse(out).coverage?.summary };
  };
  assert.is((await covering()).exit, 0);
  const aliased = await covering("--alias", "upstream.example=registry.example");
  assert.is(aliased.exit, 5, "nothing is mirrored under the logical name");
  assert.ok(aliased.summary.unknown > 0);
  assert.is((await covering("--alias", "upstream.example")).exit, 2);
});

test.run();
