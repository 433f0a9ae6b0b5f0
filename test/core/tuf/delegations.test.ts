import { createHash } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readDelegations } from "../../../core/tuf/delegations.ts";
import { makeKey } from "../../lab/keys.ts";
import { Seed } from "../../lab/seed.ts";
import { tufKey } from "../../lab/tuf-repository.ts";
import { throwsCode } from "../../support/assert.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/tuf/delegations");
const keys = { k: tufKey(makeKey(new Seed("delegations"), "k")) };
const row = (name: string, more: object) => ({ name, keyids: ["k"], threshold: 1n, terminating: false, ...more });
const read = (more: object) => readDelegations({ keys, ...more } as never, "/d", defaultLimits);
const digestOf = (path: string): string => createHash("sha256").update(path).digest("hex");

test("roles in their order, by patterns or by prefixes of the path's digest", () => {
  const delegations = read({
    roles: [
      row("b", { paths: ["x/*"] }),
      row("a", { path_hash_prefixes: [digestOf("x/1").slice(0, 3)] }),
      row("c", { paths: ["y/*"], terminating: true }),
    ],
  });
  assert.equal(
    delegations.rolesFor("x/1").map(({ name }) => name),
    ["b", "a"],
  );
  assert.equal(
    delegations.rolesFor("y/1").map(({ name, terminating }) => [name, terminating]),
    [["c", true]],
  );
  assert.equal(delegations.rolesFor("z"), []);
  assert.is(delegations.find("a")?.role.threshold, 1n);
  assert.is(delegations.find("nobody"), undefined);
});

test("hash bins divide the paths by the first bits of their digests", () => {
  for (const bits of [1, 4, 5, 12, 32]) {
    const bins = read({
      succinct_roles: { keyids: ["k"], threshold: 1n, bit_length: BigInt(bits), name_prefix: "bin" },
    });
    const [role] = bins.rolesFor("some/path");
    const number = Number(BigInt(`0x${digestOf("some/path").slice(0, 8)}`) >> BigInt(32 - bits));
    assert.is(role?.name, `bin-${number.toString(16).padStart(Math.ceil(bits / 4), "0")}`);
    assert.is(bins.find(role?.name ?? "")?.name, role?.name);
    for (const name of ["bin-", "bin-zz", "bin-g", `bin-${"f".repeat(9)}`, "other-0", "bin--1"])
      assert.is(bins.find(name), undefined, `${bits} ${name}`);
  }
});

test("delegations that cannot be are refused", () => {
  for (const wrong of [
    {},
    { roles: [], succinct_roles: {} },
    { roles: [row("a", {})] },
    { roles: [row("a", { paths: [], path_hash_prefixes: [] })] },
    { roles: [row("a", { paths: ["*"] }), row("a", { paths: ["*"] })] },
    { roles: [row("", { paths: ["*"] })] },
    { roles: [row("snapshot", { paths: ["*"] })] },
    { roles: [row("a", { paths: "*" })] },
    { roles: [row("a", { paths: ["*"], terminating: 1n })] },
    { roles: [{ ...row("a", { paths: ["*"] }), threshold: 0n }] },
    { roles: [{ ...row("a", { paths: ["*"] }), keyids: ["x"] }] },
    { succinct_roles: { keyids: ["k"], threshold: 1n, bit_length: 33n, name_prefix: "bin" } },
    { succinct_roles: { keyids: ["k"], threshold: 1n, bit_length: 0n, name_prefix: "bin" } },
  ])
    throwsCode("malformed", () => read(wrong));
});

test.run();
