import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readAttestorSets } from "../../../../core/kyverno/policy/read-attestor.ts";

const test = suite("core/kyverno/policy/read-attestor");

test("every kind of attestor, with pointers", () => {
  const sets = readAttestorSets(
    [
      {
        count: 1n,
        entries: [
          {
            keys: { publicKeys: "k", secret: { name: "a", namespace: "b" }, kms: "c", signatureAlgorithm: "sha512" },
            repository: "r",
            signatureAlgorithm: "sha384",
          },
          { certificates: { cert: "c", certChain: "d" } },
          { keyless: { subject: "s", issuerRegExp: "i", additionalExtensions: { a: "b" } } },
          { attestor: { entries: [{ keys: { kms: "x" } }] } },
        ],
      },
    ],
    "/attestors",
  );
  assert.equal(JSON.parse(JSON.stringify(sets)), [
    {
      pointer: "/attestors/0",
      count: 1,
      entries: [
        {
          pointer: "/attestors/0/entries/0",
          keys: { publicKeys: "k", secret: { name: "a", namespace: "b" }, kms: "c", signatureAlgorithm: "sha512" },
          repository: "r",
          signatureAlgorithm: "sha384",
        },
        { pointer: "/attestors/0/entries/1", certificates: { cert: "c", certChain: "d" } },
        {
          pointer: "/attestors/0/entries/2",
          keyless: { subject: "s", issuerRegExp: "i", additionalExtensions: { a: "b" } },
        },
        {
          pointer: "/attestors/0/entries/3",
          attestor: {
            pointer: "/attestors/0/entries/3/attestor",
            entries: [{ pointer: "/attestors/0/entries/3/attestor/entries/0", keys: { kms: "x" } }],
          },
        },
      ],
    },
  ]);
});

test("rekor and ctlog: defaults, and both spellings of the key", () => {
  const [set] = readAttestorSets(
    [
      {
        entries: [
          {
            keys: {
              kms: "x",
              rekor: { pubKey: "upper" },
              ctlog: { pubkey: "lower", ignoreSCT: true, tsaCertChain: "t" },
            },
          },
        ],
      },
    ],
    "",
  );
  assert.equal(set?.entries[0]?.keys?.rekor, { ignoreTlog: false, pubKey: "upper" });
  assert.equal(set?.entries[0]?.keys?.ctlog, { ignoreSCT: true, pubKey: "lower", tsaCertChain: "t" });
});

test("annotations of the entry around it hold where an attestor has none, however deep", () => {
  const [set] = readAttestorSets(
    [{ entries: [{ keys: {}, annotations: { own: "x" } }, { attestor: { entries: [{ keys: {} }] } }] }],
    "",
    {
      annotations: { around: "y" },
    },
  );
  assert.equal({ ...set?.entries[0]?.annotations }, { own: "x" });
  assert.is(set?.entries[1]?.annotations, undefined);
  assert.equal(set?.entries[1]?.attestor?.entries[0]?.annotations, { around: "y" });
});

test.run();
