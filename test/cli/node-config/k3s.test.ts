import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import { k3sConfig } from "../../../cli/node-config/k3s.ts";
import { ca, file, options, version } from "./printed.ts";

const test = suite("cli/node-config/k3s");

for (const name of ["k3s", "rke2"] as const)
  test(`${name}: registries.yaml, and the default endpoint off`, () => {
    const folder = `/etc/rancher/${name}`;
    const config = k3sConfig(options({ ca }), name);
    assert.is(config.fallback, "off");
    assert.equal(parse(file(config, `${folder}/registries.yaml`)), {
      mirrors: { "*": { endpoint: ["https://proxy:5000"] } },
      configs: { "proxy:5000": { tls: { ca_file: `${folder}/sallyport-ca.crt` } } },
    });
    assert.equal(parse(file(config, `${folder}/config.yaml`)), { "disable-default-registry-endpoint": true });
    assert.is(file(config, `${folder}/sallyport-ca.crt`), ca);
  });

test("named registries", () => {
  const config = k3sConfig(options({ upstreams: ["ghcr.io", "docker.io"], withFallback: true }), "k3s");
  assert.is(config.fallback, "on");
  assert.equal(
    config.files.map(({ path }) => path),
    ["/etc/rancher/k3s/registries.yaml"],
  );
  assert.equal(Object.keys(parse(config.files[0]?.content ?? "").mirrors), ["ghcr.io", "docker.io"]);
});

test("releases without the switch cannot end the fallback", () => {
  const fallback = (text: string): string => k3sConfig(options({ version: version(text) }), "k3s").fallback;
  for (const text of ["v1.25.16+k3s4", "1.26.12", "1.27.9", "1.28.5", "1.29.0", "1.29"])
    assert.is(fallback(text), "unavoidable", text);
  for (const text of ["v1.26.13+k3s1", "1.27.10", "1.28.6", "1.29.1", "1.30.0", "v1.36.1+rke2r1"])
    assert.is(fallback(text), "off", text);
});

test("a login, with and without an authority", () => {
  const auth = { username: "node", password: "PASSWORD" };
  const configs = (given: Parameters<typeof options>[0]): unknown =>
    parse(file(k3sConfig(options(given), "k3s"), "registries.yaml")).configs;
  assert.equal(configs({ username: "node" }), { "proxy:5000": { auth } });
  assert.equal(configs({ username: "node", ca }), {
    "proxy:5000": { auth, tls: { ca_file: "/etc/rancher/k3s/sallyport-ca.crt" } },
  });
  assert.is(configs({}), undefined);
});

test.run();
