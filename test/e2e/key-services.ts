/**
 * Keys that services keep: AWS as local-kms has it, where cosign makes the key and signs with it; Azure and Google as
 * their own SDKs read a stub that asks for a login first; Vault's transit engine as its HTTP API answers.
 */
import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { request } from "undici";
import * as assert from "uvu/assert";
import { reviewOf } from "../support/admission.ts";
import { serveLoopback } from "../support/loopback-server.ts";
import { tlsAuthority } from "../support/tls-identity.ts";
import { freePort, type Outcome } from "./processes.ts";
import { exits, plain, push, says, startRegistry, succeeds } from "./registry-actions.ts";
import type { Scenario, Tools } from "./scenario.ts";

type Words = Readonly<Record<string, string>>;

const dist = fileURLToPath(new URL("../../dist", import.meta.url));
export const verifying = (key: string, image: string) => [
  "verify",
  "--online",
  "--insecure-ignore-tlog",
  "--key",
  key,
  image,
];

/** The built program in a folder that has the SDKs, too. Returns its file. */
export function installBesideSdks({ stage, program }: Tools): string {
  const folder = join(stage.folder, "installed");
  cpSync(dist, join(folder, "dist"), { recursive: true });
  const installed = join(folder, "node_modules");
  mkdirSync(installed);
  const sdks = join(program("kms-sdks"), "node_modules");
  for (const name of readdirSync(sdks)) symlinkSync(join(sdks, name), join(installed, name));
  // A mirror's database is a package beside the program, too.
  symlinkSync(join(dist, "..", "node_modules", "better-sqlite3"), join(installed, "better-sqlite3"));
  return join(folder, "dist", "sallyport.mjs");
}

/** Runs it. */
export function besideSdks(tools: Tools): (words: readonly string[], env: Words) => Promise<Outcome> {
  const main = installBesideSdks(tools);
  return (words, env) => tools.stage.run(process.execPath, ["--no-warnings", main, ...words], { env });
}

/** Signs an image by cosign with a key of any reference. Returns the image. */
async function signed(tools: Tools, key: string, env: Words = {}): Promise<string> {
  const host = await startRegistry("ggcr-registry", tools);
  const image = await push(`${host}/shop/app:signed`, tools, plain);
  const words = [
    "sign",
    "--key",
    key,
    "--yes",
    "--tlog-upload=false",
    "--use-signing-config=false",
    ...plain.cosign,
    image,
  ];
  succeeds(await tools.stage.run(tools.program("cosign3"), words, { env: { COSIGN_PASSWORD: "", ...env } }));
  return image;
}

/** Signs an image by a key pair in files. Returns the image and the public key. */
export async function signedByFile(tools: Tools): Promise<{ readonly image: string; readonly key: KeyObject }> {
  const words = ["generate-key-pair", "--output-key-prefix", "release"];
  succeeds(await tools.stage.run(tools.program("cosign3"), words, { env: { COSIGN_PASSWORD: "" } }));
  const image = await signed(tools, "release.key");
  return { image, key: createPublicKey(readFileSync(join(tools.stage.folder, "release.pub"))) };
}

const other = (): KeyObject => generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey;
const pemOf = (key: KeyObject): string => String(key.export({ type: "spki", format: "pem" }));
const json = (status: number, body: unknown): { readonly status: number; readonly body: string } => ({
  status,
  body: JSON.stringify(body),
});
const answering =
  (answer: (path: string, authorization: string) => ReturnType<typeof json>, headers: Words = {}): RequestListener =>
  (asked, response) => {
    const { status, body } = answer(asked.url ?? "", asked.headers.authorization ?? "");
    response.writeHead(status, { "content-type": "application/json", ...(status === 401 ? headers : {}) }).end(body);
  };

/** Starts a KMS of this machine. Returns the variables by which cosign and the SDKs find it. */
export async function startLocalKms({ stage, program }: Tools) {
  const port = String(await freePort());
  const endpoint = `http://127.0.0.1:${port}`;
  const isReady = async (): Promise<boolean> => (await request(endpoint)).statusCode > 0;
  const region = "eu-central-1";
  const settings = { PORT: port, KMS_REGION: region, KMS_DATA_PATH: stage.folder };
  await stage.serve(program("local-kms"), [], isReady, settings);
  return {
    AWS_ENDPOINT_URL_KMS: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: "bot",
    AWS_SECRET_ACCESS_KEY: "s3cret",
    COSIGN_PASSWORD: "",
  };
}

const aws: Scenario = {
  name: "AWS: cosign makes a key in local-kms and signs, and is verified by the key that KMS returns",
  needs: ["local-kms", "kms-sdks", "cosign3", "crane", "ggcr-registry"],
  async run(tools) {
    const env = await startLocalKms(tools);
    for (const alias of ["other", "release"])
      succeeds(
        await tools.stage.run(tools.program("cosign3"), ["generate-key-pair", "--kms", `awskms:///alias/${alias}`], {
          env,
        }),
      );
    const image = await signed(tools, "awskms:///alias/release", env);
    const run = besideSdks(tools);
    const verify = (alias: string) => run(verifying(`awskms:///alias/${alias}`, image), env);
    exits(0, await verify("release"), /found at/);
    exits(12, await verify("other"), /wrong-key/);
    exits(5, await verify("missing"), /AWS KMS does not have the key/);
    exits(
      5,
      await tools.sallyport(verifying("awskms:///alias/release", image), env),
      /npm install @aws-sdk\/client-kms@/,
    );
  },
};

/** A policy by a key of a key service. */
export const byKms = (host: string, kms: string): string => `apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: { name: check-image }
spec:
  validationFailureAction: Enforce
  rules:
  - name: check-image
    match: { any: [{ resources: { kinds: [Pod] } }] }
    verifyImages:
    - imageReferences: ["${host}/*"]
      attestors:
      - entries:
        - keys: { kms: "${kms}", rekor: { ignoreTlog: true } }
`;

const admission: Scenario = {
  name: "AWS: serve asks local-kms while a Pod is judged and an image is pulled, without a sync, and keeps the key",
  needs: ["local-kms", "kms-sdks", "cosign3", "crane", "ggcr-registry"],
  async run(tools) {
    const { stage, program } = tools;
    const env = await startLocalKms(tools);
    const generate = ["generate-key-pair", "--kms", "awskms:///alias/release"];
    succeeds(await stage.run(program("cosign3"), generate, { env }));
    const image = await signed(tools, "awskms:///alias/release", env);
    const host = image.slice(0, image.indexOf("/"));
    const main = installBesideSdks(tools);
    const serve = async (mode: string, kms: string, store: string) => {
      const address = `127.0.0.1:${await freePort()}`;
      const settings = {
        apiVersion: "sallyport.dev/v1alpha1",
        kind: "Config",
        store,
        listeners: [{ address, serves: ["admission", "registry", "health"] }],
        upstreams: [{ host, plainHTTP: true }],
        policies: { folders: ["policy.yaml"] },
        proxy: { defaultRegistry: host, admit: "policies", noMatch: "deny" },
      };
      stage.write("policy.yaml", byKms(host, kms));
      stage.write("serve.yaml", JSON.stringify(settings));
      const isReady = async (): Promise<boolean> => (await request(`http://${address}/readyz`)).statusCode === 200;
      await stage.serve(process.execPath, ["--no-warnings", main, "serve", "-c", "serve.yaml", mode], isReady, env);
      const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "app", namespace: "shop" } };
      const review = reviewOf({ ...pod, spec: { containers: [{ name: "app", image: `${host}/shop/app:signed` }] } });
      const answer = await request(`http://${address}/mutate/fail?timeout=30s`, {
        method: "POST",
        body: JSON.stringify(review),
      });
      const { response } = (await answer.body.json()) as {
        readonly response: { readonly allowed: boolean; readonly status?: { readonly message: string } };
      };
      const words = ["manifest", ...plain.crane, `${address}/shop/app:signed`];
      const pulled = await stage.run(program("crane"), words);
      return {
        said: response.allowed ? "admitted" : (response.status?.message ?? ""),
        pulled: pulled.exit === 0 ? "pulled" : says(pulled),
      };
    };
    const good = { said: "admitted", pulled: "pulled" };
    assert.equal(await serve("--online", "awskms:///alias/release", "mirror"), good);
    const missing = await serve("--online", "awskms:///alias/missing", "other");
    assert.match(missing.said, /\[no-key\].*AWS KMS does not have the key/s);
    assert.match(missing.pulled, /no-key|UNAVAILABLE|503/);
    // The registry and the key service are gone with everything else.
    await stage.stopServers();
    assert.equal(await serve("--offline", "awskms:///alias/release", "mirror"), good);
  },
};

const google: Scenario = {
  name: "Google: the newest version, a missing key and a refusal, by the SDK and a token",
  needs: ["kms-sdks", "cosign3", "crane", "ggcr-registry"],
  async run(tools) {
    const { image, key } = await signedByFile(tools);
    const ring = "projects/p/locations/global/keyRings/r/cryptoKeys";
    const keys: Readonly<Record<string, KeyObject>> = { 9: other(), 10: key };
    const error = (code: number, status: string) => json(code, { error: { code, status, message: "so it is" } });
    const server = await serveLoopback(
      answering((path, authorization) => {
        if (path === "/token") return json(200, { access_token: "t", expires_in: 3600, token_type: "Bearer" });
        if (!authorization.startsWith("Bearer ")) return error(401, "UNAUTHENTICATED");
        if (path.startsWith(`/v1/${ring}/denied/`)) return error(403, "PERMISSION_DENIED");
        const names = Object.keys(keys).map((version) => `${ring}/release/cryptoKeyVersions/${version}`);
        if (path.startsWith(`/v1/${ring}/release/cryptoKeyVersions?`))
          return json(200, { cryptoKeyVersions: names.map((name) => ({ name, state: "ENABLED" })) });
        const name = names.find((one) => path.startsWith(`/v1/${one}/publicKey`));
        const found = name === undefined ? undefined : keys[name.split("/").at(-1) ?? ""];
        return found === undefined
          ? error(404, "NOT_FOUND")
          : json(200, { name, pem: pemOf(found), algorithm: "EC_SIGN_P256_SHA256" });
      }),
    );
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const file = join(tools.stage.folder, "account.json");
    const account = {
      type: "service_account",
      client_email: "bot@p.iam",
      private_key_id: "1",
      private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
      token_uri: `${server.url}/token`,
      project_id: "p",
    };
    writeFileSync(file, JSON.stringify(account));
    const env = { GOOGLE_APPLICATION_CREDENTIALS: file, CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS: server.url };
    const run = besideSdks(tools);
    const verify = (path: string) => run(verifying(`gcpkms://${ring}/${path}`, image), env);
    try {
      exits(0, await verify("release"), /found at/);
      exits(0, await verify("release/cryptoKeyVersions/10"));
      exits(12, await verify("release/cryptoKeyVersions/9"), /wrong-key/);
      exits(5, await verify("missing"), /Google Cloud KMS does not have/);
      exits(5, await verify("denied"), /cannot be read from Google Cloud KMS: so it is/);
    } finally {
      await server.close();
    }
  },
};

const azure: Scenario = {
  name: "Azure: the vault's challenge, a login by a secret, a missing key and a refusal, by the SDK",
  needs: ["kms-sdks", "cosign3", "crane", "ggcr-registry"],
  async run(tools) {
    const { image, key } = await signedByFile(tools);
    const authority = await tlsAuthority();
    const own = await authority.issue(["vault.localhost", "login.localhost"]);
    let port = "";
    const login = (): string => `https://login.localhost:${port}`;
    const jwk = (of: KeyObject) => ({ ...of.export({ format: "jwk" }), kty: "EC-HSM", key_ops: ["sign", "verify"] });
    const error = (status: number, code: string) => json(status, { error: { code, message: "so it is" } });
    const answer = answering((path, authorization) => {
      if (path.includes("/.well-known/openid-configuration"))
        return json(200, {
          token_endpoint: `${login()}/tenant/oauth2/v2.0/token`,
          authorization_endpoint: `${login()}/tenant/oauth2/v2.0/authorize`,
          issuer: `${login()}/tenant/v2.0`,
          jwks_uri: `${login()}/tenant/keys`,
        });
      if (path.includes("/oauth2/v2.0/token"))
        return json(200, { token_type: "Bearer", expires_in: 3600, access_token: "t" });
      if (authorization !== "Bearer t") return error(401, "Unauthorized");
      if (path.startsWith("/keys/denied/")) return error(403, "Forbidden");
      const found = path.startsWith("/keys/release/") ? key : path.startsWith("/keys/other/") ? other() : undefined;
      return found === undefined
        ? error(404, "KeyNotFound")
        : json(200, {
            key: { kid: `https://vault.localhost:${port}${path.split("?")[0]}`, ...jwk(found) },
            attributes: {},
          });
    });
    const server = await serveLoopback((asked, response) => {
      response.setHeader("www-authenticate", `Bearer authorization="${login()}/tenant", resource="https://localhost"`);
      answer(asked, response);
    }, own);
    port = new URL(server.url).port;
    // The SDK wants a vault's name to end as the resource's does, and not every system knows names below localhost.
    const names = join(tools.stage.folder, "names.mjs");
    writeFileSync(
      names,
      `import dns from "node:dns";
const lookup = dns.lookup;
dns.lookup = (name, ...rest) => lookup(name.endsWith(".localhost") ? "127.0.0.1" : name, ...rest);
`,
    );
    writeFileSync(join(tools.stage.folder, "ca.pem"), authority.ca);
    const env = {
      NODE_OPTIONS: `--import=${names}`,
      NODE_EXTRA_CA_CERTS: join(tools.stage.folder, "ca.pem"),
      AZURE_TENANT_ID: "tenant",
      AZURE_CLIENT_ID: "bot",
      AZURE_CLIENT_SECRET: "s3cret",
      AZURE_AUTHORITY_HOST: login(),
    };
    const run = besideSdks(tools);
    const verify = (name: string) => run(verifying(`azurekms://vault.localhost:${port}/${name}`, image), env);
    try {
      exits(0, await verify("release"), /found at/);
      exits(12, await verify("other"), /wrong-key/);
      exits(5, await verify("missing"), /does not have the key/);
      exits(5, await verify("denied"), /client bot/);
    } finally {
      await server.close();
    }
  },
};

const vault: Scenario = {
  name: "Vault: versions of a key of the transit engine, a missing key, and a wrong token",
  needs: ["cosign3", "crane", "ggcr-registry"],
  async run(tools) {
    const { image, key } = await signedByFile(tools);
    const keys = { 1: { public_key: pemOf(key) }, 2: { public_key: pemOf(other()) } };
    const transit = (latest: number) => json(200, { data: { type: "ecdsa-p256", latest_version: latest, keys } });
    const server = await serveLoopback(
      answering((path, authorization) => {
        if (authorization !== "Bearer hvs.good") return json(403, { errors: ["permission denied"] });
        if (path === "/v1/team/transit/keys/release") return transit(1);
        if (path === "/v1/team/transit/keys/rotated") return transit(2);
        return json(404, { errors: [] });
      }),
    );
    const env = { VAULT_ADDR: server.url, VAULT_TOKEN: "hvs.good", TRANSIT_SECRET_ENGINE_PATH: "team/transit" };
    const verify = (name: string, more: Words = {}) =>
      tools.sallyport(verifying(`hashivault://${name}`, image), { ...env, ...more });
    try {
      exits(0, await verify("release"), /found at/);
      exits(12, await verify("rotated"), /wrong-key/);
      exits(0, await verify("rotated", { VAULT_KEY_PREFIX: "vault:v1:" }));
      exits(5, await verify("missing"), /does not have the key/);
      exits(5, await verify("release", { VAULT_TOKEN: "hvs.s3cret" }), /VAULT_TOKEN/);
    } finally {
      await server.close();
    }
  },
};

export const keyServiceScenarios: readonly Scenario[] = [aws, admission, google, azure, vault];
