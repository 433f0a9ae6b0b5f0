import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeEngineDocument, type EngineInput, readEngineDocument } from "../../../core/decide/engine-document.ts";
import { encodeCanonicalJson } from "../../../core/encoding/canonical-json.ts";
import { type JsonObject, type JsonValue, parseJson } from "../../../core/encoding/json.ts";
import { loadPolicies } from "../../../core/kyverno/policy/read-policy.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/decide/engine-document");

const policy = (name: string): string => `---
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: ${name}}
spec:
  validationFailureAction: Enforce
  rules:
    - name: verify
      match: {any: [{resources: {kinds: [Pod]}}]}
      verifyImages:
        - imageReferences: ["*"]
          attestors: [{entries: [{keys: {publicKeys: "k8s://keys/release"}}]}]
`;
const exception = `---
apiVersion: kyverno.io/v2
kind: PolicyException
metadata: {name: excused, namespace: default}
spec:
  match: {any: [{resources: {kinds: [Pod], namespaces: [dev]}}]}
  exceptions: [{policyName: second, ruleNames: [verify]}]
`;
const files = [
  { name: "one.yaml", text: `${policy("first")}${policy("second")}` },
  { name: "more/two.yaml", text: `${exception}${policy("third")}`, inFolder: true },
];
const loaded = loadPolicies(files);
if (loaded.errors.length > 0) throw new Error(loaded.errors.map(({ message }) => message).join("; "));
const input: EngineInput = {
  policies: loaded.policies.filter(({ name }) => name !== "first"),
  exceptions: loaded.exceptions,
  settings: {
    references: { defaultRegistry: "mirror.corp", enableDefaultRegistryMutation: false },
    aliases: [{ logical: "ghcr.io", physical: "mirror.corp/ghcr.io", from: "--alias" }],
    trustRoot: "mine",
    trust: {
      mode: "pin",
      initialRoots: { mine: Uint8Array.of(1, 2, 3) },
      pins: { mine: `sha256:${"a".repeat(64)}` },
      maxTrustAge: { warn: 1, deny: Number.POSITIVE_INFINITY },
      maxMirrorAge: { deny: 7 },
      maxCheckpointAge: {},
    },
    absentNamespaceLabels: "none",
    askable: { ofCluster: ["awskms:///*"], ofNamespaces: ["https://rekor.corp"], secretsOnly: false },
  },
  distrust: [{ kind: "digest", value: `sha256:${"b".repeat(64)}` }],
  limits: { ...defaultLimits, imagesPerResource: 7 },
};
const again = (json: JsonValue): EngineInput =>
  readEngineDocument(parseJson(encodeCanonicalJson(json), { limits: defaultLimits }), "", defaultLimits);
const document = encodeEngineDocument(input);

test("an engine's input is the same after it was written and read", () => {
  const { policies, exceptions = [], limits, ...rest } = again(document);
  const { policies: _, exceptions: __, limits: ___, ...wanted } = input;
  assert.equal(rest, wanted);
  assert.equal({ ...limits }, { ...defaultLimits, imagesPerResource: 7 });
  assert.equal(
    policies.map(({ name, position }) => [name, position("/spec/rules/0")]),
    input.policies.map(({ name, position }) => [name, position("/spec/rules/0")]),
  );
  assert.equal(
    exceptions.map(({ name, position }) => [name, position("")]),
    input.exceptions?.map(({ name, position }) => [name, position("")]),
  );
  assert.is(encodeCanonicalJson(encodeEngineDocument(again(document))), encodeCanonicalJson(document));
});

test("each file is kept once, and every bound: defaults may change", () => {
  assert.is((document.files as readonly JsonValue[]).length, 2);
  assert.equal(document.limits, { ...defaultLimits, imagesPerResource: 7 });
  assert.equal(encodeEngineDocument({ policies: [] }), { files: [], policies: [], exceptions: [], settings: {} });
});

test("a file whose first policy does not load here gives no other one in its place", () => {
  assert.equal(document.policies, [
    [0, 1, "second"],
    [1, 0, "third"],
  ]);
  const [one, two] = files as [(typeof files)[number], (typeof files)[number]];
  const broken = {
    ...one,
    text: `${policy("first").replace("rules:", "later:")}${policy("second")}${policy("other")}`,
  };
  const json = { ...document, files: [broken, two] } as unknown as JsonObject;
  const error = throwsCode("malformed", () => again(json));
  assert.is(error.subject, "/policies/0");
  assert.match(error.message, "other is at this place");
});

test("a policy that came from no file cannot be kept", () => {
  const { source: _, ...made } = loaded.policies[0] as (typeof loaded.policies)[number];
  throwsCode("unsupported", () => encodeEngineDocument({ policies: [made] }));
});

test("anything else is refused with its place", () => {
  const changed = (changes: object): JsonObject => ({ ...document, ...changes }) as JsonObject;
  const settings = (changes: object): JsonObject =>
    changed({ settings: { ...(document.settings as object), ...changes } });
  const refused: readonly (readonly [JsonObject, string])[] = [
    [changed({ more: 1 }), "/more"],
    [changed({ files: "one" }), "/files"],
    [changed({ files: [{ name: "a", text: "b", inFolder: false }] }), "/files/0/inFolder"],
    [changed({ policies: [[0, 2, "second"]] }), "/policies/0"],
    [changed({ policies: [[2, 0, "second"]] }), "/policies/0"],
    [changed({ policies: [[]] }), "/policies/0/0"],
    [changed({ policies: [[0]] }), "/policies/0/1"],
    [changed({ policies: [[0, 1]] }), "/policies/0"],
    [changed({ exceptions: [[0, 0, "excused"]] }), "/exceptions/0"],
    [changed({ limits: { weather: 1 } }), "/limits/weather"],
    [changed({ limits: { jsonDepth: -1 } }), "/limits/jsonDepth"],
    [settings({ more: 1 }), "/settings/more"],
    [settings({ trust: { mode: "hope" } }), "/settings/trust/mode"],
    [settings({ trust: { pins: { mine: "sha1:1" } } }), "/settings/trust/pins/mine"],
    [settings({ trust: { initialRoots: { mine: "?" } } }), "/settings/trust/initialRoots/mine"],
    [settings({ trust: { maxTrustAge: { warn: "soon" } } }), "/settings/trust/maxTrustAge/warn"],
    [settings({ absentNamespaceLabels: "maybe" }), "/settings/absentNamespaceLabels"],
    [settings({ askable: { ofCluster: [], ofNamespaces: [], secretsOnly: 1 } }), "/settings/askable/secretsOnly"],
    [
      settings({ askable: { ofCluster: [], ofNamespaces: [1], secretsOnly: true } }),
      "/settings/askable/ofNamespaces/0",
    ],
    [
      settings({ references: { enableDefaultRegistryMutation: 1 } }),
      "/settings/references/enableDefaultRegistryMutation",
    ],
  ];
  for (const [json, at] of refused) assert.is(throwsCode("malformed", () => again(json)).subject, at);
  const raised = changed({ limits: { jsonDepth: defaultLimits.jsonDepth + 1 } });
  assert.is(throwsCode("over-limit", () => again(raised)).subject, "/limits/jsonDepth");
});

test.run();
