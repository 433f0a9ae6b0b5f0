import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../../core/encoding/utf8.ts";
import { parseTrustedRoot } from "../../../../core/trust/trusted-root.ts";
import { verifySource } from "../../../../core/tuf/verify-source.ts";
import { nodeVerifier } from "../../../../proxy/host/node-verifier.ts";
import { fetchTrust } from "../../../../proxy/upstream/tuf/trusted-root-source.ts";
import { quickTufMirror } from "../../../support/quick-fetcher.ts";
import { makeTufRepository, type TufSource } from "../../../lab/tuf-repository.ts";
import { rejectsCode } from "../../../support/assert.ts";
import { freshTime, publicGoodFiles, publicGoodRootVersion } from "../../../support/root-signing.ts";
import { serveTuf } from "../../../support/tuf-server.ts";
import { skipped } from "../../../support/vectors.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("proxy/upstream/tuf/trusted-root-source");
const target = encodeUtf8("{}");

const repository = makeTufRepository(target);
const initialRoot = repository.rootHistory[0] as Uint8Array;
let server: Awaited<ReturnType<typeof serveTuf>>;
test.before(async () => {
  server = await serveTuf(repository.files);
});
test.after(() => server.close());

const fetch = (held?: TufSource, root = initialRoot) =>
  fetchTrust({
    mirror: quickTufMirror(server.url),
    initialRoot: root,
    held,
    now: repository.now,
    verifier: nodeVerifier,
    limits: defaultLimits,
  });
const verify = (source: TufSource, root = initialRoot) =>
  verifySource({
    source,
    initialRoot: root,
    target: "trusted_root.json",
    at: repository.now,
    verifier: nodeVerifier,
    limits: defaultLimits,
  });

test("everything that a decision needs, with the versions that were seen", async () => {
  const source = await fetch();
  assert.equal(source, { ...repository.source(), floors: { root: "1", snapshot: "1", targets: "1", timestamp: "1" } });
  assert.is(verify(source).bytes, source.target);
  server.asked();
  assert.equal(await fetch(source), source);
  assert.equal(server.asked(), ["2.root.json", "timestamp.json"], "what is held is not fetched");
});

test("an update adds its roots to those that are held, and nothing goes back", async () => {
  const first = await fetch();
  repository.publishRoot();
  repository.publishRoot();
  repository.addTarget("trusted_root.json", encodeUtf8("{ }"));
  repository.publish();
  const second = await fetch(first);
  assert.is(second.roots.length, 3);
  assert.equal(second.floors, { root: "3", snapshot: "2", targets: "2", timestamp: "2" });
  assert.equal(verify(second).bytes, encodeUtf8("{ }"));
  await rejectsCode("rollback", () => fetch({ ...second, floors: { timestamp: "3" } }));
  repository.setVersion("timestamp", 0n);
  repository.publish();
  await rejectsCode("rollback", () => fetch(second));
});

test("a newer initial root keeps the older ones for others; what is held and wrong is fetched", async () => {
  const newer = repository.rootHistory[1] as Uint8Array;
  const held = { ...(await fetch()), floors: {} };
  const source = await fetch(held, newer);
  assert.is(source.roots.length, 3);
  for (const root of repository.rootHistory) verify(source, root);
  const junk = encodeUtf8("{}");
  const repaired = await fetch({
    ...held,
    roots: [junk, ...held.roots.slice(0, 1)],
    timestamp: junk,
    snapshot: junk,
    targets: [{ role: "targets", bytes: junk }],
    target: junk,
  });
  verify(repaired);
  assert.is(repaired.roots.length, 3);
});

test("an initial root of another repository leads nowhere", async () => {
  const other = makeTufRepository(target, { seed: "other" });
  await rejectsCode("bad-threshold", () => fetch(undefined, other.served("root")));
});

const files = publicGoodFiles();
if (files === undefined) skipped("proxy/upstream/tuf/trusted-root-source", 1, "SALLYPORT_VECTORS is not set");
else
  test("the public-good repository, from root 5 to root 15", async () => {
    const real = await serveTuf(files);
    try {
      const mirror = quickTufMirror(real.url);
      const source = await fetchTrust({
        mirror,
        initialRoot: publicGoodRootVersion(5),
        now: freshTime,
        verifier: nodeVerifier,
        limits: defaultLimits,
      });
      assert.is(source.roots.length, 11);
      assert.is(source.floors?.root, "15");
      assert.ok(parseTrustedRoot(source.target, defaultLimits).certificateAuthorities.length > 0);
      const late = new Date("2026-12-01T00:00:00Z");
      await rejectsCode("stale", () =>
        fetchTrust({
          mirror,
          initialRoot: publicGoodRootVersion(5),
          now: late,
          verifier: nodeVerifier,
          limits: defaultLimits,
        }),
      );
      await rejectsCode(["malformed", "bad-threshold"], () =>
        fetchTrust({ mirror, initialRoot: initialRoot, now: freshTime, verifier: nodeVerifier, limits: defaultLimits }),
      );
    } finally {
      await real.close();
    }
  });

test.run();
