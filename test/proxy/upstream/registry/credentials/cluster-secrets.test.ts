import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../../../core/limits.ts";
import { clusterSecrets } from "../../../../../proxy/upstream/registry/credentials/cluster-secrets.ts";
import { rejectsCode } from "../../../../support/assert.ts";
import { never } from "../../../../support/registry-server.ts";

const test = suite("proxy/upstream/registry/credentials/cluster-secrets");

function made(...names: readonly string[]) {
  const read: string[] = [];
  const world = { at: 0, user: "bot" };
  const source = clusterSecrets({
    names,
    namespace: () => "own",
    readSecret(namespace, name) {
      read.push(`${namespace}/${name}`);
      const login = { username: world.user, password: "x" };
      const config = JSON.stringify({ auths: { [`${name}.example`]: login } });
      return Promise.resolve(name === "none" ? undefined : { stringData: { ".dockerconfigjson": config } });
    },
    now: () => new Date(world.at),
    limits: defaultLimits,
  });
  return { who: async (host: string) => (await source.find({ host, path: "a" }, never))?.who, read, world };
}

test("Secrets of the own namespace and of others, in their order, read when a login is asked for", async () => {
  const { who, read } = made("a", "shop/b");
  assert.equal(read, []);
  assert.is(await who("a.example"), "user bot from secret own/a");
  assert.is(await who("b.example"), "user bot from secret shop/b");
  assert.is(await who("c.example"), undefined);
  assert.equal(read, ["own/a", "shop/b"]);
});

test("a Secret is read again after a minute, also by a clock that was set back", async () => {
  const { who, read, world } = made("a");
  await who("a.example");
  world.user = "other";
  world.at = 60_000;
  assert.is(await who("a.example"), "user bot from secret own/a");
  world.at = 60_001;
  assert.is(await who("a.example"), "user other from secret own/a");
  world.at = -1;
  await who("a.example");
  assert.is(read.length, 3);
});

test("one that is not there is a refusal, and is looked for each time", async () => {
  const { who, read } = made("none", "a");
  await rejectsCode("access-denied", () => who("a.example"));
  await rejectsCode("access-denied", () => who("a.example"));
  assert.is(read.length, 2);
});

test.run();
