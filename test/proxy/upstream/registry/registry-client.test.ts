import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../../core/encoding/utf8.ts";
import { mediaTypes } from "../../../../core/oci/manifest.ts";
import { withoutTls } from "../../../../core/knowledge/plain-source.ts";
import type { QuestionOf } from "../../../../proxy/upstream/route.ts";
import { rejectsCode } from "../../../support/assert.ts";
import {
  askRegistries,
  indexReply,
  manifestReply,
  never,
  notFound,
  type Reply,
  referrer,
  serveRegistry,
  someManifest,
  withRegistry,
} from "../../../support/registry-server.ts";

const test = suite("proxy/upstream/registry/registry-client");
const { text, digest } = someManifest();
const tag = (host: string, name = "1") => ({ kind: "tag", repository: `${host}/org/app`, tag: name }) as const;
const byDigest = <Kind extends "manifest" | "blob" | "referrers">(kind: Kind, host: string, of = digest) =>
  ({ kind, repository: `${host}/org/app`, digest: of }) as QuestionOf<Kind>;
const manifests = "/v2/org/app/manifests";
const fallback = `${manifests}/${digest.replace(":", "-")}`;
const api = `/v2/org/app/referrers/${digest}`;

test("an image's tag is one request without a body; its media type, digest and size come with it", () =>
  withRegistry(
    (path) => (path === `${manifests}/1` ? manifestReply(text) : undefined),
    async (server, { tag: part }) => {
      const answer = await part.ask(tag(server.host), never);
      assert.equal(answer, {
        state: "present",
        value: { mediaType: mediaTypes.manifest, digest, size: text.length },
        at: "2026-11-30T12:00:00.000Z",
        from: withoutTls(server.host),
      });
      assert.equal(server.asked(), [`HEAD ${manifests}/1`]);
    },
  ));

test("the manifest itself tells where headers do not: its digest, its size, that it is none", async () => {
  const strip = (headers: Readonly<Record<string, string>>): Reply => ({ headers, body: text });
  for (const headers of [
    { "content-type": mediaTypes.manifest },
    { "content-type": mediaTypes.manifest, "docker-content-digest": "sha512:00" },
    { "content-type": "application/json", "docker-content-digest": digest },
  ])
    await withRegistry(
      (path) => (path === `${manifests}/1` ? strip(headers) : undefined),
      async (server, { tag: part }) => {
        const answer = await part.ask(tag(server.host), never);
        assert.is(answer?.state === "present" && answer.value.digest, digest);
        assert.equal(server.asked(), [`HEAD ${manifests}/1`, `GET ${manifests}/1`]);
      },
    );
});

test("a cache that does not have a tag is asked once", async () => {
  const cache = await serveRegistry(() => undefined);
  const rule = {
    insecure: false,
    blocked: false,
    mirrors: [{ location: cache.host, insecure: false, digestOnly: false }],
  };
  await withRegistry(
    () => manifestReply(text),
    async (own) => {
      const asking = askRegistries({ hosts: { rules: [{ ...rule, prefix: own.host }] } });
      assert.is((await asking.parts.tag.ask(tag(own.host), never))?.from, withoutTls(own.host));
      assert.equal(cache.asked(), [`HEAD ${manifests}/1`]);
      await asking.close();
    },
  );
  await cache.close();
});

test("absent is a 404 with a registry's words or none; any other 404 is nobody's word", async () => {
  const page = { "content-type": "text/html" };
  for (const [answer, state] of [
    [404, "absent"],
    [notFound(), "absent"],
    [notFound("NAME_UNKNOWN"), "absent"],
    [{ status: 404, body: { errors: [{ code: "DENIED" }] } }, "upstream-error"],
    [{ status: 404, headers: page, body: "<h1>Not here</h1>" }, "upstream-error"],
    [{ status: 404, headers: { "content-type": "text/plain" }, body: "404 page not found" }, "upstream-error"],
    [{ status: 404, body: { message: "no Route matched" } }, "upstream-error"],
    [{ status: 200, headers: page, body: "<h1>Log in</h1>" }, "upstream-error"],
    [403, "access-denied"],
    [400, "upstream-error"],
  ] as const)
    await withRegistry(
      () => answer,
      async (server, parts) => {
        for (const ask of [
          () => parts.tag.ask(tag(server.host), never),
          () => parts.manifest.ask(byDigest("manifest", server.host), never),
        ])
          if (state === "absent") assert.is((await ask())?.state, "absent");
          else {
            const { message } = await rejectsCode(state, ask);
            if (message.includes("404 page")) assert.match(message, /not a registry's word/);
          }
      },
    );
});

test("401, 403, 429 and 5xx of a blob, a tag or a list are never absence, and are not asked without end", async () => {
  for (const [status, code, requests] of [
    [401, "access-denied", 1],
    [403, "access-denied", 1],
    [429, "rate-limited", 2],
    [408, "upstream-error", 2],
    [500, "upstream-error", 2],
    [503, "upstream-error", 2],
  ] as const)
    for (const kind of ["tag", "manifest", "blob", "referrers"] as const)
      await withRegistry(
        () => status,
        async (server, parts) => {
          const question = kind === "tag" ? tag(server.host) : byDigest(kind, server.host);
          await rejectsCode(code, () => parts[kind].ask(question as never, never));
          const most = kind === "referrers" ? 2 * requests : requests;
          assert.ok(server.asked().length <= most, `${kind} ${status}`);
        },
      );
});

test("content with another digest is no content", () =>
  withRegistry(
    (path) => (path.includes("blobs") ? { body: "other" } : manifestReply(`${text} `)),
    async (server, parts) => {
      await rejectsCode("upstream-error", () => parts.manifest.ask(byDigest("manifest", server.host), never));
      await rejectsCode("upstream-error", () => parts.blob.ask(byDigest("blob", server.host), never));
      const blob = digestOf(encodeUtf8("other"));
      assert.is((await parts.blob.ask(byDigest("blob", server.host, blob), never))?.state, "present");
    },
  ));

test("a tag whose header states another digest than its content has is refused", () =>
  withRegistry(
    () => manifestReply(text, { "content-type": "application/json", "docker-content-digest": referrer("x").digest }),
    async (server, { tag: part }) => {
      await rejectsCode("upstream-error", () => part.ask(tag(server.host), never));
    },
  ));

test("a manifest or blob past its bound is over-limit", () =>
  withRegistry(
    () => ({ body: text }),
    async (server, parts) => {
      await rejectsCode("over-limit", () => parts.manifest.ask(byDigest("manifest", server.host), never));
      await rejectsCode("over-limit", () => parts.blob.ask(byDigest("blob", server.host), never));
    },
    { limits: { manifestBytes: text.length - 1, blobBytes: text.length - 1 } },
  ));

test("referrers: the API and the fallback tag, joined, each digest once", () =>
  withRegistry(
    (path) => {
      if (path === api) return indexReply([referrer("a"), { ...referrer("b"), artifactType: "text/b" }]);
      return path === fallback ? indexReply([referrer("b"), referrer("c")]) : undefined;
    },
    async (server, { referrers }) => {
      const answer = await referrers.ask(byDigest("referrers", server.host), never);
      assert.equal(answer?.state === "present" && answer.value, [
        referrer("a"),
        { ...referrer("b"), artifactType: "text/b" },
        referrer("c"),
      ]);
      assert.equal([...server.asked()].sort(), [`GET ${fallback}`, `GET ${api}`]);
    },
  ));

const apiMissing: readonly Reply[] = [
  404,
  400,
  405,
  { status: 404, headers: { "content-type": "text/plain" }, body: "404 page not found" },
  { status: 404, headers: { "content-type": "text/html" }, body: "<h1>No</h1>" },
  { status: 200, headers: { "content-type": "text/html" }, body: "<h1>Welcome</h1>" },
];
test("where the API is missing the fallback tag answers, and its absence is the answer", async () => {
  for (const missing of apiMissing) {
    await withRegistry(
      (path) => (path === api ? missing : path === fallback ? indexReply([referrer("a")]) : undefined),
      async (server, { referrers }) => {
        const answer = await referrers.ask(byDigest("referrers", server.host), never);
        assert.equal(answer?.state === "present" && answer.value, [referrer("a")]);
      },
    );
    await withRegistry(
      (path) => (path === api ? missing : undefined),
      async (server, { referrers }) =>
        assert.is((await referrers.ask(byDigest("referrers", server.host), never))?.state, "absent"),
    );
  }
});

test("a list is no answer while the other place of referrers is out of reach", async () => {
  for (const down of [api, fallback])
    for (const [status, code] of [
      [403, "access-denied"],
      [503, "upstream-error"],
    ] as const)
      await withRegistry(
        (path) => (path === down ? status : path === api ? indexReply([referrer("a")]) : undefined),
        async (server, { referrers }) => {
          await rejectsCode(code, () => referrers.ask(byDigest("referrers", server.host), never));
        },
      );
});

test("an empty list is the absence of referrers", () =>
  withRegistry(
    (path) => (path === api ? indexReply([]) : undefined),
    async (server, { referrers }) =>
      assert.is((await referrers.ask(byDigest("referrers", server.host), never))?.state, "absent"),
  ));

const page = (entries: readonly object[], next?: string): Reply =>
  indexReply(entries, next === undefined ? {} : { link: `<${next}>; rel="next"` });

test("pages are followed to the last, and the artifact types are not relied on", () =>
  withRegistry(
    (path) => {
      if (path === api) return page([referrer("a")], `${api}?last=a`);
      if (path === `${api}?last=a`) return page([], `?last=b`);
      return path === `${api}?last=b` ? page([referrer("c")]) : undefined;
    },
    async (server, { referrers }) => {
      const answer = await referrers.ask(byDigest("referrers", server.host), never);
      assert.equal(answer?.state === "present" && answer.value, [referrer("a"), referrer("c")]);
      assert.is(server.asked().length, 4);
    },
  ));

test("pages that lead in a circle, elsewhere, or on without end are refused after few requests", async () => {
  const circles: readonly (readonly [next: (path: string) => string, most: number])[] = [
    [() => api, 2],
    [(path) => (path === api ? `${api}?a` : api), 3],
    [() => "http://127.0.0.1:1/v2/", 2],
    [(path) => `${api}?${"x".repeat(path.length - api.length + 1)}`, 101],
  ];
  for (const [next, most] of circles)
    await withRegistry(
      (path) => (path.startsWith(api) ? page([], next(path)) : undefined),
      async (server, { referrers }) => {
        await rejectsCode("upstream-error", () => referrers.ask(byDigest("referrers", server.host), never));
        const asked = server.asked().filter((line) => line.includes("referrers"));
        assert.ok(asked.length <= most, asked.join("\n"));
      },
    );
});

test("a page that fails fails the list", () =>
  withRegistry(
    (path) => (path === api ? page([referrer("a")], `${api}?last=a`) : undefined),
    async (server, { referrers }) => {
      await rejectsCode("upstream-error", () => referrers.ask(byDigest("referrers", server.host), never));
    },
  ));

test("10,000 referrers are over-limit before the last page is asked for", () =>
  withRegistry(
    (path) => {
      if (!path.startsWith(api)) return undefined;
      const from = Number(new URLSearchParams(path.slice(api.length)).get("from") ?? 0);
      return page(
        Array.from({ length: 500 }, (_, index) => referrer(`${from + index}`)),
        from < 9500 ? `${api}?from=${from + 500}` : undefined,
      );
    },
    async (server, { referrers }) => {
      await rejectsCode("over-limit", () => referrers.ask(byDigest("referrers", server.host), never));
      assert.is(server.asked().filter((line) => line.includes("referrers")).length, 3);
    },
  ));

test("pages whose annotations are large are over-limit together, before they fill a mirror", () =>
  withRegistry(
    (path) => {
      if (!path.startsWith(api)) return undefined;
      const annotations = { padding: "x".repeat(1000) };
      return page([{ ...referrer(path), annotations }], `${api}?${"x".repeat(path.length - api.length + 1)}`);
    },
    async (server, { referrers }) => {
      await rejectsCode("over-limit", () => referrers.ask(byDigest("referrers", server.host), never));
      const asked = server.asked().filter((line) => line.includes("/referrers/")).length;
      assert.ok(asked > 3 && asked <= 10, String(asked));
    },
    { limits: { layoutIndexBytes: 10_000 } },
  ));

test("an entry that cannot be read spoils no other; a list that is none is refused", async () => {
  const log: string[] = [];
  await withRegistry(
    (path) => (path === api ? indexReply([{ ...referrer("a"), digest: "sha512:00" }, referrer("b")]) : undefined),
    async (server, { referrers }) => {
      const answer = await referrers.ask(byDigest("referrers", server.host), never);
      assert.equal(answer?.state === "present" && answer.value, [referrer("b")]);
      assert.is(log.filter((line) => line.includes("left out")).length, 1);
    },
    { log: (line) => log.push(line) },
  );
  const errors = '{"errors":[{"code":"DENIED","message":"log in first"}]}';
  for (const body of ["", "[]", "{}", errors, '{"manifests":1}', '{"manifests":[', `{"a":1,"a":2}`])
    await withRegistry(
      (path) => (path === api ? { headers: { "content-type": mediaTypes.index }, body } : undefined),
      async (server, { referrers }) => {
        await rejectsCode("upstream-error", () => referrers.ask(byDigest("referrers", server.host), never));
      },
    );
});

test("of content that is larger than what names it states nothing more is read", () =>
  withRegistry(
    (path) => (path.includes("/blobs/") || path.includes("/manifests/") ? manifestReply(text) : undefined),
    async (server, { manifest, blob }) => {
      for (const atMost of [text.length - 1, 0]) {
        await rejectsCode("over-limit", () => blob.ask({ ...byDigest("blob", server.host), atMost }, never));
        await rejectsCode("over-limit", () => manifest.ask({ ...byDigest("manifest", server.host), atMost }, never));
      }
      for (const atMost of [text.length, text.length + 1])
        assert.is((await blob.ask({ ...byDigest("blob", server.host), atMost }, never))?.state, "present");
    },
  ));

test("storage without the content to which the registry leads is no absence", async () => {
  const storage = await serveRegistry(() => 404);
  try {
    await withRegistry(
      () => ({ status: 307, headers: { location: `http://${storage.host}/content` } }),
      async (server, { manifest, blob }) => {
        await rejectsCode("upstream-error", () => blob.ask(byDigest("blob", server.host), never));
        await rejectsCode("upstream-error", () => manifest.ask(byDigest("manifest", server.host), never));
      },
    );
  } finally {
    await storage.close();
  }
});

test("an empty list that Go wrote as null is a list", () =>
  withRegistry(
    (path) =>
      path === api ? { headers: { "content-type": mediaTypes.index }, body: '{"manifests":null}' } : undefined,
    async (server, { referrers }) =>
      assert.is((await referrers.ask(byDigest("referrers", server.host), never))?.state, "absent"),
  ));

test("what an author pushes under the fallback tag leaves no question open, and hides nothing of the API", async () => {
  const bodies = [text, '{"manifests":"x"}', '{"manifests":[],"manifests":[]}', '{"a":"\\ud800"}', '"x"', '{"a":'];
  for (const body of bodies)
    for (const listed of [[], [referrer("a")]])
      await withRegistry(
        (path) => (path === api ? indexReply(listed) : path === fallback ? manifestReply(body) : undefined),
        async (server, { referrers }) => {
          const answer = await referrers.ask(byDigest("referrers", server.host), never);
          assert.equal(answer?.state === "present" ? answer.value : [], listed, body);
        },
      );
  // Other bytes than the registry says that it sends are its own fault.
  await withRegistry(
    (path) =>
      path === api
        ? indexReply([])
        : path === fallback
          ? manifestReply("{}", { "docker-content-digest": digest })
          : undefined,
    async (server, { referrers }) => {
      await rejectsCode("upstream-error", () => referrers.ask(byDigest("referrers", server.host), never));
    },
  );
});

test.run();
