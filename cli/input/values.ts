/**
 * Kyverno's values and user files: values that a cluster would supply. Source: docs/spec/kyverno.md#files-and-folders,
 * #test-command.
 *
 *     apiVersion: cli.kyverno.io/v1alpha1
 *     kind: Values
 *     globalValues: { request.operation: UPDATE }
 *     policies:
 *       - name: check
 *         resources: [{ name: web, values: { stage: prod } }]
 *     namespaceSelector: [{ name: apps, labels: { team: a } }]
 */
import type { JsonObject, JsonValue } from "../../core/encoding/json.ts";
import { isObject } from "../../core/encoding/shape.ts";
import { expandRules } from "../../core/kyverno/policy/autogen.ts";
import type { Findings } from "../../core/kyverno/policy/findings.ts";
import { nearestName } from "../../core/kyverno/policy/nearest-name.ts";
import type { Policy, PolicyMap, PolicyValue } from "../../core/kyverno/policy/policy.ts";
import { listOf, mapOf, member, textOf, textsOf, toJson } from "../../core/kyverno/policy/policy-value.ts";
import {
  any,
  flag,
  list,
  map,
  mapOf as mapShape,
  oneOf,
  openMap,
  text,
  texts,
} from "../../core/kyverno/policy/schema.ts";
import type { AdmissionRequest, Operation } from "../../core/kyverno/rule/request.ts";
import type { CommandIO } from "../command.ts";
import type { GivenResources } from "./resources.ts";
import { fitStrictly, type Placed, readOnly, scalarTexts } from "./strict-document.ts";
import { usage } from "./given-file.ts";
import { warn } from "../render/say.ts";

export interface NamedValues {
  readonly name: string;
  readonly values: JsonObject;
}

export interface PolicyValues {
  readonly name: string;
  readonly rules: readonly NamedValues[];
  readonly resources: readonly NamedValues[];
}

export interface Values {
  /** Where they come from, as messages call it. */
  readonly from: string;
  readonly globals: JsonObject;
  /** Those of `--set`. */
  readonly set: JsonObject;
  readonly policies: readonly PolicyValues[];
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

export type RequestInfo = Pick<AdmissionRequest, "userInfo" | "roles" | "clusterRoles">;

const anyMap = mapShape(any);
const valuesFields = {
  globalValues: anyMap,
  policies: list(
    map(
      {
        name: text,
        rules: list(map({ name: text, values: anyMap, foreachValues: anyMap }, ["name"])),
        resources: list(map({ name: text, values: anyMap }, ["name"])),
      },
      ["name"],
    ),
  ),
  namespaceSelector: list(map({ name: text, labels: anyMap }, ["name"])),
  namespaces: list(openMap({ metadata: openMap({ name: text, labels: anyMap }, ["name"]) }, ["metadata"])),
  subresources: list(any),
};
const head = { apiVersion: text, metadata: any };
const valuesShape = map({ ...head, kind: oneOf("Values"), ...valuesFields });
const inlineShape = map(valuesFields);
const userShape = map({
  ...head,
  kind: oneOf("UserInfo"),
  roles: texts,
  clusterRoles: texts,
  userInfo: map({ username: any, uid: any, groups: texts, extra: mapShape(texts) }),
  synchronize: flag,
});

/** `--set a=1,b=2`. @throws EngineError `invalid-usage` */
function readSets(sets: readonly string[]): JsonObject {
  const pairs = sets
    .flatMap((text) => text.split(","))
    .map((text) => {
      const at = text.indexOf("=");
      if (at <= 0) throw usage("set a variable as name=value", text);
      return [text.slice(0, at), text.slice(at + 1)] as const;
    });
  return Object.fromEntries(pairs);
}

const noValues: Values = { from: "", globals: {}, set: {}, policies: [], namespaces: new Map() };

/** A values file and `--set`. @throws EngineError `invalid-usage`, also for a file that sets nothing. */
export function readValues(file: string | undefined, sets: readonly string[], io: CommandIO): Values {
  const set = readSets(sets);
  if (file === undefined) return { ...noValues, set };
  const values = { ...toValues(readOnly(file, "Values document", io), valuesShape, file), set };
  if (Object.keys(values.globals).length + values.policies.length + values.namespaces.size === 0)
    throw usage(`${file} sets no value`, file);
  return values;
}

/** The values that a test file holds itself. @throws EngineError `invalid-usage` */
export const readInlineValues = (part: Placed, file: string): Values => toValues(part, inlineShape, file);

function toValues(placed: Placed, shape: typeof valuesShape, from: string): Values {
  const namespaces = new Map<string, Readonly<Record<string, string>>>();
  const document = fitStrictly(placed, shape, (value, findings) => {
    if ((listOf(value, "subresources") ?? []).length > 0)
      findings.refuse("/subresources", "subresources are not judged here");
    for (const [name, labels] of readNamespaces(value, findings)) namespaces.set(name, labels);
  });
  const named = (policy: PolicyValue, field: string): readonly NamedValues[] =>
    (listOf(policy, field) ?? []).map((entry) => ({
      name: textOf(entry, "name") ?? "",
      values: toObject(mapOf(entry, "values")),
    }));
  return {
    ...noValues,
    from,
    globals: toObject(mapOf(document, "globalValues")),
    policies: (listOf(document, "policies") ?? []).map((policy) => ({
      name: textOf(policy, "name") ?? "",
      rules: named(policy, "rules"),
      resources: named(policy, "resources"),
    })),
    namespaces,
  };
}

const toObject = (value: PolicyMap | undefined): JsonObject => {
  const json = toJson(value ?? {});
  return isObject(json) ? json : {};
};

/** Namespaces as objects win over those of the selector, as in Kyverno. */
function* readNamespaces(document: PolicyMap, findings: Findings) {
  for (const [index, entry] of (listOf(document, "namespaceSelector") ?? []).entries())
    yield [
      textOf(entry, "name") ?? "",
      scalarTexts(mapOf(entry, "labels"), `/namespaceSelector/${index}/labels`, findings),
    ] as const;
  for (const [index, entry] of (listOf(document, "namespaces") ?? []).entries()) {
    const metadata = mapOf(entry, "metadata");
    const labels = scalarTexts(mapOf(metadata, "labels"), `/namespaces/${index}/metadata/labels`, findings);
    yield [textOf(metadata, "name") ?? "", labels] as const;
  }
}

/** The user that a request comes from. @throws EngineError `invalid-usage`, also for a file that names none. */
export function readRequestInfo(file: string, io: CommandIO): RequestInfo {
  let names: Readonly<Record<string, string>> = {};
  const document = fitStrictly(readOnly(file, "UserInfo document", io), userShape, (value, findings) => {
    const { groups: _, extra: __, ...scalars } = { ...mapOf(value, "userInfo") };
    names = scalarTexts(scalars, "/userInfo", findings);
  });
  const userInfo = mapOf(document, "userInfo");
  const extra = member(userInfo, "extra");
  const info = {
    userInfo: {
      ...names,
      groups: textsOf(userInfo, "groups") ?? [],
      ...(extra === undefined ? {} : { extra: toObject(extra as PolicyMap) }),
    },
    roles: textsOf(document, "roles") ?? [],
    clusterRoles: textsOf(document, "clusterRoles") ?? [],
  };
  const said = Object.keys(names).length + info.userInfo.groups.length + info.roles.length + info.clusterRoles.length;
  if (said === 0) throw usage(`${file} names no user, no group and no role`, file);
  return info;
}

/** The values for one policy and resource: `--set` wins over the resource's own, these win over the global ones. */
function variablesFor(values: Values, policy: string | undefined, resource: string): JsonObject {
  const own = values.policies
    .filter(({ name }) => name === policy)
    .flatMap(({ resources }) => resources.filter(({ name }) => name === resource).map((entry) => entry.values));
  return Object.assign({}, values.globals, ...own, values.set) as JsonObject;
}

/** The values for rules of a policy, by name. They win over the policy's. */
function ruleVariablesFor(values: Values, policy: string): Readonly<Record<string, JsonObject>> {
  const rules = values.policies.filter(({ name }) => name === policy).flatMap((entry) => entry.rules);
  return Object.fromEntries(
    rules.filter((rule) => Object.keys(rule.values).length > 0).map((rule) => [rule.name, rule.values]),
  );
}

type ToldToRequest = Pick<AdmissionRequest, "variables" | "ruleVariables" | "operation" | "byPolicy">;

/** What values say to a request about a resource: to all policies, and to each that they name. */
export function valuesOfRequest(values: Values, resource: string): Partial<ToldToRequest> {
  const names = [...new Set(values.policies.map(({ name }) => name))];
  const said = (policy?: string) => ({
    ...toldBy(variablesFor(values, policy, resource)),
    ...(policy === undefined ? {} : { ruleVariables: ruleVariablesFor(values, policy) }),
  });
  return {
    ...said(),
    ...(names.length === 0 ? {} : { byPolicy: Object.fromEntries(names.map((name) => [name, said(name)])) }),
  };
}

const operations: ReadonlySet<string> = new Set(["CREATE", "UPDATE", "DELETE", "CONNECT"]);

/** `request.operation` among the values sets the operation of the request. */
function toldBy(variables: JsonObject): Pick<AdmissionRequest, "variables"> & { readonly operation?: Operation } {
  const operation = variables["request.operation"];
  if (operation === undefined) return { variables };
  if (!operations.has(String(operation)))
    throw usage("request.operation must be CREATE, UPDATE, DELETE or CONNECT", String(operation));
  return { operation: String(operation) as Operation, variables };
}

/**
 * Checks that the values' policies, rules and resources exist.
 * @throws EngineError `invalid-usage` for an unknown policy or rule. An unknown resource gets one line on stderr.
 */
export function checkValueNames(
  { from, policies: named }: Values,
  policies: readonly Policy[],
  refused: readonly string[],
  { resources, faulty }: GivenResources,
  told: Set<string>,
  io: CommandIO,
): void {
  const resourceNames = new Set([...resources, ...faulty].map(({ value }) => nameOf(value)));
  for (const { name, rules, resources: own } of named) {
    if (refused.includes(name)) continue;
    const meant = policies.filter((policy) => policy.name === name);
    if (meant.length === 0) throw usage(missing("policy", name, [...policies.map((policy) => policy.name)]), from);
    const known = meant.flatMap((policy) => [...policy.spec.rules, ...expandRules(policy)].map((rule) => rule.name));
    for (const rule of rules)
      if (!known.includes(rule.name)) throw usage(missing(`rule of the policy ${name}`, rule.name, known), from);
    for (const { name: resource } of own) {
      const line = `${from}: values for the resource ${JSON.stringify(resource)}, which does not exist`;
      if (!resourceNames.has(resource) && !told.has(line)) warn(line, io);
      told.add(line);
    }
  }
}

const nameOf = ({ metadata }: JsonObject): JsonValue =>
  isObject(metadata) ? (metadata.name ?? metadata.generateName ?? null) : null;

function missing(what: string, name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? "" : `; did you mean ${JSON.stringify(nearest)}?`;
  return `values for the ${what} ${JSON.stringify(name)}, which does not exist${hint}`;
}
