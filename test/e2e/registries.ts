/**
 * Real registries as upstreams: images that real cosign signed in them are verified by asking, with each way of logging
 * in and of being encrypted.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { tlsAuthority } from "../support/tls-identity.ts";
import type { Component } from "./components.ts";
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
    exits(5, await absent());
    exits(11, await absent(...mine), /image-not-found/);
  },
});

const registries: readonly Registry[] = ["distribution", "docker-registry", "ggcr-registry"];
const withSettings = ["distribution", "docker-registry"] as const satisfies readonly Component[];

export const registryScenarios: readonly Scenario[] = [
  ...registries.flatMap((registry) => [verified(registry, "cosign3"), verified(registry, "cosign2")]),
  ...withSettings.flatMap((registry) => [loggedIn(registry), encrypted(registry)]),
];
