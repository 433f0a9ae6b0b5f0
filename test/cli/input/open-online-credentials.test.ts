/** Where credentials of commands that ask come from, and that nothing is printed of them. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { listFolder, pathKind, readFile } from "../../../cli/file-system.ts";
import { filesOf } from "../../../cli/input/tool-files.ts";
import { credentialFiles } from "../../../proxy/upstream/registry/credentials/credential-files.ts";
import { readHostsFolder } from "../../../proxy/upstream/registry/hosts-toml.ts";
import { rejectsCode, throwsCode } from "../../support/assert.ts";
import { serveLoopback } from "../../support/loopback-server.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";
import { runCli, testIO } from "../command-io.ts";

const test = suite("cli/input/open-online-credentials");
const fixtures = fileURLToPath(new URL("../../fixtures/documentation", import.meta.url));
const files = { "release.pub": readFileSync(join(fixtures, "trust", "release.pub")) };
const verify = ["verify", "--online"];
const byKey = (): readonly string[] => ["--key", "release.pub", "--insecure-ignore-tlog"];

test("a pipe, a device or a folder in the place of a file is named, and not waited for", async () => {
  const folder = temporaryFolder();
  const files = filesOf({ ...testIO().io, readFile, pathKind, listFolder });
  const wrong: readonly ((path: string) => void)[] = [
    (path) => mkdirSync(path),
    (path) => execFileSync("mkfifo", [path]),
    (path) => symlinkSync("/dev/zero", path),
  ];
  const helper = () => Promise.resolve(undefined);
  for (const [index, make] of wrong.entries()) {
    const own = join(folder, String(index));
    mkdirSync(join(own, "ghcr.io"), { recursive: true });
    make(join(own, "config.json"));
    make(join(own, "ghcr.io", "hosts.toml"));
    const credentials = credentialFiles({ env: { DOCKER_CONFIG: own }, files, helper, limits: defaultLimits });
    const signal = AbortSignal.timeout(5000);
    const refused = await rejectsCode("access-denied", () => credentials.find({ host: "ghcr.io", path: "a" }, signal));
    assert.match(refused.message, join(own, "config.json"));
    const ofHosts = throwsCode("invalid-usage", () => readHostsFolder(own, files));
    assert.match(ofHosts.message, join(own, "ghcr.io", "hosts.toml"));
  }
});

test("credentials of the command line, and no word of them in what is printed", async () => {
  const secret = "s3cret-Passw0rd";
  const wanted = `Basic ${Buffer.from(`bot:${secret}`).toString("base64")}`;
  const seen: (string | undefined)[] = [];
  const server = await serveLoopback(({ headers }, response) => {
    seen.push(headers.authorization);
    const known = headers.authorization === wanted;
    response.writeHead(known ? 404 : 401, known ? {} : { "www-authenticate": 'Basic realm="test"' }).end();
  });
  try {
    const image = `${new URL(server.url).host}/a/b:1`;
    const call = (words: readonly string[]) => runCli([...verify, ...words, "-d", ...byKey(), image], { files });
    const known = await call(["--registry-username", "bot", "--registry-password", secret]);
    assert.is(known.exit, 11, known.err);
    assert.ok(seen.includes(wanted));
    const wrong = await call(["--registry-username", "bot", "--registry-password", `not-${secret}`]);
    assert.is(wrong.exit, 4);
    assert.match(wrong.err, "user bot");
    for (const { out, err } of [known, wrong])
      for (const word of [secret, Buffer.from(`bot:${secret}`).toString("base64"), "Basic Ym90"])
        assert.not.match(out + err, word);
    assert.match(known.err, /^GET http:\/\/127/m);
    const piped = (text: string, ...more: readonly string[]) =>
      runCli([...verify, "--registry-username", "bot", "--registry-password-stdin", ...more, ...byKey(), image], {
        files: { ...files, "-": text },
      });
    assert.is((await piped(`${secret}\n`)).exit, 11);
    assert.is((await piped(`not-${secret}\n`)).exit, 4);
    for (const text of ["", "\n", `${secret}\nmore\n`]) assert.is((await piped(text)).exit, 2, JSON.stringify(text));
    assert.is((await piped(secret, "--registry-password", secret)).exit, 2);
    const host = new URL(server.url).host;
    const auths = (password: string) => JSON.stringify({ auths: { [host]: { username: "bot", password } } });
    const byFile = (file: string) =>
      runCli([...verify, "--authfile", file, ...byKey(), image], {
        files: { ...files, "auth.json": auths(secret), "wrong.json": auths("x"), "broken.json": "{" },
      });
    assert.is((await byFile("auth.json")).exit, 11);
    for (const file of ["wrong.json", "broken.json", "nowhere.json"]) {
      const { exit, err } = await byFile(file);
      assert.is(exit, 4, file);
      assert.not.match(err, secret);
    }
    for (const words of [
      ["--registry-username", "bot"],
      ["--registry-client-key", "release.pub"],
    ])
      assert.is((await call(words)).exit, 2, words.join(" "));
  } finally {
    await server.close();
  }
});

test.run();
