import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits, limitsWith } from "../../../../core/limits.ts";
import { ApiServer } from "../../../../proxy/upstream/cluster/api-server.ts";
import { runProgram } from "../../../../proxy/upstream/run-program.ts";
import { listPages, type Page } from "../../../../proxy/upstream/cluster/list-pages.ts";
import { type ApiStub, kubeconfigOf, serveApi, statusBody, stubTime } from "../../../support/api-server.ts";
import { rejectsCode } from "../../../support/assert.ts";
import { memoryFiles } from "../../../support/memory-files.ts";

const test = suite("proxy/upstream/cluster/list-pages");
const path = "/api/v1/pods";
const page = (names: readonly string[], next?: string, more: object = {}) => ({
  body: {
    kind: "PodList",
    apiVersion: "v1",
    metadata: next === undefined ? {} : { continue: next },
    items: names.map((name) => ({ metadata: { name } })),
    ...more,
  },
});
const expired = { status: 410, body: statusBody(410, "Expired", "too old") };

async function list(stub: ApiStub, limits = defaultLimits) {
  const served = await serveApi({ [path]: stub });
  const server = new ApiServer({
    env: { HOME: "/home/bot" },
    files: memoryFiles({ "/home/bot/.kube/config": kubeconfigOf(served.url) }),
    limits,
    now: () => new Date(stubTime),
    run: runProgram,
    sleep: () => Promise.resolve(),
  });
  const got: (string | readonly unknown[])[] = [];
  const pages: Page[] = [];
  try {
    for await (const one of listPages(server, { path, doing: "list pods", limits }, new AbortController().signal)) {
      got.push(typeof one === "string" ? one : one.items.map(({ metadata }) => (metadata as { name: string }).name));
      if (typeof one !== "string") pages.push(one);
    }
    return { got, pages, asked: served.asked() };
  } finally {
    await server.close();
    await served.close();
  }
}

test("pages until there is none, with what the list says of its objects", async () => {
  const { got, pages, asked } = await list(({ query }) =>
    query.get("continue") === "a&b" ? page(["c"]) : page(["a", "b"], "a&b"),
  );
  assert.equal(got, [["a", "b"], ["c"]]);
  assert.equal(asked, [`GET ${path}?limit=500`, `GET ${path}?limit=500&continue=a%26b`]);
  assert.equal([pages[0]?.kind, pages[0]?.apiVersion], ["PodList", "v1"]);
  assert.is(JSON.stringify(pages[0]?.items[0]), '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}');
  assert.equal((await list(() => page([], undefined, { items: null }))).got, [[]]);
});

test("a resource that the server does not know", async () => {
  assert.equal((await list(() => undefined)).got, ["absent"]);
});

test("a page that is no longer there begins the list again, not for ever", async () => {
  let first = true;
  const { got } = await list(({ query }) => {
    if (query.get("continue") === null) return page(["a"], "1");
    if (!first) return page(["b"]);
    first = false;
    return expired;
  });
  assert.equal(got, [["a"], "begin", ["a"], ["b"]]);
  let asked = 0;
  await rejectsCode("upstream-error", () =>
    list(({ query }) => {
      asked += 1;
      return query.get("continue") === null ? page(["a"], "1") : expired;
    }),
  );
  assert.is(asked, 6);
  await rejectsCode("upstream-error", () => list(() => expired));
  // A page that is absent is no end of the list.
  await rejectsCode("upstream-error", () =>
    list(({ query }) => (query.has("continue") ? undefined : page(["a"], "1"))),
  );
});

test("pages that do not end, answers that are no lists", async () => {
  await rejectsCode("upstream-error", () => list(() => page(["a"], "same")));
  await rejectsCode("upstream-error", () => list(({ query }) => page([], `${query.get("continue") ?? ""}1`)));
  for (const body of [[], { kind: "Pod", apiVersion: "v1" }, { kind: "PodList" }])
    await rejectsCode("upstream-error", () => list(() => ({ body })));
  for (const items of ["x", [1], {}])
    await rejectsCode("upstream-error", () => list(() => page([], undefined, { items })));
});

test("bounded in number and size, all pages together", async () => {
  const endless: ApiStub = ({ query }) => page(["a", "b"], `${query.get("continue") ?? ""}1`);
  await rejectsCode("over-limit", () => list(endless, limitsWith({ clusterObjects: 9 })));
  await rejectsCode("over-limit", () => list(endless, limitsWith({ jsonBytes: 1000 })));
});

test.run();
