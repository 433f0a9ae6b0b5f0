import { generateKeyPairSync } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readArchiveKey } from "../../../core/archive/archive-statement.ts";
import { readSignedEnvelope, verifySignedStatement } from "../../../core/archive/verify-envelope.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { loadSigningKey } from "../../../proxy/archive/signing-key.ts";
import { throwsCode } from "../../support/assert.ts";
import { fastVerifier } from "../../lab/index.ts";

const test = suite("core/archive/verify-envelope");

function signer() {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = String(privateKey.export({ type: "pkcs8", format: "pem" }));
  const key = loadSigningKey(pem, { subject: "key", password: undefined, limits: defaultLimits });
  return { sign: key.sign, key: readArchiveKey(key.publicKey, defaultLimits) };
}
const [ours, theirs] = [signer(), signer()];
const payload = encodeUtf8('{"a":1}');
const read = (document: Uint8Array) => readSignedEnvelope(document, "a.tar", defaultLimits);

test("one of several accepted keys is enough, and is named", () => {
  const accepted = verifySignedStatement(read(ours.sign(payload)), [theirs.key, ours.key], fastVerifier, "a.tar");
  assert.equal(accepted.payload, payload);
  assert.is(accepted.key.fingerprint, ours.key.fingerprint);
});

test("another key, no key, and a payload that was changed", () => {
  const envelope = read(ours.sign(payload));
  const refused = (keys: readonly (typeof ours)["key"][], changed = envelope) =>
    throwsCode("archive-signature", () => verifySignedStatement(changed, keys, fastVerifier, "a.tar"));
  const { message } = refused([theirs.key]);
  assert.ok(message.includes(ours.key.fingerprint) && message.includes(theirs.key.fingerprint));
  refused([]);
  refused([ours.key], { ...envelope, payload: encodeUtf8('{"a":2}') });
});

test("what is no signed statement", () => {
  for (const text of ["", "{}", '{"payloadType":"a","payload":"YQ==","signatures":[{"sig":"YQ=="}]}'])
    throwsCode("archive-corrupt", () => read(encodeUtf8(text)));
});

test.run();
