import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { acceptSource, encodeFloors, readFloors, verifySource } from "../../../core/tuf/verify-source.ts";
import { expiries, versionsOf } from "../../../core/tuf/trusted-set.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { tufFaults } from "../../lab/tuf-faults.ts";
import { makeTufRepository, type TufRepositoryOptions, type TufSource } from "../../lab/tuf-repository.ts";
import { throwsCode } from "../../support/assert.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/tuf/verify-source");
const target = encodeUtf8("{}");

function verify(source: TufSource, initialRoot: Uint8Array, at: Date | "later" = new Date("2026-11-02T00:00:00Z")) {
  return verifySource({
    source,
    initialRoot,
    target: "trusted_root.json",
    at,
    verifier: nodeVerifier,
    limits: defaultLimits,
  });
}

const forms: Readonly<Record<string, TufRepositoryOptions>> = {
  "P-256": {},
  "P-384": { keyType: "p384" },
  Ed25519: { keyType: "ed25519" },
  "RSA-PSS": { keyType: "rsa2048" },
  "without consistent snapshots": { consistentSnapshot: false },
};

for (const [name, options] of Object.entries(forms))
  test(`a repository: ${name}`, () => {
    const repository = makeTufRepository(target, options);
    const { set, initial, bytes } = verify(repository.source(), repository.rootHistory[0] as Uint8Array);
    assert.is(initial, 1n);
    assert.is(bytes, target);
    assert.equal(
      expiries(set).map(({ role }) => role),
      ["root", "timestamp", "snapshot", "targets"],
    );
    assert.equal(encodeFloors(versionsOf(set)), { root: "1", snapshot: "1", targets: "1", timestamp: "1" });
  });

for (const [name, { code, spoil }] of Object.entries(tufFaults))
  test(`refused: ${name}`, () => {
    const repository = makeTufRepository(target);
    const [initial] = repository.rootHistory as [Uint8Array];
    verify(repository.source(), initial);
    throwsCode(code, () => verify(spoil(repository), initial));
  });

test("expiry is left to a caller that asks for that; nothing else is", () => {
  for (const [name, { code, spoil }] of Object.entries(tufFaults)) {
    const repository = makeTufRepository(target);
    const [initial] = repository.rootHistory as [Uint8Array];
    const source = spoil(repository);
    if (code === "stale") assert.ok(verify(source, initial, "later"), name);
    else throwsCode(code, () => verify(source, initial, "later"));
  }
});

test("the chain is walked from whichever root is trusted", () => {
  const repository = makeTufRepository(target);
  for (let version = 2; version <= 5; version++) repository.publishRoot();
  for (const initial of repository.rootHistory) assert.is(verify(repository.source(), initial).set.root.version, 5n);
  const [first, , third] = repository.rootHistory as [Uint8Array, Uint8Array, Uint8Array];
  throwsCode("malformed", () => verify({ ...repository.source(), roots: [first, third] }, first));
  assert.is(verify({ ...repository.source(), roots: [] }, third).set.root.version, 3n, "no newer root is known");
});

test("every floor that is met is met", () => {
  const repository = makeTufRepository(target);
  const [initial] = repository.rootHistory as [Uint8Array];
  const floors = encodeFloors(versionsOf(verify(repository.source(), initial).set));
  assert.ok(verify({ ...repository.source(), floors }, initial));
  throwsCode("malformed", () => verify({ ...repository.source(), floors: { root: "one" } }, initial));
  assert.equal(encodeFloors(readFloors(floors)), floors);
});

test("what was carried here is measured by what this side has seen, and not by what it says was seen", () => {
  const repository = makeTufRepository(target);
  const [initialRoot] = repository.rootHistory as [Uint8Array];
  const accept = (source: TufSource, floors: TufSource["floors"]) =>
    acceptSource(
      { source, initialRoot, target: "trusted_root.json", verifier: nodeVerifier, limits: defaultLimits },
      floors,
    );
  const seen = { root: "1", snapshot: "1", targets: "1", timestamp: "1" };
  assert.equal(accept(repository.source(), undefined).floors, seen);
  assert.equal(accept({ ...repository.source(), floors: { timestamp: "99" } }, seen).floors, seen);
  throwsCode("rollback", () => accept({ ...repository.source(), floors: {} }, { ...seen, timestamp: "2" }));
  repository.setExpiry("timestamp", new Date(0));
  repository.publish();
  assert.is(accept(repository.source(), seen).floors?.timestamp, "2", "expiry is left to decisions");
  throwsCode("bad-threshold", () => accept(makeTufRepository(target, { seed: "other" }).source(), seen));
});

test("keys that are rotated take the floors of what they signed with them", () => {
  const repository = makeTufRepository(target);
  const [initial] = repository.rootHistory as [Uint8Array];
  repository.setVersion("timestamp", 1_000_000n);
  repository.publish();
  const floors = { root: "1", timestamp: "1000001", snapshot: "900", targets: "900", gone: "3" };
  throwsCode("rollback", () => verify({ ...repository.source(), floors }, initial));
  repository.setVersion("timestamp", 0n);
  repository.setKeys("timestamp", [repository.key("new timestamp")]);
  repository.publishRoot();
  repository.publish();
  assert.ok(verify({ ...repository.source(), floors }, initial));
  throwsCode("rollback", () => verify({ ...repository.source(), floors: { ...floors, root: "2" } }, initial));
});

test("a snapshot's key counts alike, those of root and targets do not", () => {
  for (const [role, recovers] of [
    ["snapshot", true],
    ["root", false],
    ["targets", false],
  ] as const) {
    const repository = makeTufRepository(target);
    const [initial] = repository.rootHistory as [Uint8Array];
    const before = repository.draft("root").signers;
    repository.setKeys(role, [repository.key(`new ${role}`)]);
    repository.publishRoot(before);
    repository.publish();
    const run = () => verify({ ...repository.source(), floors: { root: "1", timestamp: "9" } }, initial);
    if (recovers) assert.ok(run());
    else throwsCode("rollback", run);
  }
});

test("delegated roles are verified as the search comes to them", () => {
  const repository = makeTufRepository(target);
  const [initial] = repository.rootHistory as [Uint8Array];
  const files = repository.signed("targets").targets as Record<string, never>;
  repository.delegate("targets", "other", { paths: ["other/*"] });
  repository.delegate("targets", "roots", { paths: ["*.json"] });
  (repository.signed("roots").targets as Record<string, never>)["trusted_root.json"] = files[
    "trusted_root.json"
  ] as never;
  delete files["trusted_root.json"];
  repository.publish();
  const source = repository.source();
  assert.equal([...verify(source, initial).set.targets.keys()], ["targets", "roots"]);
  throwsCode("no-trust", () =>
    verify({ ...source, targets: source.targets.filter(({ role }) => role !== "roots") }, initial),
  );
  repository.publish({ signers: { roots: [repository.key("stranger")] } });
  throwsCode("bad-threshold", () => verify(repository.source(), initial));
});

test.run();
