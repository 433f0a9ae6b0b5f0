import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError, type ErrorCode } from "../../../../core/errors.ts";
import { type Endpoint, everyCapability, hostsFor } from "../../../../proxy/upstream/registry/endpoint.ts";
import { joinFailures } from "../../../../proxy/upstream/registry/host-failures.ts";

const test = suite("proxy/upstream/registry/host-failures");

const endpoint = (host: string, more: Partial<Endpoint> = {}): Endpoint => ({
  host,
  scheme: "https",
  root: "/v2/",
  path: "org/app",
  capabilities: everyCapability,
  knowsAbsence: false,
  ...more,
});
const cache = endpoint("cache.example");
const own = endpoint("ghcr.io", { knowsAbsence: true });
const fails = (at: Endpoint, code: ErrorCode, message: string) => ({
  endpoint: at,
  error: new EngineError(code, message, { subject: `https://${at.host}/v2/` }),
});
const told = (...failures: Parameters<typeof joinFailures>[0]) => {
  const { error } = joinFailures(failures) ?? {};
  return [error?.code, error?.subject, error?.message];
};

test("each host is named with its reason, the mirror first, and one alone as it is", () => {
  assert.is(joinFailures([]), undefined);
  assert.equal(told(fails(own, "timed-out", "no answer")), ["timed-out", "https://ghcr.io/v2/", "no answer"]);
  assert.equal(told(fails(cache, "unreachable", "refused"), fails(own, "unreachable", "no such host")), [
    "unreachable",
    "https://ghcr.io/v2/",
    "cache.example: refused; ghcr.io: no such host",
  ]);
});

test("a refused login and a wrong certificate are not hidden by an outage behind them", () => {
  for (const code of ["access-denied", "tls-failure"] as const)
    assert.equal(told(fails(cache, code, "HTTP 401"), fails(own, "unreachable", "no such host")), [
      code,
      "https://cache.example/v2/",
      "cache.example: HTTP 401; ghcr.io: no such host",
    ]);
  assert.is(told(fails(cache, "access-denied", "a"), fails(own, "tls-failure", "b"))[0], "tls-failure");
});

test("where a mirror stands for the registry, the registry itself is not among those that are asked", () => {
  const mirror = endpoint("mirror.example", { knowsAbsence: true, standsForOwn: true });
  const hosts = (...all: readonly Endpoint[]) => hostsFor(all, "resolve").map(({ host }) => host);
  assert.equal(hosts(cache, own), ["cache.example", "ghcr.io"]);
  assert.equal(hosts(mirror, cache, own), ["mirror.example", "cache.example"]);
  // It may not be asked for tags.
  assert.equal(hosts({ ...mirror, capabilities: new Set(["pull"]) }, own), ["ghcr.io"]);
});

test.run();
