import { suite } from "uvu";
import * as assert from "uvu/assert";
import { limitsWith } from "../../../../core/limits.ts";
import type { HostSettings } from "../../../../proxy/upstream/registry/hosts.ts";
import { readHostsFolder } from "../../../../proxy/upstream/registry/hosts-toml.ts";
import { openRegistry } from "../../../../proxy/upstream/registry/open-registry.ts";
import { rejectsCode } from "../../../support/assert.ts";
import { memoryFiles } from "../../../support/memory-files.ts";
import {
  askRegistries,
  fixedNow,
  manifestReply,
  never,
  serveRegistry,
  someManifest,
} from "../../../support/registry-server.ts";
import { tlsAuthority } from "../../../support/tls-identity.ts";

const test = suite("proxy/upstream/registry/open-registry");
const { text } = someManifest();
const authority = tlsAuthority();

/** Asks a registry with a certificate of the test's authority; clients need one, too. */
async function asking(
  settings: (host: string) => Promise<HostSettings>,
  { trusted = false, clients = false }: { readonly trusted?: boolean; readonly clients?: boolean } = {},
): Promise<string | undefined> {
  const { ca, issue } = await authority;
  const server = await serveRegistry(() => manifestReply(text), {
    ...(await issue(["127.0.0.1", "inner.example"])),
    ...(clients ? { requestCert: true, rejectUnauthorized: true, ca } : {}),
  });
  const { parts, close } = askRegistries({
    hosts: await settings(server.host),
    tries: 1,
    ...(trusted ? { authorities: [ca] } : {}),
  });
  try {
    return (await parts.tag.ask({ kind: "tag", repository: `${server.host}/org/app`, tag: "1" }, never))?.state;
  } finally {
    await close();
    await server.close();
  }
}
const none = () => Promise.resolve({});

test("a certificate of an authority that is trusted, for every registry or for one", async () => {
  assert.is(await asking(none, { trusted: true }), "present");
  const { ca } = await authority;
  assert.is(await asking((host) => Promise.resolve({ tls: new Map([[host, { ca }]]) })), "present");
  const folder = (host: string, toml: string) =>
    readHostsFolder(
      "/certs.d",
      memoryFiles({ [`/certs.d/${host}/hosts.toml`]: toml, [`/certs.d/${host}/ca.crt`]: ca }),
    );
  assert.is(
    await asking((host) => Promise.resolve({ namespaces: folder(host, `server = "https://${host}"\nca = "ca.crt"`) })),
    "present",
  );
});

test("one of another is refused, unless it is not to be checked at this host", async () => {
  await rejectsCode("tls-failure", () => asking(none));
  await rejectsCode("tls-failure", () => asking(() => Promise.resolve({ insecure: new Set(["other.example"]) })));
  assert.is(await asking((host) => Promise.resolve({ insecure: new Set([host]) })), "present");
  assert.is(await asking(() => Promise.resolve({ insecure: "all" as const })), "present");
  assert.is(
    await asking((host) => Promise.resolve({ rules: [{ prefix: host, insecure: true, blocked: false, mirrors: [] }] })),
    "present",
  );
});

test("a client's certificate is shown to a registry that asks for one", async () => {
  const client = await (await authority).issue(["client"]);
  const own = { trusted: true, clients: true };
  assert.is(await asking(() => Promise.resolve({ everyTls: client }), own), "present");
  await rejectsCode("access-denied", () => asking(none, own));
});

test("the name that the certificate must have", async () => {
  const named = (serverName: string) => () => Promise.resolve({ everyTls: { serverName } });
  assert.is(await asking(named("inner.example"), { trusted: true }), "present");
  await rejectsCode("tls-failure", () => asking(named("other.example"), { trusted: true }));
});

test("nothing is dialled before a question", async () => {
  const registry = openRegistry({
    hosts: {},
    credentials: { find: () => Promise.reject(new Error("nobody asks")) },
    connections: { env: {} },
    limits: limitsWith(),
    now: fixedNow,
  });
  assert.equal(Object.keys(registry.parts).sort(), ["blob", "manifest", "referrers", "tag"]);
  await registry.close();
});

test.run();
