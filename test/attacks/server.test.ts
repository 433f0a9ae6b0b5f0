/** Attacks on the server: by clients without a login, and by what its folders hold. */
import { request, type RequestOptions } from "node:http";
import { request as secureRequest } from "node:https";
import { connect } from "node:net";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashSync } from "bcryptjs";
import * as assert from "uvu/assert";
import { createLog } from "../../proxy/log.ts";
import { createMetrics } from "../../proxy/metrics.ts";
import { FileWatch } from "../../proxy/serve/file-watch.ts";
import { filesOf } from "../../proxy/serve/read-config.ts";
import { Server } from "../../proxy/serve/server.ts";
import { runCli } from "../cli/command-io.ts";
import { demoLayout } from "../cli/demo-layout.ts";
import { policyFor } from "../cli/demo-policy.ts";
import { rejectsCode } from "../support/assert.ts";
import { sendRaw } from "../support/raw-http.ts";
import { serverConfig } from "../support/server-stage.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { tlsAuthority } from "../support/tls-identity.ts";
import { attackSuite } from "./attack.ts";

const { attack, run } = attackSuite("server");

/** A server with one listener, and the lines of its log. */
async function openServer(listener: object, files: Readonly<Record<string, string>>) {
  const lines: string[] = [];
  const now = (): Date => new Date("2026-11-30T00:00:00Z");
  const server = await Server.open(
    serverConfig({ listeners: [{ address: "127.0.0.1:0", ...listener }] }),
    {
      mounts: [{ what: "registry", paths: ["/v2"], handle: (_, response) => void response.end("in") }],
      checks: [],
      close: async () => undefined,
    },
    {
      readFile: (path) => files[path] ?? "",
      ownCertificate: () => Promise.reject(new Error("not asked for here")),
      log: createLog({ level: "debug", format: "json", now, write: (line) => void lines.push(line) }),
      metrics: createMetrics("test"),
      now,
    },
  );
  return { server, lines, url: server.listeners[0]?.url ?? "" };
}

const statusOf = (url: string, options: RequestOptions = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    const send = url.startsWith("https") ? secureRequest : request;
    const sent = send(url, { agent: false, ...options }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode ?? 0));
    });
    sent.on("error", reject).end();
  });

attack(224, "it is empty, has no certificate, or one that is cut", async () => {
  const authority = await tlsAuthority("ours");
  const { cert, key } = await authority.issue(["127.0.0.1"]);
  const listener = {
    tls: { from: "files", certificate: "cert", key: "key" },
    auth: { by: "certificate", file: "ca" },
  };
  for (const ca of ["", "\n", "garbage", authority.ca.replace(/\n.{20}/, "\n")])
    await rejectsCode("invalid-config", () => openServer(listener, { cert, key, ca }));
});

attack(225, "a hundred strangers: the login is wrong, or try again later; health is answered", async () => {
  const { server, url } = await openServer(
    { auth: { by: "htpasswd", file: "users" } },
    { users: `ada:${hashSync("lovelace", 8)}` },
  );
  const login = (text: string) => ({ headers: { authorization: `Basic ${Buffer.from(text).toString("base64")}` } });
  try {
    const flood = Array.from({ length: 100 }, (_, index) => statusOf(`${url}/v2/`, login(`ada:wrong-${index}`)));
    assert.is(await statusOf(`${url}/healthz`), 200);
    for (const status of await Promise.all(flood)) assert.ok(status === 401 || status === 503, String(status));
    assert.is(await statusOf(`${url}/v2/`, login("ada:lovelace")), 200);
  } finally {
    await server.close();
  }
});

const demo = demoLayout();

attack(226, "every policy is one of a namespace: it does not start, but where no match is a refusal", async () => {
  const store = tempFolder();
  await runCli(["mirror", "add", "--store", store, demo.folder, "--complete"]);
  const policy = policyFor(demo.key.pem)
    .replace("kind: ClusterPolicy", "kind: Policy")
    .replace(/metadata:\n( +)name:/, "metadata:\n$1namespace: prod\n$1name:");
  assert.match(policy, /namespace: prod/);
  const words = ["--store", store, "--listen", "127.0.0.1:0", "--proxy-admit", "policies", "--policies-folders"];
  const { exit, err } = await runCli(["serve", ...words, "p.yaml"], { files: { "p.yaml": policy } });
  assert.is(exit, 2);
  assert.match(err, /none of the policies can be applied to pulls/);
});

attack(227, "in place, by a new file, and below a folder: each is seen once", () => {
  const folder = tempFolder({ "p/a.yaml": "1", "p/deep/b.yaml": "1" });
  const config = serverConfig({
    listeners: [{ address: "127.0.0.1:0" }],
    policies: { folders: [join(folder, "p")] },
  });
  const watch = new FileWatch();
  watch.set(filesOf(config));
  for (const [name, content] of [
    ["a.yaml", "another"],
    ["deep/b.yaml", "another"],
    ["deep/c.yaml", "new"],
  ] as const) {
    writeFileSync(join(folder, "p", name), content);
    assert.equal(watch.look(), [join(folder, "p")], name);
    assert.equal(watch.look(), []);
  }
});

attack(228, "a token in the query, and a login in a whole address", async () => {
  const { server, lines, url } = await openServer({}, {});
  try {
    await statusOf(`${url}/v2/org/app/manifests/1?ns=ghcr.io&token=secret-of-the-query`);
    await sendRaw(
      Number(new URL(url).port),
      "GET http://ada:secret@of-the-address@registry.example/v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    );
  } finally {
    await server.close();
  }
  assert.is(lines.filter((line) => line.includes('"request"')).length, 2);
  assert.not.match(lines.join(""), /secret/);
});

attack(301, "by Content-Length and in chunks, to the webhook and to the registry: no handler sees one", async () => {
  const { server, url } = await openServer({ name: "a" }, {});
  const many = "A: b\r\n".repeat(120);
  try {
    for (const path of ["/v2/", "/mutate/fail"])
      for (const field of [`Content-Length: ${64 * 1024 * 1024}`, "Transfer-Encoding: chunked"]) {
        const head = `POST ${path} HTTP/1.1\r\nHost: x\r\n${many}${field}\r\n\r\n`;
        assert.match(await sendRaw(Number(new URL(url).port), head), /^HTTP\/1\.1 431 /, `${path} ${field}`);
      }
  } finally {
    await server.close();
  }
});

attack(302, "behind a request that is none: the server ends what the client does not", async () => {
  const { server, url } = await openServer({}, {});
  const socket = connect({ port: Number(new URL(url).port), host: "127.0.0.1", allowHalfOpen: true });
  const drip = setInterval(() => socket.write("x"), 100);
  try {
    const ended = new Promise((resolve) => socket.on("error", resolve).on("close", resolve));
    socket.resume().write("no request\r\n\r\n");
    const open = new Promise((resolve) => setTimeout(() => resolve("open"), 20_000).unref());
    assert.is.not(await Promise.race([ended, open]), "open");
  } finally {
    clearInterval(drip);
    socket.destroy();
    await server.close();
  }
});

run();
