import { suite } from "uvu";
import * as assert from "uvu/assert";
import { everyCapability } from "../../../../proxy/upstream/registry/endpoint.ts";
import { type HostSettings, hostsInFiles, registryHosts } from "../../../../proxy/upstream/registry/hosts.ts";
import { readHostsFolder } from "../../../../proxy/upstream/registry/hosts-toml.ts";
import { parseRegistriesConf } from "../../../../proxy/upstream/registry/registries-conf.ts";
import { memoryFiles } from "../../../support/memory-files.ts";

const test = suite("proxy/upstream/registry/hosts");
const shown = (settings: HostSettings, repository: string) =>
  registryHosts(settings)
    .endpointsOf(repository)
    .map(({ scheme, host, root, path, namespace, knowsAbsence }) =>
      [
        `${scheme}://${host}${root}${path}${namespace === undefined ? "" : `?ns=${namespace}`}`,
        ...(knowsAbsence ? ["knows"] : []),
      ].join(" "),
    );
const conf = (text: string): HostSettings => ({ rules: parseRegistriesConf(text, "/registries.conf") });
const toml = (name: string, text: string): HostSettings => ({
  namespaces: readHostsFolder("/certs.d", memoryFiles({ [`/certs.d/${name}/hosts.toml`]: text })),
});

test("without settings a repository is asked for at its own host", () => {
  assert.equal(shown({}, "ghcr.io/org/app"), ["https://ghcr.io/v2/org/app knows"]);
  assert.equal(shown({}, "docker.io/library/a"), ["https://registry-1.docker.io/v2/library/a knows"]);
  assert.equal(shown({}, "localhost:5000/a"), ["either://localhost:5000/v2/a knows"]);
  const plainHttp = new Set(["a.example", "localhost:5000"]);
  const mayBePlain = new Set(["a.example"]);
  assert.equal(shown({ plainHttp }, "a.example/b"), ["http://a.example/v2/b knows"]);
  assert.equal(shown({ plainHttp }, "localhost:5000/b"), ["http://localhost:5000/v2/b knows"]);
  assert.equal(shown({ plainHttp }, "localhost:5001/b"), ["either://localhost:5001/v2/b knows"]);
  assert.equal(shown({ mayBePlain }, "a.example/b"), ["either://a.example/v2/b knows"]);
  assert.equal(shown({ mayBePlain: "all" }, "a.example/b"), ["either://a.example/v2/b knows"]);
  assert.equal(shown({ plainHttp, mayBePlain: "all" }, "a.example/b"), ["http://a.example/v2/b knows"]);
});

test("registries.conf: mirrors, then the location; only the repository's own place knows", () => {
  const settings = conf(`
[[registry]]
prefix = "ghcr.io/org"
[[registry.mirror]]
location = "mirror.example/ghcr"
[[registry.mirror]]
location = "plain.example:5000"
insecure = true
[[registry]]
prefix = "quay.io"
location = "corp.example/quay"
[[registry]]
prefix = "docker.io/library"
location = "registry-1.docker.io/library"
[[registry]]
prefix = "*.wild.example"
[[registry.mirror]]
location = "mirror.example/wild"
[[registry]]
prefix = "moved.example/old"
location = "moved.example/new"
[[registry]]
location = "bad.example"
blocked = true
`);
  assert.equal(shown(settings, "moved.example/old/a"), ["https://moved.example/v2/new/a"]);
  assert.equal(shown(settings, "ghcr.io/org/app"), [
    "https://mirror.example/v2/ghcr/app",
    "either://plain.example:5000/v2/app",
    "https://ghcr.io/v2/org/app knows",
  ]);
  assert.equal(shown(settings, "ghcr.io/org"), [
    "https://mirror.example/v2/ghcr",
    "https://plain.example:5000/v2/",
    "https://ghcr.io/v2/org knows",
  ]);
  assert.match(registryHosts(settings).endpointsOf("ghcr.io/org")[1]?.blocked ?? "", /no repository/);
  assert.equal(shown(settings, "quay.io/a/b"), ["https://corp.example/v2/quay/a/b"]);
  assert.equal(shown({ ...settings, authoritative: new Set(["corp.example"]) }, "quay.io/a"), [
    "https://corp.example/v2/quay/a knows",
  ]);
  assert.equal(shown(settings, "docker.io/library/a"), ["https://registry-1.docker.io/v2/library/a knows"]);
  assert.equal(shown(settings, "x.wild.example/a/b"), [
    "https://mirror.example/v2/wild/a/b",
    "https://x.wild.example/v2/a/b knows",
  ]);
  assert.equal(shown(settings, "ghcr.io/other"), ["https://ghcr.io/v2/other knows"]);
  assert.match(registryHosts(settings).endpointsOf("bad.example/a")[0]?.blocked ?? "", /bad\.example/);
});

test("a mirror for digests alone is not asked for tags", () => {
  const settings = conf(
    '[[registry]]\nlocation = "a.example"\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = "m.example"',
  );
  const [mirror, own] = registryHosts(settings).endpointsOf("a.example/b");
  assert.equal([mirror?.capabilities.has("resolve"), mirror?.capabilities.has("pull")], [false, true]);
  assert.ok(own?.capabilities.has("resolve"));
});

test("hosts.toml: hosts, then the server; a host that is not the registry is told which one is meant", () => {
  const text = 'server = "https://registry-1.docker.io"\n[host."https://m.example/x"]\n[host."http://n.example"]';
  assert.equal(shown(toml("docker.io", text), "docker.io/library/a"), [
    "https://m.example/x/v2/library/a?ns=docker.io",
    "http://n.example/v2/library/a?ns=docker.io",
    "https://registry-1.docker.io/v2/library/a knows",
  ]);
  assert.equal(shown(toml("_default", 'server = "https://m.example"'), "quay.io/a"), [
    "https://m.example/v2/a?ns=quay.io",
  ]);
  assert.equal(shown(toml("_default", '[host."https://m.example"]'), "quay.io/a"), [
    "https://m.example/v2/a?ns=quay.io",
    "https://quay.io/v2/a knows",
  ]);
  assert.equal(shown(toml("a.example_5000_", '[host."https://m.example"]'), "a.example:5000/b").length, 2);
});

test("the own host below another path is another place", () => {
  assert.equal(shown(toml("a.example", 'server = "https://a.example/cache"'), "a.example/b"), [
    "https://a.example/cache/v2/b",
  ]);
});

test("registries.conf comes before hosts.toml", () => {
  const both = {
    ...toml("_default", 'server = "https://toml.example"'),
    ...conf('[[registry]]\nlocation = "a.example"'),
  };
  assert.equal(shown(both, "a.example/b"), ["https://a.example/v2/b knows"]);
  assert.equal(shown(both, "c.example/b"), ["https://toml.example/v2/b?ns=c.example"]);
});

test("certificates: those of every registry, of files, of the host, and whether they are checked", () => {
  const hosts = registryHosts({
    ...toml("a.example", '[host."https://m.example"]\nskip_verify = true'),
    everyTls: { cert: "CERT", key: "KEY" },
    tls: new Map([["b.example", { ca: "CA" }]]),
    insecure: new Set(["c.example"]),
  });
  assert.equal(hosts.tlsOf("m.example"), { cert: "CERT", key: "KEY", insecure: true });
  assert.equal(hosts.tlsOf("b.example"), { cert: "CERT", key: "KEY", ca: "CA" });
  assert.equal(hosts.tlsOf("c.example"), { cert: "CERT", key: "KEY", insecure: true });
  assert.is(registryHosts({}).tlsOf("a.example"), undefined);
  assert.equal(registryHosts({ insecure: new Set(["docker.io"]) }).tlsOf("registry-1.docker.io"), { insecure: true });
});

test("the hosts that files name", () => {
  const rules = parseRegistriesConf(
    '[[registry]]\nprefix = "ghcr.io/org"\nlocation = "Registry.corp.example:443/org"\n' +
      '[[registry.mirror]]\nlocation = "mirror.corp.example:5000/ghcr"\n' +
      '[[registry]]\nprefix = "quay.io"\nblocked = true',
    "registries.conf",
  );
  const entry = { root: "/v2/", capabilities: everyCapability, headers: {}, tls: {} };
  const namespaces = new Map([["docker.io", [{ ...entry, url: new URL("https://cache.example/v2") }, entry]]]);
  assert.equal(hostsInFiles({ rules, namespaces }), [
    "registry.corp.example",
    "mirror.corp.example:5000",
    "cache.example",
  ]);
  assert.equal(hostsInFiles({}), []);
});

test.run();
