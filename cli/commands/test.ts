/** `sallyport test`: Kyverno's test files. Source: `kyverno test`; docs/spec/kyverno.md#test-command. */
import { shownStatus } from "../../core/admission/report-result.ts";
import { type Command, Option } from "commander";
import {
  EngineError,
  type JsonObject,
  type JsonValue,
  type Operation,
  type Policy,
  requestFor,
  type RuleResult,
} from "../../core/index.ts";
import { isObject } from "../../core/encoding/shape.ts";
import { codedText } from "../../core/errors.ts";
import type { Rule } from "../../core/kyverno/policy/policy.ts";
import { collect, type CommandIO, type Shell } from "../command.ts";
import { type ExitCode, exitOf, gravest } from "../exit-code.ts";
import { ClusterFiles } from "../input/cluster-files.ts";
import { readDistrustFiles } from "../input/distrust-file.ts";
import { placeText, problemText, readPaths, splitLists } from "../input/files.ts";
import { addOtherFlags, otherFlags } from "../input/other-flags.ts";
import { addCapsuleOptions } from "../input/capsule-options.ts";
import { addKnowledgeOptions, type KnowledgeOptions, openKnowledge } from "../input/knowledge.ts";
import { registryAccessOf } from "../input/policy-registries.ts";
import {
  type ExpectedResult,
  type ExpectedStatus,
  findTestFiles,
  readTestFiles,
  type TestFile,
} from "../input/test-file.ts";
import { placeOf, readExceptions, readPolicies, warnIdle, warnUncounted } from "../input/policy-files.ts";
import { type GivenResources, readResources, readWholeResources } from "../input/resources.ts";
import { readInlineValues, readRequestInfo, readValues, type RequestInfo, type Values } from "../input/values.ts";
import { decideAll, type Judged, type PolicySet, toJudged } from "../judge.ts";
import { counted } from "../render/count.ts";
import { visibleLine } from "../render/escape.ts";
import { sorted, toJsonText } from "../render/json.ts";
import { saidBy } from "../render/fix.ts";
import { tellProblem, toProblem } from "../render/problem.ts";
import type { ReportedResponse } from "../render/policy-report.ts";
import { renderTestRows, renderTestTable, type TestFormat, type TestRow } from "../render/test-results.ts";
import { usage } from "../input/given-file.ts";
import { tellVariables } from "../render/environment.ts";
import { say, warn } from "../render/say.ts";
import { styleOf } from "../render/style.ts";

interface TestOptions extends KnowledgeOptions {
  readonly fileName: string;
  readonly testCaseSelector?: string;
  readonly failOnly?: boolean;
  readonly detailedResults?: boolean;
  readonly requireTests?: boolean;
  readonly output?: TestFormat;
  readonly clusterResource?: readonly string[];
}

/** Whether a selector matches a name as the test file writes it. */
type Selector = (key: "policy" | "rule" | "resource", name: string) => boolean;

/** `policy=NAME,rule=NAME,resource=NAME`, each with wildcards. */
function readSelector(text: string): Selector {
  const parts = text.split(",").map((part) => {
    const [, key = "", pattern = ""] = /^\s*(policy|rule|resource)\s*=\s*(.*?)\s*$/.exec(part) ?? [];
    if (key === "") throw usage("a selector is policy=…,rule=…,resource=…", text);
    const expression = new RegExp(
      `^${pattern
        .replace(/[.+^${}()|[\]\\]/g, "\\$&")
        .replaceAll("*", ".*")
        .replaceAll("?", ".")}$`,
      "s",
    );
    return { key: key as "policy" | "rule" | "resource", expression };
  });
  return (key, name) => parts.every((part) => part.key !== key || part.expression.test(name));
}

const below = (test: TestFile, path: string): string =>
  test.folder === "." || path.startsWith("/") ? path : `${test.folder}/${path}`;

interface Loaded extends PolicySet {
  /** Names of policies that do not load. */
  readonly refused: readonly string[];
  readonly given: GivenResources;
  readonly resources: readonly JsonObject[];
}

function load(test: TestFile, io: CommandIO): Loaded {
  const { policies, exceptions, errors } = readPolicies(
    test.policies.map((path) => below(test, path)),
    io,
  );
  if (policies.length + errors.length === 0) throw usage("the test names no policy", test.path);
  for (const problem of errors) say(`Error: [${problem.code}] ${problemText(problem)}`, io);
  warnUncounted(exceptions.map(placeOf), "policies", "name their file under exceptions", io);
  const resourcePaths = test.resources.map((path) => below(test, path));
  const given = readResources(readPaths(resourcePaths, io), io, { flag: "resources" });
  const excusing = readExceptions(
    test.exceptions.map((path) => below(test, path)),
    io,
  );
  if (errors.length === 0) warnIdle(excusing, policies, io);
  return {
    policies,
    exceptions: excusing,
    refused: errors.flatMap(({ policy }) => policy ?? []),
    given,
    resources: given.resources.map(({ value }) => value),
  };
}

const policyName = ({ name, namespace }: Policy): string => (namespace === undefined ? name : `${namespace}/${name}`);
const isNamed = (policy: Policy, wanted: string): boolean => policyName(policy) === wanted || policy.name === wanted;

/** `apiVersion/Kind/namespace/name`, as Kyverno shows a resource. */
const shownResource = (resource: JsonObject): string => {
  const { namespace, name = "" } = requestFor(resource);
  return [
    String(resource.apiVersion),
    String(resource.kind),
    ...(namespace === undefined ? [] : [namespace]),
    name,
  ].join("/");
};

const isResource = (resource: JsonObject, kind: string, wanted: string): boolean => {
  const { namespace, name = "" } = requestFor(resource);
  return (kind === "" || resource.kind === kind) && (wanted === name || wanted === `${namespace ?? ""}/${name}`);
};

const ofRule = (found: string, wanted: string): boolean =>
  wanted === "" || found === wanted || found === `autogen-${wanted}` || found === `autogen-cronjob-${wanted}`;

const isAbout = ({ about }: ReportedResponse, resource: JsonObject): boolean => {
  const { namespace, name = "" } = requestFor(resource);
  return about?.kind === resource.kind && about?.name === name && about?.namespace === namespace;
};

interface Checked {
  readonly judged: Judged;
  readonly loaded: Loaded;
}

/** The rows of one expected result: one for each engine result that it covers. */
function checkResult(
  expected: ExpectedResult,
  test: TestFile,
  { judged, loaded }: Checked,
  selects: Selector,
  io: CommandIO,
): readonly TestRow[] {
  if (!selects("policy", expected.policy) || !selects("rule", expected.rule)) return [];
  const row = (resource: string, reason: string, passed: boolean, message = reason, rule = expected.rule): TestRow => ({
    policy: expected.policy,
    rule,
    resource,
    passed,
    reason,
    message,
  });
  const policy = loaded.policies.find((candidate) => isNamed(candidate, expected.policy));
  const rule = policy === undefined ? undefined : ruleOf(policy, expected.rule);
  const wanted =
    expected.resources.length > 0
      ? expected.resources
      : loaded.resources
          .filter(({ kind }) => expected.kind === "" || kind === expected.kind)
          .map((resource) => requestFor(resource).name ?? "");
  // Differs: Kyverno has no row for an expectation that covers nothing, and passes it.
  if (wanted.length === 0) return [row(expected.kind, "Not found", false, "there is no resource of this kind")];
  return wanted.flatMap((name) => {
    if (!selects("resource", name)) return [];
    const found = loaded.resources.filter((resource) => isResource(resource, expected.kind, name));
    // Differs: Kyverno silently skips a resource that does not exist.
    if (found.length === 0)
      return [row([expected.kind, name].filter((part) => part !== "").join("/"), "Not found", false)];
    return found.flatMap((resource): readonly TestRow[] => {
      const shown = shownResource(resource);
      if (policy === undefined)
        return [row(shown, loaded.refused.includes(expected.policy) ? "Invalid Policy" : "Not found", false)];
      if (expected.rule !== "" && rule === undefined)
        return [row(shown, "Not found", false, `the policy has no rule ${JSON.stringify(expected.rule)}`)];
      const results = judged.responses
        .filter((response) => response.policy === policy.name && isAbout(response, resource))
        .flatMap(({ results: all, scored }) =>
          all
            .filter((result) => ofRule(result.rule, expected.rule))
            .map((result) => ({ ...result, status: shownStatus(result, scored, false) })),
        );
      const rows =
        results.length === 0
          ? [row(shown, "Excluded", true)]
          : results.map((result) => {
              const [reason, passed] = compareStatus(expected.result, result, policy);
              return row(shown, reason, passed, result.message, result.rule);
            });
      return expected.patchedResources === undefined
        ? rows
        : [...rows, row(shown, ...comparePatched(expected.patchedResources, resource, test, judged, io))];
    });
  });
}

/** The rule of a result: by its name, or by that of a rule generated from it. */
const ruleOf = ({ spec }: Policy, name: string): Rule | undefined =>
  spec.rules.find((rule) => rule.name === name) ??
  spec.rules.find((rule) => rule.name === name.replace(/^autogen-(?:cronjob-)?/, ""));

/**
 * Compares a status as `apply` shows it: a failure of a policy that is not scored is a warning.
 * Differs: a rule of another kind is not decided here, so its `skip` is not what a test asks for.
 */
function compareStatus(
  wanted: ExpectedStatus,
  { rule, status }: RuleResult,
  policy: Policy,
): readonly [reason: string, passed: boolean] {
  const kind = ruleOf(policy, rule)?.kind ?? "verifyImages";
  if (kind !== "verifyImages") return [`Want ${wanted}, ${kind} rules are not decided here`, false];
  return status === wanted ? ["Ok", true] : [`Want ${wanted}, got ${status}`, false];
}

const text = (value: JsonValue): string => JSON.stringify(sorted(value));

/**
 * Compares the patched resource with the expected one. Annotations that record the verification count only if the test
 * names them.
 */
function comparePatched(
  file: string,
  resource: JsonObject,
  test: TestFile,
  judged: Judged,
  io: CommandIO,
): readonly [reason: string, passed: boolean] {
  const { name = "" } = requestFor(resource);
  const expected = readWholeResources([below(test, file)], io, { flag: "patchedResources" }).find((candidate) =>
    isResource(candidate, String(resource.kind), name),
  );
  if (expected === undefined) return ["Not found", false];
  const left = judged.left.get(resource) ?? resource;
  const same = text(expected) === text(left) || text(expected) === text(withoutRecord(left, expected));
  return same ? ["Ok", true] : ["The patched resource differs", false];
}

const recordNames: readonly string[] = ["kyverno.io/verify-images", "kyverno.io/verify-images-scoped"];
function withoutRecord(resource: JsonObject, expected: JsonObject): JsonObject {
  const metadata = isObject(resource.metadata) ? resource.metadata : {};
  const wanted =
    isObject(expected.metadata) && isObject(expected.metadata.annotations) ? expected.metadata.annotations : {};
  const annotations = Object.fromEntries(
    Object.entries(isObject(metadata.annotations) ? metadata.annotations : {}).filter(
      ([name]) => !recordNames.includes(name) || Object.hasOwn(wanted, name),
    ),
  );
  const { annotations: _, ...others } = metadata;
  return { ...resource, metadata: { ...others, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) } };
}

/** A row without a result: for a resource that cannot be judged, or a test that cannot be run. */
const failedRow = (resource: string, reason: string, message: string): TestRow => ({
  policy: "",
  rule: "",
  resource,
  passed: false,
  reason,
  message,
});

async function runTest(
  test: TestFile,
  options: TestOptions,
  selects: Selector,
  told: Set<string>,
  io: CommandIO,
): Promise<readonly TestRow[]> {
  const structured = options.output !== undefined;
  const say = (line: string): void => (structured ? io.err(line) : io.out(line));
  say(`Loading test  ( ${visibleLine(test.path)} ) ...\n  Loading values/variables ...\n`);
  const values: Values =
    test.values === undefined
      ? readValues(test.variables === undefined ? undefined : below(test, test.variables), [], io)
      : readInlineValues(test.values, test.path);
  const user: RequestInfo = test.userinfo === undefined ? {} : readRequestInfo(below(test, test.userinfo), io);
  say("  Loading policies ...\n");
  const loaded = load(test, io);
  say("  Loading resources ...\n  Loading exceptions ...\n");
  say(
    `  Applying ${counted(loaded.policies.length, "policy", "policies")} to ` +
      `${counted(loaded.resources.length, "resource")} with ` +
      `${counted(loaded.exceptions.length, "exception")} ...\n`,
  );
  const clusterPaths = [
    ...test.clusterResources.map((path) => below(test, path)),
    ...splitLists(options.clusterResource),
  ];
  const clusterResources = readWholeResources(clusterPaths, io, { flag: "clusterResources" });
  const distrust = readDistrustFiles(options.distrust, io);
  const given = [new ClusterFiles(clusterResources, test.responses, io.now())];
  const opened = await openKnowledge(options, io, given, () => registryAccessOf(loaded.policies, io));
  try {
    const byOperation = new Map<string, Judged>();
    const judgedFor = async (operation: string): Promise<Judged> => {
      const held = byOperation.get(operation);
      if (held !== undefined) return held;
      const globals =
        operation === "" ? values.globals : { ...values.globals, "request.operation": operation as Operation };
      const decided = await decideAll(
        loaded,
        loaded.given,
        {
          ...opened,
          distrust,
          values: { ...values, globals },
          user,
          told,
        },
        io,
      );
      const judged = toJudged(loaded, loaded.given, decided);
      byOperation.set(operation, judged);
      return judged;
    };
    say("  Checking results ...\n\n");
    const rows: TestRow[] = [];
    for (const expected of test.results) {
      const judged = await judgedFor(expected.operation ?? "");
      rows.push(...checkResult(expected, test, { judged, loaded }, selects, io));
    }
    const faulty = new Map([...byOperation.values()].flatMap((judged) => judged.faulty.map((one) => [one.value, one])));
    const faultyRows = [...faulty.values()].map(({ position, fault }) =>
      failedRow(placeText(position), "Malformed", codedText(fault)),
    );
    return [...rows, ...faultyRows];
  } finally {
    opened.close();
  }
}

/** All rows in one form. */
function renderRows(rows: readonly TestRow[], format: TestFormat, detailed: boolean): string {
  const rendered = renderTestRows(rows, format, detailed);
  return typeof rendered === "string" ? rendered : toJsonText(rendered);
}

async function run(folders: readonly string[], options: TestOptions, io: CommandIO): Promise<ExitCode> {
  if (folders.some((folder) => /^https?:\/\//.test(folder)))
    throw new EngineError("unsupported", "tests are read from folders, not from a network", {
      subject: folders.join(", "),
    });
  const selects = options.testCaseSelector === undefined ? () => true : readSelector(options.testCaseSelector);
  const files = folders.flatMap((folder) => findTestFiles(folder, options.fileName, io));
  if (files.length === 0) {
    if (options.requireTests === true) throw usage("no tests found", folders.join(", "));
    (options.output === undefined ? io.out : io.err)("No test yamls available\n");
    if (options.output !== undefined) io.out(renderRows([], options.output, false));
    return 0;
  }
  const detailed = options.detailedResults === true;
  const all: TestRow[] = [];
  const codes: ExitCode[] = [];
  const told = new Set<string>();
  /** A test that cannot run is reported and does not stop the others. */
  const attempt = async <T>(path: string, act: () => Promise<readonly T[]>): Promise<readonly T[]> => {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      tellProblem(toProblem(error, { hasSource: true, said: saidBy("test", options, io.env) }), io);
      codes.push(exitOf(error.code));
      all.push(failedRow(path, "Error", codedText(error)));
      return [];
    }
  };
  for (const file of files)
    for (const test of await attempt(file, async () => readTestFiles(file, io))) {
      const rows = await attempt(file, () => runTest(test, options, selects, told, io));
      all.push(...rows);
      if (rows.length > 0 && options.output === undefined && options.failOnly !== true)
        io.out(`${renderTestTable(rows, detailed, styleOf(io))}\n`);
    }
  if (all.length === 0) warn("the selector selects no result of these tests", io);
  if (all.length === 0 && options.requireTests === true) throw usage("no tests found", folders.join(", "));
  const failed = all.filter(({ passed }) => !passed);
  const shown = options.failOnly === true ? failed : all;
  if (options.output !== undefined) io.out(renderRows(shown, options.output, detailed));
  const say = (line: string): void => (options.output === undefined ? io.out(line) : io.err(line));
  if (options.failOnly === true) {
    say(`\nTest Summary: ${failed.length} out of ${all.length} tests failed\n`);
    if (failed.length > 0 && options.output === undefined)
      io.out(`\nAggregated Failed Test Cases : \n${renderTestTable(failed, detailed, styleOf(io))}`);
  } else say(`\nTest Summary: ${all.length - failed.length} tests passed and ${failed.length} tests failed\n\n`);
  tellVariables("policies", io);
  if (failed.length === 0) return 0;
  io.err(`Error: ${failed.length} tests failed\n`);
  return gravest([...codes, 1]);
}

export function define(command: Command, { io, finish }: Shell): void {
  command
    .argument("<folder...>", "test files, or folders to search for them")
    .option("-f, --file-name <name>", "the name of test files", "kyverno-test.yaml")
    .option("-t, --test-case-selector <selector>", "policy=…,rule=…,resource=…, each with wildcards")
    .option("--fail-only", "show only failures")
    .option("--detailed-results", "show messages")
    .option("--require-tests", "fail when there is no test")
    .addOption(new Option("-o, --output <format>", "output format").choices(["json", "yaml", "markdown", "junit"]))
    .addOption(new Option("--output-format <format>").choices(["json", "yaml", "markdown", "junit"]).hideHelp())
    .option("--cluster-resource <file>", "resource files that answer for the cluster (repeatable)", collect);
  addCapsuleOptions(addKnowledgeOptions(command))
    .addHelpText(
      "after",
      "\n" +
        "Examples:\n" +
        "  sallyport test tests/ --store mirror\n" +
        "  sallyport test . --layout ./layout --complete -o junit > results.xml\n\n" +
        "Exit codes: 0, 1 as Kyverno's; 2 nothing could be judged\n",
    )
    .action(async (folders: readonly string[], options: TestOptions & { readonly outputFormat?: TestFormat }) => {
      const output = options.output ?? options.outputFormat;
      finish(await run(folders, output === undefined ? options : { ...options, output }, io));
    });
  addOtherFlags(command, otherFlags.test);
}
