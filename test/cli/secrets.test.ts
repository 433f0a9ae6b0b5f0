/**
 * Nothing that a run writes holds a secret that it used: not what it prints with `-d`, not its documents, not the
 * mirror, whatever the other side answers. Servers here repeat what they were sent wherever they can.
 */
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../core/limits.ts";
import { openLayout } from "../../proxy/archive/oci-layout.ts";
import { openLayoutSource } from "../../proxy/archive/open-source.ts";
import { serveKnowledge } from "../support/knowledge-registry.ts";
import { serveLoopback } from "../support/loopback-server.ts";
import { temporaryFolder } from "../support/temporary-mirror.ts";
import { tlsAuthority } from "../support/tls-identity.ts";
import { runCli } from "./command-io.ts";

const test = suite("cli/secrets");
const fixtures = fileURLToPath(new URL("../fixtures/documentation", import.meta.url));
const key = readFileSync(join(fixtures, "trust/release.pub"));
const layout = openLayout(await openLayoutSource(join(fixtures, "layout"), defaultLimits), {
  limits: defaultLimits,
  complete: "host",
});
const name = "kyverno/test-verify-image:signed";
const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Whatever can hold a secret: what was printed, and every byte below the folder. */
function everything(texts: readonly string[], folder: string): Buffer {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
  return Buffer.concat([...texts.map((text) => Buffer.from(text)), ...files]);
}

/** In every form in which it could be written. */
function mustNotHold(written: Buffer, secrets: readonly string[], where: string): void {
  for (const secret of secrets)
    for (const form of [secret, base64(secret).replace(/=+$/, ""), encodeURIComponent(secret), secret.slice(0, 12)])
      assert.not.ok(written.includes(form), `${where}: ${JSON.stringify(form)} was written`);
}

/** How a user gives credentials to a registry. */
interface Login {
  readonly words?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The entry of docker's file. */
  readonly entry?: object;
  readonly secrets: readonly string[];
  /** The registry wants a token of its token endpoint. */
  readonly byToken?: boolean;
}

const password = "p4ss/w0rd +%22-of-basic";
const issued = "issued-t0ken-of-the-endpoint";
const identity = "identity-t0ken/for+refresh";
const logins: Readonly<Record<string, Login>> = {
  "a password of docker's file": {
    entry: { auth: base64(`bot:${password}`) },
    secrets: [password, base64(`bot:${password}`)],
  },
  "a password and a token for it": { entry: { username: "bot", password }, secrets: [password, issued], byToken: true },
  "an identity token": { entry: { identitytoken: identity }, secrets: [identity, issued], byToken: true },
  "a registry's token": { entry: { registrytoken: "registry-t0ken-itself" }, secrets: ["registry-t0ken-itself"] },
  "a password of the command line": {
    words: ["--registry-username", "bot", "--registry-password", password],
    secrets: [password, base64(`bot:${password}`)],
  },
  "a token of the environment": {
    env: { COSIGN_REGISTRY_TOKEN: "environment-t0ken" },
    secrets: ["environment-t0ken"],
  },
};

/** What a server answers who was shown credentials; `undefined`: what was asked for. */
type Outcome = ((request: IncomingMessage, response: ServerResponse, sent: string) => void) | undefined;

const failing =
  (status: number): Outcome =>
  ({ method }, response, sent) => {
    const challenge = status === 401 ? { "www-authenticate": `Basic realm="${encodeURIComponent(sent)}"` } : {};
    response.writeHead(status, { "content-type": "application/json", "retry-after": "3600", ...challenge });
    const message = `you sent ${sent}, or ${Buffer.from(sent.split(" ")[1] ?? "", "base64").toString("utf8")}`;
    response.end(method === "HEAD" ? undefined : JSON.stringify({ errors: [{ code: sent, message }] }));
  };
const outcomes: Readonly<Record<string, Outcome>> = {
  success: undefined,
  "401": failing(401),
  "403": failing(403),
  "500": failing(500),
  "a redirect elsewhere": ({ headers }, response, sent) => {
    const place = encodeURIComponent(sent.split(" ")[1] ?? "");
    const elsewhere = `http://${(headers.host ?? "").replace("127.0.0.1", "localhost")}`;
    response.writeHead(302, { location: `${elsewhere}/${place}?token=${place}` }).end();
  },
};

async function runAt(host: string, { words = [], env = {}, entry }: Login, folder: string): Promise<readonly string[]> {
  const config = entry === undefined ? {} : { auths: { [host]: entry } };
  const files = { "release.pub": key, "/home/me/.docker/config.json": JSON.stringify(config) };
  const call = ["verify", "--online", "-d", "-t", "20s", "--key", "release.pub", "--insecure-ignore-tlog", ...words];
  const texts: string[] = [];
  for (const more of [[], ["-o", "json"]]) {
    const { out, err } = await runCli([...call, ...more, "--store", join(folder, "mirror"), `${host}/${name}`], {
      files,
      env: { HOME: "/home/me", ...env },
      now: new Date().toISOString(),
    });
    texts.push(out, err);
  }
  return texts;
}

for (const [what, login] of Object.entries(logins))
  test(what, async () => {
    for (const [how, outcome] of Object.entries(outcomes)) {
      let shown = 0;
      const server = await serveKnowledge(layout, (path) => `ghcr.io/${path}`, {
        before: (path, response) => {
          const request = response.req;
          const sent = request.headers.authorization ?? "";
          if (path.startsWith("/token")) {
            response.setHeader("content-type", "application/json");
            response.end(JSON.stringify({ token: issued }));
            return true;
          }
          if (path === "/v2/") return false;
          const wanted = login.byToken === true ? `Bearer ${issued}` : sent === "" ? "some" : sent;
          if (sent !== wanted) {
            const realm = `http://${request.headers.host ?? ""}/token`;
            const scheme = login.byToken === true ? `Bearer realm="${realm}",service="x"` : 'Basic realm="x"';
            response.writeHead(401, { "www-authenticate": scheme }).end();
            return true;
          }
          shown++;
          outcome?.(request, response, sent);
          return outcome !== undefined;
        },
      });
      const folder = temporaryFolder();
      try {
        const texts = await runAt(new URL(server.url).host, login, folder);
        assert.ok(shown > 0, `${how}: the credentials were used`);
        mustNotHold(everything(texts, folder), login.secrets, how);
      } finally {
        await server.close();
      }
    }
  });

test("a token endpoint that refuses, and repeats what it was asked with", async () => {
  for (const login of [logins["an identity token"], logins["a password and a token for it"]]) {
    const server = await serveLoopback(async (request, response) => {
      if (request.url === "/v2/") return void response.end("{}");
      if (!(request.url ?? "").startsWith("/token")) {
        const realm = `Bearer realm="http://${request.headers.host ?? ""}/token",service="x"`;
        return void response.writeHead(401, { "www-authenticate": realm }).end();
      }
      let body = "";
      for await (const piece of request) body += String(piece);
      const form = new URLSearchParams(body);
      const message = `${request.headers.authorization ?? ""} ${form.get("refresh_token") ?? ""} ${body}`;
      response.writeHead(403, { "content-type": "application/json" });
      response.end(JSON.stringify({ errors: [{ code: "DENIED", message }] }));
    });
    const folder = temporaryFolder();
    try {
      const texts = await runAt(new URL(server.url).host, login as Login, folder);
      assert.match(texts.join(""), "access-denied");
      mustNotHold(everything(texts, folder), login?.secrets ?? [], "refused");
    } finally {
      await server.close();
    }
  }
});

test("a server that is not trusted is sent nothing; a client's key stays here", async () => {
  const [authority, other] = [await tlsAuthority(), await tlsAuthority("Other")];
  const client = await authority.issue(["client"]);
  const lines = client.key.split("\n").filter((line) => line.length > 30);
  const sent: string[] = [];
  const own = await authority.issue(["127.0.0.1"]);
  const server = await serveLoopback(
    ({ headers }, response) => {
      sent.push(headers.authorization ?? "");
      response.writeHead(404).end();
    },
    { ...own, ca: authority.ca, requestCert: true, rejectUnauthorized: false },
  );
  const host = new URL(server.url).host;
  try {
    for (const ca of [authority.ca, other.ca]) {
      const folder = temporaryFolder();
      const files = { "release.pub": key, "ca.pem": ca, "me.crt": client.cert, "me.key": client.key };
      const login = ["--registry-username", "bot", "--registry-password", password];
      const tls = [
        "--registry-cacert",
        "ca.pem",
        "--registry-client-cert",
        "me.crt",
        "--registry-client-key",
        "me.key",
      ];
      const words = [
        "verify",
        "--online",
        "-d",
        "--store",
        join(folder, "m"),
        ...login,
        ...tls,
        "--key",
        "release.pub",
      ];
      const { out, err } = await runCli([...words, "--insecure-ignore-tlog", `${host}/a/b:1`], { files });
      assert.match(err, ca === authority.ca ? "image-not-found" : "tls-failure");
      mustNotHold(
        everything([out, err], folder),
        [password, ...lines],
        ca === authority.ca ? "trusted" : "not trusted",
      );
    }
    assert.not.match(sent.join(), base64(`bot:${password}`));
  } finally {
    await server.close();
  }
});

test("a proxy's password: it refuses, or is not there", async () => {
  const proxy = createServer();
  const seen: string[] = [];
  proxy.on("connect", ({ headers }, socket) => {
    const sent = headers["proxy-authorization"] ?? "";
    seen.push(sent);
    socket.end(`HTTP/1.1 407 ${sent}\r\ncontent-length: 0\r\n\r\n`);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const secret = "pr0xy-passw0rd";
  const { port } = proxy.address() as AddressInfo;
  try {
    for (const at of [port, 1]) {
      const folder = temporaryFolder();
      const env = { HTTPS_PROXY: `http://user:${secret}@127.0.0.1:${at}` };
      const words = ["verify", "--online", "-d", "-t", "2s", "--store", join(folder, "m"), "--key", "release.pub"];
      const { out, err } = await runCli([...words, "--insecure-ignore-tlog", "registry.corp/a/b:1"], {
        files: { "release.pub": key },
        env,
      });
      assert.match(err, `127.0.0.1:${at}`);
      mustNotHold(everything([out, err], folder), [secret, base64(`user:${secret}`)], `port ${at}`);
    }
    assert.ok(seen.includes(`Basic ${base64(`user:${secret}`)}`));
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
});

test("the tokens of a Vault and of an API server that repeat them", async () => {
  const seen: string[] = [];
  const server = await serveLoopback(({ headers }, response) => {
    const sent = `${String(headers["x-vault-token"] ?? "")}${headers.authorization ?? ""}`;
    seen.push(sent);
    response.writeHead(403, { "content-type": "application/json", "audit-id": "1" });
    const status = { kind: "Status", apiVersion: "v1", code: 403, message: `not for ${sent}` };
    response.end(JSON.stringify({ ...status, errors: [sent] }));
  });
  const tokens = { vault: "hvs.vault-t0ken-of-mine", cluster: "kubeconfig-t0ken-of-mine" };
  const kubeconfig = JSON.stringify({
    clusters: [{ name: "c", cluster: { server: server.url } }],
    users: [{ name: "u", user: { token: tokens.cluster } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  });
  try {
    for (const [reference, more] of [
      ["hashivault://app", ["--online", "--store", "m"]],
      ["k8s://ns/key", ["--cluster", "--kubeconfig", "kube.json"]],
    ] as const) {
      const folder = temporaryFolder();
      const placed = more.map((word) => (word === "m" ? join(folder, word) : word));
      const words = ["verify", "-d", ...placed, "--key", reference];
      const layoutOf = ["--layout", join(fixtures, "layout"), "--insecure-ignore-tlog"];
      const { out, err } = await runCli([...words, ...layoutOf, `ghcr.io/${name}`], {
        files: { "kube.json": kubeconfig },
        env: { VAULT_ADDR: server.url, VAULT_TOKEN: tokens.vault },
      });
      assert.match(out + err, "no-key", err);
      mustNotHold(everything([out, err], folder), Object.values(tokens), reference);
    }
    for (const token of Object.values(tokens)) assert.match(seen.join(), token);
  } finally {
    await server.close();
  }
});

test.run();
