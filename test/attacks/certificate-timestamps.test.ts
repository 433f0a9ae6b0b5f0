/**
 * Signed certificate timestamps: absent, of another certificate, by another log, counted twice. Source:
 * docs/spec/sigstore.md#signed-certificate-timestamps, docs/attacks.md; RFC 6962 §3.2, §3.3.
 */
import * as assert from "uvu/assert";
import type { Evidence } from "../../core/verify/evidence.ts";
import {
  CertificateLog,
  type Changes,
  certificateAuthorityInstance,
  type EmbeddedTimestamp,
  extensionId,
  type ExtensionSpec,
  later,
  logInstance,
  type Recipe,
  sign,
  strangers,
  subjectAlternativeName,
  type TimestampSpec,
  timestampList,
  unknownExtension,
  verifiers,
  verify,
  withExtension,
} from "../lab/index.ts";
import { octets } from "../lab/der.ts";
import { attackSuite } from "./attack.ts";
import { rooting, trusting } from "./authorities.ts";
import { accepts, lab, refuses, withChange } from "./refuses.ts";

const { attack, run } = attackSuite("certificate-timestamps");

const layouts: readonly Recipe[] = [
  { by: "certificate", layout: "tag" },
  { by: "certificate" },
  { by: "certificate", layout: "file", claim: "blob", evidence: ["proof", "timestamp"] },
];

/** The log's only timestamp, changed and signed as changed. */
const changed = (changes: Partial<TimestampSpec>): Changes => ({
  certificateTimestamps: (list) => list.map((one) => ({ ...one, changes })),
});
/** Extensions of the certificate after its timestamp was made. */
const issued = (change: (extensions: readonly ExtensionSpec[]) => readonly ExtensionSpec[]): Changes => ({
  issuedExtensions: change,
});
const listed = (list: Uint8Array): Changes =>
  issued((extensions) =>
    withExtension(extensions, extensionId.timestampList, { id: extensionId.timestampList, value: list }),
  );

/** The logs that the evidence names. */
function logsOf(recipe: Recipe): readonly string[] {
  const signed = sign(lab, { by: "certificate", layout: "file", ...recipe });
  const [first, second] = verifiers.map((verifier) => {
    const verification = verify(signed, verifier);
    assert.is(verification.truth, "proven");
    return (verification as { evidence: Evidence }).evidence.certificateTransparency.map(({ logId }) => logId);
  });
  assert.equal(first, second);
  return first ?? [];
}

attack(9, "many timestamps of one log count once", () => {
  const many = (count: number): Changes => ({
    certificateTimestamps: ([one]) =>
      one ? Array.from({ length: count }, (_, index) => ({ ...one, at: later(one.at, index) })) : [],
  });
  assert.is(logsOf({ change: many(1) }).length, 1);
  assert.is(logsOf({ change: many(2) }).length, 1);
  assert.is(logsOf({ change: many(32) }).length, 1);
  refuses("over-limit", { by: "certificate" }, many(33));
});

attack(
  9,
  "one timestamp under several authorities and several entries of its log counts once; two logs are two",
  () => {
    const doubled: Changes = {
      trustedRoot: (root) => ({
        ...root,
        certificateAuthorities: Array(3).fill(certificateAuthorityInstance(lab.authority, {})),
        ctlogs: Array(3).fill(root.ctlogs[0]),
      }),
    };
    assert.is(logsOf({ change: doubled }).length, 1);
    const other = new CertificateLog(lab.key("second certificate log"));
    const both: Changes = {
      certificateTimestamps: (list) => [...list, ...list.map((one) => ({ ...one, log: other }))],
      trustedRoot: (root) => ({ ...root, ctlogs: [...root.ctlogs, logInstance(other, { start: lab.period.start })] }),
    };
    assert.is(new Set(logsOf({ change: both })).size, 2);
  },
);

attack(43, "no timestamp where one is required, and where it is not", () => {
  for (const recipe of layouts) {
    refuses("no-sct", recipe, { certificateTimestamps: () => [] });
    accepts(
      withChange(recipe, {
        certificateTimestamps: () => [],
        attestor: (spec) => ({ ...spec, ctlog: { ...spec.ctlog, ignoreSCT: true } }),
      }),
    );
  }
  // A policy that only names roots does not thereby do without.
  refuses("no-sct", rooting(lab.makeAuthority("Own"), { layout: "tag" }), { certificateTimestamps: () => [] });
});

attack(
  43,
  "a timestamp for another issuer's key, for another entry type, at another time, with a damaged signature",
  () => {
    for (const recipe of layouts) {
      refuses("bad-sct", recipe, changed({ issuerKeyHash: new Uint8Array(32) }));
      refuses("bad-sct", recipe, changed({ entryType: 0, certificate: Uint8Array.of(0x30, 0) }));
      refuses("bad-sct", recipe, changed({ signedAt: lab.signedAt }));
      refuses(
        "bad-sct",
        recipe,
        changed({
          signature: (signature) => signature.map((byte, index) => (index === signature.length - 1 ? byte ^ 1 : byte)),
        }),
      );
      refuses("bad-sct", recipe, changed({ signature: () => new Uint8Array(0) }));
      refuses("malformed", recipe, changed({ version: 1 }));
    }
  },
);

attack(43, "a timestamp that names another algorithm than its log's key has", () => {
  for (const changes of [
    { hashAlgorithm: 6 },
    { hashAlgorithm: 2 },
    { signatureAlgorithm: 1 },
    { signatureAlgorithm: 7 },
    { algorithm: { scheme: "ecdsa", hash: "sha512" }, hashAlgorithm: 6 },
  ] as const)
    refuses("bad-sct", { by: "certificate" }, changed(changes));
});

attack(43, "a timestamp by a log that is not trusted, under its own id and under a trusted one", () => {
  for (const recipe of layouts) {
    const theirs = (list: readonly EmbeddedTimestamp[]) =>
      list.map((one) => ({ ...one, log: strangers(lab).certificateLog }));
    refuses("bad-sct", recipe, { certificateTimestamps: theirs });
    refuses("bad-sct", recipe, {
      certificateTimestamps: (list) =>
        theirs(list).map((one) => ({ ...one, changes: { logId: lab.certificateLog.id } })),
    });
    refuses("bad-sct", recipe, changed({ logId: strangers(lab).certificateLog.id }));
  }
});

/**
 * A timestamp that shows one extension field and was signed over another. The same under an unknown log's id gives the
 * signature.
 */
const extensionField = (shown: Uint8Array, signed: Uint8Array): Changes => {
  let held = new Uint8Array(0);
  const keep = (signature: Uint8Array): Uint8Array => {
    held = signature.slice();
    return signature;
  };
  return {
    certificateTimestamps: ([one]) =>
      one
        ? [
            { ...one, changes: { extensions: signed, logId: new Uint8Array(32), signature: keep } },
            { ...one, changes: { extensions: shown, signature: () => held } },
          ]
        : [],
  };
};

attack(
  43,
  "a timestamp's own extensions, which static logs use, are part of what is signed: dropped, added, exchanged",
  () => {
    const [none, some, other] = [
      new Uint8Array(0),
      Uint8Array.of(0, 0, 5, 0, 0, 0, 0, 1),
      Uint8Array.of(0, 0, 5, 0, 0, 0, 0, 2),
    ];
    for (const recipe of layouts) {
      accepts(withChange(recipe, changed({ extensions: some })));
      for (const same of [none, some]) accepts(withChange(recipe, extensionField(same, same)));
      for (const [shown, signed] of [
        [none, some],
        [some, none],
        [other, some],
      ] as const)
        refuses("bad-sct", recipe, extensionField(shown, signed));
    }
  },
);

attack(
  43,
  "a certificate that is not the one the log saw: an extension more, one less, another name, another order",
  () => {
    for (const recipe of layouts) {
      refuses(
        "bad-sct",
        recipe,
        issued((extensions) => [...extensions, unknownExtension(false)]),
      );
      refuses(
        "bad-sct",
        recipe,
        issued((extensions) => withExtension(extensions, extensionId.subjectKeyIdentifier, undefined)),
      );
      refuses(
        "bad-sct",
        recipe,
        issued((extensions) =>
          withExtension(
            extensions,
            extensionId.subjectAlternativeName,
            subjectAlternativeName([{ email: "eve@lab.example" }]),
          ),
        ),
      );
      refuses(
        "bad-sct",
        recipe,
        issued((extensions) => [...extensions].reverse()),
      );
      // Where the list itself stands among the extensions does not matter: it is taken out before.
      accepts(
        withChange(
          recipe,
          issued((extensions) => [...extensions.slice(-1), ...extensions.slice(0, -1)]),
        ),
      );
    }
  },
);

attack(43, "the timestamps of another certificate by the same authority", () => {
  const other = accepts({
    by: "certificate",
    identity: { names: [{ email: "eve@lab.example" }], extensions: { issuer: "https://issuer.lab.example" } },
  });
  const list = other.making.certificate?.parsed.extension(extensionId.timestampList)?.value;
  assert.ok(list);
  for (const recipe of layouts) refuses("bad-sct", recipe, listed(list));
});

attack(43, "a list that is empty, cut, followed by more, or there twice", () => {
  const right = accepts({ by: "certificate" }).making.certificate?.parsed.extension(extensionId.timestampList)?.value;
  assert.ok(right);
  const inner = right.subarray(right[1] === 0x81 ? 3 : 2);
  accepts(withChange({ by: "certificate" }, listed(octets(inner))));
  for (const list of [
    timestampList([]).value,
    timestampList([new Uint8Array(0)]).value,
    octets(inner.subarray(0, -1)),
    octets(inner, Uint8Array.of(0)),
    inner,
    new Uint8Array(0),
  ])
    refuses("malformed", { by: "certificate" }, listed(list));
  refuses(
    "malformed",
    { by: "certificate" },
    issued((extensions) => [...extensions, { id: extensionId.timestampList, value: right }]),
  );
});

attack(43, "must be accepted: timestamps of unknown logs, and wrong ones, beside one that is right", () => {
  const unknown = strangers(lab).certificateLog;
  const beside = (first: boolean): Changes => ({
    certificateTimestamps: ([one]) => {
      if (one === undefined) return [];
      const wrong = [
        { ...one, log: unknown },
        { ...one, changes: { signedAt: lab.signedAt } },
      ];
      return first ? [one, ...wrong] : [...wrong, one];
    },
  });
  for (const recipe of layouts) for (const first of [true, false]) accepts(withChange(recipe, beside(first)));
  accepts(trusting(lab.makeAuthority("Own"), { by: "certificate" }));
});

run();
