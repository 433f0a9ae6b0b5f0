/**
 * `sallyport apply`: Kyverno policies on resource files, with Kyverno's flags, output and exit codes. Source:
 * docs/spec/kyverno.md#apply-command.
 */
import { shownStatus } from "../../core/admission/report-result.ts";
import { failureOf } from "../../core/verdict.ts";
import { type Command, Option } from "commander";
import { EngineError, type JsonObject, requestFor } from "../../core/index.ts";
import { advise } from "../../core/kyverno/policy/advice.ts";
import { expandRules } from "../../core/kyverno/policy/autogen.ts";
import { collect, type CommandIO, type Shell } from "../command.ts";
import { type ExitCode, exitOfCounts } from "../exit-code.ts";
import { type GivenPath, problemText, readPaths, splitLists } from "../input/files.ts";
import { readClusterResources } from "../input/cluster-resources.ts";
import { addJudgingOptions, type JudgingOptions, readJudgingInput } from "../input/judging-flags.ts";
import { addKnowledgeOptions, type KnowledgeOptions, openKnowledge } from "../input/knowledge.ts";
import { registryAccessOf } from "../input/policy-registries.ts";
import { addCapsuleOptions } from "../input/capsule-options.ts";
import { openRecorder } from "../input/record-flags.ts";
import { addRecordOptions, type RecordOptions } from "../input/record-options.ts";
import { addOtherFlags, otherFlags } from "../input/other-flags.ts";
import { sorted, toJsonText } from "../render/json.ts";
import { toYamlText } from "../render/yaml.ts";
import {
  type Counts,
  countResults,
  renderBanner,
  renderCounts,
  renderRefusedPolicies,
  renderResponse,
} from "../render/kyverno-apply.ts";
import { counted } from "../render/count.ts";
import { isOverlooked, renderApplyJunit, renderApplyMarkdown, toApplyResults } from "../render/apply-reports.ts";
import { type Outage, outagesMember } from "../render/outage.ts";
import { tellVariables, usedVariables } from "../render/environment.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { type ReportApi, reportApis, type ReportedResponse, toPolicyReport } from "../render/policy-report.ts";
import { toSarif } from "../render/sarif.ts";
import { fixLines, type FixSettings } from "../render/fix.ts";
import { renderBoxTable, type TableStyle } from "../render/table.ts";
import { styleOf } from "../render/style.ts";
import { pathsOfResources, readJudgingSet, refuseExceptions, warnUncounted } from "../input/policy-files.ts";
import { type FaultyResource, type GivenResource, readResources } from "../input/resources.ts";
import {
  type AllDecided,
  decideAll,
  policiesOf,
  type Judged,
  toJudged,
  refusePolicies,
  tellProblems,
  type PolicySet,
  tellFaulty,
  toFaultyResponse,
  toRefusedResponse,
  fixesFor,
  toFaultyJson,
} from "../judge.ts";
import { version } from "../version.ts";
import { usage } from "../input/given-file.ts";
import { note, say, warn } from "../render/say.ts";
import { tellFix } from "../render/problem.ts";

const reportFormats = ["yaml", "json", "markdown", "junit", "sarif"] as const;
type ReportFormat = (typeof reportFormats)[number];

interface ApplyOptions extends KnowledgeOptions, JudgingOptions, RecordOptions {
  readonly resource?: readonly string[];
  readonly resources?: readonly string[];
  readonly allowEmpty?: boolean;
  readonly output?: string;
  readonly policyReport?: boolean;
  readonly outputFormat?: ReportFormat;
  readonly reportApi: ReportApi;
  readonly table?: boolean;
  readonly detailedResults?: boolean;
  readonly auditWarn?: boolean;
  readonly warnExitCode: string;
  readonly warnNoPass?: boolean;
  readonly continueOnFail?: boolean;
  readonly namespace?: string;
}

type Refused = ReturnType<typeof readJudgingSet>["errors"];

/**
 * Policies and exceptions. A policy that does not load stops everything, or with `--continue-on-fail` counts as an
 * error.
 * @throws EngineError with the code of the first problem.
 */
function load(
  paths: readonly string[],
  resources: readonly GivenPath[],
  options: ApplyOptions,
  io: CommandIO,
): { readonly set: PolicySet; readonly refused: Refused } {
  const { errors, ...set } = readJudgingSet(paths, resources, options, io);
  if (options.continueOnFail === true) tellProblems(errors, io);
  else refusePolicies(errors, io);
  return {
    set: { ...set, refused: errors.flatMap(({ policy }) => policy ?? []) },
    refused: errors,
  };
}

async function apply(paths: readonly string[], options: ApplyOptions, io: CommandIO): Promise<ExitCode> {
  if (paths.some((path) => /^https?:\/\//.test(path)))
    throw new EngineError("unsupported", "policies are read from files, not from a network", { subject: "POLICY" });
  const warnExitCode = Number(options.warnExitCode);
  if (!Number.isInteger(warnExitCode) || warnExitCode < 0 || warnExitCode > 255)
    throw usage(`--warn-exit-code takes a number from 0 to 255, not ${JSON.stringify(options.warnExitCode)}`);
  const resourcePaths = splitLists(options.resource, options.resources);
  const fromCluster = resourcePaths.length === 0 && options.cluster === true;
  if (paths.length === 0 && options.capsule === undefined)
    throw usage("name policies, or a capsule that has some: --capsule FILE", "POLICY");
  if (paths.length === 0) refuseExceptions(options);
  if (resourcePaths.length === 0 && !fromCluster) throw noResources(paths, io);
  const given = readPaths(resourcePaths, io);
  const loaded = paths.length === 0 ? undefined : load(paths, given, options, io);
  const inFiles = fromCluster
    ? { resources: [], faulty: [] }
    : readResources(given, io, { flag: "-r", allowEmpty: options.allowEmpty });
  const { cluster, ...input } = readJudgingInput(options, io);
  noteOutput(options, io);
  const opened = await openKnowledge(options, io, cluster, () => registryAccessOf(loaded?.set.policies ?? [], io));
  try {
    const { set, refused } = loaded ?? { set: policiesOf(opened.capsule), refused: [] };
    const { cluster: server, signal = AbortSignal.abort(), limits } = opened;
    const resources =
      fromCluster && server !== undefined
        ? { faulty: [], resources: await readClusterResources(server, { ...set, ...options, limits, signal }, io) }
        : inFiles;
    const recorder = await openRecorder(options, limits, io);
    const decided = await decideAll(set, resources, { ...input, ...opened, recorder }, io);
    const { responses, left, faulty } = toJudged(set, resources, decided);
    if (options.output !== undefined) {
      writeResources(options.output, [...left.values()], io);
      tellDenied(options.output, decided, left, io);
    }
    tellUncountedAmong(resources.resources, options, io);
    if (refused.length === 0) tellUnjudged(set, decided, io);
    const code = report(
      responses,
      options,
      {
        refused,
        warnExitCode,
        banner: {
          rules: set.policies.reduce((sum, policy) => sum + expandRules(policy).length, 0),
          resources: resources.resources.length + resources.faulty.length,
          exceptions: set.exceptions.length,
        },
        now: opened.now,
        faulty,
        fixes: fixesFor(opened),
        outages: opened.outages(),
      },
      io,
    );
    await recorder?.write();
    return code;
  } finally {
    opened.close();
  }
}

/** Nothing to judge was named, or it stands among the policies. */
function noResources(paths: readonly string[], io: CommandIO): EngineError {
  const [first] = pathsOfResources(paths, io);
  return first === undefined
    ? usage("no -r FILE and no --cluster: there is nothing to judge")
    : usage(`no -r; ${first} looks like resources: did you mean -r ${first}?`);
}

/** Kyverno judges an exception like any resource, without a message. */
function tellUncountedAmong(resources: readonly GivenResource[], options: ApplyOptions, io: CommandIO): void {
  if (options.exceptionsWithResources === true || options.exceptionsWithinResources === true) return;
  const places = resources.filter(({ value }) => value.kind === "PolicyException").map(({ position }) => position);
  warnUncounted(places, "resources", "to let them count, give --exceptions-with-resources", io);
}

/**
 * Says that nothing was judged, with the policies that cannot match: as in Kyverno this is a success, and a gate has to
 * know it.
 */
function tellUnjudged({ policies }: PolicySet, { decided, faulty }: AllDecided, io: CommandIO): void {
  const results = decided.flatMap(({ decision }) => decision.results);
  if (decided.length === 0 || faulty.length > 0 || results.some(({ status }) => status !== "skip")) return;
  const what = results.length === 0 ? "no policy selected an image of" : "policies skipped the images of";
  warn(`${what} ${counted(decided.length, "resource")}: nothing was judged`, io);
  const idle = policies.flatMap((policy) => advise(policy, io.limits)).filter(({ code }) => code === "never-matches");
  for (const text of new Set(idle.map(problemText))) warn(`never-matches: ${text}`, io);
}

/** As in Kyverno, `-o` has what is denied too, as it was given. */
function tellDenied(path: string, { decided }: AllDecided, left: Judged["left"], io: CommandIO): void {
  const denied = left.size - decided.filter(({ decision }) => decision.allowed).length;
  if (denied > 0)
    warn(`${denied} of ${counted(left.size, "resource")} in ${path} ${denied === 1 ? "was" : "were"} not admitted`, io);
}

/** Elsewhere `-o json` is a format. */
function noteOutput({ output, outputFormat }: ApplyOptions, io: CommandIO): void {
  if (outputFormat === undefined && isDocumentFormat(output))
    note(`in apply, -o names a file, as in Kyverno; for ${output} on stdout, give --output-format ${output}`, io);
}

/** `-o`: one file for all resources, or a folder with one file each. */
function writeResources(path: string, resources: readonly JsonObject[], io: CommandIO): void {
  if (io.pathKind(path) !== "folder") {
    io.writeFile(path, resources.map((resource) => toYamlText(resource)).join("---\n"));
    return;
  }
  const taken = new Set<string>();
  for (const resource of resources)
    io.writeFile(`${path.replace(/\/$/, "")}/${fileNameOf(resource, taken)}.yaml`, toYamlText(resource));
}

/** File systems have names of 255 bytes, and there is a number and an ending to come. */
const longestFileName = 200;

/** A name that no other resource has, on file systems too that do not tell `A` from `a`. */
function fileNameOf(resource: JsonObject, taken: Set<string>): string {
  const { kind, name = "", namespace = "default" } = requestFor(resource);
  const plain = [namespace, kind.kind.toLowerCase(), name].join("-").replace(/[^A-Za-z0-9._-]/g, "_");
  const start = plain.slice(0, longestFileName);
  let file = start;
  for (let count = 2; taken.has(file.toLowerCase()); count++) file = `${start}-${count}`;
  taken.add(file.toLowerCase());
  return file;
}

interface Ending {
  readonly refused: Refused;
  readonly warnExitCode: number;
  readonly banner: Parameters<typeof renderBanner>[0];
  readonly now: Date;
  readonly faulty: readonly FaultyResource[];
  readonly fixes: FixSettings;
  readonly outages: readonly Outage[];
}

function report(
  judged: readonly ReportedResponse[],
  options: ApplyOptions,
  { refused, warnExitCode, banner, now, faulty, fixes, outages }: Ending,
  io: CommandIO,
): ExitCode {
  const auditWarn = options.auditWarn === true;
  const responses = [...judged, ...faulty.map(toFaultyResponse)];
  const counts = countResults(responses, { auditWarn, refusedPolicies: refused.length });
  const { code, text } = exitOfCounts(counts, { warnExitCode, warnNoPass: options.warnNoPass === true });
  const isReport = options.policyReport === true || options.outputFormat !== undefined;
  if (isReport) {
    const all = [...responses, ...refused.map(toRefusedResponse)];
    io.out(
      renderReport(
        all,
        { counts, code, banner, now, faulty, refused, fixes, outages, auditWarn, environment: usedVariables(io) },
        options,
      ),
    );
  } else {
    io.out(renderBanner(banner));
    io.out(
      renderRefusedPolicies(refused.map(({ policy, file, message }) => ({ policy: policy ?? file, reason: message }))),
    );
    if (options.table === true || options.detailedResults === true)
      io.out(renderResultTable(responses, options, styleOf(io)));
    else for (const response of responses) io.out(renderResponse(response, auditWarn));
    io.out(renderCounts(counts));
    reportUnknowns(judged, io);
  }
  tellFaulty(faulty, io);
  tellVariables("policies", io);
  const results = judged.flatMap((response) => response.results);
  for (const line of fixLines(results, fixes)) tellFix(line, io);
  if (text !== undefined) (isReport || text.startsWith("Error:") ? io.err : io.out).call(io, `${text}\n`);
  return code;
}

interface Found extends Omit<Ending, "warnExitCode"> {
  readonly counts: Counts;
  readonly code: ExitCode;
  readonly auditWarn: boolean;
  readonly environment: ReturnType<typeof usedVariables>;
}

/** The report in the wanted form; without `-p`, JSON and YAML are our own document, not Kyverno's report. */
function renderReport(
  responses: readonly ReportedResponse[],
  { counts, code, banner, now, faulty, refused, fixes, outages, auditWarn, environment }: Found,
  { outputFormat = "yaml", policyReport, reportApi }: ApplyOptions,
): string {
  if (outputFormat === "sarif") return toJsonText(toSarif(responses, { auditWarn, version }));
  if (outputFormat === "markdown") return renderApplyMarkdown(responses, auditWarn);
  if (outputFormat === "junit") return renderApplyJunit(responses, auditWarn);
  if (policyReport === true) {
    const document = sorted(toPolicyReport(responses, counts, { auditWarn, at: now, api: reportApi }));
    return outputFormat === "json" ? toJsonText(document) : toYamlText(document);
  }
  const members = {
    exitCode: code,
    evaluatedAt: now,
    ...banner,
    summary: counts,
    ...environment,
    ...outagesMember(outages),
    results: toApplyResults(responses, auditWarn, fixes),
    refused,
    errors: toFaultyJson(faulty),
  };
  return renderDocument("ApplyResult", members, outputFormat);
}

/** An error is counted as in Kyverno; what a cluster does with it is another question, and `explain` answers that. */
const overlooked = "; a cluster would admit this with a warning, because of failurePolicy: Ignore";

/**
 * Differs: Kyverno only counts errors; we also say what was missing. On stderr, so that stdout stays Kyverno's. The
 * validating pass repeats the mutating pass's unknowns: each is printed once.
 */
function reportUnknowns(responses: readonly ReportedResponse[], io: CommandIO): void {
  const told = new Set<string>();
  for (const { policy, resource, results } of responses)
    for (const result of results) {
      if (result.status !== "error") continue;
      const { code = "", reason = result.message } = failureOf(result) ?? {};
      const about = `policy ${policy} -> resource ${resource} could not be judged: ${result.rule}: `;
      if (told.has(`${about}${code} ${reason}`)) continue;
      told.add(`${about}${code} ${reason}`);
      say(`${about}${result.message}${isOverlooked(result) ? overlooked : ""}`, io);
    }
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
const reasons: Readonly<Record<string, string>> = {
  pass: "Ok",
  fail: "Failure",
  error: "Error",
  warn: "Warning",
  skip: "Skipped",
};

/** What a script looks for, and which image it is about; Kyverno repeats the result there. */
function reasonOf(result: ReportedResponse["results"][number], status: string): string {
  const failure = failureOf(result);
  if (failure === undefined) return reasons[status] ?? "";
  return result.image === undefined ? failure.code : `${failure.code} ${result.image.image}`;
}

function renderResultTable(responses: readonly ReportedResponse[], options: ApplyOptions, style: TableStyle): string {
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
      reasonOf(result, status),
      ...(detailed ? [result.message] : []),
    ]);
  return renderBoxTable(
    ["ID", "POLICY", "RULE", "RESOURCE", "RESULT", "REASON", ...(detailed ? ["MESSAGE"] : [])],
    rows,
    style,
  );
}

export function define(command: Command, { io, finish }: Shell): void {
  command
    .argument("[policy...]", "policy files or folders; - is standard input (default: those of --capsule)")
    .option("-r, --resource <file>", "resource files or folders (repeatable, comma list)", collect)
    .addOption(new Option("--resources <file>", "as --resource").argParser(collect).hideHelp())
    .option("--allow-empty", "a resource file or folder may hold no resource");
  addJudgingOptions(command)
    .option(
      "-o, --output <path>",
      "write all resources, those denied too, as the policies patch them: to a file, or an existing folder",
    )
    .option("-p, --policy-report", "print a report")
    .addOption(
      new Option(
        "--output-format <format>",
        "print results in this format; with -p, json and yaml are Kyverno's report",
      ).choices([...reportFormats]),
    )
    .addOption(
      new Option("--report-api <api>", "API version of a YAML or JSON report")
        .choices(Object.keys(reportApis))
        .default("openreports.io/v1alpha1"),
    )
    .option("-t, --table", "print the results as a table")
    .option("--detailed-results", "print the table with messages")
    .option("--audit-warn", "count failures of Audit policies as warnings")
    .option("--warn-exit-code <code>", "exit code when there are warnings and no failures", "0")
    .option("--warn-no-pass", "use that exit code also when nothing passed")
    .option("--continue-on-fail", "apply the policies that load, count the others as errors");
  command.option("-n, --namespace <name>", "of the cluster's resources, those of this namespace");
  addRecordOptions(addCapsuleOptions(addKnowledgeOptions(command, { likeKyverno: true })))
    .addHelpText(
      "after",
      "\n" +
        "Examples:\n" +
        "  sallyport apply policy.yaml -r pod.yaml --store mirror\n" +
        "  sallyport apply policies/ -r deploy/ --layout ./layout --complete -p\n\n" +
        "Exit codes: 0, 1 as Kyverno's; 2 nothing could be judged\n",
    )
    .action(async (paths: readonly string[], options: ApplyOptions) => finish(await apply(paths, options, io)));
  addOtherFlags(command, otherFlags.apply);
}
