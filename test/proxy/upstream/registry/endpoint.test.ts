import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  credentialTarget,
  defaultScheme,
  dialledHost,
  everyCapability,
  registryName,
} from "../../../../proxy/upstream/registry/endpoint.ts";

const test = suite("proxy/upstream/registry/endpoint");

test("Docker Hub has one name, and another host", () => {
  for (const host of ["docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"])
    assert.equal([registryName(host), dialledHost(host)], ["docker.io", "registry-1.docker.io"]);
  assert.equal([registryName("ghcr.io"), dialledHost("ghcr.io:444")], ["ghcr.io", "ghcr.io:444"]);
});

test("credentials are kept by the registry's name", () => {
  const endpoint = { scheme: "https", root: "/v2/", capabilities: everyCapability, knowsAbsence: true } as const;
  assert.equal(credentialTarget({ ...endpoint, host: "registry-1.docker.io", path: "library/a" }), {
    host: "docker.io",
    path: "library/a",
  });
});

test("only this machine is asked without TLS", () => {
  for (const host of [
    "localhost",
    "localhost:5000",
    "a.localhost",
    "127.0.0.1:5000",
    "127.9.9.9",
    "[::1]:5000",
    "[::1]",
  ])
    assert.is(defaultScheme(host), "either", host);
  for (const host of [
    "ghcr.io",
    "10.0.0.1:5000",
    "192.168.1.1",
    "registry.local",
    "127.0.0.1.evil.example",
    "localhost.evil",
  ])
    assert.is(defaultScheme(host), "https", host);
});

test.run();
