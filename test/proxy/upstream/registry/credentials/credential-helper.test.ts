import { chmodSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits as limits } from "../../../../../core/limits.ts";
import { credentialHelper } from "../../../../../proxy/upstream/registry/credentials/credential-helper.ts";
import { rejectsCode } from "../../../../support/assert.ts";
import { never } from "../../../../support/registry-server.ts";
import { tempFolder } from "../../../../support/temp-folder.ts";

const test = suite("proxy/upstream/registry/credentials/credential-helper");

/** Asks helpers that are shell scripts. */
async function asking(
  scripts: Readonly<Record<string, string>>,
  act: (helper: ReturnType<typeof credentialHelper>) => Promise<void>,
): Promise<void> {
  const folder = tempFolder(
    Object.fromEntries(
      Object.entries(scripts).map(([name, script]) => [`docker-credential-${name}`, `#!/bin/sh\n${script}\n`]),
    ),
  );
  for (const name of Object.keys(scripts)) chmodSync(join(folder, `docker-credential-${name}`), 0o755);
  await act(credentialHelper({ PATH: `${folder}:/usr/bin:/bin`, SECRET_OF_ENV: "from-env" }, limits));
}
const answer = (username: string, secret: string) =>
  JSON.stringify({ ServerURL: "x", Username: username, Secret: secret });

test("get, with the registry on its input; docker's name for Docker Hub", () =>
  asking(
    {
      ok: `read server; [ "$1" = get ] && echo '{"Username":"'$server'","Secret":"'$SECRET_OF_ENV'"}'`,
      token: `echo '${answer("<token>", "refresh")}'`,
      empty: `echo '${answer("", "")}'`,
      deaf: `exec 0<&-; echo '${answer("bot", "x")}'`,
    },
    async (helper) => {
      assert.equal(await helper("ok", "ghcr.io", never), {
        secret: { form: "password", username: "ghcr.io", password: "from-env" },
        who: "user ghcr.io from docker-credential-ok",
      });
      const hub = await helper("ok", "docker.io", never);
      assert.is(hub?.secret.form === "password" && hub.secret.username, "https://index.docker.io/v1/");
      assert.equal((await helper("token", "ghcr.io", never))?.secret, { form: "identity", token: "refresh" });
      assert.is(await helper("empty", "ghcr.io", never), undefined);
      assert.ok(await helper("deaf", "ghcr.io", never));
    },
  ));

test("none for this host is none; any other failure is named, without what the helper wrote", () =>
  asking(
    {
      none: "echo 'credentials not found in native keychain'; exit 1",
      broken: "echo s3cr3t; echo s3cr3t >&2; exit 3",
      text: "echo s3cr3t",
      list: "echo '[]'",
      number: `echo '{"Username":1,"Secret":"s3cr3t"}'`,
      chatty: "head -c 200000 /dev/zero",
    },
    async (helper) => {
      assert.is(await helper("none", "ghcr.io", never), undefined);
      for (const name of ["broken", "text", "list", "number", "chatty", "missing", "../broken", "a/b", ""]) {
        const { message, subject } = await rejectsCode("access-denied", () => helper(name, "ghcr.io", never));
        assert.not.match(message, /s3cr3t/);
        assert.is(subject, `docker-credential-${name}`);
      }
    },
  ));

test("a helper that does not end is ended", () =>
  asking({ slow: "exec sleep 60" }, async (helper) => {
    const stop = new AbortController();
    const asked = rejectsCode("timed-out", () => helper("slow", "ghcr.io", stop.signal));
    stop.abort();
    await asked;
  }));

test.run();
