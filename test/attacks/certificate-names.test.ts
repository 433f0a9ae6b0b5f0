/**
 * Names in certificates: several, foreign, hidden, beyond an authority's constraints. Source:
 * docs/spec/sigstore.md#certificate-paths, #names-in-a-certificate, #matching-an-identity, #fulcio-extensions,
 * docs/attacks.md; docs/spec/kyverno.md#identities.
 */
import * as assert from "uvu/assert";
import { encodeElement } from "../../core/asn1/encode.ts";
import { Tag } from "../../core/asn1/tag.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { constructed, ia5, integer, oid, primitive, sequence, utf8 } from "../lab/der.ts";
import {
  extensionId,
  type GeneralNameSpec,
  type Identity,
  type Json,
  labIdentity,
  nameConstraints,
  type Recipe,
  sign,
  subjectAlternativeName,
  verdict,
  withExtension,
} from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { authorityWith, trusting } from "./authorities.ts";
import { accepts, decided, lab } from "./refuses.ts";

const { attack, run } = attackSuite("certificate-names");

const layouts: readonly Recipe[] = [{ layout: "tag" }, {}];
const { extensions } = labIdentity;

/** What comes of a certificate with these names (none: no such extension) where `keyless` is asked for. */
function named(
  recipe: Recipe,
  names: readonly GeneralNameSpec[],
  keyless: Readonly<Record<string, string>>,
  issued: Identity["extensions"] = extensions,
): string {
  const { change = {}, ...rest } = recipe;
  const signed = sign(lab, {
    ...rest,
    by: "certificate",
    identity: { names, extensions: issued },
    change: {
      ...change,
      ...(names.length > 0
        ? {}
        : {
            leaf: (spec) => ({
              ...spec,
              extensions: withExtension(spec.extensions, extensionId.subjectAlternativeName, undefined),
            }),
          }),
    },
  });
  return verdict(signed, { attestor: ({ keyless: _, ...spec }) => ({ ...spec, keyless }) });
}

const wrong = "refuted: wrong-identity";
const ada = { email: "ada@lab.example" };
const workflow = { uri: "https://github.com/lab/app/.github/workflows/release.yml@refs/tags/v1" };

/** An authority whose intermediate has these constraints. */
const constrained = (constraints: Parameters<typeof nameConstraints>[0], critical = true) =>
  authorityWith(1, (spec) => ({ ...spec, extensions: [...spec.extensions, nameConstraints(constraints, critical)] }));
const under = (
  constraints: Parameters<typeof nameConstraints>[0],
  names: readonly GeneralNameSpec[],
  critical = true,
): string => named(trusting(constrained(constraints, critical), {}), names, { subject: "*" });
const refused = "refuted: untrusted-certificate";

attack(32, "names that an authority may not give, excluded or not permitted, of every form that is compared", () => {
  const cases: readonly (readonly [constraint: GeneralNameSpec, inside: GeneralNameSpec, outside: GeneralNameSpec])[] =
    [
      [{ email: "lab.example" }, ada, { email: "ada@evil.example" }],
      [{ email: "ada@lab.example" }, ada, { email: "eve@lab.example" }],
      [{ email: ".lab.example" }, { email: "ada@mail.lab.example" }, { email: "ada@lab.example.evil.example" }],
      [{ dns: "lab.example" }, { dns: "build.lab.example" }, { dns: "evillab.example" }],
      [{ uri: "github.com" }, workflow, { uri: "https://github.com.evil.example/lab/app" }],
      [
        { ip: Uint8Array.of(192, 0, 2, 0, 255, 255, 255, 0) },
        { ip: Uint8Array.of(192, 0, 2, 1) },
        { ip: Uint8Array.of(198, 51, 100, 1) },
      ],
    ];
  for (const [constraint, inside, outside] of cases) {
    assert.is(under({ permitted: [constraint] }, [inside]), "proven", JSON.stringify(inside));
    assert.is(under({ permitted: [constraint] }, [outside]), refused, JSON.stringify(outside));
    assert.is(under({ excluded: [constraint] }, [inside]), refused, JSON.stringify(inside));
    assert.is(under({ excluded: [constraint] }, [outside]), "proven", JSON.stringify(outside));
    // A second name does not cover for the first, nor does it help that the constraint is not critical.
    assert.is(under({ permitted: [constraint] }, [inside, outside]), refused);
    assert.is(under({ permitted: [constraint] }, [outside], false), refused);
  }
});

attack(32, "several mailboxes of one domain among the constraints (CVE-2026-27137): each of them counts", () => {
  const mailboxes = ["ada@lab.example", "bob@lab.example"].map((email) => ({ email }));
  for (const excluded of [mailboxes, [...mailboxes].reverse()]) {
    for (const name of mailboxes) assert.is(under({ excluded }, [name]), refused);
    assert.is(under({ excluded }, [{ email: "eve@lab.example" }]), "proven");
  }
  for (const permitted of [mailboxes, [...mailboxes].reverse()]) {
    for (const name of mailboxes) assert.is(under({ permitted }, [name]), "proven");
    assert.is(under({ permitted }, [{ email: "eve@lab.example" }]), refused);
    assert.is(under({ permitted, excluded: [{ email: "ada@lab.example" }] }, [ada]), refused);
  }
  assert.is(under({ excluded: [{ email: "Lab.Example" }] }, [{ email: "ada@LAB.EXAMPLE" }]), refused);
});

attack(32, "constraints that crash a careless reader (CVE-2026-27138), and forms that are not compared", () => {
  // The trusted root holds the authority: one that does not parse is no trust at all.
  const raw = (...parts: readonly Uint8Array[]) => constructed(0, sequence(...parts));
  const broken = [
    raw(),
    raw(primitive(7, new Uint8Array(3))),
    raw(primitive(1, encodeUtf8("@"))),
    raw(primitive(2, encodeUtf8("..")), integer(1)),
    raw(primitive(6, new Uint8Array([0xff]))),
  ];
  for (const value of broken) {
    const own = authorityWith(1, (spec) => ({
      ...spec,
      extensions: [...spec.extensions, { id: extensionId.nameConstraints, critical: true, value: sequence(value) }],
    }));
    assert.is(named(trusting(own, {}), [ada], { subject: "*" }), "unknown: no-trust");
  }
  assert.is(under({ permitted: [{ raw: primitive(8, oid("1.2.3").subarray(2)) }] }, [ada]), refused);
  // Names that cannot be compared are refused below any constraint.
  assert.is(under({ excluded: [{ dns: "evil.example" }] }, [{ email: '"a b"@lab.example' }]), refused);
  assert.is(under({ permitted: [{ email: "lab.example" }] }, [{ email: "" }]), refused);
});

attack(32, "thousands of names under thousands of constraints (CVE-2025-58187): given up, not counted out", () => {
  const names = Array.from({ length: 2000 }, (_, index): GeneralNameSpec => ({ dns: `n${index}.lab.example` }));
  const constraints = Array.from({ length: 2000 }, (_, index): GeneralNameSpec => ({ dns: `c${index}.evil.example` }));
  const some = (list: readonly GeneralNameSpec[]) => list.slice(0, 400);
  assert.is(under({ excluded: some(constraints) }, some(names)), "proven");
  assert.is(under({ excluded: some(constraints) }, names.slice(0, 1000)), "refuted: over-limit");
  assert.is(named({}, [...names, ...constraints], { subject: "*" }), "refuted: over-limit");
});

attack(
  34,
  "a mailbox and a workflow in one certificate: any name may be the subject, as in Kyverno, in every layout and order",
  () => {
    for (const recipe of layouts) {
      for (const names of [
        [ada, workflow],
        [workflow, ada],
      ]) {
        for (const subject of [ada.email, workflow.uri]) assert.is(named(recipe, names, { subject }), "proven");
        assert.is(named(recipe, names, { subject: "eve@lab.example" }), wrong);
        // Text and expression must be about one name.
        assert.is(named(recipe, names, { subject: ada.email, subjectRegExp: "^ada@" }), "proven");
        assert.is(named(recipe, names, { subject: ada.email, subjectRegExp: "^https://github.com/" }), wrong);
      }
    }
  },
);

attack(35, "two issuers that differ, whatever is asked for, and in whatever order", () => {
  const [right, other] = ["https://issuer.lab.example", "https://issuer.evil.example"];
  for (const recipe of layouts) {
    for (const issuer of [right, other, "*"]) {
      assert.is(
        named(recipe, [ada], { subject: ada.email, issuer }, { "1": right, issuer: right }),
        issuer === other ? wrong : "proven",
      );
      for (const issued of [
        { "1": right, issuer: other },
        { issuer: other, "1": right },
        { "1": other, issuer: right },
      ])
        assert.is(named(recipe, [ada], { subject: ada.email, issuer }, issued), "refuted: malformed");
    }
    assert.is(named(recipe, [ada], { subject: ada.email }, { "1": right, issuer: other }), "refuted: malformed");
    for (const only of [{ "1": right }, { issuer: right }] as const) {
      assert.is(named(recipe, [ada], { subject: ada.email, issuer: right }, only), "proven");
      assert.is(named(recipe, [ada], { subject: ada.email, issuer: other }, only), wrong);
    }
  }
});

attack(39, "a certificate without any name, or with none that is read, under every form of subject", () => {
  const nameless: readonly (readonly GeneralNameSpec[])[] = [
    [],
    [{ raw: constructed(4, sequence()) }],
    [{ otherName: "ada", id: "1.3.6.1.4.1.57264.1.8" }],
  ];
  for (const recipe of layouts) {
    for (const names of nameless) {
      for (const keyless of [
        { subject: "*" },
        { subject: "ada*" },
        { subjectRegExp: ".*" },
        { subjectRegExp: "^$" },
        { subject: "ada@lab.example" },
      ])
        assert.is(named(recipe, names, { ...keyless, issuer: "*" }), wrong, JSON.stringify(keyless));
    }
    assert.is(named(recipe, [ada], { subject: "*" }), "proven");
    // No issuer is the empty text.
    assert.is(named(recipe, [ada], { subject: "*", issuer: "https://issuer.lab.example" }, {}), wrong);
    assert.is(named(recipe, [ada], { subject: "*", issuer: "?*" }, {}), wrong);
  }
});

attack(39, "the same for a Pod", () => {
  const subject = (text: string) => ({
    policy: (policy: Json) => {
      policy.spec.rules[0].verifyImages[0].attestors[0].entries[0].keyless.subject = text;
      return policy;
    },
  });
  for (const layout of ["tag", "bundle"] as const) {
    const nameless = sign(lab, {
      layout,
      by: "certificate",
      change: {
        leaf: (spec) => ({
          ...spec,
          extensions: withExtension(spec.extensions, extensionId.subjectAlternativeName, undefined),
        }),
      },
    });
    assert.is(decided(accepts({ layout, by: "certificate" }), subject("*")), "allowed");
    for (const text of ["*", "ada@lab.example"]) assert.is(decided(nameless, subject(text)), "denied: wrong-identity");
  }
});

attack(40, "names that go on behind what is asked for, or before it", () => {
  for (const recipe of layouts) {
    for (const subject of ["*@lab.example", "ada@lab.example", "?da@lab.example"]) {
      assert.is(named(recipe, [ada], { subject }), "proven");
      for (const email of [
        "ada@lab.example.evil.example",
        "ada@lab.example@evil.test",
        "xada@lab.example.",
        "ADA@LAB.EXAMPLE.test",
      ])
        assert.is(named(recipe, [{ email }], { subject }), wrong, email);
    }
    assert.is(named(recipe, [workflow], { subject: "https://github.com/lab/*" }), "proven");
    for (const uri of [
      "https://github.com.evil.example/lab/app",
      "https://evil.example/https://github.com/lab/app",
      "https://github.com/lab",
    ])
      assert.is(named(recipe, [{ uri }], { subject: "https://github.com/lab/*" }), wrong, uri);
  }
});

attack(40, "line feeds, zero bytes and other control characters in a name", () => {
  for (const recipe of layouts) {
    for (const text of [
      "eve@evil.example\nada@lab.example",
      "ada@lab.example\n",
      "ada@lab.example\0.evil.example",
      "ada@lab.example\u007f",
      "ada@lab.example\r",
    ]) {
      const codes = (["email", "uri", "dns", "otherName"] as const).map((form) =>
        named(recipe, [{ [form]: text } as GeneralNameSpec], { subject: "*" }),
      );
      for (const code of codes) assert.is(code, "refuted: malformed", JSON.stringify(text));
    }
    for (const issuer of ["https://issuer.lab.example\n", "https://issuer.evil.example\nhttps://issuer.lab.example"])
      assert.is(named(recipe, [ada], { subject: "*", issuer: "*" }, { issuer }), "refuted: malformed");
    // Bytes that are no text of their type.
    assert.is(
      named(recipe, [{ raw: primitive(1, Uint8Array.of(0x61, 0x40, 0xff)) }], { subject: "*" }),
      "refuted: malformed",
    );
  }
});

attack(41, "names of users of a foreign type, two of them, one in another frame", () => {
  const user = { otherName: "ada" };
  for (const recipe of layouts) {
    assert.is(named(recipe, [user], { subject: "ada" }), "proven");
    assert.is(named(recipe, [{ ...user, id: "1.3.6.1.4.1.57264.1.1" }], { subject: "ada" }), wrong);
    assert.is(named(recipe, [{ ...user, id: "1.3.6.1.4.1.311.20.2.3" }], { subject: "ada" }), wrong);
    assert.is(named(recipe, [user, { otherName: "eve" }], { subject: "ada" }), wrong);
    assert.is(named(recipe, [user, user], { subject: "ada" }), wrong);
    assert.is(named(recipe, [user, { ...user, id: "1.2.3" }], { subject: "ada" }), wrong);
    const framed = (...value: readonly Uint8Array[]): GeneralNameSpec => ({
      raw: constructed(0, oid("1.3.6.1.4.1.57264.1.7"), ...value),
    });
    assert.is(named(recipe, [framed(constructed(0, utf8("ada")))], { subject: "ada" }), "proven");
    for (const value of [
      [utf8("ada")],
      [],
      [constructed(0)],
      [constructed(0, utf8("ada"), utf8("eve"))],
      [constructed(0, utf8("ada")), utf8("eve")],
      [constructed(0, encodeElement(Tag.octetString, encodeUtf8("ada")))],
    ])
      assert.is(named(recipe, [framed(...value)], { subject: "ada" }), "refuted: malformed");
    assert.is(named(recipe, [framed(constructed(0, ia5("ada")))], { subject: "ada" }), "proven");
  }
});

attack(41, "an extension of names that is empty, or appears twice", () => {
  const twice = (one: readonly GeneralNameSpec[], two: readonly GeneralNameSpec[]) =>
    sign(lab, {
      by: "certificate",
      change: {
        leaf: (spec) => ({
          ...spec,
          extensions: [
            ...withExtension(spec.extensions, extensionId.subjectAlternativeName, subjectAlternativeName(one)),
            subjectAlternativeName(two),
          ],
        }),
      },
    });
  accepts({ by: "certificate" });
  assert.is(verdict(twice([ada], [{ email: "eve@lab.example" }])), "refuted: malformed");
  assert.is(verdict(twice([ada], [ada])), "refuted: malformed");
  const empty = sign(lab, {
    by: "certificate",
    change: {
      leaf: (spec) => ({
        ...spec,
        extensions: withExtension(spec.extensions, extensionId.subjectAlternativeName, subjectAlternativeName([])),
      }),
    },
  });
  assert.is(verdict(empty), "refuted: malformed");
});

run();
