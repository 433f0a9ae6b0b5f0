import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError, type ErrorCode } from "../../../../core/errors.ts";
import { type Endpoint, everyCapability } from "../../../../proxy/upstream/registry/endpoint.ts";
import { createTagList } from "../../../../proxy/upstream/registry/tag-list.ts";
import { rejectsCode } from "../../../support/assert.ts";
import { never } from "../../../support/registry-server.ts";

const test = suite("proxy/upstream/registry/tag-list");

const endpoint = (host: string, more: Partial<Endpoint> = {}): Endpoint => ({
  host,
  scheme: "https",
  root: "/v2/",
  path: "org/app",
  capabilities: everyCapability,
  knowsAbsence: true,
  ...more,
});

function listing(endpoints: readonly Endpoint[], does: Readonly<Record<string, readonly string[] | ErrorCode>>) {
  const asked: string[] = [];
  const list = createTagList({
    endpointsOf: () => endpoints,
    client: {
      tags: ({ host }) => {
        asked.push(host);
        const what = does[host];
        return typeof what === "string" ? Promise.reject(new EngineError(what, "no")) : Promise.resolve(what);
      },
    },
  });
  return { asked, of: (repository = "ghcr.io/org/app") => list(repository, never) };
}

test("a cache is not asked: what it lists is what it was asked for", async () => {
  const { asked, of } = listing([endpoint("cache", { knowsAbsence: false }), endpoint("ghcr.io")], {
    cache: ["1"],
    "ghcr.io": ["1", "2"],
  });
  assert.equal(await of(), { tags: ["1", "2"], from: "ghcr.io" });
  assert.equal(asked, ["ghcr.io"]);
});

test("an outage is no empty list, and a repository that does not exist is said", async () => {
  await rejectsCode("unreachable", () => listing([endpoint("ghcr.io")], { "ghcr.io": "unreachable" }).of());
  await rejectsCode("upstream-error", () => listing([endpoint("cache", { knowsAbsence: false })], {}).of());
  await rejectsCode("access-denied", () => listing([endpoint("ghcr.io", { blocked: "no" })], {}).of());
  await rejectsCode("malformed", () => listing([], {}).of("no place"));
  assert.is(await listing([endpoint("ghcr.io")], {}).of(), undefined);
});

test.run();
