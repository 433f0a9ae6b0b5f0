import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parse, parseAllDocuments } from "yaml";
import { talosConfig } from "../../../cli/node-config/talos.ts";
import { ca, file, options, version } from "./printed.ts";

const test = suite("cli/node-config/talos");
const end = "sallyport-registries.yaml";

test("since 1.12 a document for each registry, and one for the authority", () => {
  for (const given of [{}, { version: version("1.12.0") }, { version: version("v1.15.1") }]) {
    const config = talosConfig(options({ upstreams: ["docker.io", "ghcr.io"], ca, ...given }));
    assert.is(config.fallback, "off");
    const mirror = (name: string) => ({
      apiVersion: "v1alpha1",
      kind: "RegistryMirrorConfig",
      name,
      endpoints: [{ url: "https://proxy:5000" }],
      skipFallback: true,
    });
    assert.equal(
      parseAllDocuments(file(config, end)).map((document) => document.toJS()),
      [
        mirror("docker.io"),
        mirror("ghcr.io"),
        { apiVersion: "v1alpha1", kind: "RegistryTLSConfig", name: "proxy:5000", ca: ca.trimEnd() },
      ],
    );
  }
});

test("before 1.12 a part of the machine configuration, where the authority is base64", () => {
  const config = talosConfig(options({ ca, version: version("1.11.5") }));
  assert.equal(parse(file(config, end)), {
    machine: {
      registries: {
        mirrors: { "*": { endpoints: ["https://proxy:5000"], skipFallback: true } },
        config: { "proxy:5000": { tls: { ca: Buffer.from(ca).toString("base64") } } },
      },
    },
  });
});

test("with fallback, and before 1.9, where it cannot be ended", () => {
  const shown = (given: Parameters<typeof options>[0]) => {
    const { fallback, files } = talosConfig(options(given));
    return [fallback, files[0]?.content.match(/skipFallback: \w+/)?.[0]];
  };
  assert.equal(shown({ withFallback: true }), ["on", "skipFallback: false"]);
  assert.equal(shown({ withFallback: true, version: version("1.9") }), ["on", "skipFallback: false"]);
  assert.equal(shown({ version: version("1.9.0") }), ["off", "skipFallback: true"]);
  assert.equal(shown({ version: version("1.8.3") }), ["unavoidable", undefined]);
});

test("a login, before and since 1.12", () => {
  const [, login] = parseAllDocuments(file(talosConfig(options({ username: "node" })), end)).map((one) => one.toJS());
  assert.equal(login, {
    apiVersion: "v1alpha1",
    kind: "RegistryAuthConfig",
    name: "proxy:5000",
    username: "node",
    password: "PASSWORD",
  });
  const before = parse(file(talosConfig(options({ username: "node", version: version("1.10") })), end));
  assert.equal(before.machine.registries.config, {
    "proxy:5000": { auth: { username: "node", password: "PASSWORD" } },
  });
});

test.run();
