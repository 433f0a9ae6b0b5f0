import { createServer, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { NamedResponse } from "../../../proxy/serve/named-response.ts";

const test = suite("proxy/serve/named-response");

test("each response says which request it answers, however its fields are written", async () => {
  const ways: Readonly<Record<string, (response: NamedResponse) => void>> = {
    "/array": (response) => response.writeHead(200, ["X-One", "1"]).end(),
    "/object": (response) => response.writeHead(200, { "X-One": "1" }).end(),
    "/reason": (response) => response.writeHead(200, "Fine", { "X-One": "1" }).end(),
    "/implicit": (response) => {
      response.setHeader("X-One", "1");
      response.end();
    },
    "/express": (response) => {
      NamedResponse.setName(response);
      Object.setPrototypeOf(response, ServerResponse.prototype);
      response.writeHead(200, { "X-One": "1" }).end();
    },
    "/both": (response) => {
      response.setHeader("X-Two", "2");
      response.writeHead(200, ["X-One", "1"]).end();
    },
  };
  const server = createServer(
    { ServerResponse: NamedResponse as unknown as typeof ServerResponse },
    (request, response) => {
      if (request.url !== "/unnamed") NamedResponse.nameRequest(response, `id of ${request.url}`);
      assert.is(NamedResponse.requestOf(response) === undefined, request.url === "/unnamed");
      if (request.url === "/unnamed") (response as ServerResponse).writeHead(200, ["X-One", "1"]).end();
      else ways[request.url ?? ""]?.(response as NamedResponse);
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  for (const path of Object.keys(ways)) {
    const { headers } = await fetch(`http://127.0.0.1:${port}${path}`);
    assert.is(headers.get("x-request-id"), `id of ${path}`, path);
    assert.is(headers.get("x-one"), "1", path);
  }
  const unnamed = await fetch(`http://127.0.0.1:${port}/unnamed`);
  assert.is(unnamed.headers.get("x-request-id"), null);
  server.closeAllConnections();
  server.close();
});

test.run();
