/** The schema agrees with the reader: what it refuses does not load, and what loads it accepts. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { configSchema } from "../../../proxy/serve/config-schema.ts";
import { readConfig } from "../../../proxy/serve/read-config.ts";

const test = suite("proxy/serve/config-schema");
const accepts = new Ajv2020({ strict: true, allErrors: true }).compile(configSchema());
const head = { apiVersion: "sallyport.dev/v1alpha1", kind: "Config" };
const loads = (document: object): boolean =>
  readConfig({ file: { name: "c.yaml", text: JSON.stringify(document) }, flags: {}, env: {}, limits: defaultLimits })
    .faults.length === 0;

test("documents that both accept", () => {
  const listener = { address: "0.0.0.0:5000", tls: { from: "own", names: ["a"] }, auth: { by: "token", file: "f" } };
  for (const document of [
    head,
    { ...head, mode: "online", upstreams: [{ host: "ghcr.io", concurrency: 3 }] },
    { ...head, listeners: [listener], limits: { body: "1MiB", headerTimeout: "1m30s" } },
  ]) {
    assert.ok(accepts(document), JSON.stringify(accepts.errors));
    assert.ok(loads(document));
  }
});

test("documents that both refuse", () => {
  for (const document of [
    {},
    [],
    { ...head, kind: "Pod" },
    { ...head, apiVersion: "v1" },
    { ...head, mode: "on" },
    { ...head, mode: 1 },
    { ...head, modes: "online" },
    { ...head, listeners: {} },
    { ...head, listeners: [{ name: "a" }] },
    { ...head, listeners: [{ address: ":1", serves: ["all"] }] },
    { ...head, upstreams: [{ mirrors: [] }] },
    { ...head, limits: { requests: 0 } },
    { ...head, limits: { requests: "9" } },
    { ...head, limits: { drain: "9" } },
    { ...head, proxy: { layers: { size: "9X" } } },
    { ...head, allowAnonymousPrivate: "true" },
  ]) {
    assert.not.ok(accepts(document), JSON.stringify(document));
    assert.not.ok(loads(document), JSON.stringify(document));
  }
});

test.run();
