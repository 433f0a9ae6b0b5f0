import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bytesWithoutSecrets, secretsOf, withoutSecrets } from "../../../proxy/upstream/hide-secrets.ts";

const test = suite("proxy/upstream/hide-secrets");
const base64 = (text: string): string => Buffer.from(text).toString("base64");

test("what a request holds: its authorization, headers of its origin, fields of its form", () => {
  assert.equal(secretsOf({}), []);
  assert.equal(secretsOf({ authorization: "Bearer abcdef" }), ["abcdef"]);
  const pair = "bot:pass:word";
  assert.equal(secretsOf({ authorization: `Basic ${base64(pair)}` }), [base64(pair), pair, "pass:word"]);
  assert.equal(secretsOf({ originHeaders: { "x-vault-token": "hvs.abcdef", short: "abc" } }), ["hvs.abcdef"]);
  const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: "r e/f", service: "registry" });
  assert.equal(secretsOf({ body: body.toString() }), ["r e/f"]);
  assert.equal(secretsOf({ body: '{"hash":"abcdef"}' }), []);
});

test("they are taken out as they are, as in an address, and as in JSON", () => {
  const secret = 'a"b/c d';
  for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]) {
    assert.is(withoutSecrets(`before ${form} after`, [secret]), "before … after");
    const bytes = bytesWithoutSecrets(Buffer.from(`before ${form} after`), [secret]);
    assert.is(Buffer.from(bytes).toString(), "before ... after");
  }
  assert.is(Buffer.from(bytesWithoutSecrets(Buffer.from("pässwörd ü"), ["pässwörd"])).toString(), "... ü");
  assert.is(withoutSecrets("abcd abc", secretsOf({ originHeaders: { a: "abc", b: "abcd" } })), "… abc");
});

test.run();
