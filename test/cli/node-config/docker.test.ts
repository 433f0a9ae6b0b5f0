import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dockerConfig } from "../../../cli/node-config/docker.ts";
import { ca, file, options, plain } from "./printed.ts";

const test = suite("cli/node-config/docker");

test("a mirror of Docker Hub, and what docker cannot do", () => {
  const config = dockerConfig(options({ ca, upstreams: ["docker.io", "ghcr.io"] }));
  assert.is(config.fallback, "unavoidable");
  assert.equal(JSON.parse(file(config, "/etc/docker/daemon.json")), { "registry-mirrors": ["https://proxy:5000"] });
  assert.is(file(config, "/etc/docker/certs.d/proxy:5000/ca.crt"), ca);
  assert.match(config.notes.join("\n"), "not ghcr.io");
  assert.match(config.notes.join("\n"), "docker pull proxy:5000/ghcr.io/");
});

test("a proxy without TLS; a fallback that is wanted", () => {
  const config = dockerConfig(options({ proxy: plain, withFallback: true }));
  assert.is(config.fallback, "on");
  assert.equal(JSON.parse(file(config, "daemon.json")), {
    "registry-mirrors": ["http://proxy:5000"],
    "insecure-registries": ["proxy:5000"],
  });
});

test.run();
