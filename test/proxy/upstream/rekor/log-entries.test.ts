import type { RequestListener } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nobleVerifier } from "../../../../core/crypto/noble.ts";
import { encodeHex } from "../../../../core/encoding/hex.ts";
import { defaultLimits, limitsWith, type Limits } from "../../../../core/limits.ts";
import { hashLeaf } from "../../../../core/tlog/inclusion-proof.ts";
import type { LogEntry } from "../../../../core/tlog/log-entry.ts";
import { parseRekorApiEntries } from "../../../../core/tlog/rekor-v1/api-entry.ts";
import { verifyLogEntry } from "../../../../core/tlog/verify-log-entry.ts";
import { openRekor } from "../../../../proxy/upstream/rekor/log-entries.ts";
import { apiEntryJson } from "../../../lab/bundle.ts";
import { newRekorV1, plainEntry } from "../../../lab/plain-entry.ts";
import { bodyOf, signedMessage } from "../../../lab/plain-signed.ts";
import { rejectsCode } from "../../../support/assert.ts";
import { serveLoopback } from "../../../support/loopback-server.ts";
import { quickFetcher } from "../../../support/quick-fetcher.ts";

const test = suite("proxy/upstream/rekor/log-entries");
const at = "2026-11-24T12:00:00.000Z";
const hash = `sha256:${"ab".repeat(32)}`;
const log = newRekorV1();
const tree = "24296fb24b8ad77a";

const idOf = (entry: LogEntry): string => `${tree}${encodeHex(hashLeaf(entry.body))}`;
const shown = (entry: LogEntry) => ({ [idOf(entry)]: Object.values(apiEntryJson(entry) as object)[0] as object });

/** What a log answers: the ids of its index, and an entry for each id. */
interface Answers {
  readonly index?: unknown;
  readonly entries?: Readonly<Record<string, object>>;
  /** In place of both. */
  readonly handle?: RequestListener;
  readonly prefix?: string;
}

async function asking(
  { index = [], entries = {}, handle, prefix = "" }: Answers,
  use: (
    ask: (limits?: Limits) => ReturnType<ReturnType<typeof openRekor>["ask"]>,
    server: { readonly log: string; asked(): readonly string[]; readonly bodies: string[] },
  ) => Promise<void>,
): Promise<void> {
  const bodies: string[] = [];
  const server = await serveLoopback((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const body = Buffer.concat(pieces).toString();
      bodies.push(body);
      if (handle !== undefined) return handle(request, response);
      response.setHeader("content-type", "application/json");
      if (request.url === `${prefix}/api/v1/index/retrieve`) return response.end(JSON.stringify(index));
      if (request.url !== `${prefix}/api/v1/log/entries/retrieve`) return response.writeHead(404).end();
      const { entryUUIDs } = JSON.parse(body) as { entryUUIDs: string[] };
      const held = entryUUIDs.filter((id) => Object.hasOwn(entries, id));
      return response.end(JSON.stringify(held.map((id) => ({ [id]: entries[id] }))));
    });
  });
  try {
    const address = `${server.url}${prefix}`;
    const ask = (limits: Limits = defaultLimits) =>
      openRekor({ fetcher: quickFetcher(), limits, now: () => new Date(at) }).ask(
        { kind: "log-entry", log: address, hash },
        new AbortController().signal,
      );
    await use(ask, { log: address, asked: server.asked, bodies });
  } finally {
    await server.close();
  }
}

test("present with all entries of the hash, each of which core can verify", async () => {
  const { logged } = signedMessage();
  const mine = plainEntry(log, bodyOf("hashedrekord 0.0.1", logged));
  const others = plainEntry(log, bodyOf("hashedrekord 0.0.1", signedMessage().logged));
  const entries = { ...shown(mine), ...shown(others) };
  const [first = ""] = Object.keys(entries);
  const held = { ...entries, [first]: { ...entries[first], attestation: { data: "c2VjcmV0" } } };
  await asking({ index: [...Object.keys(entries), first], entries: held, prefix: "/rekor" }, async (ask, server) => {
    const answer = await ask();
    if (answer?.state !== "present") return assert.unreachable();
    assert.equal([answer.at, answer.from], [at, server.log]);
    const read = parseRekorApiEntries(answer.value.json, defaultLimits);
    assert.equal(
      read.map((entry) => encodeHex(hashLeaf(entry.body))),
      [mine, others].map((entry) => encodeHex(hashLeaf(entry.body))).sort(),
    );
    const found = read.find((entry) => idOf(entry) === idOf(mine)) as LogEntry;
    const means = { layout: "layer", limits: defaultLimits } as const;
    assert.equal(verifyLogEntry(found, logged, [log.trusted], nobleVerifier, means).provenBy, ["set", "inclusion"]);
    assert.not.match(answer.value.json, /attestation/);
    assert.equal(server.asked(), ["POST /rekor/api/v1/index/retrieve", "POST /rekor/api/v1/log/entries/retrieve"]);
    assert.equal(JSON.parse(server.bodies[0] ?? ""), { hash });
    assert.equal(await ask(), answer);
  });
});

test("absent only when the index is empty", async () => {
  await asking({}, async (ask, { asked, log: from }) => {
    assert.equal(await ask(), { state: "absent", at, from });
    assert.equal(asked(), ["POST /api/v1/index/retrieve"]);
  });
  const statuses: readonly (readonly [number, Parameters<typeof rejectsCode>[0], number])[] = [
    [400, "upstream-error", 1],
    [401, "access-denied", 1],
    [403, "access-denied", 1],
    [404, "upstream-error", 1],
    [405, "upstream-error", 1],
    [429, "rate-limited", 4],
    [500, "upstream-error", 4],
    [501, "upstream-error", 1],
    [503, "upstream-error", 4],
    [204, "upstream-error", 1],
  ];
  for (const [status, code, requests] of statuses)
    await asking({ handle: (_, response) => response.writeHead(status).end() }, async (ask, { asked }) => {
      await rejectsCode(code, () => ask());
      assert.is(asked().length, requests, String(status));
    });
});

test("what is no answer of a log says nothing", async () => {
  for (const index of [null, {}, "x", [1], ["00"], [`${"A".repeat(64)}`], [`../${"a".repeat(61)}`]])
    await asking({ index }, async (ask) => void (await rejectsCode("upstream-error", () => ask())));
  await asking(
    { handle: (_, response) => response.setHeader("content-type", "text/html").end("<html>Sign in</html>") },
    async (ask) => void (await rejectsCode("upstream-error", () => ask())),
  );
  const id = "a".repeat(64);
  for (const entries of [{}, { [id]: {} }, { [id]: { body: "e30=" } }])
    await asking({ index: [id], entries }, async (ask) => void (await rejectsCode("upstream-error", () => ask())));
});

test("broken and foreign entries do not hide a whole one", async () => {
  const entry = plainEntry(log, bodyOf("hashedrekord 0.0.1", signedMessage().logged));
  const broken = "c".repeat(80);
  const entries = { ...shown(entry), [broken]: { body: "e30=" } };
  await asking({ index: [broken, "d".repeat(80), idOf(entry)], entries }, async (ask) => {
    const answer = await ask();
    assert.is(answer?.state === "present" && answer.value.json, JSON.stringify([shown(entry)]));
  });
  // An answer of what was not asked for.
  const foreign = JSON.stringify([shown(entry)]);
  await asking(
    {
      handle: (request, response) =>
        response.end(request.url?.endsWith("index/retrieve") ? JSON.stringify(["e".repeat(80)]) : foreign),
    },
    async (ask) => void (await rejectsCode("upstream-error", () => ask())),
  );
});

test("an index with ids that do not name their tree", async () => {
  const entry = plainEntry(log, bodyOf("hashedrekord 0.0.1", signedMessage().logged));
  const leaf = idOf(entry).slice(-64);
  await asking(
    {
      handle: (request, response) =>
        response.end(JSON.stringify(request.url?.endsWith("index/retrieve") ? [leaf] : [shown(entry)])),
    },
    async (ask) => {
      const answer = await ask();
      assert.is(answer?.state === "present" && answer.value.json, JSON.stringify([shown(entry)]));
    },
  );
});

test("many entries: ten in a request, bounded in number and size", async () => {
  const all = Array.from({ length: 45 }, () => plainEntry(log, bodyOf("hashedrekord 0.0.1", signedMessage().logged)));
  const entries = Object.assign({}, ...all.map(shown)) as Record<string, object>;
  await asking({ index: Object.keys(entries), entries }, async (ask, { asked, bodies }) => {
    const answer = await ask();
    assert.is(answer?.state === "present" && parseRekorApiEntries(answer.value.json, defaultLimits).length, 45);
    assert.is(asked().length, 6);
    const sizes = bodies.slice(1).map((body) => (JSON.parse(body) as { entryUUIDs: string[] }).entryUUIDs.length);
    assert.equal(sizes.sort(), [10, 10, 10, 10, 5]);
    await rejectsCode("over-budget", () => ask(limitsWith({ signaturesPerImage: 44 })));
    assert.is(asked().length, 1);
    const size = Buffer.byteLength(JSON.stringify(all.map(shown)));
    await rejectsCode("over-budget", () => ask(limitsWith({ bundleBytes: size - 100 })));
    await rejectsCode("over-budget", () => ask(limitsWith({ manifestBytes: 100 })));
  });
});

test("an address that is none is the policy's fault; it is not shown with a password", async () => {
  const part = openRekor({ fetcher: quickFetcher(), limits: defaultLimits, now: () => new Date(at) });
  const { signal } = new AbortController();
  for (const address of ["", "rekor", "ftp://a", "https://a/?x=1", "https://a/#x"])
    await rejectsCode("malformed", () => part.ask({ kind: "log-entry", log: address, hash }, signal));
  const secret = { kind: "log-entry", log: "https://bot:s3cret@rekor.example/x", hash } as const;
  const error = await rejectsCode("malformed", () => part.ask(secret, signal));
  assert.not.match(`${error.message} ${error.subject} ${part.from(secret)}`, /s3cret/);
});

test.run();
