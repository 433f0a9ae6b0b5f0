import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readHostSettings } from "../../../../proxy/upstream/registry/host-settings.ts";
import { mirrorPlaces } from "../../../../proxy/upstream/registry/mirror-places.ts";
import { memoryFiles } from "../../../support/memory-files.ts";

const test = suite("proxy/upstream/registry/mirror-places");

const placesOf = (files: Readonly<Record<string, string>>): readonly string[] => {
  const settings = readHostSettings(
    { hostsFolder: "/certs.d", ...("/r.conf" in files ? { registriesConf: "/r.conf" } : {}) },
    memoryFiles(files),
  );
  return mirrorPlaces(settings).map(({ logical, physical }) => `${logical}=${physical}`);
};
const hosts = (name: string, ...addresses: readonly string[]): Readonly<Record<string, string>> => ({
  [`/certs.d/${name}/hosts.toml`]: addresses.map((address) => `[host."${address}"]\noverride_path = true\n`).join(""),
});

test("hosts.toml: addresses that a reference can name, and no others", () => {
  assert.equal(placesOf(hosts("ghcr.io", "https://mirror.corp/v2/gh", "http://mirror.corp:5000/v2/a/b/")), [
    "ghcr.io=mirror.corp/gh",
    "ghcr.io=mirror.corp:5000/a/b",
  ]);
  assert.equal(placesOf(hosts("registry-1.docker.io", "https://mirror.corp/v2/hub")), ["docker.io=mirror.corp/hub"]);
  assert.equal(placesOf(hosts("own.corp_5000_", "https://mirror.corp/v2/own")), ["own.corp:5000=mirror.corp/own"]);
  for (const address of ["https://mirror.corp", "https://mirror.corp/v2", "https://mirror.corp/api/v2/gh"])
    assert.equal(placesOf(hosts("ghcr.io", address)), [], address);
  assert.equal(placesOf(hosts("_default", "https://mirror.corp/v2/all")), []);
  assert.equal(placesOf({ "/certs.d/ghcr.io/hosts.toml": '[host."https://mirror.corp/gh"]' }), [], "below /gh/v2/");
  assert.equal(placesOf({ "/certs.d/ghcr.io/ca.crt": "x" }), []);
});

test("registries.conf: the location and the mirrors of a prefix", () => {
  const conf = `
[[registry]]
prefix = "ghcr.io/org"
location = "own.corp/org"
[[registry.mirror]]
location = "mirror.corp/gh/org"
[[registry.mirror]]
location = "far.corp"
[[registry]]
location = "quay.io"
[[registry]]
prefix = "*.example.com"
[[registry.mirror]]
location = "mirror.corp/example"
[[registry]]
prefix = "blocked.io"
blocked = true
location = "mirror.corp/blocked"
`;
  assert.equal(placesOf({ "/r.conf": conf }), [
    "ghcr.io/org=mirror.corp/gh/org",
    "ghcr.io/org=far.corp",
    "ghcr.io/org=own.corp/org",
  ]);
});

test.run();
