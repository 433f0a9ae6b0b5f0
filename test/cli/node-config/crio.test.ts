import { suite } from "uvu";
import * as assert from "uvu/assert";
import { crioConfig } from "../../../cli/node-config/crio.ts";
import { ca, file, options, plain, toml } from "./printed.ts";

const test = suite("cli/node-config/crio");
const end = "/etc/containers/registries.conf.d/50-sallyport.conf";

test("without fallback each registry is a path at the proxy, and has no mirror", () => {
  const config = crioConfig(options({ upstreams: ["docker.io", "ghcr.io"], ca }));
  assert.is(config.fallback, "off");
  assert.equal(toml(config, end), {
    "unqualified-search-registries": ["docker.io"],
    "short-name-mode": "enforcing",
    registry: [
      { prefix: "docker.io", location: "proxy:5000/docker.io" },
      { prefix: "ghcr.io", location: "proxy:5000/ghcr.io" },
    ],
  });
  assert.is(file(config, "/etc/containers/certs.d/proxy:5000/ca.crt"), ca);
});

test("with fallback the proxy is a mirror; names without a registry mean nothing without docker.io", () => {
  const config = crioConfig(options({ upstreams: ["ghcr.io"], withFallback: true, proxy: plain }));
  assert.is(config.fallback, "on");
  assert.equal(toml(config, end), {
    "unqualified-search-registries": [],
    "short-name-mode": "enforcing",
    registry: [
      {
        prefix: "ghcr.io",
        location: "ghcr.io",
        mirror: [{ location: "proxy:5000/ghcr.io", insecure: true }],
      },
    ],
  });
});

test("without a name some are an example, and a note says so", () => {
  const config = crioConfig(options());
  const { registry } = toml(config, end) as { readonly registry: readonly unknown[] };
  assert.ok(registry.length >= 5);
  assert.match(config.notes[0] ?? "", "--upstream");
});

test("a login is in a file of its own, without a secret", () => {
  const config = crioConfig(options({ upstreams: ["ghcr.io"], username: "node" }));
  assert.equal(toml(config, "/etc/crio/crio.conf.d/50-sallyport.conf"), {
    crio: { image: { global_auth_file: "/etc/crio/sallyport-auth.json" } },
  });
  assert.equal(JSON.parse(file(config, "/etc/crio/sallyport-auth.json")), {
    auths: { "proxy:5000": { auth: "BASE64" } },
  });
});

test.run();
