/**
 * Parts of the chart that say what the program says: the schema of `config`, the flags of `serve`, the rules and
 * conditions of webhooks, and the definitions of Kyverno's kinds. `npm run manifests` writes
 * them; the check compares them.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { parse, stringify } from "yaml";
import type { Shell } from "../cli/command.ts";
import { define as defineServe } from "../cli/commands/serve.ts";
import { type JsonObject, loadPolicies } from "../core/index.ts";
import { defaultLimits } from "../core/limits.ts";
import { configSchema } from "../proxy/serve/config-schema.ts";
import { webhookConfigurations } from "../proxy/webhook/webhook-configurations.ts";
import { policyDefinitions, reportDefinitions } from "./crd-schemas.ts";

export const chartFolder = "deploy/chart";
const schemaFile = `${chartFolder}/values.schema.json`;

/** Settings that the chart makes of other values. */
const made: readonly (readonly string[])[] = [
  ["apiVersion"],
  ["kind"],
  ["store"],
  ["listeners"],
  ["snapshot"],
  ["webhooks"],
  ["policies", "folders"],
  ["policies", "objects"],
];

/** The schema without the property at the path. */
function withoutProperty(schema: JsonObject, [name = "", ...rest]: readonly string[]): JsonObject {
  const properties = schema.properties as Readonly<Record<string, JsonObject>>;
  const { [name]: found, ...others } = properties;
  if (found === undefined) throw new Error(`the configuration has no setting ${name}`);
  if (rest.length === 0) return { ...schema, properties: others };
  return { ...schema, properties: { ...properties, [name]: withoutProperty(found, rest) } };
}

/** The schema of `config`: that of a configuration, without what the chart makes. */
function passedThrough(): JsonObject {
  const { $schema: _dialect, $id: _id, required: _required, ...schema } = configSchema();
  return {
    ...made.reduce<JsonObject>(withoutProperty, schema),
    description: "settings of serve, but for those that other values make",
  };
}

const anyPod = `apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: { name: any }
spec:
  validationFailureAction: Enforce
  rules:
    - name: any
      match: { any: [{ resources: { kinds: [Pod] } }] }
      verifyImages: [{ imageReferences: ["*"], attestors: [{ entries: [{ keys: { kms: "awskms:///any" } }] }] }]
`;

/** Names that the chart's template replaces. */
const own = {
  namespace: "RELEASE_NAMESPACE",
  labels: {
    "app.kubernetes.io/name": "RELEASE_APP",
    "app.kubernetes.io/instance": "RELEASE_INSTANCE",
    "app.kubernetes.io/component": "admission",
  },
};

/** What `serve print-webhooks` prints for a policy about Pods. */
function printedWebhooks(): JsonObject {
  const file = { name: "any.yaml", text: anyPod };
  const { policies, errors } = loadPolicies([file], { limits: defaultLimits });
  if (errors[0] !== undefined) throw new Error(errors[0].message);
  const destination = { namespace: own.namespace, name: own.namespace, port: 443 };
  const { objects } = webhookConfigurations({ policies, destination, authorities: "", own });
  const [webhook] = (objects[0]?.webhooks ?? []) as readonly JsonObject[];
  if (webhook === undefined) throw new Error("no webhook is printed");
  return { rules: webhook.rules as JsonObject[], matchConditions: webhook.matchConditions as JsonObject[] };
}

/** Flags that the chart itself gives to `serve`. */
const given: ReadonlySet<string> = new Set(["config", "store", "listen"]);

/** The flags of `serve` that a user of the chart may add, without dashes. */
function flagNames(): readonly string[] {
  const serve = new Command("serve");
  defineServe(serve, {} as Shell);
  const names = serve.options.flatMap(({ long = "", negate }) => {
    const name = long.replace(/^--/, "");
    return negate ? [name, name.replace(/^no-/, "")] : [name];
  });
  return [...new Set(names)].filter((name) => name !== "" && !given.has(name)).sort();
}

/** For clusters without Helm. */
const definitionsPage = (): string =>
  "# Made by `npm run manifests`. Definitions of Kyverno's policies and of policy reports, for clusters without\n" +
  "# Kyverno, which brings them.\n" +
  Object.values({ ...policyDefinitions(), ...reportDefinitions() })
    .map((definition) => `---\n${stringify(definition, { aliasDuplicateObjects: false, lineWidth: 0 })}`)
    .join("");

/** For an air gap: all that has to be there before the chart is installed. */
function imagesPage(root: string): string {
  const chart = parse(readFileSync(join(root, chartFolder, "Chart.yaml"), "utf8")) as { readonly appVersion: string };
  return (
    "# Every image that the chart runs, its test too. Nobody publishes it: build it with the Dockerfile that\n" +
    "# `npm run package` leaves, push it to your registry, and name it by image.registry and image.repository.\n" +
    `sallyport:${chart.appVersion}\n`
  );
}

const written = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Path → text, of every file that is made without Helm. */
export function chartFiles(root: string): Readonly<Record<string, string>> {
  const schema = JSON.parse(readFileSync(join(root, schemaFile), "utf8")) as JsonObject;
  return {
    [schemaFile]: written({ ...schema, definitions: { config: passedThrough() } }),
    [`${chartFolder}/files/webhooks.json`]: written(printedWebhooks()),
    [`${chartFolder}/files/flags.json`]: written(flagNames()),
    [`${chartFolder}/images.txt`]: imagesPage(root),
    "deploy/manifests/crds.yaml": definitionsPage(),
    ...Object.fromEntries(
      Object.entries({ ...policyDefinitions(), ...reportDefinitions() }).map(([plural, definition]) => [
        `${chartFolder}/files/crds/${plural}.json`,
        written(definition),
      ]),
    ),
  };
}
