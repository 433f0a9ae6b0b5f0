import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readHostSettings } from "../../../../proxy/upstream/registry/host-settings.ts";
import { throwsCode } from "../../../support/assert.ts";
import { memoryFiles } from "../../../support/memory-files.ts";

const test = suite("proxy/upstream/registry/host-settings");
const files = memoryFiles({
  "/cert.pem": "CERT",
  "/key.pem": "KEY",
  "/registries.conf": '[[registry]]\nlocation = "a.example"',
  "/certs.d/a.example/hosts.toml": 'server = "https://b.example"',
});

test("nothing said is nothing set", () => {
  assert.equal(readHostSettings({}, files), { authoritative: new Set() });
});

test("hosts in their one spelling, files by their content", () => {
  const settings = readHostSettings(
    {
      plainHttp: ["A.example:443"],
      insecure: "all",
      authoritative: ["M.example"],
      clientCert: "/cert.pem",
      clientKey: "/key.pem",
      serverName: "inner.example",
      hostsFolder: "/certs.d",
      registriesConf: "/registries.conf",
    },
    files,
  );
  assert.equal(settings.plainHttp, new Set(["a.example"]));
  assert.is(settings.insecure, "all");
  assert.equal(settings.authoritative, new Set(["m.example"]));
  assert.equal(settings.everyTls, { cert: "CERT", key: "KEY", serverName: "inner.example" });
  assert.is(settings.rules?.length, 1);
  assert.ok(settings.namespaces?.has("a.example"));
  assert.equal(readHostSettings({ clientCert: "/cert.pem" }, files).everyTls, { cert: "CERT", key: "CERT" });
});

test("a file that is not there, and a key without its certificate", () => {
  throwsCode("invalid-config", () => readHostSettings({ clientCert: "/none" }, files));
  throwsCode("invalid-config", () => readHostSettings({ registriesConf: "/none" }, files));
  throwsCode("invalid-usage", () => readHostSettings({ clientKey: "/key.pem" }, files));
});

test.run();
