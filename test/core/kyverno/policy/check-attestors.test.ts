import { suite } from "uvu";
import * as assert from "uvu/assert";
import { entryFaults, entryWith, keysAttestor, loaded, pem, policyText, ruleWith } from "./sample-policy.ts";

const test = suite("core/kyverno/policy/check-attestors");
const one = (entry: unknown): Record<string, unknown> => ({ attestors: [{ entries: [entry] }] });
const at = "/attestors/0/entries/0";
const url = { url: "https://rekor.sigstore.dev" };
const person = { subject: "a@example.com", issuer: "https://issuer" };

const cases: readonly (readonly [name: string, entry: Record<string, unknown>, faults: readonly string[]])[] = [
  ["no attestors at all", { attestors: [] }, []],
  ["a set without entries", { attestors: [{ entries: [] }] }, ["/attestors/0"]],
  ["a set of nothing", { attestors: [{}] }, ["/attestors/0"]],
  ["an entry without attestor", one({}), [at]],
  ["an entry with two", one({ keys: { publicKeys: pem }, keyless: { ...person, rekor: url } }), [at]],
  ["keys of nothing", one({ keys: {} }), [`${at}/keys`]],
  ["keys that are empty", one({ keys: { publicKeys: "" } }), [`${at}/keys`]],
  ["sha1", one({ keys: { publicKeys: pem, signatureAlgorithm: "sha1" } }), [`${at}/keys/signatureAlgorithm`]],
  ["capitals", one({ keys: { publicKeys: pem, signatureAlgorithm: "SHA256" } }), [`${at}/keys/signatureAlgorithm`]],
  ["no algorithm", one({ keys: { publicKeys: pem, signatureAlgorithm: "" } }), []],
  ["sha224", one({ keys: { publicKeys: pem, signatureAlgorithm: "sha224" } }), []],
  ["any algorithm beside a KMS key", one({ keys: { kms: "awskms:///a", signatureAlgorithm: "sha1" } }), []],
  ["certificates of nothing", one({ certificates: { rekor: url } }), [`${at}/certificates`]],
  ["a chain alone", one({ certificates: { certChain: "x" } }), []],
  ["keyless without rekor and roots", one({ keyless: person }), [`${at}/keyless`]],
  ["keyless with roots", one({ keyless: { ...person, roots: "x" } }), []],
  ["keyless with an empty rekor", one({ keyless: { ...person, rekor: {} } }), [`${at}/keyless/rekor`]],
  [
    "keyless that ignores the log without url",
    one({ keyless: { ...person, rekor: { ignoreTlog: true } } }),
    [`${at}/keyless/rekor`],
  ],
  ["the log's key in place of its url", one({ keyless: { ...person, rekor: { pubKey: pem } } }), []],
  ["keyless without identity", one({ keyless: { rekor: url } }), [`${at}/keyless`]],
  [
    "keyless without identity, with empty texts",
    one({ keyless: { subject: "", issuerRegExp: "", rekor: url } }),
    [`${at}/keyless`],
  ],
  ["keyless without identity under own roots", one({ keyless: { roots: "x" } }), []],
  ["only a subject", one({ keyless: { subject: "a", rekor: url } }), []],
  [
    "count beyond the entries",
    { attestors: [{ count: 2, entries: [{ keys: { publicKeys: pem } }] }] },
    ["/attestors/0/count"],
  ],
  [
    "count counts entries, not keys",
    { attestors: [{ count: 2, entries: [{ keys: { publicKeys: pem + pem } }] }] },
    ["/attestors/0/count"],
  ],
  [
    "a nested set is checked as well",
    one({ attestor: { count: 3, entries: [{ keys: {} }] } }),
    [`${at}/attestor/count`, `${at}/attestor/entries/0/keys`],
  ],
  ["two spellings with one key", one({ keys: { publicKeys: pem, rekor: { pubkey: pem, pubKey: `${pem}\n` } } }), []],
  [
    "two spellings with two keys",
    one({ keys: { publicKeys: pem, ctlog: { pubkey: pem, pubKey: "other" } } }),
    [`${at}/keys/ctlog/pubKey`],
  ],
];
for (const [name, entry, faults] of cases)
  test(name, () =>
    assert.equal(
      entryFaults(entry),
      faults.map((fault) => `invalid-policy ${fault}`),
    ),
  );

test("depth and number of entries are bounded", () => {
  let nested: unknown = keysAttestor;
  for (let depth = 0; depth < 20; depth++) nested = { entries: [{ attestor: nested }] };
  assert.ok(entryFaults({ attestors: [nested] }).length > 0);
  assert.equal(entryFaults({ attestors: [{ entries: Array(1001).fill({ keys: { kms: "awskms:///a" } }) }] }), [
    "invalid-policy /attestors/0/entries",
  ]);
});

test("a rekor or ctlog that says nothing is warned of: an API server may have dropped its pubKey", () => {
  const warned = (attestor: Record<string, unknown>): readonly string[] =>
    loaded(policyText([ruleWith({ verifyImages: [entryWith({ attestors: [{ entries: [attestor] }] })] })]))
      .warnings.filter(({ message }) => message.includes("knows pubkey only"))
      .map(({ pointer }) => pointer.split("/entries/0/").at(-1) ?? "");
  const keys = (more: Record<string, unknown>) => ({ keys: { publicKeys: pem, ...more } });
  assert.equal(warned(keys({ rekor: {}, ctlog: {} })), ["keys/rekor", "keys/ctlog"]);
  assert.equal(warned(keys({ rekor: { ignoreTlog: false }, ctlog: { ignoreSCT: false } })), [
    "keys/rekor",
    "keys/ctlog",
  ]);
  assert.equal(warned({ keyless: { subject: "a", issuer: "b", rekor: url, ctlog: {} } }), ["keyless/ctlog"]);
  assert.equal(warned({ certificates: { cert: pem, rekor: {} } }), ["certificates/rekor"]);
  assert.equal(warned({ attestor: { entries: [keys({ rekor: {} })] } }), ["keys/rekor"]);
  for (const whole of [
    {},
    { rekor: url, ctlog: { pubkey: pem } },
    { rekor: { pubKey: pem }, ctlog: { tsaCertChain: pem } },
    { rekor: { ignoreTlog: true }, ctlog: { ignoreSCT: true } },
  ])
    assert.equal(warned(keys(whole)), [], JSON.stringify(whole));
});

test.run();
