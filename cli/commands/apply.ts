/**
 * `sallyport apply`: Kyverno policies on resource files, with Kyverno's flags, output and exit codes. Source:
 * docs/spec/kyverno.md#apply-command.
 */
import { type Command, Option } from "commander";
import { EngineError, type JsonObject, requestFor } from "../../core/index.ts";
import { expandRules } from "../../core/kyverno/policy/autogen.ts";
import { ClusterFiles } from "../input/cluster-files.ts";
import { collect, type CommandIO, type Shell } from "../command.ts";
import { type ExitCode, exitOfCounts } from "../exit-code.ts";
import { readDistrustFiles } from "../input/distrust-file.ts";
import { problemText, readPolicies, readResources } from "../input/files.ts";
import { addKnowledgeOptions, type KnowledgeOptions, openKnowledge } from "../input/knowledge.ts";
import { sorted, toJsonText } from "../render/json.ts";
import { toYamlText } from "../render/yaml.ts";
import {
  type Counts,
  countResults,
  renderBanner,
  renderCounts,
  renderRefusedPolicies,
  renderResponse,
  shownStatus,
} from "../render/kyverno-apply.ts";
import { renderJunit } from "../render/junit.ts";
import { renderMarkdown } from "../render/markdown.ts";
import { type ReportApi, reportApis, type ReportedResponse, toPolicyReport } from "../render/policy-report.ts";
import { toSarif } from "../render/sarif.ts";
import { renderProblem } from "../render/problem.ts";
import { renderBoxTable } from "../render/table.ts";
import { readRequestInfo, readValues, type RequestInfo } from "../input/values.ts";
import { judge, type PolicySet, type Setting } from "../judge.ts";
import { version } from "../version.ts";

interface ApplyOptions extends KnowledgeOptions {
  readonly resource?: readonly string[];
  readonly resources?: readonly string[];
  readonly valuesFile?: string;
  readonly set?: readonly string[];
  readonly userinfo?: string;
  readonly exception?: readonly string[];
  readonly exceptions?: readonly string[];
  readonly exceptionsWithResources?: boolean;
  readonly output?: string;
  readonly policyReport?: boolean;
  readonly outputFormat: "yaml" | "json" | "markdown" | "junit" | "sarif";
  readonly reportApi: ReportApi;
  readonly clusterResource?: readonly string[];
  readonly table?: boolean;
  readonly detailedResults?: boolean;
  readonly auditWarn?: boolean;
  readonly warnExitCode: string;
  readonly warnNoPass?: boolean;
  readonly continueOnFail?: boolean;
  readonly cluster?: boolean;
  readonly gitBranch?: string;
}

const usage = (message: string, subject?: string): EngineError =>
  new EngineError("invalid-usage", message, { subject });

interface Loaded extends PolicySet {
  readonly refused: readonly { readonly policy: string; readonly reason: string }[];
}

/**
 * Policies and exceptions. A policy that does not load stops everything, or with `--continue-on-fail` counts as an
 * error.
 * @throws EngineError with the code of the first problem.
 */
function load(paths: readonly string[], options: ApplyOptions, io: CommandIO): Loaded {
  const withResources = options.exceptionsWithResources === true ? resourcePaths(options) : [];
  const exceptionPaths = [...(options.exception ?? []), ...(options.exceptions ?? []), ...withResources].flatMap(
    (list) => list.split(","),
  );
  const policies = readPolicies(paths, io);
  const exceptions = exceptionPaths.length === 0 ? [] : readPolicies(exceptionPaths, io).exceptions;
  const refused = policies.errors.map((problem) => ({
    policy: problem.policy ?? problem.file,
    reason: problem.message,
  }));
  for (const problem of policies.errors)
    io.err(renderProblem({ code: problem.code, what: problem.message, why: problemText(problem) }));
  const [first] = policies.errors;
  if (first !== undefined && options.continueOnFail !== true)
    throw new EngineError(first.code, `${policies.errors.length} of the policies do not load; nothing was judged`, {
      subject: problemText(first),
    });
  return { policies: policies.policies, exceptions: [...policies.exceptions, ...exceptions], refused };
}

const resourcePaths = ({ resource = [], resources = [] }: ApplyOptions): readonly string[] =>
  [...resource, ...resources].flatMap((list) => list.split(","));

function apply(paths: readonly string[], options: ApplyOptions, io: CommandIO): ExitCode {
  if (options.cluster === true)
    throw new EngineError("unsupported", "apply reads files; a cluster is not asked", { subject: "--cluster" });
  if (options.gitBranch !== undefined || paths.some((path) => /^https?:\/\//.test(path)))
    throw new EngineError("unsupported", "policies are read from files, not from a network", { subject: "POLICY" });
  const warnExitCode = Number(options.warnExitCode);
  if (!Number.isInteger(warnExitCode) || warnExitCode < 0 || warnExitCode > 255)
    throw usage("an exit code is 0 to 255", options.warnExitCode);
  if (resourcePaths(options).length === 0) throw usage("resource file(s) or cluster required", "--resource");
  const { policies, exceptions, refused } = load(paths, options, io);
  const resources = readResources(resourcePaths(options), io).filter((resource) => resource.kind !== "PolicyException");
  const values = readValues(options.valuesFile, options.set ?? [], io);
  const user: RequestInfo = options.userinfo === undefined ? {} : readRequestInfo(options.userinfo, io);
  const clusterPaths = (options.clusterResource ?? []).flatMap((list) => list.split(","));
  const cluster = clusterPaths.length === 0 ? [] : [new ClusterFiles(readResources(clusterPaths, io), [], io.now())];
  const distrust = readDistrustFiles(options.distrust, io);
  const opened = openKnowledge(options, io, cluster);
  try {
    const setting: Setting = { values, user, distrust, ...opened };
    const { responses, left } = judge({ policies, exceptions }, resources, setting, io);
    if (options.output !== undefined) writeResources(options.output, left, io);
    const rules = policies.reduce((sum, policy) => sum + expandRules(policy).length, 0);
    return report(
      responses,
      options,
      {
        refused,
        warnExitCode,
        banner: { rules, resources: resources.length, exceptions: exceptions.length },
        now: opened.now,
      },
      io,
    );
  } finally {
    opened.close();
  }
}

/** `-o`: one file of all, or a folder with one file for each. */
function writeResources(path: string, resources: readonly JsonObject[], io: CommandIO): void {
  if (io.pathKind(path) !== "folder") {
    io.writeFile(path, resources.map((resource) => toYamlText(resource)).join("---\n"));
    return;
  }
  for (const resource of resources) {
    const { kind, name = "", namespace = "default" } = requestFor(resource);
    const file = [namespace, kind.kind.toLowerCase(), name].join("-").replace(/[^A-Za-z0-9._-]/g, "_");
    io.writeFile(`${path.replace(/\/$/, "")}/${file}.yaml`, toYamlText(resource));
  }
}

interface Ending {
  readonly refused: Loaded["refused"];
  readonly warnExitCode: number;
  readonly banner: Parameters<typeof renderBanner>[0];
  readonly now: Date;
}

function report(
  responses: readonly ReportedResponse[],
  options: ApplyOptions,
  { refused, warnExitCode, banner, now }: Ending,
  io: CommandIO,
): ExitCode {
  const auditWarn = options.auditWarn === true;
  const counts = countResults(responses, { auditWarn, refusedPolicies: refused.length });
  if (options.policyReport === true) {
    io.out(renderReport(responses, counts, options, auditWarn, now));
  } else {
    io.out(renderBanner(banner));
    io.out(renderRefusedPolicies(refused));
    if (options.table === true || options.detailedResults === true) io.out(renderResultTable(responses, options));
    else for (const response of responses) io.out(renderResponse(response, auditWarn));
    io.out(renderCounts(counts));
    reportUnknowns(responses, io);
  }
  const { code, text, stream } = {
    stream: io.err,
    ...exitOfCounts(counts, { warnExitCode, warnNoPass: options.warnNoPass === true }),
  };
  if (text !== undefined) (text.startsWith("Error:") ? stream : io.out).call(io, `${text}\n`);
  return code;
}

/** The report in the wanted form. */
function renderReport(
  responses: readonly ReportedResponse[],
  counts: Counts,
  options: ApplyOptions,
  auditWarn: boolean,
  now: Date,
): string {
  const rows = responses.flatMap((response) =>
    response.results.map((result) => ({
      ...response,
      result,
      status: shownStatus(result, response.scored, auditWarn),
    })),
  );
  switch (options.outputFormat) {
    case "sarif":
      return toJsonText(toSarif(responses, { auditWarn, version }));
    case "markdown":
      return renderMarkdown(
        ["POLICY", "RULE", "RESOURCE", "RESULT", "MESSAGE"],
        rows.map(({ policy, result, resource, status }) => [policy, result.rule, resource, status, result.message]),
      );
    case "junit":
      return renderJunit(
        rows.map(({ policy, result, resource, status }) => ({
          suite: policy,
          classname: result.rule,
          name: resource,
          ...(status === "fail" || status === "error" ? { failure: result.message } : {}),
          lines: [
            ["Result", status],
            ["Policy", policy],
            ["Rule", result.rule],
            ["Resource", resource],
            ["Message", result.message],
          ],
        })),
      );
    default: {
      const document = sorted(toPolicyReport(responses, counts, { auditWarn, at: now, api: options.reportApi }));
      return options.outputFormat === "json" ? toJsonText(document) : toYamlText(document);
    }
  }
}

/**
 * Differs: Kyverno only counts errors; whoever reads the count wants to know what was missing. On stderr, so that the
 * output stays Kyverno's.
 */
function reportUnknowns(responses: readonly ReportedResponse[], io: CommandIO): void {
  for (const { policy, resource, results } of responses)
    for (const result of results)
      if (result.status === "error")
        io.err(`policy ${policy} -> resource ${resource} could not be judged: ${result.rule}: ${result.message}\n`);
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
const reasons: Readonly<Record<string, string>> = {
  pass: "Ok",
  fail: "Failure",
  error: "Error",
  warn: "Warning",
  skip: "Skipped",
};

function renderResultTable(responses: readonly ReportedResponse[], options: ApplyOptions): string {
  const detailed = options.detailedResults === true;
  const rows = responses
    .flatMap(({ policy, resource, results, scored }) =>
      results.map((result) => ({
        policy,
        resource,
        result,
        status: shownStatus(result, scored, options.auditWarn === true),
      })),
    )
    .map(({ policy, resource, result, status }, index) => [
      String(index + 1),
      policy,
      result.rule,
      resource,
      capital(status),
      reasons[status] ?? "",
      ...(detailed ? [result.message] : []),
    ]);
  return renderBoxTable(
    ["ID", "POLICY", "RULE", "RESOURCE", "RESULT", "REASON", ...(detailed ? ["MESSAGE"] : [])],
    rows,
  );
}

const accepted: readonly string[] = ["--registry", "--remove-color", "--exceptions-within-policies"];
const acceptedWithValue: readonly string[] = [
  "--kubeconfig",
  "--context",
  "-n, --namespace",
  "--username",
  "--password",
  "--crd-paths",
  "--concurrent",
  "--batch-size",
];

export function define(command: Command, { io, finish }: Shell): void {
  command
    .argument("<policy...>", "policy files or folders; - is standard input")
    .option("-r, --resource <file>", "resource files or folders (repeatable, comma list)", collect)
    .addOption(new Option("--resources <file>", "as --resource").argParser(collect).hideHelp())
    .option("-f, --values-file <file>", "values for variables")
    .option("-s, --set <name=value>", "a variable (repeatable, comma list)", collect)
    .option("-u, --userinfo <file>", "the user the request comes from")
    .option("-e, --exception <file>", "policy exceptions (repeatable, comma list)", collect)
    .addOption(new Option("--exceptions <file>", "as --exception").argParser(collect).hideHelp())
    .option("--exceptions-with-resources", "read exceptions from the resource files too")
    .option("-o, --output <path>", "write the resources as the policies leave them: a file, or a folder that exists")
    .option("-p, --policy-report", "print a report")
    .addOption(
      new Option("--output-format <format>", "form of the report")
        .choices(["yaml", "json", "markdown", "junit", "sarif"])
        .default("yaml"),
    )
    .addOption(
      new Option("--report-api <api>", "of a report in YAML or JSON")
        .choices(Object.keys(reportApis))
        .default("openreports.io/v1alpha1"),
    )
    .option(
      "--cluster-resource <file>",
      "resource files that stand in for the cluster: ConfigMaps, Secrets, namespaces (repeatable)",
      collect,
    )
    .option("-t, --table", "results as a table")
    .option("--detailed-results", "the table with messages")
    .option("--audit-warn", "failures of Audit policies are warnings")
    .option("--warn-exit-code <code>", "exit code when there are warnings and no failures", "0")
    .option("--warn-no-pass", "use that code too when nothing passed")
    .option("--continue-on-fail", "apply the policies that load, count the others as errors")
    .option("-c, --cluster", "refused: a cluster is not asked")
    .addOption(new Option("-b, --git-branch <branch>").hideHelp());
  for (const flag of accepted) command.addOption(new Option(flag).hideHelp());
  for (const flag of acceptedWithValue) command.addOption(new Option(`${flag} <value>`).hideHelp());
  addKnowledgeOptions(command)
    .addHelpText(
      "after",
      "\n" +
        "Examples:\n" +
        "  sallyport apply policy.yaml -r pod.yaml --store mirror\n" +
        "  sallyport apply policies/ -r deploy/ --layout ./layout --complete -p\n\n" +
        "Exit codes: 0, 1 as Kyverno's; 2 nothing could be judged\n",
    )
    .action((paths: readonly string[], options: ApplyOptions) => finish(apply(paths, options, io)));
}
