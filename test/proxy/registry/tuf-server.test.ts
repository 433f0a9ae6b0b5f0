import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeUtf8, encodeUtf8 } from "../../../core/encoding/utf8.ts";
import type { EngineError } from "../../../core/errors.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { createTufServer } from "../../../proxy/registry/tuf-server.ts";
import { fetchTrust } from "../../../proxy/upstream/tuf/trusted-root-source.ts";
import { makeTufRepository } from "../../lab/tuf-repository.ts";
import { quickTufMirror } from "../../support/quick-fetcher.ts";
import { origin, temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/registry/tuf-server");
const target = encodeUtf8('{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}');
/** As in Sigstore's repository: text, in folders, and a name to be encoded. */
const others = { "rekor.pub": "a key", "registry.npmjs.org/keys.json": '{"keys":[]}', "a b%/c": "odd" };
const day = 86_400_000;

const hash = (text: string, name = "sha256"): string => createHash(name).update(text).digest("hex");

interface Stage {
  readonly url: string;
  readonly reports: readonly EngineError[];
  get(path: string, method?: string): Promise<{ readonly status: number; readonly text: string }>;
}

async function withServer(
  { after = 0, trusts = true, pinned = false },
  act: (stage: Stage, repository: ReturnType<typeof makeTufRepository>) => Promise<void>,
): Promise<void> {
  const repository = makeTufRepository(target);
  for (const [path, text] of Object.entries(others)) repository.addTarget(path, encodeUtf8(text));
  repository.publish();
  const mirror = openMirror(temporaryFolder(), { mode: "write", limits: defaultLimits });
  const otherTargets = Object.entries(others)
    .map(([path, text]) => ({ path, bytes: encodeUtf8(text) }))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
  const value = pinned ? ({ form: "pinned", bytes: target } as const) : { ...repository.source(), otherTargets };
  mirror.writer().setAnswer({ kind: "trusted-root", name: "ours" }, { state: "present", value, ...origin });
  const reports: EngineError[] = [];
  const initial = repository.rootHistory[0] as Uint8Array;
  const tuf = createTufServer({
    knowledge: mirror.knowledge(),
    otherTarget: (name, path) => mirror.knowledge().tufTarget(name, path),
    trust: trusts ? { initialRoots: { ours: initial } } : {},
    crypto: nodeVerifier,
    limits: defaultLimits,
    now: () => new Date(repository.now.getTime() + after),
    report: (error) => reports.push(error),
  });
  const server = createServer(tuf.handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    await act(
      {
        url,
        reports,
        get: async (path, method = "GET") => {
          const response = await fetch(`${url}${path}`, { method });
          return { status: response.status, text: await response.text() };
        },
      },
      repository,
    );
  } finally {
    server.closeAllConnections();
    server.close();
    mirror.close();
  }
}

test("a client of TUF gets the repository whole, as it was served", () =>
  withServer({}, async ({ url }, repository) => {
    const found = await fetchTrust({
      mirror: quickTufMirror(`${url}/tuf/ours`),
      initialRoot: repository.rootHistory[0] as Uint8Array,
      held: undefined,
      now: repository.now,
      verifier: nodeVerifier,
      limits: defaultLimits,
    });
    const { floors: _, otherTargets = [], ...source } = found;
    assert.equal(source, repository.source());
    assert.equal(
      otherTargets.map(({ path, bytes }) => [path, decodeUtf8(bytes)]),
      Object.entries(others).sort(),
    );
  }));

test("files by versioned and plain names; what the mirror lacks is 404, which ends a client's search", () =>
  withServer({}, async ({ get }) => {
    for (const [path, status] of [
      ["/tuf/ours/root.json", 200],
      ["/tuf/ours/1.root.json", 200],
      ["/tuf/ours/2.root.json", 404],
      ["/tuf/ours/timestamp.json", 200],
      ["/tuf/ours/2.snapshot.json", 200],
      ["/tuf/ours/7.snapshot.json", 404],
      ["/tuf/ours/targets.json", 200],
      ["/tuf/ours/targets/trusted_root.json", 200],
      [`/tuf/ours/targets/${"0".repeat(64)}.trusted_root.json`, 404],
      ["/tuf/ours/targets/rekor.pub", 200],
      [`/tuf/ours/targets/${hash("a key")}.rekor.pub`, 200],
      [`/tuf/ours/targets/${hash("a key", "sha512")}.rekor.pub`, 200],
      [`/tuf/ours/targets/${hash("another")}.rekor.pub`, 404],
      [`/tuf/ours/targets/registry.npmjs.org/${hash('{"keys":[]}')}.keys.json?x=1`, 200],
      [`/tuf/ours/targets/a%20b%25/${hash("odd")}.c`, 200],
      ["/tuf/ours/targets/ctfe.pub", 404],
      ["/tuf/ours/targets/%zz", 404],
      ["/tuf/ours/targets/", 404],
      ["/tuf/theirs/targets/rekor.pub", 404],
      ["/tuf/theirs/timestamp.json", 404],
      ["/tuf/ours/../../mirror.db", 404],
      ["/tuf/ours/%2e%2e/timestamp.json", 404],
      ["/trust/ours/other.json", 404],
      ["/trust/theirs/trusted_root.json", 404],
    ] as const)
      assert.is((await get(path)).status, status, path);
    assert.is((await get("/tuf/ours/timestamp.json", "POST")).status, 405);
    assert.is((await get("/tuf/ours/timestamp.json", "HEAD")).text, "");
  }));

test("the single file is verified first: not without an initial root, not past the budget", async () => {
  await withServer({}, async ({ get }) => {
    assert.equal(await get("/trust/ours/trusted_root.json"), { status: 200, text: Buffer.from(target).toString() });
  });
  await withServer({ trusts: false }, async ({ get, reports }) => {
    assert.is((await get("/trust/ours/trusted_root.json")).status, 503);
    assert.equal(
      reports.map(({ code }) => code),
      ["no-trust"],
    );
    // Whoever verifies it may have it.
    assert.is((await get("/tuf/ours/timestamp.json")).status, 200);
  });
  await withServer({ after: 3 * 365 * day }, async ({ get, reports }) => {
    assert.is((await get("/trust/ours/trusted_root.json")).status, 503);
    assert.equal(
      reports.map(({ code }) => code),
      ["stale"],
    );
  });
});

test("a pinned root is a file, and no repository", () =>
  withServer({ pinned: true }, async ({ get }) => {
    assert.is((await get("/trust/ours/trusted_root.json")).status, 200);
    assert.is((await get("/tuf/ours/timestamp.json")).status, 404);
  }));

test.run();
