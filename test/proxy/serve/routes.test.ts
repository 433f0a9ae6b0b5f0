import type { IncomingMessage, ServerResponse } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createRoutes } from "../../../proxy/serve/routes.ts";
import { serveLoopback } from "../../support/loopback-server.ts";

const test = suite("proxy/serve/routes");

const say = (text: string) => (request: IncomingMessage, response: ServerResponse) => {
  response.end(`${text} ${request.url}`);
};

const routes = createRoutes({
  routes: [
    { path: "/tuf", answer: say("tuf") },
    { path: "/metrics", isExact: true, answer: say("metrics") },
    {
      path: "/broken",
      answer: async () => {
        throw new Error("it broke");
      },
    },
  ],
  nothing: (_, response) => {
    response.statusCode = 404;
    response.end("nothing");
  },
  failed: (error, _, response) => {
    response.statusCode = 500;
    response.end((error as Error).message);
  },
});

test("a path, what is below it, and nothing else; addresses reach a route as they were sent", async () => {
  const server = await serveLoopback((request, response) => void routes(request, response));
  try {
    const ask = async (path: string, method = "GET") => {
      const response = await fetch(`${server.url}${path}`, { method });
      return [
        response.status,
        await response.text(),
        response.headers.get("x-powered-by"),
        response.headers.get("etag"),
      ];
    };
    assert.equal(await ask("/tuf"), [200, "tuf /tuf", null, null]);
    assert.equal(await ask("/tuf/a%2Fb/1.root.json?x=1"), [200, "tuf /tuf/a%2Fb/1.root.json?x=1", null, null]);
    assert.equal(await ask("/metrics"), [200, "metrics /metrics", null, null]);
    for (const path of ["/", "/TUF", "/tufs", "/metrics/", "/Metrics", "/metrics/a", "/%74uf", "/%"])
      assert.equal(await ask(path), [404, "nothing", null, null], path);
    assert.equal(await ask("/metrics", "POST"), [404, "nothing", null, null]);
  } finally {
    await server.close();
  }
});

test("what a route throws is answered by the server, without its text of the stack", async () => {
  const server = await serveLoopback((request, response) => void routes(request, response));
  try {
    const response = await fetch(`${server.url}/broken/x`);
    assert.equal([response.status, await response.text()], [500, "it broke"]);
  } finally {
    await server.close();
  }
});

test.run();
