import { suite } from "uvu";
import * as assert from "uvu/assert";
import { carried } from "../../support/carried.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";
import { runCli } from "../command-io.ts";

const test = suite("cli/commands/import");

test("what was imported before an error is in the mirror, and the document says so", async () => {
  const store = temporaryFolder();
  const { exit, out } = await runCli([
    "import",
    "--store",
    store,
    "-o",
    "json",
    carried("haul.tar.zst"),
    carried("mirror_000001.tar.gz"),
  ]);
  const { exitCode, error, layouts } = JSON.parse(out);
  assert.equal([exit, exitCode, error.code, layouts.length], [2, 2, "invalid-usage", 1]);
  assert.match((await runCli(["mirror", "ls", "--store", store])).out, "registry.example/shop/app:1");
});

test.run();
