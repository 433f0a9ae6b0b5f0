import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runCli } from "../command-io.ts";

const test = suite("cli/commands/version");

test("text and JSON", async () => {
  assert.is((await runCli(["version"])).out, "sallyport development\n");
  assert.equal(JSON.parse((await runCli(["version", "-o", "json"])).out), {
    apiVersion: "sallyport.dev/v1",
    kind: "Version",
    version: "development",
  });
});

test.run();
