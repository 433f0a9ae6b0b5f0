import { suite } from "uvu";
import * as assert from "uvu/assert";
import { containerdConfig } from "../../../cli/node-config/containerd.ts";
import { ca, file, options, plain, toml, version } from "./printed.ts";

const test = suite("cli/node-config/containerd");
const images = "io.containerd.cri.v1.images";
const cri = "io.containerd.grpc.v1.cri";
const folder = "/etc/containerd/certs.d";

test("without fallback the proxy is the server, and there is no host table", () => {
  const config = containerdConfig(options());
  assert.is(config.fallback, "off");
  assert.equal(
    config.files.map(({ path }) => path),
    ["/etc/containerd/config.toml", `${folder}/_default/hosts.toml`],
  );
  assert.equal(toml(config, "hosts.toml"), { server: "https://proxy:5000" });
});

test("the authority's file, and a proxy without TLS", () => {
  const config = containerdConfig(options({ ca }));
  assert.equal(toml(config, "hosts.toml"), { server: "https://proxy:5000", ca: `${folder}/sallyport-ca.crt` });
  assert.is(file(config, "sallyport-ca.crt"), ca);
  assert.equal(toml(containerdConfig(options({ proxy: plain })), "hosts.toml"), { server: "http://proxy:5000" });
});

test("one file for each registry that is named, and a note that others are not guarded", () => {
  const config = containerdConfig(options({ upstreams: ["docker.io", "registry.example:5000"] }));
  assert.equal(
    config.files.slice(1).map(({ path }) => path),
    [`${folder}/docker.io/hosts.toml`, `${folder}/registry.example:5000/hosts.toml`],
  );
  assert.ok(config.notes.some((note) => note.includes("docker.io, registry.example:5000")));
});

test("with fallback: the registry is the server; referrers only where no version drops the file for it", () => {
  const capabilities = (text: string | undefined): unknown => {
    const config = containerdConfig(
      options({
        upstreams: ["docker.io"],
        withFallback: true,
        ca,
        version: text === undefined ? undefined : version(text),
      }),
    );
    assert.is(config.fallback, "on");
    const { server, host } = toml(config, "hosts.toml") as {
      readonly server: string;
      readonly host: Readonly<Record<string, { readonly capabilities: unknown; readonly ca: string }>>;
    };
    assert.is(server, "https://registry-1.docker.io");
    assert.is(host["https://proxy:5000"]?.ca, `${folder}/sallyport-ca.crt`);
    return host["https://proxy:5000"]?.capabilities;
  };
  for (const text of [undefined, "1.7.28", "2.0.7", "2.1.6", "2.2", "2.2.0"])
    assert.equal(capabilities(text), ["pull", "resolve"], text ?? "none");
  for (const text of ["2.2.1", "2.4.2", "3.0.0"])
    assert.equal(capabilities(text), ["pull", "resolve", "referrers"], text);
});

test("with fallback for all registries there is no server: containerd appends each registry itself", () => {
  assert.equal(toml(containerdConfig(options({ withFallback: true })), "hosts.toml"), {
    host: { "https://proxy:5000": { capabilities: ["pull", "resolve"] } },
  });
});

test("config.toml by version", () => {
  const main = (text?: string): unknown =>
    toml(containerdConfig(options({ version: text === undefined ? undefined : version(text) })), "config.toml");
  const second = { version: 2, plugins: { [cri]: { registry: { config_path: folder } } } };
  const third = { version: 3, plugins: { [images]: { registry: { config_path: folder } } } };
  const local = {
    version: 3,
    plugins: { [images]: { use_local_image_pull: true, registry: { config_path: folder } } },
  };
  assert.equal(main("1.5"), second);
  assert.equal(main("1.7.28"), second);
  assert.equal(main("2.0.7"), third);
  assert.equal(main("2.1.0"), local);
  assert.equal(main(), local);
});

test("before 1.5: mirrors in config.toml, and no way to end the fallback", () => {
  const config = containerdConfig(options({ upstreams: ["ghcr.io"], ca, version: version("1.4.13") }));
  assert.is(config.fallback, "unavoidable");
  assert.equal(toml(config, "config.toml"), {
    version: 2,
    plugins: {
      [cri]: {
        registry: {
          mirrors: { "ghcr.io": { endpoint: ["https://proxy:5000"] } },
          configs: { "proxy:5000": { tls: { ca_file: "/etc/containerd/sallyport-ca.crt" } } },
        },
      },
    },
  });
  assert.match(JSON.stringify(toml(containerdConfig(options({ version: version("1.4") })), "config.toml")), '"*"');
});

test("a login is a header for the proxy alone, without a secret", () => {
  const authorization = ["Basic BASE64"];
  assert.equal(toml(containerdConfig(options({ username: "node", ca })), "hosts.toml"), {
    server: "https://proxy:5000",
    ca: `${folder}/sallyport-ca.crt`,
    header: { authorization },
  });
  const given = { username: "node", withFallback: true, upstreams: ["ghcr.io"] };
  assert.equal(toml(containerdConfig(options(given)), "hosts.toml"), {
    server: "https://ghcr.io",
    host: { "https://proxy:5000": { capabilities: ["pull", "resolve"], header: { authorization } } },
  });
  const first = containerdConfig(options({ username: "node", version: version("1.4") }));
  assert.match(file(first, "config.toml"), 'username = "node"\n  password = "PASSWORD"');
});

test.run();
