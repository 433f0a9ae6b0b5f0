import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { readKey } from "../../../core/tuf/key.ts";
import { readRole, type Role, roleFingerprints, verifyThreshold } from "../../../core/tuf/role.ts";
import { parseTimestamp } from "../../../core/tuf/timestamp.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import type { LabKey } from "../../lab/keys.ts";
import { makeTufRepository, signMetadata, type TufSigner, tufKey, tufKeyId } from "../../lab/tuf-repository.ts";
import { throwsCode } from "../../support/assert.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/tuf/role");
const repository = makeTufRepository(encodeUtf8("{}"));
const [a, b, c] = ["a", "b", "c"].map((name) => repository.key(name)) as [LabKey, LabKey, LabKey];

const roleOf = (ids: readonly (readonly [string, LabKey])[], threshold: bigint): Role =>
  readRole(
    { keyids: ids.map(([id]) => id), threshold },
    new Map(ids.map(([id, key]) => [id, readKey(tufKey(key) as never, id, defaultLimits)])),
    "/role",
    defaultLimits,
  );
const named = (...keys: readonly LabKey[]) => keys.map((key) => [tufKeyId(key), key] as const);
const verify = (role: Role, signers: readonly TufSigner[]) =>
  verifyThreshold(
    parseTimestamp(signMetadata(repository.signed("timestamp"), signers), defaultLimits),
    role,
    nodeVerifier,
    "test",
  );

test("as many different keys as the threshold says", () => {
  const role = roleOf(named(a, b, c), 2n);
  for (const signers of [
    [a, b],
    [b, c],
    [a, b, c],
    [c, repository.key("stranger"), a],
  ])
    verify(role, signers);
  for (const signers of [[], [a], [a, repository.key("stranger")]])
    throwsCode("bad-threshold", () => verify(role, signers));
});

test("key ids are names: they need not be digests, and one key has one voice under any of them", () => {
  verify(
    roleOf(
      [
        ["first", a],
        ["second", b],
      ],
      2n,
    ),
    [
      ["first", a],
      ["second", b],
    ],
  );
  throwsCode("bad-threshold", () =>
    verify(
      roleOf(
        [
          ["first", a],
          ["second", a],
        ],
        2n,
      ),
      [
        ["first", a],
        ["second", a],
      ],
    ),
  );
  throwsCode("bad-threshold", () => verify(roleOf([["first", a]], 1n), [["second", a]]));
});

test("keys that cannot be read are said to be that, and what to do where too few are left", () => {
  const unreadable = { keytype: "ecdsa", scheme: "ecdsa-sha2-nistp256", keyval: { public: "no PEM" } };
  const unknown = { keytype: "sphincs", scheme: "sphincs-x", keyval: { public: "00" } };
  const keys = new Map([
    ["good", readKey(tufKey(a) as never, "", defaultLimits)],
    ["broken", readKey(unreadable as never, "", defaultLimits)],
    ["unknown", readKey(unknown as never, "", defaultLimits)],
  ]);
  const refused = (keyids: readonly string[], threshold: bigint) =>
    throwsCode("bad-threshold", () => verify(readRole({ keyids, threshold }, keys, "/role", defaultLimits), []));
  const both = refused(["good", "broken", "unknown"], 2n);
  assert.match(
    both.message,
    /^0 of 2 keys signed, by test; 2 of the role's 3 keys cannot be read: ecdsa with ecdsa-sha2/,
  );
  assert.match(both.message, /no PEM block, and 1 more$/);
  assert.is(both.remedy, "tuf-keys");
  const one = refused(["good", "unknown"], 1n);
  assert.match(one.message, /1 of the role's 2 keys cannot be read: sphincs with sphincs-x is not known here$/);
  assert.is(one.remedy, undefined, "the good one could have signed");
  assert.is(refused(["good"], 1n).message, "0 of 1 keys signed, by test");
});

test("a key that cannot be used takes nothing from the others", () => {
  const keys = new Map([
    ["good", readKey(tufKey(a) as never, "", defaultLimits)],
    ["odd", readKey({ keytype: "pqc", scheme: "x", keyval: { public: "" } }, "", defaultLimits)],
  ]);
  verify(readRole({ keyids: ["odd", "good"], threshold: 1n }, keys, "", defaultLimits), [
    ["good", a],
    ["odd", b],
  ]);
  throwsCode("bad-threshold", () =>
    verify(readRole({ keyids: ["odd", "good"], threshold: 2n }, keys, "", defaultLimits), [
      ["good", a],
      ["odd", b],
    ]),
  );
});

test("roles that cannot be are refused", () => {
  throwsCode("malformed", () => roleOf(named(a), 0n));
  throwsCode("malformed", () => roleOf(named(a, a), 1n));
  throwsCode("malformed", () => readRole({ keyids: ["nowhere"], threshold: 1n }, new Map(), "/role", defaultLimits));
  throwsCode("over-limit", () =>
    readRole(
      { keyids: Array.from({ length: 101 }, (_, index) => `k${index}`), threshold: 1n },
      new Map(),
      "/role",
      defaultLimits,
    ),
  );
});

test("rotation is seen in the keys, not in their names or order", () => {
  assert.is(
    roleFingerprints(
      roleOf(
        [
          ["x", a],
          ["y", b],
        ],
        1n,
      ),
    ),
    roleFingerprints(
      roleOf(
        [
          ["q", b],
          ["r", a],
        ],
        2n,
      ),
    ),
  );
  assert.is.not(roleFingerprints(roleOf(named(a), 1n)), roleFingerprints(roleOf(named(a, b), 1n)));
});

test.run();
