import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../../../core/errors.ts";
import { defaultLimits as limits } from "../../../../../core/limits.ts";
import {
  addressIn,
  askCloud,
  formRequest,
  keptCredentials,
  readSecretFile,
  readTokenFile,
  setIn,
  textIn,
} from "../../../../../proxy/upstream/registry/credentials/provider.ts";
import { rejectsCode, throwsCode } from "../../../../support/assert.ts";
import { memoryFiles } from "../../../../support/memory-files.ts";
import { quickFetcher } from "../../../../support/quick-fetcher.ts";
import { never, type Reply, serveRegistry } from "../../../../support/registry-server.ts";

const test = suite("proxy/upstream/registry/credentials/provider");

async function ask(answer: Reply): Promise<object> {
  const server = await serveRegistry(() => answer);
  try {
    const url = new URL(`http://${server.host}/token`);
    const request = formRequest(url, { secret: "s3cr3t" });
    return { ...(await askCloud(request, { fetcher: quickFetcher({ tries: 1 }), limits }, "me", never)) };
  } finally {
    await server.close();
  }
}

test("the answer of a cloud is JSON, and its refusal is a matter of credentials", async () => {
  assert.equal(await ask({ body: { a: "b" } }), { a: "b" });
  for (const [answer, code] of [
    [400, "access-denied"],
    [401, "access-denied"],
    [403, "access-denied"],
    [429, "rate-limited"],
    [500, "upstream-error"],
    [{ body: "[]" }, "upstream-error"],
    [{ body: "<html>" }, "upstream-error"],
    [{ body: "x".repeat(300_000) }, "over-limit"],
  ] as const)
    await rejectsCode(code, () => ask(answer));
  const { message } = await rejectsCode("access-denied", () => ask({ status: 400, body: "s3cr3t is wrong" }));
  assert.match(message, /asked as me/);
  assert.not.match(message, /s3cr3t/);
});

test("secrets are sent by https only, but for this machine", async () => {
  const url = new URL("http://metadata.example/token");
  await rejectsCode("access-denied", () => askCloud({ url }, { fetcher: quickFetcher(), limits }, "me", never));
});

test("what was asked for is kept for half an hour; a failure is not", async () => {
  let now = 0;
  let fails = true;
  const asked: string[] = [];
  const source = keptCredentials(
    ({ host }) => (host.startsWith("x") ? undefined : host),
    async (key) => {
      asked.push(key);
      if (fails) throw new EngineError("timed-out", "no answer");
      return { secret: { form: "registry", token: key }, who: key };
    },
    () => new Date(now),
  );
  const find = (host: string) => source.find({ host, path: "a" }, never);
  assert.is(await find("x.example"), undefined);
  await rejectsCode("timed-out", () => find("a"));
  fails = false;
  await Promise.all([find("a"), find("a"), find("b")]);
  assert.equal(asked, ["a", "a", "b"]);
  now += 31 * 60_000;
  assert.is((await find("a"))?.who, "a");
  assert.equal(asked.length, 4);
});

test("settings: a variable, an address in it, a file that it names", () => {
  assert.equal([setIn({ A: "" }, "A"), setIn({}, "A"), setIn({ A: "b" }, "A")], [undefined, undefined, "b"]);
  assert.is(addressIn({ B: "https://b.example/x" }, ["A", "B"], "https://c.example").href, "https://b.example/x");
  assert.is(addressIn({}, ["A"], "https://c.example").href, "https://c.example/");
  for (const text of ["b", "ftp://b"]) throwsCode("access-denied", () => addressIn({ A: text }, ["A"], "https://c"));
  assert.is(textIn({ a: "b" }, "a", new URL("https://c")), "b");
  for (const answer of [{}, { a: "" }, { a: 7 }])
    throwsCode("upstream-error", () => textIn(answer, "a", new URL("https://c")));
  const files = memoryFiles({ "/token": " abc\n", "/two": "a b" });
  assert.is(readTokenFile(files, "/token", "A"), "abc");
  for (const path of ["/two", "/none"]) throwsCode("access-denied", () => readTokenFile(files, path, "A"));
  assert.is(readSecretFile(files, "/none"), undefined);
});

test.run();
