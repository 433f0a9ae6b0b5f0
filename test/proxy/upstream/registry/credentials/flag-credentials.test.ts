import { suite } from "uvu";
import * as assert from "uvu/assert";
import { flagCredentials } from "../../../../../proxy/upstream/registry/credentials/flag-credentials.ts";
import { throwsCode } from "../../../../support/assert.ts";
import { never } from "../../../../support/registry-server.ts";

const test = suite("proxy/upstream/registry/credentials/flag-credentials");
const found = async (flags: Parameters<typeof flagCredentials>[0]) =>
  flagCredentials(flags)?.find({ host: "ghcr.io", path: "a" }, never);

test("a user with a password, or a token", async () => {
  assert.equal(await found({ username: "bot", password: "x" }), {
    secret: { form: "password", username: "bot", password: "x" },
    who: "user bot from --registry-username",
  });
  assert.equal((await found({ token: "t" }))?.secret, { form: "registry", token: "t" });
  assert.is(flagCredentials({}), undefined);
});

test("one half of two", () => {
  throwsCode("invalid-usage", () => flagCredentials({ username: "bot" }));
  throwsCode("invalid-usage", () => flagCredentials({ password: "x" }));
});

test.run();
