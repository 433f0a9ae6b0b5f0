/**
 * The rules of Jenkins' JUnit schema as far as the program's elements go, told as faults.
 * Source: docs/spec/command-line.md#reports.
 */
import type { XmlElement } from "./xml.ts";

interface Rule {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  readonly children: readonly string[];
  /** Text between the elements. */
  readonly mixed: boolean;
}

const outcome: Rule = { required: [], optional: ["type", "message"], children: [], mixed: true };
const output: Rule = { required: [], optional: [], children: [], mixed: true };
const rules: Readonly<Record<string, Rule>> = {
  testsuites: {
    required: [],
    optional: ["name", "time", "tests", "failures", "errors"],
    children: ["testsuite"],
    mixed: false,
  },
  testsuite: {
    required: ["name", "tests", "failures", "errors"],
    optional: ["group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"],
    children: ["testsuite", "properties", "testcase", "system-out", "system-err"],
    mixed: false,
  },
  testcase: {
    required: ["name"],
    optional: ["time", "classname", "group"],
    children: ["skipped", "error", "failure", "system-out", "system-err"],
    mixed: false,
  },
  skipped: outcome,
  error: outcome,
  failure: outcome,
  "system-out": output,
  "system-err": output,
};

const allCases = (element: XmlElement): readonly XmlElement[] =>
  element.name === "testcase" ? [element] : element.children.flatMap(allCases);

const withOutcome = (cases: readonly XmlElement[], name: string): string =>
  String(cases.filter(({ children }) => children.some((child) => child.name === name)).length);

function faultsOf(element: XmlElement): readonly string[] {
  const { name, attributes, children, text } = element;
  const rule = rules[name];
  if (rule === undefined) return [`there is no element ${name}`];
  const known = [...rule.required, ...rule.optional];
  const counted = { tests: "testcase", failures: "failure", errors: "error", skipped: "skipped" } as const;
  const cases = allCases(element);
  return [
    ...rule.required.filter((key) => attributes[key] === undefined).map((key) => `${name} lacks ${key}`),
    ...Object.keys(attributes).flatMap((key) => (known.includes(key) ? [] : [`${name} has no ${key}`])),
    ...children.flatMap((child) => (rule.children.includes(child.name) ? [] : [`${child.name} in ${name}`])),
    ...(rule.mixed || text.trim() === "" ? [] : [`text in ${name}`]),
    ...Object.entries(counted).flatMap(([key, wanted]) => {
      const count = wanted === "testcase" ? String(cases.length) : withOutcome(cases, wanted);
      return attributes[key] === undefined || attributes[key] === count ? [] : [`${name} ${key} is not ${count}`];
    }),
    ...children.flatMap(faultsOf),
  ];
}

/** Also what the schema cannot say: counts are right, and no two cases have one class and name. */
export function junitFaults(root: XmlElement): readonly string[] {
  const names = allCases(root).map(({ attributes }) => JSON.stringify([attributes.classname, attributes.name]));
  const repeated = names.filter((name, index) => names.indexOf(name) !== index);
  return [
    ...(root.name === "testsuites" ? [] : [`the root is ${root.name}`]),
    ...faultsOf(root),
    ...repeated.map((name) => `two cases are ${name}`),
  ];
}
