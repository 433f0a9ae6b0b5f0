import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeUtf8, encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { trustInitialRoot } from "../../../core/tuf/update-root.ts";
import { listedBytes, snapshotBytes, updateSnapshot } from "../../../core/tuf/update-snapshot.ts";
import { roleOf, targetsBytes, topLevelTargets, updateTargets } from "../../../core/tuf/update-targets.ts";
import { updateTimestamp } from "../../../core/tuf/update-timestamp.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { makeTufRepository } from "../../lab/tuf-repository.ts";
import { throwsCode } from "../../support/assert.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/tuf/update-snapshot");
const repository = makeTufRepository(encodeUtf8("{}"));
const { now } = repository;
const root = trustInitialRoot(repository.served("root"), nodeVerifier, defaultLimits);
const timestamp = updateTimestamp(root, repository.served("timestamp"), now);
const snapshot = updateSnapshot(timestamp, repository.served("snapshot"), now);
/** The same metadata in other bytes. */
const spaced = (bytes: Uint8Array): Uint8Array => encodeUtf8(`${decodeUtf8(bytes)}\n`);

test("each step needs the one before", () => {
  throwsCode("no-trust", () => updateSnapshot(root, repository.served("snapshot"), now));
  throwsCode("no-trust", () => updateTargets(timestamp, topLevelTargets, repository.served("targets"), now));
  throwsCode("no-trust", () => roleOf(snapshot, { name: "x", parent: "targets" }));
  throwsCode("malformed", () =>
    updateTargets(snapshot, { name: "x", parent: undefined }, repository.served("targets"), now),
  );
});

test("a step that is taken again forgets what stood on it", () => {
  const full = updateTargets(snapshot, topLevelTargets, repository.served("targets"), now);
  assert.is(full.targets.size, 1);
  assert.is(updateSnapshot(full, repository.served("snapshot"), now).targets.size, 0);
  assert.is(updateTimestamp(full, repository.served("timestamp"), now).snapshot, undefined);
});

test("what was held before may have other bytes than are listed, but no other version", () => {
  throwsCode("malformed", () => updateSnapshot(timestamp, spaced(repository.served("snapshot")), now));
  assert.is(
    updateSnapshot(timestamp, spaced(repository.served("snapshot")), now, { isHeld: true }).snapshot?.version,
    1n,
  );
  throwsCode("malformed", () => updateTargets(snapshot, topLevelTargets, spaced(repository.served("targets")), now));
  const later = makeTufRepository(encodeUtf8("{}"));
  later.publish({ hashes: false });
  const set = updateTimestamp(root, later.served("timestamp"), now);
  throwsCode("rollback", () => updateSnapshot(set, repository.served("snapshot"), now, { isHeld: true }));
});

test("no more is read than is listed, and never more than the bound", () => {
  assert.is(snapshotBytes(timestamp), repository.served("snapshot").length);
  assert.is(targetsBytes(snapshot, "targets"), repository.served("targets").length);
  assert.is(listedBytes({ version: 1n, length: 2n ** 62n, hashes: undefined }, 10), 10);
  assert.is(listedBytes({ version: 1n, length: undefined, hashes: undefined }, 10), 10);
});

test.run();
