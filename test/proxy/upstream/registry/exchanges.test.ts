/**
 * Exchanges in the shapes of registries that people use, written after the documentation that each row names: what they
 * ask for, where their tokens come from, how they say that something does not exist, and how they list referrers.
 * Servers on loopback play them.
 */
import type { IncomingMessage } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../../core/encoding/utf8.ts";
import { mediaTypes } from "../../../../core/oci/manifest.ts";
import type { Credential } from "../../../../proxy/upstream/registry/credentials/credential.ts";
import {
  askRegistries,
  indexReply,
  manifestReply,
  never,
  type Reply,
  referrer,
  type RegistryServer,
  serveRegistry,
  someManifest,
} from "../../../support/registry-server.ts";

const test = suite("proxy/upstream/registry/exchanges");
const { text, digest } = someManifest();
const blob = "layer";
const blobDigest = digestOf(encodeUtf8(blob));
const json = (status: number, body: object, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  body,
  headers: { "content-type": "application/json; charset=utf-8", ...headers },
});
const errors = (status: number, code: string, message: string, detail?: unknown): Reply =>
  json(status, { errors: [{ code, message, ...(detail === undefined ? {} : { detail }) }] });
const pageNotFound: Reply = {
  status: 404,
  headers: { "content-type": "text/plain; charset=utf-8" },
  body: "404 page not found\n",
};
const api = `/v2/org/app/referrers/${digest}`;
/** Two pages, the second by a parameter of the registry's own. */
const paged =
  (parameter: string) =>
  (path: string): Reply =>
    path === api
      ? indexReply([referrer("a")], { link: `<${api}?${parameter}>; rel="next"` })
      : indexReply([referrer("b")], { "oci-filters-applied": "" });
const inOneList = (): Reply => indexReply([referrer("a"), referrer("b")]);
const password = (username: string): Credential => ({
  secret: { form: "password", username, password: "s3cr3t" },
  who: `user ${username}`,
});
const basic = (username: string): string => `Basic ${Buffer.from(`${username}:s3cr3t`).toString("base64")}`;

interface Row {
  readonly source: string;
  /** `registry` and `auth` are hosts. */
  readonly challenge: (registry: string, auth: string) => string;
  readonly refusal: Reply;
  /** What the token endpoint answers, and to whom. */
  readonly token?: {
    readonly path: string;
    readonly line: string;
    readonly authorization: string;
    readonly reply: Reply;
  };
  readonly credential?: Credential;
  readonly absent: Reply;
  /** `missing`: no API, the fallback tag lists. */
  readonly referrers: ((path: string) => Reply) | "missing";
  readonly missing?: Reply;
  /** Whether blobs are elsewhere. */
  readonly redirects: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

const scope = "scope=repository%3Aorg%2Fapp%3Apull";
const bearer = (realm: string, service: string): string =>
  `Bearer realm="http://${realm}",service="${service}",scope="repository:org/app:pull"`;

const rows: Readonly<Record<string, Row>> = {
  "ghcr.io": {
    source:
      "https://docs.github.com/packages/working-with-a-github-packages-registry/working-with-the-container-registry",
    challenge: (registry) => bearer(`${registry}/token`, "ghcr.io"),
    refusal: errors(401, "UNAUTHORIZED", "authentication required"),
    token: {
      path: "/token",
      line: `GET /token?service=ghcr.io&${scope}`,
      authorization: "",
      // It does not say how long it is good for.
      reply: json(200, { token: "abc" }),
    },
    absent: errors(404, "MANIFEST_UNKNOWN", "manifest unknown"),
    referrers: "missing",
    missing: pageNotFound,
    redirects: true,
  },
  "Docker Hub": {
    source: "https://docs.docker.com/reference/api/registry/auth/, https://docs.docker.com/docker-hub/usage/pulls/",
    challenge: (_, auth) => bearer(`${auth}/token`, "registry.docker.io"),
    refusal: errors(401, "UNAUTHORIZED", "authentication required", [{ Type: "repository", Name: "org/app" }]),
    token: {
      path: "/token",
      line: `GET /token?service=registry.docker.io&${scope}&account=bot`,
      authorization: basic("bot"),
      reply: json(200, { token: "abc", access_token: "abc", expires_in: 300, issued_at: "2001-01-01T00:00:00Z" }),
    },
    credential: password("bot"),
    absent: errors(404, "MANIFEST_UNKNOWN", "manifest unknown", "unknown tag=none"),
    referrers: inOneList,
    redirects: true,
    headers: { "ratelimit-limit": "100;w=21600", "ratelimit-remaining": "76;w=21600" },
  },
  "Amazon ECR": {
    source: "https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html",
    challenge: (registry) => `Basic realm="https://${registry}/",service="ecr.amazonaws.com"`,
    refusal: { status: 401, headers: { "content-type": "text/plain; charset=utf-8" }, body: "Not Authorized\n" },
    credential: password("AWS"),
    absent: errors(404, "MANIFEST_UNKNOWN", "Requested image not found"),
    referrers: paged("nextToken=bmV4dA%3D%3D"),
    redirects: true,
  },
  "Google Artifact Registry": {
    source: "https://cloud.google.com/artifact-registry/docs/docker/authentication",
    challenge: (registry) => bearer(`${registry}/v2/token`, "europe-docker.pkg.dev"),
    refusal: errors(401, "UNAUTHORIZED", "You don't have the needed permissions to perform this operation"),
    token: {
      path: "/v2/token",
      line: `GET /v2/token?service=europe-docker.pkg.dev&${scope}&account=oauth2accesstoken`,
      authorization: basic("oauth2accesstoken"),
      reply: json(200, { expires_in: 43200, issued_at: "2026-11-30T12:00:00Z", token: "abc" }),
    },
    credential: password("oauth2accesstoken"),
    absent: errors(404, "MANIFEST_UNKNOWN", 'Failed to fetch "none"'),
    referrers: inOneList,
    redirects: false,
  },
  "Azure Container Registry": {
    source: "https://azure.github.io/acr/AAD-OAuth.html, https://azure.github.io/acr/Token-BasicAuth.html",
    challenge: (registry) => bearer(`${registry}/oauth2/token`, "corp.azurecr.io"),
    refusal: errors(401, "UNAUTHORIZED", "authentication required", [
      { Type: "repository", Name: "org/app", Action: "pull" },
    ]),
    token: {
      path: "/oauth2/token",
      line: "POST /oauth2/token",
      authorization: "",
      reply: json(200, { access_token: "abc" }),
    },
    credential: { secret: { form: "identity", token: "refresh" }, who: "an identity token" },
    absent: errors(404, "MANIFEST_UNKNOWN", 'manifest tagged by "none" is not found', { Tag: "none" }),
    referrers: paged("n=1&last=YQ"),
    redirects: true,
  },
  Quay: {
    source: "https://docs.projectquay.io/api_quay.html, https://distribution.github.io/distribution/spec/auth/token/",
    challenge: (registry) => bearer(`${registry}/v2/auth`, "quay.io"),
    refusal: errors(401, "UNAUTHORIZED", "access to the requested resource is not authorized", {}),
    token: {
      path: "/v2/auth",
      line: `GET /v2/auth?service=quay.io&${scope}&account=org%2Brobot`,
      authorization: basic("org+robot"),
      reply: json(200, { token: "abc" }),
    },
    credential: password("org+robot"),
    absent: errors(404, "TAG_EXPIRED", "Tag none was deleted or has expired. To pull, revive via time machine", {}),
    referrers: inOneList,
    redirects: true,
  },
  Harbor: {
    source: "https://goharbor.io/docs/main/working-with-projects/working-with-images/pulling-pushing-images/",
    challenge: (registry) => bearer(`${registry}/service/token`, "harbor-registry"),
    refusal: errors(401, "UNAUTHORIZED", "unauthorized to access repository: org/app, action: pull"),
    token: {
      path: "/service/token",
      line: `GET /service/token?service=harbor-registry&${scope}&account=robot%24ci`,
      authorization: basic("robot$ci"),
      reply: json(200, { token: "abc", access_token: "", expires_in: 1800, issued_at: "2026-11-30T12:00:00Z" }),
    },
    credential: password("robot$ci"),
    absent: errors(404, "NOT_FOUND", "artifact org/app:none not found"),
    referrers: paged("page=2&page_size=1"),
    redirects: false,
    headers: { "set-cookie": "sid=s3cr3t; Path=/; HttpOnly" },
  },
  GitLab: {
    source: "https://docs.gitlab.com/user/packages/container_registry/authenticate_with_container_registry/",
    challenge: (_, auth) => bearer(`${auth}/jwt/auth`, "container_registry"),
    refusal: errors(401, "UNAUTHORIZED", "authentication required", [
      { Type: "repository", Class: "", Name: "org/app", Action: "pull", ProjectPath: "" },
    ]),
    token: {
      path: "/jwt/auth",
      line: `GET /jwt/auth?service=container_registry&${scope}`,
      authorization: "",
      reply: json(200, { token: "abc" }),
    },
    absent: errors(404, "NAME_UNKNOWN", "repository name not known to registry", { name: "org/app" }),
    referrers: "missing",
    missing: pageNotFound,
    redirects: true,
  },
  "distribution 2.8 with htpasswd": {
    source: "https://distribution.github.io/distribution/about/configuration/#htpasswd",
    challenge: () => 'Basic realm="basic-realm"',
    refusal: errors(401, "UNAUTHORIZED", "authentication required", null),
    credential: password("bot"),
    absent: errors(404, "MANIFEST_UNKNOWN", "manifest unknown", { Tag: "none" }),
    referrers: "missing",
    missing: pageNotFound,
    redirects: false,
  },
  "distribution 3 with a token server": {
    source: "https://distribution.github.io/distribution/spec/auth/token/",
    challenge: (_, auth) => bearer(`${auth}/auth/token`, "my own registry"),
    refusal: errors(401, "UNAUTHORIZED", "authentication required", [
      { Type: "repository", Class: "", Name: "org/app", Action: "pull" },
    ]),
    token: {
      path: "/auth/token",
      line: `GET /auth/token?service=my+own+registry&${scope}`,
      authorization: "",
      reply: json(200, { token: "abc", expires_in: 60 }),
    },
    absent: errors(404, "MANIFEST_UNKNOWN", "manifest unknown", { name: "org/app", tag: "none" }),
    referrers: "missing",
    missing: pageNotFound,
    redirects: false,
  },
};

const fallback = digest.replace(":", "-");

function registryAnswers(row: Row, place: { registry: () => string; auth: () => string; storage: () => string }) {
  const wanted =
    row.token === undefined && row.credential?.secret.form === "password"
      ? basic(row.credential.secret.username)
      : "Bearer abc";
  return (path: string, request: IncomingMessage): Reply => {
    if (row.token !== undefined && path.split("?")[0] === row.token.path) return row.token.reply;
    const with_ = (reply: Reply, headers: Readonly<Record<string, string>>): Reply =>
      typeof reply === "object" ? { ...reply, headers: { ...reply.headers, ...headers } } : reply;
    if (request.headers.authorization !== wanted)
      return with_(row.refusal, { "www-authenticate": row.challenge(place.registry(), place.auth()) });
    const answer = (): Reply => {
      if (path === "/v2/org/app/manifests/1" || path === `/v2/org/app/manifests/${digest}`) return manifestReply(text);
      if (path.startsWith(api)) return row.referrers === "missing" ? (row.missing ?? 404) : row.referrers(path);
      if (path === `/v2/org/app/manifests/${fallback}` && row.referrers === "missing") return inOneList();
      if (path === `/v2/org/app/blobs/${blobDigest}`)
        return row.redirects
          ? { status: 307, headers: { location: `http://${place.storage()}/signed?X-Signature=s3cr3t` } }
          : { body: blob };
      return row.absent;
    };
    return with_(answer(), { "docker-distribution-api-version": "registry/2.0", ...row.headers });
  };
}

for (const [name, row] of Object.entries(rows))
  test(`${name} (${row.source.split(",")[0] ?? ""})`, async () => {
    const servers: RegistryServer[] = [];
    const host = (index: number) => () => servers[index]?.host ?? "";
    const place = { registry: host(0), auth: host(1), storage: host(2) };
    servers.push(await serveRegistry(registryAnswers(row, place)));
    const { token } = row;
    servers.push(await serveRegistry((path) => (path.split("?")[0] === token?.path ? token?.reply : undefined)));
    servers.push(await serveRegistry(() => ({ body: blob })));
    const [registry, auth, storage] = servers as [RegistryServer, RegistryServer, RegistryServer];
    const log: string[] = [];
    const { parts, close } = askRegistries({
      log: (line) => log.push(line),
      ...(row.credential === undefined ? {} : { credential: row.credential }),
    });
    const repository = `${registry.host}/org/app`;

    const tag = await parts.tag.ask({ kind: "tag", repository, tag: "1" }, never);
    assert.equal(tag?.state === "present" && tag.value, { mediaType: mediaTypes.manifest, digest, size: text.length });
    const tokens = [...registry.asked(), ...auth.asked()].filter((line) => !line.startsWith("HEAD "));
    assert.equal(tokens, row.token === undefined ? [] : [row.token.line]);
    const bearers = [...registry.authorizations(), ...auth.authorizations()];
    assert.ok(row.token === undefined || bearers.includes(row.token.authorization), bearers.join());

    const manifest = await parts.manifest.ask({ kind: "manifest", repository, digest }, never);
    assert.is(manifest?.state === "present" && manifest.value.length, text.length);
    const none = await parts.tag.ask({ kind: "tag", repository, tag: "none" }, never);
    assert.is(none?.state, "absent");
    const listed = await parts.referrers.ask({ kind: "referrers", repository, digest }, never);
    assert.equal(listed?.state === "present" && listed.value, [referrer("a"), referrer("b")]);
    const layer = await parts.blob.ask({ kind: "blob", repository, digest: blobDigest }, never);
    assert.equal(layer?.state === "present" && layer.value, encodeUtf8(blob));

    assert.equal(storage.authorizations(), row.redirects ? [""] : [], "credentials stay behind");
    assert.equal(
      registry.asked().length + auth.asked().length,
      typeof row.referrers === "function" && row.referrers !== inOneList ? 7 : 6,
    );
    assert.not.match(log.join("\n"), /s3cr3t|abc|refresh/);
    await close();
    await Promise.all(servers.map((server) => server.close()));
  });

test.run();
