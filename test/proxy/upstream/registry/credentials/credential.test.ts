import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type Credential,
  type CredentialSource,
  firstOf,
  passwordOrToken,
  whoHas,
} from "../../../../../proxy/upstream/registry/credentials/credential.ts";
import { never } from "../../../../support/registry-server.ts";

const test = suite("proxy/upstream/registry/credentials/credential");

test("the first source that has some counts, and the next is not asked", async () => {
  const asked: string[] = [];
  const source = (who: string, has: boolean): CredentialSource => ({
    find() {
      asked.push(who);
      const found: Credential = { secret: { form: "registry", token: "x" }, who };
      return Promise.resolve(has ? found : undefined);
    },
  });
  const found = await firstOf([source("a", false), source("b", true), source("c", true)]).find(
    { host: "h", path: "p" },
    never,
  );
  assert.equal([found?.who, asked], ["b", ["a", "b"]]);
  assert.is(await firstOf([]).find({ host: "h", path: "p" }, never), undefined);
});

test("an identity token where a password stands; who has it, without the secret", () => {
  const token = passwordOrToken("<token>", "s3cr3t");
  assert.equal(token, { form: "identity", token: "s3cr3t" });
  assert.equal(
    [token, passwordOrToken("bot", "s3cr3t"), { form: "registry", token: "s3cr3t" } as const].map((secret) =>
      whoHas(secret, "a file"),
    ),
    ["an identity token from a file", "user bot from a file", "a token from a file"],
  );
});

test.run();
