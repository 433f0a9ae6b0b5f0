/**
 * Attacks on TUF metadata: who signed, in which version, how old. Beside the metadata itself, a decision that would
 * trust it.
 */
import * as assert from "uvu/assert";
import { encodeCanonicalJson } from "../../core/encoding/canonical-json.ts";
import { encodeHex } from "../../core/encoding/hex.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { type Draft, jsonOf, tufKey, tufKeyId } from "../lab/tuf-repository.ts";
import { attackSuite } from "./attack.ts";
import { codeOf, day, decision, fault, initialOf, made, object, refused, roleOf, signed } from "./tuf-trust.ts";
import { lab } from "./refuses.ts";

const { attack, run } = attackSuite("tuf");

attack(87, "a threshold of zero, in the root and in a delegation", () => {
  assert.is(decision(made().source(), initialOf(made())), "allowed");
  fault("threshold of zero", "threshold of zero in a delegation");
});

attack(87, "every role's threshold: zero, negative, missing, a text, a list", () => {
  for (const role of ["root", "targets", "snapshot", "timestamp"])
    for (const threshold of [0n, -1n, "1", [1n], null, undefined])
      refused("malformed", (repository) => {
        if (threshold === undefined) delete roleOf(repository, role).threshold;
        else roleOf(repository, role).threshold = threshold as Draft;
        repository.publishRoot();
        return undefined;
      });
});

attack(88, "one key twice: under two ids, in a role's list, by two signatures", () => {
  fault("one key under two ids", "two signatures of one key id", "a key id twice in a role");
});

attack(88, "one key under a second id with its text laid out otherwise", () => {
  refused("bad-threshold", (repository) => {
    const key = repository.key("targets-1");
    const [own] = roleOf(repository, "targets").keyids as string[];
    const spaced = tufKey(key);
    object(spaced.keyval).public = `\n${key.pem}\n\n`;
    object(repository.signed("root").keys)["second-id"] = spaced;
    roleOf(repository, "targets").keyids = [own as string, "second-id"];
    repository.publishRoot();
    repository.publish({ signers: { targets: [key, ["second-id", key]] } });
    return undefined;
  });
});

attack(88, "one id with two keys, as a repeated member", () => {
  refused("malformed", (repository) => {
    const text = new TextDecoder().decode(repository.publishRoot());
    const [id] = roleOf(repository, "targets").keyids as string[];
    const doubled = encodeUtf8(
      text.replace('"keys":{', `"keys":{"${id}":${jsonOf(tufKey(repository.key("stranger")))},`),
    );
    return { ...repository.source(), roots: [initialOf(repository), doubled] };
  });
});

attack(88, "a delegation whose threshold one key meets by two ids", () => {
  refused("bad-threshold", (repository) => {
    const key = repository.key("delegated");
    delete object(repository.signed("targets").targets)["trusted_root.json"];
    repository.delegate(
      "targets",
      "delegated",
      { paths: ["*"] },
      { keys: [key, repository.key("other")], threshold: 2 },
    );
    const delegations = object(repository.signed("targets").delegations);
    object(delegations.keys).again = tufKey(key);
    object((delegations.roles as Draft[])[0]).keyids = [tufKeyId(key), "again"];
    repository.addTarget("trusted_root.json", signed.trustedRoot, "delegated");
    repository.publish({ signers: { delegated: [key, ["again", key]] } });
    return undefined;
  });
});

attack(89, "older metadata of each role than was seen, all validly signed", () => {
  fault(
    "an older root",
    "an older timestamp",
    "an older snapshot",
    "older targets",
    "a role that is listed no more",
    "a snapshot older than listed",
  );
});

attack(89, "a whole older state of the repository after a newer one was seen", () => {
  const repository = made();
  const before = repository.source();
  repository.publish();
  const after = repository.source();
  assert.is(
    codeOf({ ...after, floors: { timestamp: "2", snapshot: "2", targets: "2" } }, initialOf(repository)),
    "verified",
  );
  for (const role of ["timestamp", "snapshot", "targets"]) {
    assert.is(codeOf({ ...before, floors: { [role]: "2" } }, initialOf(repository)), "rollback");
    assert.is(decision({ ...before, floors: { [role]: "2" } }, initialOf(repository)), "no-trust");
  }
});

attack(91, "a root whose version is not the next one", () => {
  fault("a root that skips a version");
  for (const version of [3n, 2n ** 64n])
    refused("malformed", (repository) => {
      repository.setVersion("root", version - 1n);
      repository.publishRoot();
      return undefined;
    });
  // One of a version that is passed already is of no use, and does no harm.
  const repository = made();
  repository.publishRoot();
  const [first, second] = repository.rootHistory as [Uint8Array, Uint8Array];
  assert.is(codeOf({ ...repository.source(), roots: [first, second, first] }, first), "verified");
});

attack(91, "the next root by its own keys alone, or by the old ones alone", () => {
  fault("a root without the old keys", "a root without its own keys");
});

attack(92, "old metadata, validly signed, is served again and again", () => {
  fault("an expired root", "an expired timestamp", "an expired snapshot", "expired targets");
  const repository = made();
  const expiry = lab.now.getTime() + 364 * day;
  assert.is(codeOf(repository.source(), initialOf(repository), new Date(expiry - 1)), "verified");
  assert.is(codeOf(repository.source(), initialOf(repository), new Date(expiry)), "stale");
});

attack(92, "freshness by mode: enforced, within a budget, pinned", () => {
  const repository = made();
  const [source, initial] = [repository.source(), initialOf(repository)];
  const expiry = new Date(lab.now.getTime() - day + 365 * day);
  const at = (days: number): Date => new Date(expiry.getTime() + days * day);
  assert.is(decision(source, initial, { mode: "enforce" }, at(-1)), "allowed");
  assert.is(decision(source, initial, { mode: "enforce" }, at(0)), "stale");
  assert.is(decision(source, initial, {}, at(89)), "allowed");
  assert.is(decision(source, initial, {}, at(91)), "stale");
  assert.is(decision(source, initial, { maxTrustAge: { warn: day, deny: 2 * day } }, at(3)), "stale");
  assert.is(decision(source, initial, { mode: "pin" }, at(1000)), "no-trust");
  assert.is(
    decision(source, initial, { mode: "pin", pins: { lab: `sha256:${"0".repeat(64)}` } }, at(1000)),
    "no-trust",
  );
});

attack(93, "signatures over another canonical form, in which a line feed of a key's text is escaped", () => {
  refused("bad-threshold", (repository) => {
    repository.publishRoot();
    const { signed: root, signers } = repository.draft("root");
    const message = encodeUtf8(encodeCanonicalJson(JSON.parse(jsonOf(root))));
    const signatures = signers.map((key) => ({ keyid: tufKeyId(key), sig: encodeHex(key.sign(message)) }));
    return { ...repository.source(), roots: [initialOf(repository), encodeUtf8(jsonOf({ signatures, signed: root }))] };
  });
});

attack(93, "must be accepted: key ids that are no digest of their keys", () => {
  const repository = made();
  const key = repository.key("timestamp");
  object(repository.signed("root").keys)["the timestamp's key"] = tufKey(key);
  roleOf(repository, "timestamp").keyids = ["the timestamp's key"];
  repository.publishRoot();
  repository.publish({ signers: { timestamp: [["the timestamp's key", key]] } });
  assert.is(codeOf(repository.source(), initialOf(repository)), "verified");
  assert.is(decision(repository.source(), initialOf(repository)), "allowed");
});

attack(94, "versions that a double cannot tell apart, and the last ones that it can", () => {
  fault("a version that doubles cannot tell from the one before");
  for (const version of [2n ** 53n + 1n, 2n ** 63n, 10n ** 19n]) {
    const repository = made();
    repository.setVersion("timestamp", version - 1n);
    repository.publish();
    const source = repository.source();
    assert.is(codeOf({ ...source, floors: { timestamp: version.toString() } }, initialOf(repository)), "verified");
    assert.is(
      codeOf({ ...source, floors: { timestamp: (version + 1n).toString() } }, initialOf(repository)),
      "rollback",
    );
  }
});

attack(94, "versions written as fractions, exponents, texts, or with more digits than any has", () => {
  for (const [written, code] of [
    ["1.0", "malformed"],
    ["1e0", "malformed"],
    ['"1"', "malformed"],
    ["-1", "malformed"],
    ["0", "malformed"],
    ["9".repeat(21), "over-limit"],
  ] as const)
    refused(code, (repository) => {
      const served = new TextDecoder().decode(repository.served("timestamp"));
      return { ...repository.source(), timestamp: encodeUtf8(served.replace('"version":1,', `"version":${written},`)) };
    });
});

attack(94, "after a fast-forward with a stolen key, the rotation of that key lets lower versions in again", () => {
  const repository = made();
  const floors = { timestamp: (2n ** 63n).toString(), root: "1" };
  repository.publish();
  assert.is(codeOf({ ...repository.source(), floors }, initialOf(repository)), "rollback");
  repository.publishRoot();
  assert.is(codeOf({ ...repository.source(), floors }, initialOf(repository)), "rollback");
  repository.setKeys("timestamp", [repository.key("timestamp again")]);
  repository.publishRoot();
  repository.publish();
  assert.is(codeOf({ ...repository.source(), floors }, initialOf(repository)), "verified");
  // Once that root was seen, its rotation is no news.
  assert.is(codeOf({ ...repository.source(), floors: { ...floors, root: "3" } }, initialOf(repository)), "rollback");
});

run();
