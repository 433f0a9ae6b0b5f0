import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../../../core/encoding/utf8.ts";
import { EngineError } from "../../../../../core/errors.ts";
import { defaultLimits as limits } from "../../../../../core/limits.ts";
import type { Files } from "../../../../../proxy/upstream/config-files.ts";
import {
  credentialFiles,
  parseCredentials,
} from "../../../../../proxy/upstream/registry/credentials/credential-files.ts";
import { rejectsCode, throwsCode } from "../../../../support/assert.ts";
import { memoryFiles } from "../../../../support/memory-files.ts";
import { never } from "../../../../support/registry-server.ts";

const test = suite("proxy/upstream/registry/credentials/credential-files");
const env = { HOME: "/home/me", XDG_RUNTIME_DIR: "/run/me" };
const config = (...hosts: readonly string[]) => ({
  auths: Object.fromEntries(hosts.map((host) => [host, { username: "bot", password: "x" }])),
});
const source = (files: Files, more: Readonly<Record<string, string>> = {}) =>
  credentialFiles({ env: { ...env, ...more }, files, helper: () => Promise.resolve(undefined), limits });
const who = async (files: Files, host: string, more?: Readonly<Record<string, string>>) =>
  (await source(files, more).find({ host, path: "a" }, never))?.who;

test("files in their order; the first that has some for the registry counts", async () => {
  const paths = [
    ["/auth.json", "/auth.json"],
    ["/home/me/.docker/config.json", "~/.docker/config.json"],
    ["/run/me/containers/auth.json", "/run/me/containers/auth.json"],
    ["/home/me/.config/containers/auth.json", "~/.config/containers/auth.json"],
  ] as const;
  for (const [first, [, shown]] of paths.entries()) {
    const files = memoryFiles(
      Object.fromEntries(paths.map(([path], index) => [path, config(index < first ? "other.io" : "ghcr.io")])),
    );
    assert.is(await who(files, "ghcr.io", { REGISTRY_AUTH_FILE: "/auth.json" }), `user bot from ${shown}`);
  }
  const legacy = memoryFiles({ "/home/me/.dockercfg": config("ghcr.io").auths });
  assert.is(await who(legacy, "ghcr.io"), "user bot from ~/.dockercfg");
  assert.is(await who(memoryFiles({}), "ghcr.io"), undefined);
});

test("a file that is not JSON is named, with the variable that names it", async () => {
  const files = memoryFiles({});
  const broken: Files = { ...files, read: (path) => (path === "/auth.json" ? encodeUtf8("{") : undefined) };
  const error = await rejectsCode("access-denied", () => who(broken, "ghcr.io", { REGISTRY_AUTH_FILE: "/auth.json" }));
  assert.match(error.message, "the credentials in REGISTRY_AUTH_FILE=/auth.json cannot be read: it is not JSON");
});

test("a file that REGISTRY_AUTH_FILE names must be there", async () => {
  const files = memoryFiles({ "/home/me/.docker/config.json": config("ghcr.io") });
  const error = await rejectsCode("access-denied", () => who(files, "ghcr.io", { REGISTRY_AUTH_FILE: "/auth.json" }));
  assert.is(error.subject, "/auth.json");
  assert.is(await who(files, "ghcr.io", { REGISTRY_AUTH_FILE: "" }), "user bot from ~/.docker/config.json");
});

test("variables name other folders", async () => {
  const files = memoryFiles({ "/docker/config.json": config("a.io"), "/xdg/containers/auth.json": config("b.io") });
  const more = { DOCKER_CONFIG: "/docker", XDG_CONFIG_HOME: "/xdg" };
  assert.is(await who(files, "a.io", more), "user bot from /docker/config.json");
  assert.is(await who(files, "b.io", more), "user bot from /xdg/containers/auth.json");
  const home = memoryFiles({ "/home/me/.docker/config.json": config("a.io") });
  assert.is(await who(home, "a.io", { DOCKER_CONFIG: "/docker" }), undefined);
  assert.is(
    await credentialFiles({ env: {}, files: home, helper: () => Promise.resolve(undefined), limits }).find(
      { host: "a.io", path: "a" },
      never,
    ),
    undefined,
  );
});

test("nothing is read before a registry asks, and nothing twice", async () => {
  const files = memoryFiles({ "/home/me/.docker/config.json": config("a.io") });
  const made = source(files);
  assert.equal(files.readPaths(), []);
  await made.find({ host: "a.io", path: "a" }, never);
  assert.equal(files.readPaths(), ["/home/me/.docker/config.json"]);
  await made.find({ host: "a.io", path: "b" }, never);
  assert.equal(files.readPaths(), []);
});

test("a file that cannot be read is named, and its content is not", async () => {
  const broken = memoryFiles({ "/home/me/.docker/config.json": '{"auths": s3cr3t' });
  const { message, subject } = await rejectsCode("access-denied", () => who(broken, "a.io"));
  assert.equal([/s3cr3t/.test(message), subject], [false, "~/.docker/config.json"]);
  const denied: Files = {
    read() {
      throw new EngineError("invalid-usage", "permission denied");
    },
    list: () => [],
  };
  await rejectsCode("access-denied", () => who(denied, "a.io"));
  throwsCode("access-denied", () => parseCredentials(new Uint8Array([0xff]), "f", limits));
});

test.run();
