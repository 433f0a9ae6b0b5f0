import { suite } from "uvu";
import * as assert from "uvu/assert";
import { folderNames, readHostsFolder } from "../../../../proxy/upstream/registry/hosts-toml.ts";
import { throwsCode } from "../../../support/assert.ts";
import { memoryFiles } from "../../../support/memory-files.ts";

const test = suite("proxy/upstream/registry/hosts-toml");
const read = (toml: string, more: Readonly<Record<string, string>> = {}, name = "ghcr.io") =>
  readHostsFolder("/certs.d", memoryFiles({ [`/certs.d/${name}/hosts.toml`]: toml, ...more })).get(name) ?? [];
const shown = (toml: string) =>
  read(toml).map(({ url, root, capabilities }) => [url?.origin, root, [...capabilities].join(" ")]);
const every = "pull resolve referrers";

test("hosts in their order, then the server; without one the registry's own", () => {
  assert.equal(
    shown(`
server = "https://registry.example"
[host."https://b.example"]
capabilities = ["pull", "resolve"]
[host."http://a.example:5000"]
capabilities = ["pull", "push"]
[host."c.example"]
`),
    [
      ["https://b.example", "/v2/", "pull resolve"],
      ["http://a.example:5000", "/v2/", "pull"],
      ["https://c.example", "/v2/", every],
      ["https://registry.example", "/v2/", every],
    ],
  );
  assert.equal(shown('[host."https://b.example"]'), [
    ["https://b.example", "/v2/", every],
    [undefined, "/v2/", every],
  ]);
  assert.equal(shown(""), [[undefined, "/v2/", every]]);
});

test("the API is below the address, unless the address is the API's", () => {
  for (const [address, more, root] of [
    ["https://a/", "", "/v2/"],
    ["https://a/v2", "", "/v2/"],
    ["https://a/harbor/", "", "/harbor/v2/"],
    ["https://a/api/docker", "override_path = true", "/api/docker/"],
    ["https://a", "override_path = true", "/"],
  ])
    assert.is(read(`[host."${address ?? ""}"]\n${more ?? ""}`)[0]?.root, root);
});

test("certificates are read from beside the file or by their whole path; headers are kept", () => {
  const [entry] = read(
    `
[host."https://a"]
ca = ["ca.crt", "/etc/more.crt"]
client = [["client.cert", "client.key"]]
skip_verify = true
[host."https://a".header]
X-Tenant = ["one", "two"]
`,
    {
      "/certs.d/ghcr.io/ca.crt": "CA",
      "/etc/more.crt": "MORE",
      "/certs.d/ghcr.io/client.cert": "CERT",
      "/certs.d/ghcr.io/client.key": "KEY",
    },
  );
  assert.equal(entry?.tls, { ca: "CA\nMORE", cert: "CERT", key: "KEY", insecure: true });
  assert.equal(entry?.headers, { "x-tenant": "one, two" });
  const both = { "/certs.d/ghcr.io/both.pem": "BOTH" };
  for (const client of ['"both.pem"', '["both.pem"]', '[["both.pem", ""]]'])
    assert.equal(read(`[host."https://a"]\nclient = ${client}`, both)[0]?.tls, { cert: "BOTH", key: "BOTH" });
});

test("a folder without hosts.toml has certificates, as docker names them", () => {
  const files = memoryFiles({
    "/certs.d/a.example/ca.crt": "CA",
    "/certs.d/a.example/client.cert": "CERT",
    "/certs.d/a.example/client.key": "KEY",
    "/certs.d/b.example/README": "nothing",
  });
  const hosts = readHostsFolder("/certs.d", files);
  assert.equal(hosts.get("a.example")?.[0]?.tls, { ca: "CA", cert: "CERT", key: "KEY" });
  assert.equal([hosts.get("a.example")?.length, hosts.has("b.example")], [1, false]);
});

test("what cannot be meant or done is refused", () => {
  for (const toml of [
    'server = "ftp://a"',
    'server = "https://user@a"',
    '[host."https://"]',
    "host = 1",
    'host."https://a" = 1',
    '[host."https://a"]\ncapabilities = ["push", "sing"]',
    '[host."https://a"]\nca = "missing.crt"',
    '[host."https://a"]\nclient = [["a", "b", "c"]]',
    '[host."https://a"]\nclient = [1]',
    '[host."https://a"]\nclient = ["a", "b"]',
    '[host."https://a"]\nskip_verify = "yes"',
    '[host."https://a".header]\n"a b" = "c"',
    '[host."https://a".header]\na = "c\\nd"',
    "server = ",
  ])
    throwsCode("invalid-config", () => read(toml));
  throwsCode("unsupported", () => read('[host."https://a"]\nproxy = "http://p"'));
});

test("names of a registry's folder", () => {
  assert.equal(folderNames("a.example:5000"), ["a.example_5000_", "a.example:5000", "_default"]);
  assert.equal(folderNames("docker.io"), ["docker.io", "docker.io", "_default"]);
});

test.run();
