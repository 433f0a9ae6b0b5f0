import { Readable } from "node:stream";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Digest, digestOf } from "../../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../../core/encoding/utf8.ts";
import { EngineError, type ErrorCode } from "../../../../core/errors.ts";
import { type Capability, type Endpoint, everyCapability } from "../../../../proxy/upstream/registry/endpoint.ts";
import type { RegistryClient, TagFound } from "../../../../proxy/upstream/registry/registry-client.ts";
import { createRegistryParts } from "../../../../proxy/upstream/registry/registry-part.ts";
import { rejectsCode } from "../../../support/assert.ts";
import { fixedNow, never, referrer } from "../../../support/registry-server.ts";

const test = suite("proxy/upstream/registry/registry-part");
const bytes = encodeUtf8("manifest");
const digest = digestOf(bytes);
const found: TagFound = { descriptor: { mediaType: "", digest, size: bytes.length } };
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
const second = endpoint("second.example");
const own = endpoint("ghcr.io", { knowsAbsence: true });

const hostOf = ({ host }: Endpoint): string => host;

/** What each host does: it has it, does not have it, or fails with a code. */
type Does = "has" | "lacks" | ErrorCode;

function parts(
  endpoints: readonly Endpoint[],
  does: Readonly<Record<string, Does>>,
  more: Partial<RegistryClient> = {},
) {
  const asked: string[] = [];
  const act = async <Value>(kind: string, { host }: Endpoint, value: Value): Promise<Value | undefined> => {
    asked.push(`${kind} ${host}`);
    const what = does[host] ?? "lacks";
    if (what === "has" || what === "lacks") return what === "has" ? value : undefined;
    throw new EngineError(what, `${host} fails`);
  };
  const client: RegistryClient = {
    tag: (at) => act("tag", at, found),
    manifest: (at) => act("manifest", at, bytes),
    blob: (at) => act("blob", at, bytes),
    referrers: (at) => act("referrers", at, { descriptors: [referrer("a")], listed: new Set<Digest>() }),
    openBlob: (at) => act("stream", at, { body: Readable.from([bytes]), from: 0, size: bytes.length }),
    blobSize: (at) => act("size", at, { size: bytes.length }),
    tags: (at) => act("tags", at, ["1", "2"]),
    lacksTag: () => false,
    lacksReferrers: () => false,
    sourceOf: hostOf,
    ...more,
  };
  return { parts: createRegistryParts({ client, endpointsOf: () => endpoints, now: fixedNow }), asked };
}
const tag = { kind: "tag", repository: "ghcr.io/org/app", tag: "1" } as const;
const manifest = { kind: "manifest", repository: "ghcr.io/org/app", digest } as const;
const blob = { kind: "blob", repository: "ghcr.io/org/app", digest } as const;
const referrers = { kind: "referrers", repository: "ghcr.io/org/app", digest } as const;

const rows: readonly (readonly [Readonly<Record<string, Does>>, state: string, from: string, requests: number])[] = [
  // The cache answers what it has, and nobody else is asked.
  [{ "cache.example": "has" }, "present", "cache.example", 1],
  // What it does not have, or cannot say, the next may know.
  [{ "second.example": "has" }, "present", "second.example", 2],
  [{ "cache.example": "access-denied", "ghcr.io": "has" }, "present", "ghcr.io", 3],
  [{ "cache.example": "over-limit", "second.example": "tls-failure", "ghcr.io": "has" }, "present", "ghcr.io", 3],
  // Only the own host says absent, and it does so whatever happened before.
  [{}, "absent", "ghcr.io", 3],
  [{ "cache.example": "upstream-error", "second.example": "unreachable" }, "absent", "ghcr.io", 3],
  // The own host's failure is what people read; else the first one.
  [{ "cache.example": "timed-out", "ghcr.io": "rate-limited" }, "rate-limited", "", 3],
  [{ "ghcr.io": "access-denied" }, "access-denied", "", 3],
];
for (const [does, state, from, requests] of rows)
  test(`caches, then the own host: ${JSON.stringify(does)} is ${state}`, async () => {
    for (const question of [tag, manifest, blob, ...(state === "present" ? [] : [referrers])]) {
      const { parts: made, asked } = parts([cache, second, own], does);
      const ask = () => made[question.kind].ask(question as never, never);
      if (state === "present" || state === "absent") {
        const answer = await ask();
        assert.equal([answer?.state, answer?.from], [state, from]);
      } else await rejectsCode(state as ErrorCode, ask);
      assert.is(asked.length, requests);
    }
  });

test("a cache may have the beginning of a list: it is whole once a host answered that knows what exists", async () => {
  const list = (does: Readonly<Record<string, Does>>, at = [cache, second, own]) => {
    const { parts: made, asked } = parts(at, does, {
      referrers: async ({ host }) => {
        asked.push(host);
        const what = does[host] ?? "lacks";
        if (what !== "has" && what !== "lacks") throw new EngineError(what, `${host} fails`);
        const descriptors = [referrer("a"), referrer(host)];
        return what === "has" ? { descriptors, listed: new Set<Digest>() } : undefined;
      },
    });
    return { answer: made.referrers.ask(referrers, never), asked };
  };
  const whole = list({ "cache.example": "has", "second.example": "rate-limited", "ghcr.io": "has" });
  assert.equal(await whole.answer, {
    state: "present",
    value: [referrer("a"), referrer("cache.example"), referrer("ghcr.io")],
    at: fixedNow().toISOString(),
    from: "cache.example, ghcr.io",
  });
  assert.equal(whole.asked, ["cache.example", "second.example", "ghcr.io"]);
  const known = await list({ "cache.example": "has" }).answer;
  assert.is(known?.state === "present" && known.partial, undefined, "the own host has no more");
  for (const [does, at, code] of [
    [{ "cache.example": "has", "ghcr.io": "rate-limited" }, [cache, own], "rate-limited"],
    [{ "cache.example": "has", "second.example": "unreachable" }, [cache, second], "unreachable"],
    [{ "cache.example": "has" }, [cache], "upstream-error"],
  ] as const) {
    const answer = await list(does, [...at]).answer;
    assert.equal(answer?.state === "present" && answer.value, [referrer("a"), referrer("cache.example")]);
    assert.is(answer?.state === "present" && typeof answer.partial === "object" && answer.partial.code, code);
  }
  const declared = list({ "cache.example": "has" }, [{ ...cache, knowsAbsence: true }, own]);
  assert.is(((await declared.answer) as { partial?: unknown }).partial, undefined);
  assert.equal(declared.asked, ["cache.example"]);
});

test("an own host that says nothing does not use up the time of what a cache listed", async () => {
  const client = {
    sourceOf: hostOf,
    referrers: ({ host }: Endpoint, _: Digest, signal: AbortSignal) =>
      host === "cache.example"
        ? Promise.resolve({ descriptors: [referrer("a")], listed: new Set<Digest>() })
        : new Promise<never>((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(new EngineError("timed-out", "silent")));
          }),
  } as unknown as RegistryClient;
  const made = createRegistryParts({ client, endpointsOf: () => [cache, own], now: fixedNow, mirrorMs: 5 });
  const answer = await made.referrers.ask(referrers, never);
  assert.is(answer?.state === "present" && typeof answer.partial === "object" && answer.partial.code, "timed-out");
});

test("when time is up what a cache listed is not lost", async () => {
  const stop = new AbortController();
  const descriptors = [referrer("a")];
  const { parts: made } = parts(
    [cache, own],
    {},
    {
      referrers: ({ host }) => {
        if (host === "cache.example") return Promise.resolve({ descriptors, listed: new Set<Digest>() });
        stop.abort();
        return Promise.reject(new EngineError("timed-out", "silent"));
      },
    },
  );
  const answer = await made.referrers.ask(referrers, stop.signal);
  assert.equal(answer?.state === "present" && answer.value, descriptors);
  assert.is(answer?.state === "present" && typeof answer.partial === "object" && answer.partial.code, "timed-out");
});

test("where only caches answered nobody knows", async () => {
  const { parts: made } = parts([cache, second], {});
  const { message } = await rejectsCode("upstream-error", () => made.tag.ask(tag, never));
  assert.match(message, /cache\.example, second\.example/);
  const one = parts([cache, second], { "cache.example": "unreachable" });
  await rejectsCode("unreachable", () => one.parts.tag.ask(tag, never));
});

test("a mirror that is declared to know says absent, and is the last that is asked", async () => {
  const { parts: made, asked } = parts([endpoint("mirror.example", { knowsAbsence: true }), own], {});
  const answer = await made.tag.ask(tag, never);
  assert.equal([answer?.state, answer?.from], ["absent", "mirror.example"]);
  assert.equal(asked, ["tag mirror.example"]);
});

test("a host is asked for what it may be asked for, and a blocked one for nothing", async () => {
  const only = (...some: readonly Capability[]) => endpoint("some.example", { capabilities: new Set(some) });
  for (const [capability, kind] of [
    ["resolve", "tag"],
    ["pull", "manifest"],
    ["pull", "blob"],
    ["referrers", "referrers"],
  ] as const) {
    const { parts: made, asked } = parts([only(capability), own], { "some.example": "has" });
    for (const question of [tag, manifest, blob, referrers]) await made[question.kind].ask(question as never, never);
    assert.ok(asked.includes(`${kind} some.example`));
    // Of a list the own host may have more.
    assert.is(asked.includes(`${kind} ghcr.io`), kind === "referrers");
  }
  const nobody = parts([only("pull")], {});
  await rejectsCode("upstream-error", () => nobody.parts.tag.ask(tag, never));
  const blocked = parts([{ ...own, blocked: "registries.conf blocks ghcr.io" }], { "ghcr.io": "has" });
  await rejectsCode("access-denied", () => blocked.parts.tag.ask(tag, never));
  assert.equal(blocked.asked, []);
});

test("a manifest that came with its tag is not asked for again, unless its turn has passed", async () => {
  const { parts: made, asked } = parts(
    [own],
    { "ghcr.io": "has" },
    { tag: () => Promise.resolve({ ...found, bytes }) },
  );
  await made.tag.ask(tag, never);
  const answer = await made.manifest.ask(manifest, never);
  assert.equal(answer, { state: "present", value: bytes, at: fixedNow().toISOString(), from: "ghcr.io" });
  assert.equal(asked, []);
  await made.manifest.ask(manifest, never);
  assert.equal(asked, ["manifest ghcr.io"]);
});

test("a registry that names a manifest and does not have it contradicts itself: that is no absence", async () => {
  const named = { descriptors: [{ mediaType: "", digest, size: 1 }] };
  const byTag = parts([own], {}, { tag: () => Promise.resolve(found) });
  await byTag.parts.tag.ask(tag, never);
  await rejectsCode("upstream-error", () => byTag.parts.manifest.ask(manifest, never));
  const byList = parts([own], {}, { referrers: () => Promise.resolve({ ...named, listed: new Set([digest]) }) });
  await byList.parts.referrers.ask(referrers, never);
  await rejectsCode("upstream-error", () => byList.parts.manifest.ask(manifest, never));
  // Everybody who may push can write the fallback tag: it must not make an unsigned image an open question.
  const byFallback = parts([own], {}, { referrers: () => Promise.resolve({ ...named, listed: new Set<Digest>() }) });
  await byFallback.parts.referrers.ask(referrers, never);
  assert.is((await byFallback.parts.manifest.ask(manifest, never))?.state, "absent");
});

test("an empty list is no answer of a cache, and absence at the own host", async () => {
  const empty = { referrers: () => Promise.resolve({ descriptors: [], listed: new Set<Digest>() }) };
  assert.is((await parts([cache, own], {}, empty).parts.referrers.ask(referrers, never))?.from, "ghcr.io");
  await rejectsCode("upstream-error", () => parts([cache], {}, empty).parts.referrers.ask(referrers, never));
});

test("when time is up the next host is not asked; a defect flies on", async () => {
  const stop = new AbortController();
  stop.abort();
  const { parts: made, asked } = parts([cache, own], { "cache.example": "timed-out" });
  await rejectsCode("timed-out", () => made.tag.ask(tag, stop.signal));
  assert.equal(asked, ["tag cache.example"]);
  const broken = parts([cache, own], {}, { tag: () => Promise.reject(new TypeError("a defect")) });
  await broken.parts.tag.ask(tag, never).then(
    () => assert.unreachable(),
    (error: unknown) => assert.instance(error, TypeError),
  );
});

test("a mirror that says nothing does not use up the time of the next", async () => {
  const client = {
    sourceOf: hostOf,
    tag: ({ host }: Endpoint, _: string, signal: AbortSignal) =>
      host === "ghcr.io"
        ? Promise.resolve(found)
        : new Promise<never>((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(new EngineError("timed-out", "silent")));
          }),
  } as unknown as RegistryClient;
  const made = createRegistryParts({ client, endpointsOf: () => [cache, own], now: fixedNow, mirrorMs: 5 });
  assert.is((await made.tag.ask(tag, never))?.from, "ghcr.io");
});

test("nothing in a repository or tag leads to another host or path", async () => {
  const { parts: made, asked } = parts([own], { "ghcr.io": "has" });
  for (const repository of [
    "ghcr.io/../x",
    "ghcr.io/a/./b",
    "ghcr.io/a//b",
    "ghcr.io/a?b",
    "a@evil.example/b",
    "a:99999/b",
  ])
    await rejectsCode("malformed", () => made.blob.ask({ ...blob, repository }, never));
  for (const name of ["../blobs/x", "a/b", "a?b", ""])
    await rejectsCode("malformed", () => made.tag.ask({ ...tag, tag: name }, never));
  assert.equal(asked, []);
});

test("who is asked, for people", () => {
  assert.is(parts([cache, own], {}).parts.blob.from(blob), "cache.example, ghcr.io");
});

test("what a run knows of the one host that knows what exists is absent, and nobody is asked", () => {
  const lacking = { lacksTag: () => true, lacksReferrers: () => true };
  const known = (endpoints: readonly Endpoint[], more: Partial<RegistryClient>) => {
    const { parts: found, asked } = parts(endpoints, {}, more);
    const answers = [found.tag.known?.(tag), found.referrers.known?.(referrers)];
    assert.equal(asked, []);
    return answers.map((answer) => answer && `${answer.state} ${answer.from}`);
  };
  assert.equal(known([own], lacking), ["absent ghcr.io", "absent ghcr.io"]);
  assert.equal(known([own], {}), [undefined, undefined]);
  // A cache does not know, and of several hosts another may have it.
  assert.equal(known([cache], lacking), [undefined, undefined]);
  assert.equal(known([own, second], lacking), [undefined, undefined]);
  assert.equal(known([{ ...own, blocked: "by a rule" }], lacking), [undefined, undefined]);
});

test.run();
