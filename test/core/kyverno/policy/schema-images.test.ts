import { suite } from "uvu";
import * as assert from "uvu/assert";
import { entryFaults, keysAttestor, pem } from "./sample-policy.ts";

const test = suite("core/kyverno/policy/schema-images");

test("every field of an entry is known", () => {
  const rekor = { url: "https://rekor", pubkey: pem, ignoreTlog: true };
  const ctlog = { ignoreSCT: true, pubKey: pem, tsaCertChain: "x" };
  const entries = [
    {
      keys: { publicKeys: pem, signatureAlgorithm: "sha512", rekor, ctlog },
      annotations: { a: "b" },
      repository: "ghcr.io/s",
      signatureAlgorithm: "sha256",
    },
    { keys: { secret: { name: "a", namespace: "b" } } },
    { keys: { kms: "awskms:///x" } },
    { certificates: { cert: "x", certChain: "y", rekor, ctlog } },
    {
      keyless: {
        issuer: "a",
        issuerRegExp: "b",
        subject: "c",
        subjectRegExp: "d",
        roots: "e",
        additionalExtensions: { f: "g" },
        rekor,
        ctlog,
      },
    },
    { attestor: { count: 1, entries: [{ attestor: keysAttestor }] } },
  ];
  const condition = { key: "{{ a }}", operator: "AnyIn", value: [1, "b"], message: "m" };
  const entry = {
    failureAction: "Enforce",
    type: "SigstoreBundle",
    skipImageReferences: ["{{ request.namespace }}/*"],
    attestors: [{ count: 2, entries }],
    attestations: [
      {
        name: "n",
        type: "t",
        predicateType: "t",
        attestors: [keysAttestor],
        conditions: [{ all: [condition] }, { any: [condition] }],
      },
    ],
    repository: "ghcr.io/s",
    mutateDigest: true,
    verifyDigest: true,
    required: true,
    useCache: true,
    cosignOCI11: true,
    validate: { message: "m", deny: { conditions: { any: [condition] } } },
    imageRegistryCredentials: {
      allowInsecureRegistry: true,
      providers: ["default", "azure", "google", "github"],
      secrets: ["a"],
    },
  };
  assert.equal(
    entryFaults({
      ...entry,
      validate: { ...entry.validate, deny: { conditions: { any: [{ ...condition, key: "{{ n.a }}" }] } } },
    }),
    [],
  );
});

const refused: readonly (readonly [name: string, entry: Record<string, unknown>, pointer: string])[] = [
  ["an unknown type", { type: "Cosine" }, "/type"],
  ["a count of 0", { attestors: [{ ...keysAttestor, count: 0 }] }, "/attestors/0/count"],
  ["a negative count", { attestors: [{ ...keysAttestor, count: -1 }] }, "/attestors/0/count"],
  ["a fractional count", { attestors: [{ ...keysAttestor, count: 1.5 }] }, "/attestors/0/count"],
  [
    "a misspelt attestor",
    { attestors: [{ entries: [{ keys: { publickeys: pem } }] }] },
    "/attestors/0/entries/0/keys/publickeys",
  ],
  [
    "a misspelt attestor in a nested one",
    { attestors: [{ entries: [{ attestor: { entries: [{ key: {} }] } }] }] },
    "/attestors/0/entries/0/attestor/entries/0/key",
  ],
  [
    "a plain list of conditions",
    { attestations: [{ attestors: [keysAttestor], conditions: [{ key: "a", operator: "Equals", value: "b" }] }] },
    "/attestations/0/conditions/0/key",
  ],
  [
    "an operator that attestations do not have",
    {
      attestations: [
        { attestors: [keysAttestor], conditions: [{ all: [{ key: "a", operator: "Equal", value: "b" }] }] },
      ],
    },
    "/attestations/0/conditions/0/all/0/operator",
  ],
  [
    "a provider that there is not",
    { imageRegistryCredentials: { providers: ["ibm"] } },
    "/imageRegistryCredentials/providers/0",
  ],
  ["a failure action in lower case", { failureAction: "enforce" }, "/failureAction"],
  ["a boolean as text", { required: "false" }, "/required"],
];
for (const [name, entry, pointer] of refused)
  test(`refused: ${name}`, () =>
    assert.ok(entryFaults(entry).includes(`invalid-policy ${pointer}`), entryFaults(entry).join()));

test.run();
