import { suite } from "uvu";
import * as assert from "uvu/assert";
import { flagCredentials } from "../../../../../proxy/upstream/registry/credentials/flag-credentials.ts";
import { throwsCode } from "../../../../support/assert.ts";
import { never } from "../../../../support/registry-server.ts";

const test = suite("proxy/upstream/registry/credentials/flag-credentials");
const found = async (flags: Parameters<typeof flagCredentials>[0]) =>
  flagCredentials(flags, () => true)?.find({ host: "ghcr.io", path: "a" }, never);

test("a user with a password, or a token", async () => {
  assert.equal(await found({ username: "bot", password: "x" }), {
    secret: { form: "password", username: "bot", password: "x" },
    who: "user bot from --registry-username",
  });
  assert.equal((await found({ token: "t" }))?.secret, { form: "registry", token: "t" });
  assert.is(
    flagCredentials({}, () => true),
    undefined,
  );
});

test("only for the hosts that they are for", async () => {
  const source = flagCredentials({ token: "t" }, (host) => host === "ghcr.io");
  assert.ok(await source?.find({ host: "ghcr.io", path: "a" }, never));
  assert.is(await source?.find({ host: "evil.example", path: "a" }, never), undefined);
});

test("one half of two", () => {
  throwsCode("invalid-usage", () => flagCredentials({ username: "bot" }, () => true));
  throwsCode("invalid-usage", () => flagCredentials({ password: "x" }, () => true));
});

test.run();
