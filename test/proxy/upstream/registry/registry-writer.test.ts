import { randomBytes } from "node:crypto";
import { createReadStream, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../../core/encoding/utf8.ts";
import { codes, type ErrorCode } from "../../../../core/errors.ts";
import { mediaTypes } from "../../../../core/oci/manifest.ts";
import type { Content, RegistryWriter } from "../../../../proxy/upstream/registry/registry-writer.ts";
import { rejectsCode } from "../../../support/assert.ts";
import { askRegistries, never, type Reply } from "../../../support/registry-server.ts";
import { serveStoring, type StoringOptions, type StoringRegistry } from "../../../support/storing-registry.ts";
import { temporaryFolder } from "../../../support/temporary-mirror.ts";

const test = suite("proxy/upstream/registry/registry-writer");

const contentOf = (text: string): Content => {
  const bytes = encodeUtf8(text);
  return { digest: digestOf(bytes), size: bytes.length, open: () => bytes };
};
const manifestOf = (more: object = {}) => ({
  bytes: encodeUtf8(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.manifest, layers: [], ...more })),
  mediaType: mediaTypes.manifest,
});
const layer = contentOf("a layer");

async function withWriter(
  act: (writer: RegistryWriter, registry: StoringRegistry, repository: string) => Promise<void>,
  options: StoringOptions & { readonly credential?: true } = {},
): Promise<void> {
  const registry = await serveStoring(options);
  const secret = { form: "password", username: "u", password: "s3cr3t" } as const;
  const asking = askRegistries(options.credential === undefined ? {} : { credential: { secret, who: "user u" } });
  try {
    await act(asking.writer, registry, `${registry.host}/org/mirror`);
  } finally {
    await asking.close();
    await registry.close();
  }
}

/** The first requests that the pattern names are answered so. */
function failing(pattern: RegExp, ...answers: readonly Reply[]) {
  const left = [...answers];
  return (line: string): Reply | undefined => (pattern.test(line) ? left.shift() : undefined);
}

/** The code with which an act ends whose first requests of a kind are answered so. */
const refusedWith = async (registry: StoringRegistry, act: () => Promise<unknown>, ...row: [RegExp, ...Reply[]]) => {
  registry.instead = failing(...row);
  const { code } = await rejectsCode(Object.keys(codes) as ErrorCode[], act);
  registry.instead = undefined;
  return code;
};

test("content is stored once, and then it is there", () =>
  withWriter(async (writer, registry, repository) => {
    assert.is(await writer.putBlob(repository, layer, never), "stored");
    assert.is(await writer.putBlob(repository, layer, never), "held");
    assert.is(registry.blobs.get(layer.digest)?.toString(), "a layer");
    assert.equal(registry.asked(), [
      `HEAD /v2/org/mirror/blobs/${layer.digest}`,
      "POST /v2/org/mirror/blobs/uploads/",
      "PUT /v2/org/mirror/blobs/uploads/1",
      `HEAD /v2/org/mirror/blobs/${layer.digest}`,
    ]);
  }));

test("a file is sent as it is read, and in whole again after a connection that was cut", () =>
  withWriter(async (writer, registry, repository) => {
    const bytes = randomBytes(3_000_000);
    const file = join(temporaryFolder(), "content");
    writeFileSync(file, bytes);
    let opened = 0;
    const content = {
      digest: digestOf(bytes),
      size: bytes.length,
      open: () => {
        opened += 1;
        return createReadStream(file);
      },
    };
    registry.instead = failing(/^PUT .*uploads/, (request) => request.socket.destroy());
    assert.is(await writer.putBlob(repository, content, never), "stored");
    assert.is(opened, 2);
    assert.ok(registry.blobs.get(content.digest)?.equals(bytes));
    const asked = registry.asked();
    // It was looked before it was sent again, and the second upload is another one.
    assert.equal(
      asked.map((line) => line.split(" ")[0]),
      ["HEAD", "POST", "PUT", "HEAD", "POST", "PUT"],
    );
  }));

test("what was stored though its answer was lost is not sent again", () =>
  withWriter(async (writer, registry, repository) => {
    registry.instead = failing(/^PUT .*uploads/, (request: IncomingMessage) => {
      registry.blobs.set(layer.digest, Buffer.from("a layer"));
      request.socket.destroy();
    });
    assert.is(await writer.putBlob(repository, layer, never), "stored");
    assert.is(registry.asked().filter((line) => line.startsWith("PUT")).length, 1);
    const manifest = manifestOf();
    registry.instead = failing(/^PUT .*manifests/, (request: IncomingMessage) => {
      registry.manifests.set(digestOf(manifest.bytes), { ...manifest, bytes: Buffer.from(manifest.bytes) });
      registry.tags.set("latest", digestOf(manifest.bytes));
      request.socket.destroy();
    });
    await writer.putManifest(repository, manifest, "latest", never);
    assert.is(registry.asked().filter((line) => line.startsWith("PUT")).length, 1);
  }));

test("an upload that is refused for now begins anew; one that is refused for good does not", () =>
  withWriter(async (writer, registry, repository) => {
    registry.instead = failing(/^PUT .*uploads/, 500, 502);
    assert.is(await writer.putBlob(repository, layer, never), "stored");
    registry.blobs.clear();
    registry.asked();
    const put = () => writer.putBlob(repository, layer, never);
    assert.is(await refusedWith(registry, put, /^PUT .*uploads/, 400), "upstream-error");
    assert.is(registry.asked().filter((line) => line.startsWith("PUT")).length, 1);
    assert.is(await refusedWith(registry, put, /^PUT .*uploads/, 500, 500, 500, 500, 500), "upstream-error");
    assert.is(registry.asked().filter((line) => line.startsWith("PUT")).length, 4);
    assert.is(registry.blobs.size, 0);
  }));

const denials: readonly (readonly [string, Reply, ErrorCode, RegExp?])[] = [
  ["no login", 401, "access-denied"],
  ["not allowed", { status: 403, body: { errors: [{ code: "DENIED", message: "no" }] } }, "access-denied"],
  [
    "read-only",
    { status: 405, body: { errors: [{ code: "UNSUPPORTED", message: "x" }] } },
    "access-denied",
    /read-only/,
  ],
  [
    "too large",
    { status: 413, body: "<html>413</html>", headers: { "content-type": "text/html" } },
    "upstream-error",
    /of 7 bytes/,
  ],
  [
    "quota",
    { status: 412, body: { errors: [{ code: "PRECONDITION", message: "quota exceeded" }] } },
    "upstream-error",
    /no room/,
  ],
  ["disk full", 507, "upstream-error", /no room/],
];
for (const [name, answer, expected, words = /./] of denials)
  test(`a registry that refuses: ${name}`, () =>
    withWriter(async (writer, registry, repository) => {
      registry.instead = (line) => (line.startsWith("POST") ? answer : undefined);
      const { message } = await rejectsCode(expected, () => writer.putBlob(repository, layer, never));
      assert.match(message, words);
      assert.is(registry.asked().filter((line) => line.startsWith("POST")).length, 1);
    }));

test("a rate limit is waited for once more, and then told", () =>
  withWriter(async (writer, registry, repository) => {
    registry.instead = failing(/^POST/, { status: 429, headers: { "retry-after": "1" } });
    assert.is(await writer.putBlob(repository, layer, never), "stored");
    registry.blobs.clear();
    const put = () => writer.putBlob(repository, layer, never);
    assert.is(await refusedWith(registry, put, /^POST/, 429, 429, 429), "rate-limited");
  }));

test("an upload goes on at its own host only", () =>
  withWriter(async (writer, registry, repository) => {
    const put = () => writer.putBlob(repository, layer, never);
    const to = (location: string): Reply => ({ status: 202, headers: { location } });
    for (const location of ["http://127.0.0.1:1/elsewhere", "", "http://["])
      assert.is(await refusedWith(registry, put, /^POST/, to(location)), "upstream-error", location);
    assert.is(registry.blobs.size, 0);
  }));

test("a registry that wants a login for pushing gets one, for pushing", () =>
  withWriter(
    async (writer, registry, repository) => {
      const scopes: string[] = [];
      registry.instead = (line, request) => {
        if (line.startsWith("GET /token")) {
          scopes.push(new URL(request.url ?? "", "http://x").searchParams.get("scope") ?? "");
          return { body: { token: "t0ken" } };
        }
        if (line.startsWith("HEAD") || request.headers.authorization === "Bearer t0ken") return undefined;
        return { status: 401, headers: { "www-authenticate": `Bearer realm="http://${registry.host}/token"` } };
      };
      assert.is(await writer.putBlob(repository, layer, never), "stored");
      assert.is(await writer.deleteManifest(repository, layer.digest, never), undefined);
      assert.equal(scopes, ["repository:org/mirror:pull,push", "repository:org/mirror:pull,push,delete"]);
    },
    { credential: true },
  ));

test("manifests are stored under a tag and under their digest", () =>
  withWriter(async (writer, registry, repository) => {
    const manifest = manifestOf();
    await writer.putManifest(repository, manifest, undefined, never);
    assert.is(registry.tags.size, 0);
    await writer.putManifest(repository, manifest, "latest", never);
    assert.is(registry.tags.get("latest"), digestOf(manifest.bytes));
    const put = () => writer.putManifest(repository, manifest, "latest", never);
    const lies = { status: 201, headers: { "docker-content-digest": layer.digest } };
    assert.is(await refusedWith(registry, put, /^PUT/, lies), "upstream-error");
  }));

for (const hasReferrers of [true, false])
  test(`what hangs on a manifest is found where the registry ${hasReferrers ? "lists" : "does not list"} it`, () =>
    withWriter(
      async (writer, registry, repository) => {
        const subject = manifestOf();
        const digest = digestOf(subject.bytes);
        const descriptor = { mediaType: mediaTypes.manifest, digest, size: subject.bytes.length };
        await writer.putManifest(repository, subject, undefined, never);
        const first = manifestOf({ artifactType: "a/one", subject: descriptor });
        const second = manifestOf({ artifactType: "a/two", subject: descriptor });
        for (const [manifest, artifactType] of [
          [first, "a/one"],
          [second, "a/two"],
          [second, "a/two"],
        ] as const)
          await writer.putReferrer(repository, manifest, { subject: digest, artifactType }, never);
        assert.is(registry.tags.has(digest.replace(":", "-")), !hasReferrers);
        const asking = askRegistries();
        const found = await asking.parts.referrers.ask({ kind: "referrers", repository, digest }, never);
        await asking.close();
        assert.equal(found?.state === "present" ? found.value.map(({ artifactType }) => artifactType) : [], [
          "a/one",
          "a/two",
        ]);
      },
      { hasReferrers },
    ));

test("what a registry does not delete is said, and what is gone is gone", () =>
  withWriter(
    async (writer, registry, repository) => {
      const manifest = manifestOf();
      await writer.putManifest(repository, manifest, "old", never);
      const remove = () => writer.deleteManifest(repository, digestOf(manifest.bytes), never);
      assert.type(await remove(), "string");
      registry.instead = failing(/^DELETE/, 403);
      assert.type(await remove(), "string");
      assert.is(await refusedWith(registry, remove, /^DELETE/, 500), "upstream-error");
      assert.ok(registry.tags.has("old"));
    },
    { deletes: false },
  ));

test("a repository that is none is not asked for", () =>
  withWriter(async (writer, registry) => {
    await rejectsCode("malformed", () => writer.putBlob(`${registry.host}/../x`, layer, never));
    assert.is(registry.asked().length, 0);
  }));

test.run();
