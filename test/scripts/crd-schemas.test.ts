/** Definitions of Kyverno's kinds: what the loader reads fits, and what it refuses does not. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseAllDocuments } from "yaml";
import { policyDefinitions } from "../../scripts/crd-schemas.ts";
import { fieldWords } from "../../scripts/crd-words.ts";
import { projectRoot } from "../support/temp-folder.ts";

const test = suite("scripts/crd-schemas");

interface Definition {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly names: { readonly kind: string; readonly plural: string };
    readonly scope: string;
    readonly versions: readonly {
      readonly name: string;
      readonly storage: boolean;
      readonly schema: { readonly openAPIV3Schema: Record<string, unknown> };
    }[];
  };
}

const definitions = Object.values(policyDefinitions()) as unknown as readonly Definition[];

/** An API server prunes fields that a schema does not name, and kubectl refuses them: here they are faults. */
const closed = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const fields = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const isClosed = "properties" in fields && fields["x-kubernetes-preserve-unknown-fields"] !== true;
  return isClosed && typeof fields.properties === "object" ? { ...fields, additionalProperties: false } : fields;
};

function validatorOf(kind: string, version: string): ValidateFunction {
  const found = definitions.find(({ spec }) => spec.names.kind === kind);
  const schema = found?.spec.versions.find(({ name }) => name === version)?.schema.openAPIV3Schema;
  assert.ok(schema, `${kind} ${version}`);
  const { metadata: _, ...properties } = schema.properties as Record<string, unknown>;
  const open = { ...(closed({ ...schema, properties }) as object), additionalProperties: true };
  return new Ajv({ strict: false, allErrors: true }).compile(open);
}

test("every policy of the documentation fits the definition of its version", () => {
  const folder = join(projectRoot, "test/fixtures/documentation/policies");
  let count = 0;
  for (const file of readdirSync(folder))
    for (const document of parseAllDocuments(readFileSync(join(folder, file), "utf8"))) {
      const policy = document.toJS();
      if (!/Policy$/.test(policy?.kind ?? "")) continue;
      const validate = validatorOf(policy.kind, policy.apiVersion.split("/")[1]);
      assert.ok(validate(policy), `${file}: ${JSON.stringify(validate.errors)}`);
      count += 1;
    }
  assert.ok(count > 20);
});

const withRekor = (rekor: object) => ({
  apiVersion: "kyverno.io/v1",
  kind: "ClusterPolicy",
  metadata: { name: "a" },
  spec: {
    rules: [
      {
        name: "a",
        match: { any: [{ resources: { kinds: ["Pod"] } }] },
        verifyImages: [{ attestors: [{ entries: [{ keys: { publicKeys: "k", rekor, ctlog: rekor } }] }] }],
      },
    ],
  },
});

test("both spellings of the logs' keys are kept, and a misspelt field is none", () => {
  const validate = validatorOf("ClusterPolicy", "v1");
  for (const key of ["pubkey", "pubKey"]) assert.ok(validate(withRekor({ [key]: "PEM" })), key);
  assert.not.ok(validate(withRekor({ publicKey: "PEM" })));
  assert.not.ok(validate({ ...withRekor({}), spec: { rules: [], failurePolicy: "Maybe" } }));
});

test("an exception fits, and one without exceptions does not", () => {
  const spec = { match: { any: [{ resources: { kinds: ["Pod"] } }] } };
  const exceptions = [{ policyName: "a", ruleNames: ["b"] }];
  for (const version of ["v2", "v2beta1"]) {
    const validate = validatorOf("PolicyException", version);
    assert.ok(validate({ spec: { ...spec, exceptions } }));
    assert.not.ok(validate({ spec }));
  }
});

test("kubectl explains each word of the fields, and of keys every option", () => {
  const used = new Set<string>();
  const walk = (schema: Record<string, unknown>, name: string): void => {
    for (const below of [schema.items, schema.additionalProperties])
      if (typeof below === "object" && below !== null) walk(below as Record<string, unknown>, name);
    for (const [key, field] of Object.entries((schema.properties ?? {}) as Record<string, Record<string, unknown>>)) {
      if (field.description !== undefined) used.add(`${name}.${key}`);
      if (name === "keys") assert.ok(field.description, key);
      walk(field, key);
    }
  };
  for (const { spec } of definitions) for (const { schema } of spec.versions) walk(schema.openAPIV3Schema, "");
  assert.equal([...used].sort(), Object.keys(fieldWords).sort());
});

test("names agree, and one version of each is stored", () => {
  for (const { metadata, spec } of definitions) {
    assert.is(metadata.name, `${spec.names.plural}.kyverno.io`);
    assert.is(spec.scope, spec.names.kind === "ClusterPolicy" ? "Cluster" : "Namespaced");
    assert.is(spec.versions.filter(({ storage }) => storage).length, 1);
  }
  assert.is(definitions.length, 3);
});

test.run();
