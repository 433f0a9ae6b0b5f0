/** What scenarios do with a real API server: start it, ask it by kubectl, and log in to it in each way. */
import { createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Agent, request } from "undici";
import { tlsAuthority, type TlsIdentity } from "../support/tls-identity.ts";
import { freePort, type Outcome } from "./processes.ts";
import { succeeds } from "./registry-actions.ts";
import type { Tools } from "./scenario.ts";

/** What a user of a kubeconfig has. */
export type User = Readonly<Record<string, unknown>>;

export interface ApiServer {
  readonly url: string;
  readonly port: number;
  /** PEM. */
  readonly ca: string;
  readonly agent: Agent;
  /** As an administrator. */
  readonly kubectl: (words: readonly string[], input?: unknown) => Promise<Outcome>;
  /** Writes a kubeconfig of one context, which has its name. Returns the file's name. */
  readonly config: (name: string, user: User, changes?: ConfigChanges) => string;
  /** A certificate of an authority that the server knows for its clients. */
  readonly certificate: (user: string) => Promise<TlsIdentity>;
  /** Signs the claims of a service account's token as the server does. */
  readonly resign: (token: string, changes: Readonly<Record<string, unknown>>) => string;
}

export interface ConfigChanges {
  readonly ca?: string;
  readonly url?: string;
  readonly namespace?: string;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");
export const administrator: User = { token: "administrator" };

/** `users`: with tokens of their names, and no rights. */
export async function startApiServer(
  { stage, program }: Tools,
  { users = [] }: { readonly users?: readonly string[] } = {},
): Promise<ApiServer> {
  const [port, clients, peers] = [await freePort(), await freePort(), await freePort()];
  const [url, host] = [`https://127.0.0.1:${port}`, "127.0.0.1"];
  const authority = await tlsAuthority("API Server Root");
  const ofClients = await tlsAuthority("Client Root");
  const own = await authority.issue([host]);
  const accounts = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "sec1", format: "pem" },
  });
  const tokens = [
    'administrator,administrator,0,"system:masters"',
    ...users.map((name, place) => `${name},${name},${place + 1}`),
  ];
  const file = (name: string, text: string): string => {
    stage.write(`api-server-${name}`, text);
    return join(stage.folder, `api-server-${name}`);
  };
  const flags = {
    "etcd-servers": `http://${host}:${clients}`,
    "bind-address": host,
    "advertise-address": host,
    "secure-port": String(port),
    "tls-cert-file": file("cert.pem", own.cert),
    "tls-private-key-file": file("key.pem", own.key),
    "client-ca-file": file("clients.pem", ofClients.ca),
    "token-auth-file": file("tokens.csv", `${tokens.join("\n")}\n`),
    "service-account-issuer": url,
    "service-account-key-file": file("accounts.pub", accounts.publicKey),
    "service-account-signing-key-file": file("accounts.key", accounts.privateKey),
    "service-cluster-ip-range": "10.0.0.0/24",
    "authorization-mode": "RBAC",
    // Nothing runs that would make the accounts of namespaces.
    "disable-admission-plugins": "ServiceAccount",
    "endpoint-reconciler-type": "none",
  };
  const agent = new Agent({ connect: { ca: authority.ca } });
  const headers = { authorization: "Bearer administrator" };
  await stage.serve(
    program("api-server"),
    Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
    async () => (await request(`${url}/readyz`, { dispatcher: agent, headers })).statusCode === 200,
    {
      ETCD_FOLDER: join(stage.folder, "etcd"),
      ETCD_CLIENTS: `http://${host}:${clients}`,
      ETCD_PEERS: `http://${host}:${peers}`,
    },
  );
  const config: ApiServer["config"] = (name, user, changes = {}) => {
    const { ca = authority.ca, url: server = url, namespace } = changes;
    const text = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name, cluster: { server, "certificate-authority-data": base64(ca) } }],
      users: [{ name, user }],
      contexts: [{ name, context: { cluster: name, user: name, ...(namespace === undefined ? {} : { namespace }) } }],
      "current-context": name,
    };
    stage.write(`${name}.conf`, JSON.stringify(text));
    return `${name}.conf`;
  };
  const admin = config("administrator", administrator);
  return {
    url,
    port,
    ca: authority.ca,
    agent,
    config,
    kubectl: async (words, input = "") =>
      succeeds(
        await stage.run(program("kubectl"), ["--kubeconfig", admin, ...words], {
          input: typeof input === "string" ? input : JSON.stringify(input),
        }),
      ),
    certificate: (user) => ofClients.issue([user]),
    resign(token, changes) {
      const [header = "", claims = ""] = token.split(".");
      const changed = { ...(JSON.parse(Buffer.from(claims, "base64url").toString()) as object), ...changes };
      const text = `${header}.${Buffer.from(JSON.stringify(changed)).toString("base64url")}`;
      const key = createPrivateKey(readFileSync(join(stage.folder, "api-server-accounts.key")));
      return `${text}.${sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
    },
  };
}

const typeOf = (kind: string): string =>
  kind === "Role" || kind === "RoleBinding" ? "rbac.authorization.k8s.io/v1" : "v1";

/** An object of Kubernetes. */
export const object = (
  kind: string,
  [namespace, name]: readonly [namespace: string | undefined, name: string],
  rest: object = {},
  metadata: object = {},
) => ({
  apiVersion: typeOf(kind),
  kind,
  metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...metadata },
  ...rest,
});

export const pod = (namespace: string, name: string, image: string, spec: object = {}) =>
  object("Pod", [namespace, name], { spec: { containers: [{ name: "app", image }], ...spec } });

/** As `kubectl apply` takes several. */
export const listOf = (...items: readonly object[]) => ({ apiVersion: "v1", kind: "List", items });

/** The definition of a kind of another project, by its names alone: nobody checks what is in such an object. */
export const definitionOf = (kind: string, plural: string, group: string, version = "v1") => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    scope: "Namespaced",
    names: { kind, plural, singular: kind.toLowerCase() },
    versions: [
      {
        name: version,
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
});

/** Lets a user do something in one namespace. */
export const permit = (namespace: string, user: string, verbs: readonly string[], resources: readonly string[]) => [
  object("Role", [namespace, user], { rules: [{ apiGroups: [""], resources, verbs }] }),
  object("RoleBinding", [namespace, user], {
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: user },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }],
  }),
];
