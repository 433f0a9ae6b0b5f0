/**
 * Real registries as upstreams: images that real cosign signed in them are verified by asking, with each way of logging
 * in and of being encrypted.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import * as assert from "uvu/assert";
import { tlsAuthority } from "../support/tls-identity.ts";
import type { Component } from "./components.ts";
import { startFront, startProxy } from "./fronts.ts";
import {
  type Access,
  type Cosign,
  exits,
  plain,
  push,
  type Registry,
  says,
  sign,
  startRegistry,
  user,
} from "./registry-actions.ts";
import type { Scenario } from "./scenario.ts";
import { leewaySeconds, startTokenServer, type TokenRules } from "./token-server.ts";

const byKey = (key: string): readonly string[] => ["--key", `${key}.pub`, "--insecure-ignore-tlog"];
const online = ["verify", "--online"];

const verified = (registry: Registry, cosign: Cosign): Scenario => ({
  name: `${registry}, signed by ${cosign}: verified by asking, with each outcome's code`,
  needs: [registry, cosign, "crane"],
  async run(tools) {
    const host = await startRegistry(registry, tools);
    const signed = await push(`${host}/shop/app:signed`, tools, plain);
    await sign(cosign, signed, tools, plain);
    await push(`${host}/shop/app:unsigned`, tools, plain);
    const verify = (...words: readonly string[]) => tools.sallyport([...online, ...words]);
    for (const image of [signed, `${host}/shop/app:signed`])
      exits(0, await verify(...byKey("release"), image), /found at/);
    exits(12, await verify(...byKey("other"), signed), /wrong-key/);
    exits(10, await verify(...byKey("release"), `${host}/shop/app:unsigned`), /no-signature/);
    exits(11, await verify(...byKey("release"), `${host}/shop/app:missing`), /image-not-found/);
    exits(11, await verify(...byKey("release"), `${host}/shop/other:1`), /image-not-found/);
    // What was asked is in the mirror, and decides when nothing can be asked.
    exits(0, await verify(...byKey("release"), "--store", "mirror", `${host}/shop/app:signed`));
    exits(10, await verify(...byKey("release"), "--store", "mirror", `${host}/shop/app:unsigned`));
    await tools.stage.stopServers();
    exits(5, await verify(...byKey("release"), signed), /unreachable/);
    const offline = (image: string) => tools.sallyport(["verify", "--store", "mirror", ...byKey("release"), image]);
    exits(0, await offline(`${host}/shop/app:signed`));
    exits(10, await offline(`${host}/shop/app:unsigned`), /no-signature/);
    exits(5, await offline(`${host}/shop/app:missing`), /not-in-mirror/);
  },
});

const loggedIn = (registry: Registry): Scenario => ({
  name: `${registry} with htpasswd: refused, and with a user`,
  needs: [registry, "cosign3", "crane"],
  async run(tools) {
    const host = await startRegistry(registry, tools, { login: true });
    const config = { auths: { [host]: { auth: Buffer.from(`${user.name}:${user.password}`).toString("base64") } } };
    mkdirSync(join(tools.stage.folder, "docker"));
    writeFileSync(join(tools.stage.folder, "docker", "config.json"), JSON.stringify(config));
    const env = { DOCKER_CONFIG: join(tools.stage.folder, "docker") };
    const image = await push(`${host}/shop/app:signed`, tools, { ...plain, env });
    await sign("cosign3", image, tools, { ...plain, env });
    const verify = (words: readonly string[], more: Readonly<Record<string, string>> = {}) =>
      tools.sallyport([...online, ...words, ...byKey("release"), image], { DOCKER_CONFIG: "nowhere", ...more });
    exits(4, await verify([]), /access-denied/);
    exits(0, await verify(["--registry-username", user.name, "--registry-password", user.password]));
    exits(0, await verify([], env));
    const wrong = await verify(["--registry-username", user.name, "--registry-password", "not so good"]);
    exits(4, wrong, new RegExp(`user ${user.name}`));
    assert.not.match(says(wrong), "not so good");
  },
});

const encrypted = (registry: Registry): Scenario => ({
  name: `${registry} with a certificate of its own authority, and one that wants the client's`,
  needs: [registry, "cosign3", "crane"],
  async run(tools) {
    const authority = await tlsAuthority();
    const own = await authority.issue(["127.0.0.1"]);
    const client = await authority.issue(["client"]);
    const pem = (name: string, text: string): string => {
      writeFileSync(join(tools.stage.folder, name), text);
      return name;
    };
    const ca = ["--registry-cacert", pem("ca.pem", authority.ca)];
    const mine = [
      ...["--registry-client-cert", pem("client.pem", client.cert)],
      ...["--registry-client-key", pem("client-key.pem", client.key)],
    ];
    const host = await startRegistry(registry, tools, { tls: { ca: authority.ca, ...own } });
    const access: Access = { crane: ["--insecure"], cosign: ["--allow-insecure-registry"] };
    const image = await push(`${host}/shop/app:signed`, tools, access);
    await sign("cosign3", image, tools, access);
    const verify = (...words: readonly string[]) => tools.sallyport([...online, ...words, ...byKey("release"), image]);
    exits(5, await verify(), /tls-failure/);
    exits(0, await verify(...ca));
    exits(0, await verify("--allow-insecure-registry"));
    const strict = await startRegistry(registry, tools, { tls: { ca: authority.ca, ...own, wantsClient: true } });
    const absent = (...words: readonly string[]) =>
      tools.sallyport([...online, ...ca, ...words, ...byKey("release"), `${strict}/shop/app:signed`]);
    exits(4, await absent(), /access-denied[\s\S]*(?:wants a client certificate|was shown none and wants one)/);
    const stranger = await (await tlsAuthority("Stranger")).issue(["client"]);
    const strange = [
      ...["--registry-client-cert", pem("stranger.pem", stranger.cert)],
      ...["--registry-client-key", pem("stranger-key.pem", stranger.key)],
    ];
    exits(4, await absent(...strange), /access-denied[\s\S]*refuses the client certificate/);
    exits(11, await absent(...mine), /image-not-found/);
    // What a server says when the connection stands is heard through a proxy, too. This machine is asked directly.
    const named = await authority.issue(["registry.test"]);
    const far = await startRegistry(registry, tools, { tls: { ca: authority.ca, ...named, wantsClient: true } });
    const proxy = await startProxy(far);
    const through = (...words: readonly string[]) =>
      tools.sallyport([...online, ...ca, ...words, ...byKey("release"), "registry.test/shop/app:signed"], {
        HTTPS_PROXY: `http://${proxy.host}`,
      });
    try {
      exits(4, await through(), /access-denied[\s\S]*(?:wants a client certificate|was shown none and wants one)/);
      exits(4, await through(...strange), /access-denied[\s\S]*refuses the client certificate/);
      exits(11, await through(...mine), /image-not-found/);
    } finally {
      await proxy.close();
    }
  },
});

/** `repository:shop/app:pull`, how often it was asked for. */
const countOf = (asked: readonly string[], text: string): number => asked.filter((line) => line.includes(text)).length;

const behindTokens = (registry: Registry): Scenario => ({
  name: `${registry} behind a token server: each form of asking, tokens that end in the middle, and refusals`,
  needs: [registry, "cosign3", "crane"],
  async run(tools) {
    const { stage } = tools;
    const rules: TokenRules = {
      users: { [user.name]: user.password },
      refresh: ["a refresh token", user.name],
      open: "open/app",
      service: "registry.test",
      oauth: false,
      ended: 0,
    };
    const tokens = await startTokenServer(rules);
    try {
      const settings = { tokens: { ...tokens, service: rules.service } };
      const host = await startRegistry(registry, tools, settings);
      const config = (name: string, entry: object, at = host) => {
        mkdirSync(join(stage.folder, name));
        stage.write(join(name, "config.json"), JSON.stringify({ auths: { [at]: entry } }));
        return { DOCKER_CONFIG: join(stage.folder, name) };
      };
      const env = config("docker", { auth: Buffer.from(`${user.name}:${user.password}`).toString("base64") });
      const image = await push(`${host}/shop/app:signed`, tools, { ...plain, env });
      await sign("cosign3", image, tools, { ...plain, env });
      const open = await push(`${host}/open/app:unsigned`, tools, { ...plain, env });
      const verify = (words: readonly string[], more: Readonly<Record<string, string>> = {}) =>
        tools.sallyport([...online, ...byKey("release"), ...words], { DOCKER_CONFIG: "nowhere", ...more });
      const login = (password: string) => ["--registry-username", user.name, "--registry-password", password];
      tokens.asked();
      exits(0, await verify([image], env), /found at/);
      assert.equal(tokens.asked(), [`GET ${user.name} repository:shop/app:pull`]);
      exits(0, await verify([image, ...login(user.password)]));
      // Nobody may pull from one repository, and from the other one.
      exits(4, await verify([image]), /access-denied/);
      exits(10, await verify([open]), /no-signature/);
      exits(4, await verify([`${host}/shop/missing:1`]), /access-denied/);
      exits(11, await verify([`${host}/shop/missing:1`], env), /image-not-found/);
      // A password is tried once.
      tokens.asked();
      const wrong = await verify([image, ...login("not so good")]);
      exits(4, wrong, new RegExp(`user ${user.name}`));
      assert.not.match(says(wrong), "not so good");
      assert.is(tokens.asked().length, 1);

      const refresh = config("refresh", { identitytoken: rules.refresh[0] });
      exits(0, await verify([image], refresh));
      assert.equal(tokens.asked(), [`POST ${user.name} repository:shop/app:pull`]);
      rules.oauth = true;
      exits(0, await verify([image], env));
      assert.equal(tokens.asked(), [`POST ${user.name} repository:shop/app:pull`]);
      rules.oauth = false;

      // Tokens that the registry takes for two more seconds. What comes then waits until they have ended.
      let passed = 0;
      const ends = { at: Number.POSITIVE_INFINITY };
      const front = await startFront(host, {
        async before({ headers }) {
          if (headers.authorization !== undefined) passed += 1;
          if (passed === 1) {
            rules.ended = 0;
            ends.at = Date.now() + 3500;
          } else if (passed === 2) await wait(ends.at - Date.now());
          return true;
        },
      });
      try {
        rules.ended = leewaySeconds - 2;
        const there = image.replace(host, front.host);
        const late = {
          ...env,
          ...config("front", { auth: Buffer.from(`${user.name}:${user.password}`).toString("base64") }, front.host),
        };
        exits(0, await verify([there], late), /found at/);
        assert.is(countOf(tokens.asked(), "repository:shop/app:pull"), 2, "one token, and one in its place");
      } finally {
        await front.close();
      }

      // Tokens that the registry never takes: ended ones, and ones for another service.
      rules.ended = 2 * leewaySeconds;
      exits(4, await verify([image], env), /access-denied/);
      rules.ended = 0;
      rules.service = "another.test";
      tokens.asked();
      exits(4, await verify([image], env), /access-denied/);
      assert.ok(tokens.asked().length <= 2, "no storm of requests");
      rules.service = "registry.test";
      await tokens.close();
      exits(5, await verify([image], env), /unreachable/);
    } finally {
      await tokens.close();
    }
  },
});

/** Registry and token server on different hosts, both with certificates of one authority. */
const behindEncryptedTokens: Scenario = {
  name: "distribution and its token server, both with certificates of an own authority",
  needs: ["distribution", "cosign3", "crane"],
  async run(tools) {
    const authority = await tlsAuthority();
    const own = await authority.issue(["127.0.0.1", "localhost"]);
    const rules: TokenRules = {
      users: { [user.name]: user.password },
      refresh: ["a refresh token", user.name],
      open: "",
      service: "registry.test",
      oauth: false,
      ended: 0,
    };
    const tokens = await startTokenServer(rules, own);
    try {
      const host = await startRegistry("distribution", tools, {
        tokens: { ...tokens, service: rules.service },
        tls: { ca: authority.ca, ...own },
      });
      tools.stage.write("ca.pem", authority.ca);
      mkdirSync(join(tools.stage.folder, "docker"));
      const auth = Buffer.from(`${user.name}:${user.password}`).toString("base64");
      tools.stage.write(join("docker", "config.json"), JSON.stringify({ auths: { [host]: { auth } } }));
      const env = { DOCKER_CONFIG: join(tools.stage.folder, "docker") };
      const access: Access = { crane: ["--insecure"], cosign: ["--allow-insecure-registry"], env };
      const image = await push(`${host}/shop/app:signed`, tools, access);
      await sign("cosign3", image, tools, access);
      const verify = (...words: readonly string[]) =>
        tools.sallyport([...online, ...words, ...byKey("release"), image], env);
      exits(5, await verify(), /tls-failure/);
      exits(0, await verify("--registry-cacert", "ca.pem"), /found at/);
    } finally {
      await tokens.close();
    }
  },
};

const registries: readonly Registry[] = ["distribution", "docker-registry", "ggcr-registry"];
const withSettings = ["distribution", "docker-registry"] as const satisfies readonly Component[];

export const registryScenarios: readonly Scenario[] = [
  ...registries.flatMap((registry) => [verified(registry, "cosign3"), verified(registry, "cosign2")]),
  ...withSettings.flatMap((registry) => [loggedIn(registry), encrypted(registry), behindTokens(registry)]),
  behindEncryptedTokens,
];
