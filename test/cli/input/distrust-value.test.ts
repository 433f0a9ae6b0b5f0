/** What names a key or certificate on the command line of `mirror distrust`. */
import { X509Certificate } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { distrustNote, readDistrustValue } from "../../../cli/input/distrust-value.ts";
import { digestOf } from "../../../core/crypto/digest.ts";
import { parsePublicKeysPem } from "../../../core/crypto/public-key.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { throwsCode } from "../../support/assert.ts";
import { fixtureText } from "../../support/fixture-images.ts";
import { testIO } from "../command-io.ts";

const test = suite("cli/input/distrust-value");
const hex = "a".repeat(64);
const pem = fixtureText("trust/release.pub");
const leaf = fixtureText("trust/leaf.pem");
const fingerprint = parsePublicKeysPem(pem, defaultLimits)[0]?.fingerprint ?? "";
const files = { "cosign.pub": pem, "leaf.pem": leaf, "two.pem": `${leaf}\n${leaf}`, junk: "x", [hex]: pem };
const read = (kind: string, text: string) => readDistrustValue(kind, text, testIO({ files }).io);

test("a PEM file stands for its fingerprint, by the kind that is asked for", () => {
  const own = new X509Certificate(leaf).fingerprint256.replaceAll(":", "").toLowerCase();
  assert.is(read("key", "cosign.pub"), fingerprint);
  assert.is(read("certificate", "leaf.pem"), own);
  assert.is(read("timestamp-authority", "leaf.pem"), own);
  for (const kind of ["identity", "digest", "log"]) assert.is(read(kind, "cosign.pub"), "cosign.pub");
  for (const value of [hex, `sha256:${hex}`, "no-file"]) assert.is(read("key", value), value);
});

test("a file of something else, or of several, is wrong usage", () => {
  for (const [kind, name] of [
    ["key", "leaf.pem"],
    ["key", "junk"],
    ["certificate", "cosign.pub"],
    ["certificate", "two.pem"],
    ["certificate", "junk"],
  ] as const)
    throwsCode("invalid-usage", () => read(kind, name));
});

test("the hash of a pinned file is told from its key, and an unknown key is named", () => {
  const bytes = encodeUtf8(pem);
  const pin = { kind: "key", name: "k8s://ns/key", digest: digestOf(bytes), bytes, at: "", from: "" } as const;
  const note = (kind: "key" | "certificate" | "digest", value: string, pins = [pin]) =>
    distrustNote({ kind, value }, pins, defaultLimits);
  const ofFile = pin.digest.slice("sha256:".length);
  for (const kind of ["key", "certificate"] as const) assert.match(note(kind, ofFile) ?? "", fingerprint);
  assert.is(note("key", fingerprint), undefined);
  assert.match(note("certificate", fingerprint) ?? "", "distrust add key");
  assert.match(note("key", hex) ?? "", hex);
  assert.is(note("certificate", hex), undefined, "certificates of signers are not pinned");
  assert.is(note("key", hex, []), undefined);
  assert.is(note("digest", pin.digest), undefined);
});

test.run();
