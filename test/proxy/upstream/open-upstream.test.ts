import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openUpstream } from "../../../proxy/upstream/open-upstream.ts";
import { serveLoopback } from "../../support/loopback-server.ts";

const test = suite("proxy/upstream/open-upstream");

test("a fetcher that tells what it does, and whose connections end", async () => {
  const server = await serveLoopback((_, response) => void response.end("ok"));
  const lines: string[] = [];
  const upstream = openUpstream({ env: {}, log: (line) => lines.push(line) });
  const request = { url: new URL(server.url), maxBytes: 10 };
  assert.is((await upstream.fetcher.fetch(request, AbortSignal.timeout(10_000))).status, 200);
  assert.is(lines.length, 1);
  await upstream.close();
  await server.close();
});

test.run();
