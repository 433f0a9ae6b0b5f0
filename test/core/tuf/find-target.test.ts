import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { findTarget } from "../../../core/tuf/find-target.ts";
import type { TrustedSet } from "../../../core/tuf/trusted-set.ts";
import { trustInitialRoot } from "../../../core/tuf/update-root.ts";
import { updateSnapshot } from "../../../core/tuf/update-snapshot.ts";
import { updateTargets } from "../../../core/tuf/update-targets.ts";
import { updateTimestamp } from "../../../core/tuf/update-timestamp.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { makeTufRepository, TufRepository } from "../../lab/tuf-repository.ts";
import { throwsCode } from "../../support/assert.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/tuf/find-target");
const content = encodeUtf8("content");

function start(repository: TufRepository): TrustedSet {
  const root = trustInitialRoot(repository.served("root"), nodeVerifier, defaultLimits);
  return updateSnapshot(
    updateTimestamp(root, repository.served("timestamp"), repository.now),
    repository.served("snapshot"),
    repository.now,
  );
}

/** The roles in the order in which the search needs them, and what it ends with. */
function search(repository: TufRepository, path: string) {
  let set = start(repository);
  const visited: string[] = [];
  for (;;) {
    const found = findTarget(set, path);
    if (found.state !== "needs") return { visited, result: found.state === "found" ? found.role : "absent" };
    visited.push(found.role.name);
    set = updateTargets(set, found.role, repository.served(found.role.name), repository.now);
  }
}

function build(
  ...edges: readonly (readonly [from: string, to: string, paths: readonly string[], terminating?: boolean])[]
): TufRepository {
  const repository = new TufRepository({ keys: 1, threshold: 1 });
  for (const [from, to, paths, terminating = false] of edges)
    repository.delegate(from, to, { paths: [...paths] }, { terminating });
  return repository;
}

function publish(
  repository: TufRepository,
  ...targets: readonly (readonly [role: string, path: string])[]
): TufRepository {
  for (const [role, path] of targets) repository.addTarget(path, content, role);
  repository.publishRoot();
  repository.publish();
  return repository;
}

test("a role before its delegations, delegations in their order, depth first", () => {
  const repository = publish(
    build(["targets", "a", ["*"]], ["targets", "b", ["*"]], ["a", "a1", ["*"]], ["a", "a2", ["*"]], ["b", "b1", ["*"]]),
    ["b1", "x"],
    ["a2", "y"],
  );
  assert.equal(search(repository, "x"), { visited: ["targets", "a", "a1", "a2", "b", "b1"], result: "b1" });
  assert.equal(search(repository, "y"), { visited: ["targets", "a", "a1", "a2"], result: "a2" });
  assert.equal(search(repository, "z").result, "absent");
});

test("the first of two that have it wins, and a pattern that does not match is not followed", () => {
  const repository = publish(
    build(["targets", "a", ["x"]], ["targets", "b", ["*"]]),
    ["a", "x"],
    ["b", "x"],
    ["a", "y"],
  );
  assert.equal(search(repository, "x"), { visited: ["targets", "a"], result: "a" });
  assert.equal(search(repository, "y"), { visited: ["targets", "b"], result: "absent" });
});

test("after a terminating delegation no other role is searched, at any depth", () => {
  const repository = publish(
    build(["targets", "a", ["*"]], ["a", "end", ["x"], true], ["a", "after", ["*"]], ["targets", "b", ["*"]]),
    ["b", "x"],
    ["b", "y"],
  );
  assert.equal(search(repository, "x"), { visited: ["targets", "a", "end"], result: "absent" });
  assert.equal(search(repository, "y").result, "b");
});

test("a circle ends, and so does a long chain", () => {
  const circle = publish(build(["targets", "a", ["*"]], ["a", "b", ["*"]], ["b", "a", ["*"]]), ["b", "y"]);
  assert.equal(search(circle, "x"), { visited: ["targets", "a", "b"], result: "absent" });
  const chain = build(
    ...Array.from(
      { length: 40 },
      (_, index) => [index === 0 ? "targets" : `r${index - 1}`, `r${index}`, ["*"]] as const,
    ),
  );
  assert.is(search(publish(chain, ["r32", "x"], ["r31", "y"]), "x").visited.length, 33);
  assert.is(search(chain, "x").result, "absent");
  assert.is(search(chain, "y").result, "r31", "the 32nd delegation");
});

test("a role under two delegators is held to the keys of the one that leads to it", () => {
  const repository = build(["targets", "a", ["a/*"]], ["targets", "b", ["b/*"]], ["a", "shared", ["*/*"]]);
  repository.delegate("b", "shared", { paths: ["*/*"] }, { keys: [repository.key("another")] });
  publish(repository, ["shared", "a/x"]);
  const load = (set: TrustedSet, name: string, parent?: string) =>
    updateTargets(set, { name, parent }, repository.served(name), repository.now);
  const set = load(load(load(load(start(repository), "targets"), "a", "targets"), "b", "targets"), "shared", "a");
  assert.is(findTarget(set, "a/x").state, "found");
  throwsCode("bad-threshold", () => findTarget(set, "b/x"));
});

test("paths that leave their folder are not searched", () => {
  throwsCode("malformed", () => findTarget(start(makeTufRepository(content)), "../x"));
});

test.run();
