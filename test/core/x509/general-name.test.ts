/** Each form of general name. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeElement } from "../../../core/asn1/encode.ts";
import { encodeOid } from "../../../core/asn1/oid.ts";
import { contextConstructed, contextPrimitive, Tag } from "../../../core/asn1/tag.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { parseGeneralNames } from "../../../core/x509/general-name.ts";
import { throwsCode } from "../../support/assert.ts";
import { commonName } from "../../lab/certificate.ts";
import { encodeGeneralName, type GeneralNameSpec } from "../../lab/extensions.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/x509/general-name");
const parse = (...names: readonly (GeneralNameSpec | Uint8Array)[]) =>
  parseGeneralNames(
    encodeElement(Tag.sequence, ...names.map((name) => (name instanceof Uint8Array ? name : encodeGeneralName(name)))),
    "names",
    defaultLimits,
  );

test("forms", () => {
  const value = encodeElement(Tag.utf8String, encodeUtf8("x"));
  assert.equal(
    parse(
      { email: "a@b" },
      { dns: "b.c" },
      { uri: "https://d/e" },
      { ip: Uint8Array.of(127, 0, 0, 1) },
      { directory: "f" },
      { id: "1.2.3", otherName: value },
      encodeElement(contextPrimitive(8), encodeOid("1.2.3")),
      encodeElement(contextConstructed(3)),
      encodeElement(contextConstructed(5)),
    ),
    [
      { kind: "email", value: "a@b" },
      { kind: "dns", value: "b.c" },
      { kind: "uri", value: "https://d/e" },
      { kind: "ip", value: "127.0.0.1", bytes: Uint8Array.of(127, 0, 0, 1) },
      { kind: "directory", name: commonName("f") },
      { kind: "other", typeId: "1.2.3", value },
      { kind: "registered-id", value: "1.2.3" },
      { kind: "unread", form: "x400" },
      { kind: "unread", form: "edi" },
    ],
  );
});

const wrong: Readonly<Record<string, GeneralNameSpec | Uint8Array>> = {
  "mailbox beyond ASCII": encodeElement(contextPrimitive(1), encodeUtf8("ä@b")),
  "line feed in a mailbox": { email: "a@b\nc@d" },
  "zero byte in a domain": { dns: "a\u0000.b" },
  "URI with a wrong host": { uri: "https://a..b/" },
  "address of five bytes": { ip: Uint8Array.of(1, 2, 3, 4, 5) },
  "constructed mailbox": encodeElement(contextConstructed(1), encodeElement(Tag.ia5String)),
  "unknown form": encodeElement(contextPrimitive(9)),
  "user name without explicit wrapper": encodeElement(
    contextConstructed(0),
    encodeElement(Tag.oid, encodeOid("1.2.3")),
    encodeElement(Tag.utf8String),
  ),
  "user name with two values": encodeElement(
    contextConstructed(0),
    encodeElement(Tag.oid, encodeOid("1.2.3")),
    encodeElement(contextConstructed(0), encodeElement(Tag.null), encodeElement(Tag.null)),
  ),
  "implicit directory name": encodeElement(contextConstructed(4), encodeElement(Tag.set)),
};
for (const [what, name] of Object.entries(wrong))
  test(`refused: ${what}`, () => void throwsCode("malformed", () => parse(name)));
test("refused: none", () => void throwsCode("malformed", () => parse()));

test.run();
