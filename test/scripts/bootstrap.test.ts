import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isNodeAccepted, staleReason } from "../../scripts/bootstrap.mjs";
import { tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/bootstrap");
const lock = (packages: object) => JSON.stringify({ packages });

test("accepts the wanted Node and later ones", () => {
  assert.is(isNodeAccepted(">=20.19.0", "v20.19.0"), true);
  assert.is(isNodeAccepted(">=20.19.0", "v22.1.0"), true);
  assert.is(isNodeAccepted(">=20.19.0", "v20.18.9"), false);
  assert.is(isNodeAccepted(">=20.19.0", "v18.20.0"), false);
});

test("packages of another version, or none at all, are stale", () => {
  const wanted = lock({
    "": {},
    "node_modules/a": { version: "1.0.0" },
    "node_modules/b": { version: "1.0.0", optional: true },
  });
  const root = (installed?: object) =>
    tempFolder({
      "package-lock.json": wanted,
      ...(installed === undefined ? {} : { "node_modules/.package-lock.json": lock(installed) }),
    });
  assert.match(staleReason(root()) ?? "", "not installed");
  assert.match(staleReason(root({})) ?? "", "node_modules/a");
  assert.match(staleReason(root({ "node_modules/a": { version: "1.0.1" } })) ?? "", "1.0.1");
  assert.is(staleReason(root({ "node_modules/a": { version: "1.0.0" } })), undefined);
});

test.run();
