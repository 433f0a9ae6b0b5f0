import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isAuthorityCertificate, toTimestampAuthority } from "../../../core/timestamp/timestamp-authority.ts";
import { parseTrustedRoot } from "../../../core/trust/trusted-root.ts";
import { throwsCode } from "../../support/assert.ts";
import { fixtureBytes } from "../../support/fixture-images.ts";

const test = suite("core/timestamp/timestamp-authority");
const [authority] = parseTrustedRoot(fixtureBytes("trust/trusted-root.json")).timestampAuthorities;
if (authority?.leaf === undefined) throw new Error("the fixture's authority has a leaf");
const { leaf, anchors, intermediates } = authority;

test("leaf first, root last, the rest between", () => {
  const chain = [leaf, ...intermediates, ...anchors];
  const made = toTimestampAuthority(chain, "uri", {});
  assert.equal([made.leaf, made.anchors, made.intermediates], [leaf, anchors, intermediates]);
});

test("a chain that begins with a CA has no leaf; a single leaf leaves no anchor", () => {
  assert.not("leaf" in toTimestampAuthority(anchors, "uri", {}));
  assert.equal(toTimestampAuthority([leaf], "uri", {}).anchors, []);
  throwsCode("malformed", () => toTimestampAuthority([], "uri", {}));
});

test("a CA says so itself", () => {
  assert.not(isAuthorityCertificate(leaf));
  assert.ok(anchors.every(isAuthorityCertificate));
});

test.run();
