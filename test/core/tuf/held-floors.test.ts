import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { withHeldFloors } from "../../../core/tuf/held-floors.ts";
import { trustInitialRoot } from "../../../core/tuf/update-root.ts";
import { encodeFloors } from "../../../core/tuf/verify-source.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { makeTufRepository } from "../../lab/tuf-repository.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/tuf/held-floors");
const repository = makeTufRepository(encodeUtf8("{}"));
repository.delegate("targets", "role", { paths: ["*"] });
repository.publish();
const root = trustInitialRoot(repository.served("root"), nodeVerifier, defaultLimits, new Map([["snapshot", 9n]]));
const [timestamp, snapshot] = [repository.served("timestamp"), repository.served("snapshot")];

test("what is held says what was seen, and lowers nothing", () => {
  assert.equal(encodeFloors(withHeldFloors(root, {}).floors), { root: "1", snapshot: "9" });
  assert.equal(encodeFloors(withHeldFloors(root, { timestamp }).floors), { root: "1", snapshot: "9", timestamp: "2" });
  assert.equal(encodeFloors(withHeldFloors(root, { timestamp, snapshot }).floors), {
    role: "2",
    root: "1",
    snapshot: "9",
    targets: "2",
    timestamp: "2",
  });
});

test("what was not signed says nothing", () => {
  const other = makeTufRepository(encodeUtf8("{}"), { seed: "other" });
  for (const wrong of [other.served("timestamp"), encodeUtf8("{}"), snapshot])
    assert.equal(encodeFloors(withHeldFloors(root, { timestamp: wrong, snapshot: other.served("snapshot") }).floors), {
      root: "1",
      snapshot: "9",
    });
});

test.run();
