import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { readConfig, requireConfig } from "../../../proxy/serve/read-config.ts";
import type { UpstreamSettings } from "../../../proxy/serve/settings.ts";
import {
  questionsAtOnce,
  upstreamConcurrency,
  upstreamCredentials,
  upstreamHosts,
  upstreamRate,
} from "../../../proxy/serve/upstream-hosts.ts";
import { credentialTarget } from "../../../proxy/upstream/registry/endpoint.ts";
import { registryHosts } from "../../../proxy/upstream/registry/hosts.ts";
import { rejectsCode, throwsCode } from "../../support/assert.ts";

const test = suite("proxy/serve/upstream-hosts");

const upstreamsOf = (...upstreams: readonly object[]): readonly UpstreamSettings[] => {
  const document = { apiVersion: "sallyport.dev/v1alpha1", kind: "Config", upstreams };
  const file = { name: "c.yaml", text: JSON.stringify(document) };
  return requireConfig(readConfig({ file, flags: {}, env: {}, limits: defaultLimits })).upstreams;
};
const filesOf = (files: Record<string, string>) => ({
  read: (path: string) => (files[path] === undefined ? undefined : new TextEncoder().encode(files[path])),
  list: () => [],
});

test("mirrors come first, and only those that are authoritative know what does not exist", () => {
  const mirrors = ["https://cache.corp/hub", "http://other.corp"];
  const hosts = registryHosts(
    upstreamHosts(upstreamsOf({ host: "docker.io", mirrors }, { host: "ghcr.io" }), filesOf({})),
  );
  const asked = (repository: string) =>
    hosts
      .endpointsOf(repository)
      .map(({ host, scheme, root, path, namespace, knowsAbsence }) => [
        `${scheme}://${host}${root}${path}`,
        namespace,
        knowsAbsence,
      ]);
  assert.equal(asked("docker.io/library/a"), [
    ["https://cache.corp/hub/v2/library/a", "docker.io", false],
    ["http://other.corp/v2/library/a", "docker.io", false],
    ["https://registry-1.docker.io/v2/library/a", undefined, true],
  ]);
  assert.equal(asked("ghcr.io/a"), [["https://ghcr.io/v2/a", undefined, true]]);
  const sure = registryHosts(
    upstreamHosts(
      upstreamsOf({ host: "docker.io", mirrors: ["https://cache.corp"], authoritative: true }),
      filesOf({}),
    ),
  );
  assert.equal(
    sure.endpointsOf("docker.io/a").map((one) => one.knowsAbsence),
    [true, true],
  );
});

test("a mirror is asked as whoever its own host is asked, never as the registry's user", async () => {
  const upstreams = upstreamsOf(
    {
      host: "docker.io",
      mirrors: ["https://cache.corp:8443/hub"],
      credentials: { username: "hub", passwordEnv: "HUB" },
    },
    { host: "cache.corp:8443", ca: "ca", credentials: { username: "cache", passwordEnv: "CACHE" } },
  );
  const source = upstreamCredentials(upstreams, { env: { HUB: "h", CACHE: "c" }, files: filesOf({}) });
  const hosts = registryHosts(upstreamHosts(upstreams, filesOf({ ca: "CA" })));
  const users = await Promise.all(
    hosts.endpointsOf("docker.io/library/a").map(async (at) => {
      const found = await source.find(credentialTarget(at), AbortSignal.timeout(1000));
      return found?.secret.form === "password" ? found.secret.username : undefined;
    }),
  );
  assert.equal(users, ["cache", "hub"]);
  assert.equal(hosts.tlsOf("cache.corp:8443"), { ca: "CA" });
});

test("TLS is that of the host that is dialled, and of no other", () => {
  const files = filesOf({ ca: "CA", cert: "CERT", key: "KEY" });
  const hosts = registryHosts(
    upstreamHosts(
      upstreamsOf(
        { host: "docker.io", ca: "ca", clientCertificate: "cert", clientKey: "key" },
        { host: "b.corp", clientCertificate: "cert" },
        { host: "c.corp", insecure: true },
        { host: "d.corp", plainHTTP: true },
      ),
      files,
    ),
  );
  assert.equal(hosts.tlsOf("registry-1.docker.io"), { ca: "CA", cert: "CERT", key: "KEY" });
  assert.equal(hosts.tlsOf("b.corp"), { cert: "CERT", key: "CERT" });
  assert.equal(hosts.tlsOf("c.corp"), { insecure: true });
  assert.is(hosts.tlsOf("e.corp"), undefined);
  assert.is(hosts.endpointsOf("d.corp/a")[0]?.scheme, "http");
  throwsCode("invalid-config", () => upstreamHosts(upstreamsOf({ host: "a.io", ca: "missing" }), files));
});

test("credentials go to their host alone, and are read again each time", async () => {
  const files: Record<string, string> = { pw: "one\n", t: "token\n", empty: "\n" };
  const env = { TOKEN: "from-env" };
  const source = upstreamCredentials(
    upstreamsOf(
      { host: "docker.io", credentials: { username: "bot", passwordFile: "pw" } },
      { host: "b.corp", credentials: { tokenFile: "t" } },
      { host: "c.corp", credentials: { tokenEnv: "TOKEN" } },
      { host: "d.corp", credentials: { tokenEnv: "UNSET" } },
      { host: "e.corp", credentials: { tokenFile: "empty" } },
      { host: "f.corp", credentials: { tokenFile: "gone" } },
      { host: "g.corp", credentials: { username: "u", password: "plain" } },
      { host: "h.corp" },
    ),
    { env, files: { read: (path) => filesOf(files).read(path), list: () => [] } },
  );
  const secret = async (host: string) => (await source.find({ host, path: "a" }, new AbortController().signal))?.secret;
  assert.equal(await secret("docker.io"), { form: "password", username: "bot", password: "one" });
  files.pw = "two";
  assert.equal(await secret("registry-1.docker.io"), { form: "password", username: "bot", password: "two" });
  assert.equal(await secret("b.corp"), { form: "registry", token: "token" });
  assert.equal(await secret("c.corp"), { form: "registry", token: "from-env" });
  assert.equal(await secret("g.corp"), { form: "password", username: "u", password: "plain" });
  for (const host of ["h.corp", "other.corp", "cache.corp"]) assert.is(await secret(host), undefined);
  for (const host of ["d.corp", "e.corp", "f.corp"]) {
    const error = await rejectsCode("access-denied", () => secret(host));
    assert.not.match(error.message, /token\b.*:/);
  }
});

test("connections at the same time are those of the upstream", () => {
  const perHost = upstreamConcurrency(upstreamsOf({ host: "docker.io", concurrency: 3 }, { host: "b.corp" }));
  assert.equal(["registry-1.docker.io", "b.corp", "cache.corp"].map(perHost), [3, 32, 8]);
});

test("a sync asks twice as much at once as there are connections, within a bound", () => {
  assert.is(questionsAtOnce(upstreamsOf({ host: "a.test", concurrency: 1 })), 4);
  assert.is(questionsAtOnce(upstreamsOf({ host: "a.test", concurrency: 8 }, { host: "b.test", concurrency: 20 })), 56);
  const many = Array.from({ length: 50 }, (_, index) => ({ host: `h${index}.test`, concurrency: 8 }));
  assert.is(questionsAtOnce(upstreamsOf(...many)), 256);
});

test("the rate of an upstream is that of its mirrors, too; of one mirror for two, the lower counts", () => {
  const rateOf = upstreamRate(
    upstreamsOf(
      { host: "docker.io", rate: 9, mirrors: ["https://cache.corp"] },
      { host: "b.corp:5000", rate: 4, mirrors: ["https://cache.corp"] },
      { host: "c.corp" },
    ),
  );
  const hosts = ["registry-1.docker.io", "b.corp:5000", "cache.corp", "c.corp", "other.example"];
  assert.equal(hosts.map(rateOf), [9, 4, 4, undefined, undefined]);
});

test.run();
