import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../../core/encoding/utf8.ts";
import { defaultLimits, type Limits } from "../../../../core/limits.ts";
import { EngineError } from "../../../../core/errors.ts";
import { nodeVerifier } from "../../../../proxy/host/node-verifier.ts";
import type { TufMirror } from "../../../../proxy/upstream/tuf/fetch-files.ts";
import type { MissedTarget } from "../../../../proxy/upstream/tuf/other-targets.ts";
import { fetchTrust } from "../../../../proxy/upstream/tuf/trusted-root-source.ts";
import { makeTufRepository, type TufRepository } from "../../../lab/tuf-repository.ts";

const test = suite("proxy/upstream/tuf/other-targets");
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** A repository with targets in two folders, and what was asked of it. */
function listing(change: (repository: TufRepository) => void = () => undefined) {
  const repository = makeTufRepository(encodeUtf8("{}"));
  repository.addTarget("rekor.pub", encodeUtf8("log"));
  repository.addTarget("registry.npmjs.org/keys.json", encodeUtf8("keys"));
  repository.addTarget("artifact.pub", encodeUtf8("artifact"));
  change(repository);
  repository.publish();
  const asked: string[] = [];
  const mirror: TufMirror = {
    url: "lab:",
    fetch: (path) => {
      asked.push(path.replace(/[0-9a-f]{64}\./, ""));
      return Promise.resolve(repository.files.get(path));
    },
  };
  return { repository, asked, mirror };
}

async function fetched(
  { repository, mirror }: { readonly repository: TufRepository; readonly mirror: TufMirror },
  limits: Partial<Limits> = {},
  held: Readonly<Record<string, Uint8Array>> = {},
) {
  const missed: MissedTarget[] = [];
  const source = await fetchTrust({
    mirror,
    initialRoot: repository.rootHistory[0] as Uint8Array,
    heldTarget: (path) => {
      if (path === "damaged") throw new EngineError("mirror-corrupt", "not these bytes", { subject: path });
      return held[path];
    },
    missed: (targets) => missed.push(...targets),
    now: repository.now,
    verifier: nodeVerifier,
    limits: { ...defaultLimits, ...limits },
  });
  return {
    trustedRoot: text(source.target),
    found: (source.otherTargets ?? []).map(({ path, bytes }) => [path, text(bytes)]),
    missed: missed.map(({ path, error }) => [path, error.code]),
  };
}

const all = [
  ["artifact.pub", "artifact"],
  ["registry.npmjs.org/keys.json", "keys"],
  ["rekor.pub", "log"],
];

test("all that the repository lists, by path; none where it lists the trusted root alone", async () => {
  assert.equal(await fetched(listing()), { trustedRoot: "{}", found: all, missed: [] });
  const plain = listing((repository) => {
    repository.signed("root").consistent_snapshot = false;
    repository.publishRoot();
  });
  assert.equal((await fetched(plain)).missed, []);
  const repository = makeTufRepository(encodeUtf8("{}"));
  const mirror: TufMirror = { url: "lab:", fetch: (path) => Promise.resolve(repository.files.get(path)) };
  assert.equal(await fetched({ repository, mirror }), { trustedRoot: "{}", found: [], missed: [] });
});

test("what is held is not fetched, if it is what is listed; damage is fetched again", async () => {
  const stage = listing((repository) => repository.addTarget("damaged", encodeUtf8("whole")));
  const held = { "artifact.pub": encodeUtf8("artifact"), "rekor.pub": encodeUtf8("old") };
  const { found, missed } = await fetched(stage, {}, held);
  assert.equal(
    [found.map(([path]) => path), missed],
    [["artifact.pub", "damaged", ...all.slice(1).map(([path]) => path)], []],
  );
  assert.equal(
    stage.asked.filter((path) => path.startsWith("targets/") && !path.includes("trusted_root")),
    ["targets/damaged", "targets/registry.npmjs.org/keys.json", "targets/rekor.pub"],
  );
});

test("one that is missing, changed, or no path is said; the trusted root and the others are there", async () => {
  const stage = listing((repository) => repository.addTarget("../up", encodeUtf8("up")));
  for (const path of [...stage.repository.files.keys()])
    if (path.endsWith("rekor.pub")) stage.repository.files.delete(path);
    else if (path.endsWith("artifact.pub")) stage.repository.files.set(path, encodeUtf8("artefact"));
  assert.equal(await fetched(stage), {
    trustedRoot: "{}",
    found: [["registry.npmjs.org/keys.json", "keys"]],
    missed: [
      ["../up", "malformed"],
      ["artifact.pub", "malformed"],
      ["rekor.pub", "no-trust"],
    ],
  });
});

test("past the bounds of number and bytes the rest are said, without being asked for", async () => {
  const few = listing();
  assert.equal((await fetched(few, { tufOtherTargets: 1 })).found, all.slice(0, 1));
  assert.is(few.asked.filter((path) => /keys|rekor/.test(path)).length, 0);
  // 8 bytes and 3 are less than 12; the 4 between them are too many.
  const { found, missed } = await fetched(listing(), { tufOtherTargetsBytes: 11 });
  assert.equal(found, [all[0], all[2]]);
  assert.equal(missed, [["registry.npmjs.org/keys.json", "over-limit"]]);
});

test("after an outage nobody is asked again, and what is held counts", async () => {
  const stage = listing();
  const mirror: TufMirror = {
    url: "lab:",
    fetch: (path, most) =>
      path.includes("artifact.pub")
        ? Promise.reject(new EngineError("timed-out", "no answer within 30 s", { subject: path }))
        : stage.mirror.fetch(path, most),
  };
  assert.equal(await fetched({ ...stage, mirror }, {}, { "rekor.pub": encodeUtf8("log") }), {
    trustedRoot: "{}",
    found: [all[2]],
    missed: [
      ["artifact.pub", "timed-out"],
      ["registry.npmjs.org/keys.json", "timed-out"],
    ],
  });
  assert.is(stage.asked.filter((path) => path.includes("keys.json")).length, 0);
});

test("delegated targets are mirrored where their role is; no other role is fetched for them", async () => {
  const stage = listing((repository) => {
    delete (repository.signed("targets").targets as Record<string, unknown>)["trusted_root.json"];
    repository.delegate("targets", "keys", { paths: ["trusted_root.json", "keys-*"] });
    repository.delegate("targets", "elsewhere", { paths: ["other-*"] });
    repository.addTarget("trusted_root.json", encodeUtf8("{ }"), "keys");
    repository.addTarget("keys-1.pub", encodeUtf8("one"), "keys");
    // Nobody lets this role vouch for it.
    repository.addTarget("stray", encodeUtf8("stray"), "keys");
    repository.addTarget("other-1.pub", encodeUtf8("two"), "elsewhere");
  });
  const { found, missed } = await fetched(stage);
  assert.equal(found, [all[0], ["keys-1.pub", "one"], ...all.slice(1)]);
  assert.equal(missed, [["stray", "no-trust"]]);
  assert.is(stage.asked.filter((path) => path.includes("elsewhere")).length, 0);
});

test.run();
