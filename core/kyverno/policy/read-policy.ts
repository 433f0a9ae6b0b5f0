/**
 * Policies and exceptions read from files: all faults are reported at once, by line. Source:
 * docs/spec/kyverno.md#policy-fields, #checks-at-load, docs/spec/kyverno.md#compatibility-rules.
 */
import { readAges } from "./read-ages.ts";
import { pointer } from "../../encoding/shape.ts";
import { type Limits, limitsWith } from "../../limits.ts";
import { checkPolicy } from "./check-policy.ts";
import { formOf, itemOf } from "./document-form.ts";
import { type PolicyException, readException } from "./exceptions.ts";
import type { Policy, PolicyFile, PolicyMap, PolicySource, PolicySpec, PolicyValue, Position } from "./policy.ts";
import {
  describe,
  flagOf,
  integerOf,
  isMap,
  listOf,
  mapOf,
  present,
  textMapOf,
  textOf,
  textsOf,
  toFailureAction,
} from "./policy-value.ts";
import { Findings, type PolicyProblem } from "./findings.ts";
import { readSelector } from "./read-match.ts";
import { readRule } from "./read-rule.ts";
import { locate, type Remark } from "./remark.ts";
import { fitShape } from "./schema.ts";
import { exceptionShape, policyShape } from "./schema-policy.ts";
import { readYaml, type YamlDocument } from "./yaml.ts";

export type { PolicyFile, PolicyProblem };

/** A document that is not a policy: a Namespace or a ConfigMap beside one. */
export interface OtherDocument {
  readonly apiVersion: string;
  readonly kind: string;
  readonly value: PolicyMap;
  readonly position: Position;
}

export interface LoadedPolicies {
  /** Without errors: usable. With errors none of them should be used. */
  readonly policies: readonly Policy[];
  readonly exceptions: readonly PolicyException[];
  readonly errors: readonly PolicyProblem[];
  /** Documents of other kinds, ignored here. */
  readonly others: readonly OtherDocument[];
  /** Where documents of folders stand that are no Kubernetes objects. */
  readonly skipped: readonly Position[];
}

export interface LoadOptions {
  readonly limits?: Partial<Limits>;
  /** `exceptions`: everything else is among `others` and `skipped`, faulty or not. Default `all`. */
  readonly wanted?: "all" | "exceptions";
}

/**
 * All documents of all files. A policy with errors is not among `policies`.
 * @throws EngineError as `limitsWith`.
 */
export function loadPolicies(
  files: readonly PolicyFile[],
  { limits: given, wanted = "all" }: LoadOptions = {},
): LoadedPolicies {
  const limits = limitsWith(given);
  const loaded = {
    policies: [] as Policy[],
    exceptions: [] as PolicyException[],
    errors: [] as PolicyProblem[],
    others: [] as OtherDocument[],
    skipped: [] as Position[],
  };
  for (const file of files) {
    const { name, text, inFolder = false } = file;
    const before = { policies: loaded.policies.length, exceptions: loaded.exceptions.length };
    const { documents, problems } = readYaml(text, name, { limits });
    const errors: PolicyProblem[] = problems.map(({ message, ...position }) => ({
      ...position,
      code: "invalid-policy",
      message,
      pointer: "",
    }));
    const sink: Sink = {
      ...loaded,
      errors,
      inFolder,
      wanted,
      sourceOf: (kind) => ({ file, index: loaded[kind].length - before[kind] }),
    };
    for (const document of documents) for (const part of partsOf(document)) loadPart(part, sink, limits);
    loaded.errors.push(...errors.sort((a, b) => a.line - b.line || a.column - b.column));
  }
  return { ...loaded, policies: warnOfTwins(loaded.policies) };
}

/** Two policies of one name both decide; a cluster would keep the later one only. */
function warnOfTwins(policies: readonly Policy[]): readonly Policy[] {
  const first = new Map<string, Policy>();
  return policies.map((policy) => {
    const key = `${policy.kind}/${policy.namespace ?? ""}/${policy.name}`;
    const twin = first.get(key);
    if (twin === undefined) first.set(key, policy);
    const { file, line } = (twin ?? policy).position("/metadata/name");
    return twin === undefined
      ? policy
      : withWarnings(policy, [
          {
            pointer: "/metadata/name",
            message: `${file}:${line} has a policy ${policy.name} too; both are applied`,
          },
        ]);
  });
}

const withWarnings = (policy: Policy, remarks: readonly Remark[]): Policy => ({
  ...policy,
  warnings: [...policy.warnings, ...remarks.map((remark) => locate(policy, remark))],
});

interface Part {
  readonly value: PolicyValue;
  /** Pointers are of the part, positions of the file. */
  readonly position: (at: string) => Position;
  readonly keyPosition: (at: string) => Position;
}

/**
 * The document, or its items whatever its kind, as kubectl takes it apart. Those of a `ClusterPolicyList` need not say
 * what they are.
 */
function partsOf(document: YamlDocument): readonly Part[] {
  const items = listOf(document.value, "items");
  const kind = textOf(document.value, "kind") ?? "";
  if (items === undefined) return [document];
  return items.map((value, index) => {
    const at = pointer("/items", index);
    return {
      value: itemOf({ apiVersion: textOf(document.value, "apiVersion") ?? "", kind }, value),
      position: (below) => document.position(at + below),
      keyPosition: (below) => document.keyPosition(at + below),
    };
  });
}

type Sink = {
  readonly policies: Policy[];
  readonly exceptions: PolicyException[];
  readonly errors: PolicyProblem[];
  readonly others: OtherDocument[];
  readonly skipped: Position[];
  readonly inFolder: boolean;
  readonly wanted: "all" | "exceptions";
  /** Of the next of its kind. */
  readonly sourceOf: (kind: "policies" | "exceptions") => PolicySource;
};

const versions: Readonly<Record<string, "v1" | "later">> = {
  "kyverno.io/v1": "v1",
  "kyverno.io/v2beta1": "later",
  "kyverno.io/v2": "later",
};

function loadPart(part: Part, sink: Sink, limits: Limits): void {
  const { value } = part;
  const apiVersion = textOf(value, "apiVersion") ?? "";
  const kind = textOf(value, "kind") ?? "";
  const isKyverno = apiVersion.startsWith("kyverno.io/");
  const isOfKyverno = isKyverno || apiVersion.startsWith("policies.kyverno.io/");
  const isException = isOfKyverno && kind === "PolicyException";
  const position = part.position("");
  if (isMap(value) && !isException && sink.wanted === "exceptions") {
    sink.others.push({ apiVersion, kind, value, position });
    return;
  }
  if ((sink.inFolder || sink.wanted === "exceptions") && formOf(value) === "other") {
    sink.skipped.push(position);
    return;
  }
  const findings = new Findings();
  if (!isMap(value)) findings.refuse("", `expected a policy, found ${describe(value)}`);
  else if (apiVersion === "" || kind === "")
    findings.refuse("", "expected a document with apiVersion and kind, found one without");
  else if (isKyverno && (kind === "ClusterPolicy" || kind === "Policy")) loadPolicy(part, value, kind, sink, limits);
  else if (isKyverno && isException) loadException(part, value, sink, limits);
  else if (isOfKyverno) {
    findings.unsupported(
      "/kind",
      `the kind ${kind} of ${apiVersion} is not supported; ClusterPolicy, Policy and PolicyException of kyverno.io are`,
    );
  } else sink.others.push({ apiVersion, kind, value, position });
  sink.errors.push(...findings.problems(part.keyPosition, nameOf(value)));
}

const nameOf = (value: PolicyValue): string | undefined =>
  textOf(isMap(value) ? mapOf(value, "metadata") : undefined, "name");

/** Shape first; what does not fit is left out of the second look, which reads the rest. */
function loadPolicy(part: Part, value: PolicyMap, kind: Policy["kind"], sink: Sink, limits: Limits): void {
  const findings = new Findings();
  const apiVersion = textOf(value, "apiVersion") ?? "";
  const generation = Object.hasOwn(versions, apiVersion) ? versions[apiVersion] : undefined;
  if (generation === undefined)
    findings.refuse("/apiVersion", `expected ${Object.keys(versions).join(", ")}, found ${JSON.stringify(apiVersion)}`);
  const document = fitShape(value, policyShape(generation ?? "v1"), "", findings);
  const second = new Findings();
  const policy = readPolicy(isMap(document) ? document : {}, value, kind, part, second, limits);
  findings.add(second);
  if (findings.isClean)
    sink.policies.push(withWarnings({ ...policy, source: sink.sourceOf("policies") }, findings.warnings));
  sink.errors.push(...findings.problems(part.keyPosition, nameOf(value)));
}

function loadException(part: Part, value: PolicyMap, sink: Sink, limits: Limits): void {
  const findings = new Findings();
  const apiVersion = textOf(value, "apiVersion") ?? "";
  if (apiVersion !== "kyverno.io/v2" && apiVersion !== "kyverno.io/v2beta1")
    findings.refuse("/apiVersion", `expected kyverno.io/v2 or kyverno.io/v2beta1, found ${JSON.stringify(apiVersion)}`);
  const document = fitShape(value, exceptionShape, "", findings);
  const second = new Findings();
  const exception = readException(isMap(document) ? document : {}, part.position, second, limits);
  findings.add(second);
  if (findings.isClean) sink.exceptions.push({ ...exception, source: sink.sourceOf("exceptions") });
  sink.errors.push(...findings.problems(part.keyPosition, nameOf(value)));
}

function readSpec(spec: PolicyMap, namespaced: boolean, findings: Findings, limits: Limits): PolicySpec {
  const webhook = mapOf(spec, "webhookConfiguration");
  const background = flagOf(spec, "background") ?? true;
  const failureAction = toFailureAction(textOf(spec, "validationFailureAction"));
  const situation = { namespaced, background, failureAction };
  const rules = listOf(spec, "rules") ?? [];
  return {
    validationFailureAction: failureAction,
    validationFailureActionOverrides: (listOf(spec, "validationFailureActionOverrides") ?? []).map((override) => ({
      action: textOf(override, "action") ?? "",
      ...present({
        namespaces: textsOf(override, "namespaces"),
        namespaceSelector: readSelector(mapOf(override, "namespaceSelector")),
      }),
    })),
    failurePolicy: (textOf(webhook, "failurePolicy") ?? textOf(spec, "failurePolicy")) === "Ignore" ? "Ignore" : "Fail",
    applyRules: textOf(spec, "applyRules") === "One" ? "One" : "All",
    admission: flagOf(spec, "admission") ?? true,
    background,
    emitWarning: flagOf(spec, "emitWarning") ?? false,
    rules: rules.flatMap((rule, index) =>
      isMap(rule) ? [readRule(rule, pointer("/spec/rules", index), situation, findings, limits)] : [],
    ),
    ...present({
      webhookTimeoutSeconds: integerOf(webhook, "timeoutSeconds") ?? integerOf(spec, "webhookTimeoutSeconds"),
    }),
  };
}

/** `document` is the part of `whole` that fits the shape. */
function readPolicy(
  document: PolicyMap,
  whole: PolicyMap,
  kind: Policy["kind"],
  part: Part,
  findings: Findings,
  limits: Limits,
): Policy {
  const metadata = mapOf(document, "metadata");
  const name = textOf(metadata, "name") ?? "";
  const namespace = textOf(metadata, "namespace");
  if (metadata !== undefined && name === "") findings.refuse("/metadata/name", "expected a name, found nothing");
  const annotations = textMapOf(metadata, "annotations") ?? {};
  const policy: Policy = {
    apiVersion: textOf(document, "apiVersion") ?? "",
    kind,
    name,
    ...present({ namespace: kind === "Policy" ? namespace || "default" : namespace }),
    annotations,
    ...readAges(annotations, findings),
    labels: textMapOf(metadata, "labels") ?? {},
    spec: readSpec(mapOf(document, "spec") ?? {}, kind === "Policy", findings, limits),
    warnings: [],
    document: whole,
    position: part.position,
  };
  checkPolicy(policy, document, findings, limits);
  return policy;
}
