/** The chart's values, schema, alerts and webhooks, without Helm. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import { loadPolicies } from "../../core/index.ts";
import { defaultLimits } from "../../core/limits.ts";
import { createMetrics } from "../../proxy/metrics.ts";
import { webhookConfigurations } from "../../proxy/webhook/webhook-configurations.ts";
import { chartFiles, chartFolder } from "../../scripts/chart-files.ts";
import { policyText } from "../support/fixture-policies.ts";
import { projectRoot } from "../support/temp-folder.ts";

const test = suite("scripts/chart-files");

const chart = (path: string): string => readFileSync(join(projectRoot, chartFolder, path), "utf8");
const values = parse(chart("values.yaml"), { merge: true }) as Record<string, unknown>;

interface Schema {
  readonly description?: string;
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly definitions?: { readonly config: Schema };
}
const schema = JSON.parse(chart("values.schema.json")) as Schema;
const templates = readdirSync(join(projectRoot, chartFolder, "templates"))
  .filter((file) => file.includes("."))
  .map((file) => chart(`templates/${file}`))
  .join("\n");

/** Paths of a schema's properties, those of `config` apart. */
const described = (one: Schema, path = ""): readonly (readonly [string, Schema])[] =>
  Object.entries(one.properties ?? {}).flatMap(([name, property]) => {
    const own = path === "" ? name : `${path}.${name}`;
    return [[own, property] as const, ...described(property, own)];
  });

const isNotBuilt = ({ description }: Schema): boolean => description?.startsWith("not built:") === true;

function has(path: string): boolean {
  let value: unknown = values;
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null || !(name in value)) return false;
    value = (value as Record<string, unknown>)[name];
  }
  return true;
}

/** Paths of a value, down to what is no map or a map that the schema leaves open. */
function pathsOf(value: unknown, known: Schema | undefined, path = ""): readonly string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value) || known?.properties === undefined)
    return [path];
  return Object.entries(value).flatMap(([name, member]) => {
    const own = path === "" ? name : `${path}.${name}`;
    const property = known.properties?.[name];
    assert.ok(property, `${own} is in values.yaml and not in the schema`);
    return pathsOf(member, property, own);
  });
}

test("every value is described, has a default, and is used by a template", () => {
  const all = described(schema);
  for (const [path, property] of all) {
    assert.ok(property.description !== undefined || property.$ref !== undefined, `${path} is not described`);
    if (!isNotBuilt(property) && !path.startsWith("certManager.issuerRef."))
      assert.ok(has(path), `${path}: no default`);
  }
  const leaves = pathsOf(values, schema);
  assert.ok(leaves.length > 100);
  for (const path of leaves) {
    // A part is the top for the webhook, and proxy for the proxy.
    const names = path.split(".");
    const short = path.replace(/^proxy\./, "");
    const used = names
      .map((_, index) => names.slice(0, index + 1).join("."))
      .filter((prefix) => prefix !== "proxy")
      .flatMap((prefix) => {
        const own = prefix.replace(/^proxy\./, "");
        const whole = prefix === path ? "(?![\\w])" : "(?![\\w.])";
        const escaped = (text: string) => text.replaceAll(".", "\\.");
        const aliases = /^(?:image|webhook|networkPolicy)\./.test(own)
          ? [`\\$(?:image|webhook|policy)\\.${escaped(own.replace(/^[^.]*\./, ""))}`]
          : [];
        return [
          `Values\\.${escaped(prefix)}`,
          `\\$values\\.${escaped(prefix)}`,
          `part\\.${escaped(own)}`,
          ...aliases,
        ].map((text) => new RegExp(`${text}${whole}`));
      });
    assert.ok(
      used.some((one) => one.test(templates)),
      `${path} (${short}) is used by no template`,
    );
  }
});

test("what is not built is no value, and is named by the chart when somebody sets it", () => {
  const names = described(schema).filter(([, property]) => isNotBuilt(property));
  assert.is(names.length, 16);
  for (const [path] of names) {
    assert.not.ok(has(path), path);
    assert.match(templates, new RegExp(`"${path.split(".").at(-1)}" "`), path);
  }
});

test("the defaults keep to the schema; a misspelt value and a setting that the chart makes do not", () => {
  const validate = new Ajv({ strict: false, allErrors: true }).compile(schema as object);
  assert.ok(validate(values), JSON.stringify(validate.errors));
  const changed = (changes: object): boolean => validate({ ...values, ...changes }) as boolean;
  assert.ok(
    changed({ config: { mode: "offline", freshness: { maxMirrorAge: "30d" }, policies: { allowEmpty: true } } }),
  );
  for (const wrong of [
    { replica: 3 },
    { replicas: 0 },
    { config: { listeners: [] } },
    { config: { store: "elsewhere" } },
    { config: { policies: { folders: ["x"] } } },
    { config: { mode: "onlin" } },
    { webhook: { ...(values.webhook as object), timeoutSeconds: 31 } },
    { webhook: { ...(values.webhook as object), policies: [] } },
    { policies: { values: { "policy.yaml": "" } } },
    { webhook: { ...(values.webhook as object), exemptNamespaces: ["kube_system"] } },
    { rbac: { ...(values.rbac as object), secretNamespaces: ["Shop"] } },
    { grafana: { ...(values.grafana as object), namespace: "a.b" } },
    { extraArgs: { "--log-level": "debug" } },
    { extraArgs: ["log-level=debug"] },
  ])
    assert.not.ok(changed(wrong), JSON.stringify(wrong));
  for (const extraArgs of [["--log-level=debug"], { "log-level": "debug", "limits-body": 8 }])
    assert.ok(changed({ extraArgs }), JSON.stringify(extraArgs));
  assert.is(values.extraArgs, null, "Helm warns where a map takes the place of a list");
});

test("flags that may be added are those of serve, but for what the chart gives it", () => {
  const flags = JSON.parse(chartFiles(projectRoot)[`${chartFolder}/files/flags.json`] ?? "") as readonly string[];
  for (const flag of ["webhooktimeout", "webhookTimeout", "imagePullSecrets", "tufMirror", "enableTuf", "log-level"])
    assert.ok(flags.includes(flag), flag);
  for (const flag of ["store", "config", "listen", "help", ""]) assert.not.ok(flags.includes(flag), flag);
});

test("the values of the guide keep to the schema", () => {
  const page = readFileSync(join(projectRoot, "docs/guides/in-a-cluster.md"), "utf8");
  const given = parse(/cat > values\.yaml <<'EOF'\n(.*?)^EOF$/ms.exec(page)?.[1] ?? "") as object;
  assert.ok(Object.keys(given).length > 3);
  const validate = new Ajv({ strict: false, allErrors: true }).compile(schema as object);
  assert.ok(validate(given), JSON.stringify(validate.errors));
});

test("rules and conditions are those that print-webhooks prints for Pods", () => {
  const { policies } = loadPolicies([{ name: "policy.yaml", text: policyText() }], { limits: defaultLimits });
  const labels = {
    "app.kubernetes.io/name": "sallyport",
    "app.kubernetes.io/instance": "gate",
    "app.kubernetes.io/component": "admission",
  };
  const { objects } = webhookConfigurations({
    policies,
    destination: { namespace: "prod", name: "gate", port: 443 },
    authorities: "",
    own: { namespace: "prod", labels },
  });
  const file = chart("files/webhooks.json")
    .replaceAll("RELEASE_NAMESPACE", "prod")
    .replaceAll("RELEASE_INSTANCE", "gate")
    .replaceAll("RELEASE_APP", "sallyport");
  assert.not.match(file, "RELEASE_");
  const read = JSON.parse(file) as { readonly rules: unknown; readonly matchConditions: unknown };
  let count = 0;
  for (const { webhooks } of objects)
    for (const webhook of webhooks as unknown as readonly (typeof read)[]) {
      assert.equal(read.rules, webhook.rules);
      assert.equal(read.matchConditions, webhook.matchConditions);
      count += 1;
    }
  assert.is(count, 2);
  for (const word of ["RELEASE_NAMESPACE", "RELEASE_INSTANCE", "RELEASE_APP"]) assert.match(templates, `"${word}"`);
});

test("alerts and the dashboard read metrics and results that exist", async () => {
  const metrics = createMetrics("1");
  const known = new Set((await metrics.registry.getMetricsAsJSON()).map(({ name }) => name));
  let count = 0;
  for (const file of ["files/alerts.yaml", "files/dashboard.json"])
    for (const [name] of chart(file).matchAll(/\bsallyport_[a-z_]+/g)) {
      assert.ok(known.has(name.replace(/_bucket$/, "")), `${file}: ${name}`);
      count += 1;
    }
  assert.ok(count > 20);
  const alerts = parse(chart("files/alerts.yaml")) as readonly {
    readonly alert: string;
    readonly annotations: object;
  }[];
  assert.is(new Set(alerts.map(({ alert }) => alert)).size, alerts.length);
  for (const { alert, annotations } of alerts)
    assert.equal(Object.keys(annotations), ["summary", "description"], alert);
  const { panels } = JSON.parse(chart("files/dashboard.json")) as {
    readonly panels: readonly { readonly id: number }[];
  };
  assert.is(new Set(panels.map(({ id }) => id)).size, panels.length);
});

test("no template names a Secret's content or an image of its own; roles are in two, which are switched on", () => {
  const named = readdirSync(join(projectRoot, chartFolder, "templates")).filter((file) => file.includes("."));
  assert.equal(
    named.filter((file) => /^kind: (?:Cluster)?Role/m.test(chart(`templates/${file}`))),
    ["cluster.yaml", "reporting.yaml"],
  );
  assert.not.match(templates, /^kind: Secret/m);
  assert.not.match(templates, /\blookup\b/);
  for (const line of templates.match(/^\s*image: .*$/gm) ?? []) assert.match(line, 'include "sallyport.image"');
});

test("a text that templates write without quotes is one of a list, or has a pattern: it ends no line", () => {
  let count = 0;
  for (const [tag] of templates.matchAll(/\{\{[^}]+\}\}/g)) {
    if (/quote|toYaml|toJson|include|^\{\{-? *(?:if|with|range|else|fail|end|\$\w+ :?=)|:=/.test(tag)) continue;
    for (const [, path = ""] of tag.matchAll(/\b[vV]alues\.([\w.]+)/g)) {
      let at: Schema | undefined = schema;
      for (const name of path.split(".")) at = at?.properties?.[name];
      const { type, enum: list, pattern } = (at ?? {}) as { readonly [key: string]: unknown };
      assert.ok(type !== undefined, path);
      if (!String(type).includes("string")) continue;
      assert.ok(list !== undefined || pattern !== undefined, `${path} may be any text`);
      count += 1;
    }
  }
  assert.ok(count > 5);
});

test("every file that is made is committed", () => {
  for (const [path, text] of Object.entries(chartFiles(projectRoot)))
    assert.is(readFileSync(join(projectRoot, path), "utf8"), text, path);
});

test.run();
