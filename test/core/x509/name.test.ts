/** Distinguished names as text for people. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeElement } from "../../../core/asn1/encode.ts";
import { Tag } from "../../../core/asn1/tag.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { isEmptyName, parseName, toNameText } from "../../../core/x509/name.ts";
import { throwsCode } from "../../support/assert.ts";
import { commonName } from "../../lab/certificate.ts";
import { oid } from "../../lab/der.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/x509/name");
const sequence = (...parts: Uint8Array[]): Uint8Array => encodeElement(Tag.sequence, ...parts);
const attribute = (type: string, text: string, tag: number = Tag.utf8String): Uint8Array =>
  sequence(oid(type), encodeElement(tag, encodeUtf8(text)));
const name = (...sets: Uint8Array[][]): Uint8Array => sequence(...sets.map((set) => encodeElement(Tag.set, ...set)));

test("the last relative name first, several attributes joined", () => {
  assert.is(
    toNameText(
      name(
        [attribute("2.5.4.6", "DE", Tag.printableString)],
        [attribute("2.5.4.10", "Org"), attribute("2.5.4.11", "Unit")],
        [attribute("2.5.4.3", "me")],
      ),
      defaultLimits,
    ),
    "CN=me,O=Org+OU=Unit,C=DE",
  );
  assert.is(toNameText(name([attribute("1.2.3.4", "x")]), defaultLimits), "1.2.3.4=x");
});

test("what has a meaning in the text is escaped", () => {
  assert.is(toNameText(commonName('a,b+c"\\<>;'), defaultLimits), 'CN=a\\,b\\+c\\"\\\\\\<\\>\\;');
  assert.is(toNameText(commonName(" #x "), defaultLimits), "CN=\\ #x\\ ");
  assert.is(toNameText(commonName("#x"), defaultLimits), "CN=\\#x");
  assert.is(toNameText(commonName("a\nCN=b"), defaultLimits), "CN=a\\0aCN=b");
});

test("values that are no text", () => {
  throwsCode("malformed", () =>
    toNameText(name([sequence(oid("2.5.4.3"), encodeElement(Tag.octetString, Uint8Array.of(1)))]), defaultLimits),
  );
});

test("empty", () => {
  assert.ok(isEmptyName(commonName("")));
  assert.not.ok(isEmptyName(commonName("x")));
  assert.is(toNameText(commonName(""), defaultLimits), "");
  assert.equal(parseName(commonName(""), defaultLimits), []);
});

test("malformed", () => {
  for (const wrong of [
    encodeElement(Tag.set),
    name([]),
    sequence(sequence(oid("2.5.4.3"))),
    name([sequence(oid("2.5.4.3"))]),
    name([sequence(oid("2.5.4.3"), encodeElement(Tag.null), encodeElement(Tag.null))]),
  ])
    throwsCode("malformed", () => parseName(wrong, defaultLimits));
});

test.run();
