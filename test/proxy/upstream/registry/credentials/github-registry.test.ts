import { suite } from "uvu";
import * as assert from "uvu/assert";
import { githubCredentials } from "../../../../../proxy/upstream/registry/credentials/github-registry.ts";
import { never } from "../../../../support/registry-server.ts";

const test = suite("proxy/upstream/registry/credentials/github-registry");
const find = (env: Readonly<Record<string, string>>, host: string) =>
  githubCredentials(env).find({ host, path: "a" }, never);

test("the token of a workflow, for GitHub's registry only", async () => {
  assert.equal(await find({ GITHUB_TOKEN: "t" }, "ghcr.io"), {
    secret: { form: "password", username: "unset", password: "t" },
    who: "GITHUB_TOKEN",
  });
  assert.is(await find({ GITHUB_TOKEN: "t" }, "ghcr.io.evil.example"), undefined);
  assert.is(await find({ GITHUB_TOKEN: "" }, "ghcr.io"), undefined);
});

test.run();
