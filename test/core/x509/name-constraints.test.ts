/** Name constraints, name by name. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeElement } from "../../../core/asn1/encode.ts";
import { contextPrimitive, Tag } from "../../../core/asn1/tag.ts";
import { parseGeneralNames } from "../../../core/x509/general-name.ts";
import { checkNameConstraints, parseNameConstraints } from "../../../core/x509/name-constraints.ts";
import { throwsCode } from "../../support/assert.ts";
import { encodeGeneralName, type GeneralNameSpec, nameConstraints } from "../../lab/extensions.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/x509/name-constraints");

type Sets = { readonly permitted?: readonly GeneralNameSpec[]; readonly excluded?: readonly GeneralNameSpec[] };
const check = ({ permitted = [], excluded = [] }: Sets, ...names: GeneralNameSpec[]): void =>
  checkNameConstraints(
    parseNameConstraints(nameConstraints({ permitted: permitted, excluded: excluded }).value, defaultLimits),
    true,
    parseGeneralNames(encodeElement(Tag.sequence, ...names.map(encodeGeneralName)), "names", defaultLimits),
    { comparisons: 1000 },
  );
const ip = (...bytes: number[]): GeneralNameSpec => ({ ip: Uint8Array.from(bytes) });
const network = ip;

const dns = (text: string): GeneralNameSpec => ({ dns: text });
const email = (text: string): GeneralNameSpec => ({ email: text });
const uri = (text: string): GeneralNameSpec => ({ uri: text });

type Row = readonly [string, Sets, GeneralNameSpec];

const passes: readonly Row[] = [
  ["a domain itself", { permitted: [dns("example.com")] }, dns("example.com")],
  ["in other letters", { permitted: [dns("Example.com")] }, dns("a.eXample.COM")],
  ["any domain", { permitted: [dns("")] }, dns("a.b")],
  ["below a leading dot", { permitted: [dns(".example.com")] }, dns("a.example.com")],
  ["one of two", { permitted: [dns("a.com"), dns("b.com")] }, dns("x.b.com")],
  ["a domain that only ends alike", { excluded: [dns("example.com")] }, dns("badexample.com")],
  ["a host's mailbox", { permitted: [email("example.com")] }, email("a@EXAMPLE.com")],
  ["a mailbox", { permitted: [email("a@example.com")] }, email("a@example.com")],
  ["mailboxes below a domain", { permitted: [email(".example.com")] }, email("a@b.example.com")],
  ["another mailbox than the excluded", { excluded: [email("a@example.com")] }, email("b@example.com")],
  ["a URI's host", { permitted: [uri("example.com")] }, uri("https://example.com/x")],
  ["hosts below a domain", { permitted: [uri(".example.com")] }, uri("https://a.example.com:8080/x")],
  ["an address in a network", { permitted: [network(10, 0, 0, 0, 255, 0, 0, 0)] }, ip(10, 1, 2, 3)],
  ["an address outside the excluded network", { excluded: [network(10, 0, 0, 0, 255, 0, 0, 0)] }, ip(11, 1, 2, 3)],
  ["a name of another form", { permitted: [dns("example.com")] }, email("a@b.c")],
];
for (const [what, sets, name] of passes) test(`passes: ${what}`, () => check(sets, name));

const refused: readonly Row[] = [
  ["a domain that only ends alike", { permitted: [dns("example.com")] }, dns("badexample.com")],
  ["the domain of a leading dot", { permitted: [dns(".example.com")] }, dns("example.com")],
  ["an excluded domain's child", { excluded: [dns("example.com")] }, dns("a.b.example.com")],
  [
    "permitted, then excluded",
    { permitted: [dns("example.com")], excluded: [dns("b.example.com")] },
    dns("b.example.com"),
  ],
  ["a wildcard over an excluded domain", { excluded: [dns("a.example.com")] }, dns("*.example.com")],
  ["any domain excluded", { excluded: [dns("")] }, dns("a.b")],
  ["a name that is no domain", { permitted: [dns("example.com")] }, dns("example.com.")],
  ["a mailbox below a host (RFC 5280; Go passes it)", { permitted: [email("example.com")] }, email("a@b.example.com")],
  [
    "a mailbox below an excluded host (Go; RFC 5280 passes it)",
    { excluded: [email("example.com")] },
    email("a@b.example.com"),
  ],
  ["a mailbox in other letters", { permitted: [email("a@example.com")] }, email("A@example.com")],
  ["a quoted mailbox", { permitted: [email("example.com")] }, email('"a@example.com"@example.com')],
  [
    "the second of two mailbox constraints on one host",
    { excluded: [email("a@example.com"), email("b@example.com")] },
    email("a@example.com"),
  ],
  ["a URI without host", { permitted: [uri("example.com")] }, uri("mailto:x")],
  [
    "a URI with an address under a constraint of another form",
    { permitted: [dns("example.com")] },
    uri("https://10.0.0.1/"),
  ],
  ["a URI with an address", { permitted: [uri("example.com")] }, uri("https://10.0.0.1/")],
  [
    "a URI whose host only looks right",
    { permitted: [uri("example.com")] },
    uri("https://evil.org/?https://example.com"),
  ],
  ["a URI whose user looks right", { permitted: [uri("example.com")] }, uri("https://example.com@evil.org/")],
  ["an address outside", { permitted: [network(10, 0, 0, 0, 255, 0, 0, 0)] }, ip(11, 1, 2, 3)],
  [
    "an address of the other family",
    { permitted: [network(10, 0, 0, 0, 255, 0, 0, 0)] },
    ip(...new Array<number>(16).fill(0)),
  ],
  ["an excluded address", { excluded: [network(10, 0, 0, 0, 255, 0, 0, 0)] }, ip(10, 1, 2, 3)],
];
for (const [what, sets, name] of refused)
  test(`refused: ${what}`, () => void throwsCode("untrusted-certificate", () => check(sets, name)));

const malformed: Readonly<Record<string, GeneralNameSpec>> = {
  "mask with gaps": network(10, 0, 0, 0, 255, 0, 255, 0),
  "network of one address": network(10, 0, 0, 0),
  "domain with an empty label": dns("a..b"),
  "constraint beyond ASCII": dns("ä.de"),
  "mailbox with two at signs": email("a@b@c"),
};
for (const [what, base] of Object.entries(malformed))
  test(`malformed: ${what}`, () =>
    void throwsCode("malformed", () =>
      parseNameConstraints(nameConstraints({ permitted: [base], excluded: [] }).value, defaultLimits),
    ));

test("malformed: minimum and maximum", () => {
  const subtree = encodeElement(
    Tag.sequence,
    encodeGeneralName(dns("a.b")),
    encodeElement(contextPrimitive(0), Uint8Array.of(1)),
  );
  throwsCode("malformed", () =>
    parseNameConstraints(encodeElement(Tag.sequence, encodeElement(0xa0, subtree)), defaultLimits),
  );
  throwsCode("malformed", () => parseNameConstraints(encodeElement(Tag.sequence, encodeElement(0xa0)), defaultLimits));
});

test("the budget is spent across calls", () => {
  const constraints = parseNameConstraints(
    nameConstraints({ permitted: [dns("a.b")], excluded: [] }).value,
    defaultLimits,
  );
  const budget = { comparisons: 1 };
  checkNameConstraints(constraints, true, [{ kind: "dns", value: "x.a.b" }], budget);
  assert.is(budget.comparisons, 0);
  throwsCode("over-limit", () => checkNameConstraints(constraints, true, [{ kind: "dns", value: "x.a.b" }], budget));
});

test.run();
