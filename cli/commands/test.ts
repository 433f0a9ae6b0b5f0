/** `sallyport test`: Kyverno's test files, offline. Source: `kyverno test`; docs/spec/kyverno.md#test-command. */
import { type Command, Option } from "commander";
import {
  EngineError,
  type JsonObject,
  type JsonValue,
  type Operation,
  type Policy,
  requestFor,
} from "../../core/index.ts";
import { isObject } from "../../core/encoding/shape.ts";
import { collect, type CommandIO, type Shell } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { ClusterFiles } from "../input/cluster-files.ts";
import { readDistrustFiles } from "../input/distrust-file.ts";
import { problemText, readPolicies, readResources } from "../input/files.ts";
import { addKnowledgeOptions, type KnowledgeOptions, openKnowledge } from "../input/knowledge.ts";
import { type ExpectedResult, findTestFiles, readTestFiles, type TestFile } from "../input/test-file.ts";
import { readRequestInfo, readValues, type RequestInfo, toValues, type Values } from "../input/values.ts";
import { judge, type Judged, type PolicySet } from "../judge.ts";
import { sorted, toJsonText } from "../render/json.ts";
import type { ReportedResponse } from "../render/policy-report.ts";
import { renderTestRows, renderTestTable, type TestFormat, type TestRow } from "../render/test-results.ts";

interface TestOptions extends KnowledgeOptions {
  readonly fileName: string;
  readonly testCaseSelector?: string;
  readonly failOnly?: boolean;
  readonly detailedResults?: boolean;
  readonly requireTests?: boolean;
  readonly output?: TestFormat;
  readonly clusterResource?: readonly string[];
  readonly gitBranch?: string;
}

const usage = (message: string, subject: string): EngineError => new EngineError("invalid-usage", message, { subject });

/** Whether a selector takes in a name, as the test file writes it. */
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
  /** Policies that do not load, by name. */
  readonly refused: ReadonlySet<string>;
  readonly resources: readonly JsonObject[];
}

function load(test: TestFile, io: CommandIO): Loaded {
  const loaded = readPolicies(
    test.policies.map((path) => below(test, path)),
    io,
  );
  for (const problem of loaded.errors) io.err(`Error: [${problem.code}] ${problemText(problem)}\n`);
  const exceptions =
    test.exceptions.length === 0
      ? []
      : readPolicies(
          test.exceptions.map((path) => below(test, path)),
          io,
        ).exceptions;
  return {
    policies: loaded.policies,
    exceptions: [...loaded.exceptions, ...exceptions],
    refused: new Set(loaded.errors.flatMap(({ policy }) => (policy === undefined ? [] : [policy]))),
    resources: readResources(
      test.resources.map((path) => below(test, path)),
      io,
    ),
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

const about = (response: ReportedResponse, resource: JsonObject): boolean => {
  const { namespace, name = "" } = requestFor(resource);
  return (
    response.about.kind === resource.kind &&
    response.about.name === name &&
    (response.about.namespace ?? undefined) === namespace
  );
};

interface Checked {
  readonly judged: Judged;
  readonly loaded: Loaded;
}

/** The rows of one expected result: each result of the engine that it speaks of. */
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
  const wanted =
    expected.resources.length > 0
      ? expected.resources
      : loaded.resources
          .filter(({ kind }) => expected.kind === "" || kind === expected.kind)
          .map((resource) => requestFor(resource).name ?? "");
  return wanted.flatMap((name) => {
    if (!selects("resource", name)) return [];
    const found = loaded.resources.filter((resource) => isResource(resource, expected.kind, name));
    // Differs: Kyverno says nothing of a resource that is not there.
    if (found.length === 0)
      return [row([expected.kind, name].filter((part) => part !== "").join("/"), "Not found", false)];
    return found.flatMap((resource): readonly TestRow[] => {
      const shown = shownResource(resource);
      if (policy === undefined)
        return [row(shown, loaded.refused.has(expected.policy) ? "Invalid Policy" : "Not found", false)];
      const results = judged.responses
        .filter((response) => response.policy === policy.name && about(response, resource))
        .flatMap((response) => response.results.filter((result) => ofRule(result.rule, expected.rule)));
      const rows =
        results.length === 0
          ? [row(shown, "Excluded", true)]
          : results.map(({ rule, status, message }) =>
              row(
                shown,
                status === expected.result ? "Ok" : `Want ${expected.result}, got ${status}`,
                status === expected.result,
                message,
                rule,
              ),
            );
      return expected.patchedResources === undefined
        ? rows
        : [...rows, row(shown, ...comparePatched(expected.patchedResources, resource, test, judged, loaded, io))];
    });
  });
}

const text = (value: JsonValue): string => JSON.stringify(sorted(value));

/**
 * A resource as the policies left it, beside the one that the test expects. Annotations that record the verification
 * are no part of the comparison unless the test names them.
 */
function comparePatched(
  file: string,
  resource: JsonObject,
  test: TestFile,
  judged: Judged,
  loaded: Loaded,
  io: CommandIO,
): readonly [reason: string, passed: boolean] {
  const { name = "" } = requestFor(resource);
  const expected = readResources([below(test, file)], io).find((candidate) =>
    isResource(candidate, String(resource.kind), name),
  );
  if (expected === undefined) return ["Not found", false];
  const left = judged.left[loaded.resources.indexOf(resource)] ?? resource;
  const same = text(expected) === text(left) || text(expected) === text(withoutRecord(left, expected));
  return same ? ["Ok", true] : ["The patched resource is another one", false];
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

function runTest(
  test: TestFile,
  options: TestOptions,
  selects: Selector,
  told: Set<string>,
  io: CommandIO,
): readonly TestRow[] {
  const structured = options.output !== undefined;
  const say = (line: string): void => (structured ? io.err(line) : io.out(line));
  say(`Loading test  ( ${test.path} ) ...\n  Loading values/variables ...\n`);
  const values: Values =
    test.values === undefined
      ? readValues(test.variables === undefined ? undefined : below(test, test.variables), [], io)
      : toValues(test.values, {});
  const user: RequestInfo = test.userinfo === undefined ? {} : readRequestInfo(below(test, test.userinfo), io);
  say("  Loading policies ...\n");
  const loaded = load(test, io);
  say("  Loading resources ...\n  Loading exceptions ...\n");
  const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;
  say(
    `  Applying ${plural(loaded.policies.length, "policy", "policies")} to ` +
      `${plural(loaded.resources.length, "resource", "resources")} with ` +
      `${plural(loaded.exceptions.length, "exception", "exceptions")} ...\n`,
  );
  const clusterPaths = [...test.clusterResources.map((path) => below(test, path)), ...(options.clusterResource ?? [])];
  const distrust = readDistrustFiles(options.distrust, io);
  const opened = openKnowledge(options, io, [
    new ClusterFiles(clusterPaths.length === 0 ? [] : readResources(clusterPaths, io), test.responses, io.now()),
  ]);
  try {
    const byOperation = new Map<string, Judged>();
    const judgedFor = (operation: string): Judged => {
      const held = byOperation.get(operation);
      if (held !== undefined) return held;
      const globals =
        operation === "" ? values.globals : { ...values.globals, "request.operation": operation as Operation };
      const judged = judge(
        loaded,
        loaded.resources,
        {
          ...opened,
          distrust,
          values: { ...values, globals },
          user,
          told,
        },
        io,
      );
      byOperation.set(operation, judged);
      return judged;
    };
    say("  Checking results ...\n\n");
    return test.results.flatMap((expected) =>
      checkResult(expected, test, { judged: judgedFor(expected.operation ?? ""), loaded }, selects, io),
    );
  } finally {
    opened.close();
  }
}

function run(folders: readonly string[], options: TestOptions, io: CommandIO): ExitCode {
  if (options.gitBranch !== undefined || folders.some((folder) => /^https?:\/\//.test(folder)))
    throw new EngineError("unsupported", "tests are read from folders, not from a network", {
      subject: folders.join(", "),
    });
  const selects = options.testCaseSelector === undefined ? () => true : readSelector(options.testCaseSelector);
  const files = folders.flatMap((folder) => findTestFiles(folder, options.fileName, io));
  const tests = files.flatMap((file) => readTestFiles(file, io));
  if (tests.length === 0) {
    io.out("No test yamls available\n");
    if (options.requireTests === true) throw usage("no tests found", folders.join(", "));
    return 0;
  }
  const detailed = options.detailedResults === true;
  const all: TestRow[] = [];
  const told = new Set<string>();
  for (const test of tests) {
    const rows = runTest(test, options, selects, told, io);
    all.push(...rows);
    if (options.output === undefined && options.failOnly !== true) io.out(`${renderTestTable(rows, detailed)}\n`);
  }
  const failed = all.filter(({ passed }) => !passed);
  const shown = options.failOnly === true ? failed : all;
  if (options.output === "json") io.out(toJsonText(renderTestRows(shown, "json", detailed)));
  else if (options.output !== undefined) io.out(String(renderTestRows(shown, options.output, detailed)));
  const say = (line: string): void => (options.output === undefined ? io.out(line) : io.err(line));
  if (options.failOnly === true) {
    say(`\nTest Summary: ${failed.length} out of ${all.length} tests failed\n`);
    if (failed.length > 0 && options.output === undefined)
      io.out(`\nAggregated Failed Test Cases : \n${renderTestTable(failed, detailed)}`);
  } else say(`\nTest Summary: ${all.length - failed.length} tests passed and ${failed.length} tests failed\n\n`);
  if (failed.length === 0) return 0;
  io.err(`Error: ${failed.length} tests failed\n`);
  return 1;
}

export function define(command: Command, { io, finish }: Shell): void {
  command
    .argument("<folder...>", "folders that are searched for test files, or test files")
    .option("-f, --file-name <name>", "the name of test files", "kyverno-test.yaml")
    .option("-t, --test-case-selector <selector>", "policy=…,rule=…,resource=…, each with wildcards")
    .option("--fail-only", "show only what failed")
    .option("--detailed-results", "show messages")
    .option("--require-tests", "fail when there is no test")
    .addOption(
      new Option("-o, --output <format>", "form of the results").choices(["json", "yaml", "markdown", "junit"]),
    )
    .addOption(new Option("--output-format <format>").choices(["json", "yaml", "markdown", "junit"]).hideHelp())
    .option("--cluster-resource <file>", "resource files that stand in for the cluster (repeatable)", collect)
    .addOption(new Option("--registry").hideHelp())
    .addOption(new Option("--remove-color").hideHelp())
    .addOption(new Option("-b, --git-branch <branch>").hideHelp());
  addKnowledgeOptions(command)
    .addHelpText(
      "after",
      "\n" +
        "Examples:\n" +
        "  sallyport test tests/ --store mirror\n" +
        "  sallyport test . --layout ./layout --complete -o junit > results.xml\n\n" +
        "Exit codes: 0, 1 as Kyverno's; 2 nothing could be judged\n",
    )
    .action((folders: readonly string[], options: TestOptions & { readonly outputFormat?: TestFormat }) => {
      const output = options.output ?? options.outputFormat;
      finish(run(folders, output === undefined ? options : { ...options, output }, io));
    });
}
