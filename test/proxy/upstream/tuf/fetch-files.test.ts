import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../../core/encoding/utf8.ts";
import { quickTufMirror } from "../../../support/quick-fetcher.ts";
import { rejectsCode, throwsCode } from "../../../support/assert.ts";
import { tempFolder } from "../../../support/temp-folder.ts";
import { serveTuf } from "../../../support/tuf-server.ts";

const test = suite("proxy/upstream/tuf/fetch-files");
const bytes = encodeUtf8("content");

test("files of a web server: there, absent, too large", async () => {
  const server = await serveTuf(
    new Map([
      ["a/b.json", bytes],
      ["x y", bytes],
    ]),
  );
  try {
    for (const url of [server.url, `${server.url}/`])
      assert.equal(await quickTufMirror(url).fetch("a/b.json", 7), bytes);
    assert.equal(await quickTufMirror(`${server.url}/a`).fetch("b.json", 7), bytes);
    assert.equal(await quickTufMirror(server.url).fetch("x%20y", 7), bytes);
    assert.is(await quickTufMirror(server.url).fetch("missing", 7), undefined);
    await rejectsCode("over-limit", () => quickTufMirror(server.url).fetch("a/b.json", 6));
  } finally {
    await server.close();
  }
  await rejectsCode("unreachable", () => quickTufMirror(server.url).fetch("a/b.json", 7));
});

test("each answer has its code; an endless body is cut off, and one that does not come is not waited for", async () => {
  const server = await serveTuf(new Map(), ({ url }, response) => {
    const status = Number(url?.slice(1));
    if (status >= 400) response.writeHead(status).end("x".repeat(100_000));
    else if (url === "/endless") {
      response.writeHead(200);
      const write = (): void => {
        while (!response.destroyed && response.write("x".repeat(1000)));
        if (!response.destroyed) response.once("drain", write);
      };
      write();
    } else if (url === "/slow") response.writeHead(200).write("x");
    else if (url === "/reset") response.destroy();
    return true;
  });
  try {
    const mirror = quickTufMirror(server.url, 2000);
    for (const [path, code] of [
      ["401", "access-denied"],
      ["403", "access-denied"],
      ["408", "upstream-error"],
      ["429", "rate-limited"],
      ["500", "upstream-error"],
      ["503", "upstream-error"],
      ["endless", "over-limit"],
      ["reset", "unreachable"],
    ] as const)
      await rejectsCode(code, () => mirror.fetch(path, 50_000));
    await rejectsCode("timed-out", () => quickTufMirror(server.url, 100).fetch("slow", 50_000));
    await rejectsCode("timed-out", () => quickTufMirror(server.url, 100).fetch("never", 50_000));
  } finally {
    await server.close();
  }
});

test("a redirection is followed, an endless chain of them is not", async () => {
  const server = await serveTuf(new Map([["there", bytes]]), ({ url }, response) => {
    if (url === "/there") return false;
    response.writeHead(302, { location: url === "/here" ? "/there" : `${url}x` }).end();
    return true;
  });
  try {
    assert.equal(await quickTufMirror(server.url).fetch("here", 7), bytes);
    await rejectsCode("upstream-error", () => quickTufMirror(server.url).fetch("on-and-on", 7));
  } finally {
    await server.close();
  }
});

test("files of a folder, whose names are not paths", async () => {
  const folder = tempFolder({ "mirror/targets/a b": bytes, "mirror/..%2Fsecret": bytes, secret: "secret" });
  const mirror = quickTufMirror(pathToFileURL(join(folder, "mirror")).href);
  assert.equal(await mirror.fetch("targets/a%20b", 7), bytes);
  assert.equal(await mirror.fetch("..%2Fsecret", 7), bytes, "the file of that name, not the one above");
  for (const path of ["missing", "targets/a%20b/c", "%2e%2e/secret"])
    assert.is(await mirror.fetch(path, 7), undefined, path);
  await rejectsCode("over-limit", () => mirror.fetch("targets/a%20b", 6));
  await rejectsCode("upstream-error", () => mirror.fetch("targets", 10_000));
});

test("other URLs are none", () => {
  for (const url of ["", "tuf.example", "ftp://tuf.example", "data:,x"])
    throwsCode("invalid-usage", () => quickTufMirror(url));
});

test.run();
