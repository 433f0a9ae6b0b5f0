/** `sallyport policy check`: whether policies load, and what in them is risky. */
import type { Command } from "commander";
import { createEngine } from "../../core/index.ts";
import { advise } from "../../core/kyverno/policy/advice.ts";
import type { Policy, PolicyWarning } from "../../core/kyverno/policy/policy.ts";
import { toFieldPath } from "../../core/kyverno/policy/field-path.ts";
import { loadPolicies, type PolicyProblem } from "../../core/kyverno/policy/read-policy.ts";
import type { AdviceCode } from "../../core/kyverno/policy/remark.ts";
import { type Alias, widthOf } from "../../core/oci/aliases.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { namespacedLookups } from "../../proxy/serve/namespaced-lookups.ts";
import type { Config } from "../../proxy/serve/settings.ts";
import { adviseAsking, type Asking, mayAskOf } from "../../proxy/serve/ask-advice.ts";
import type { CommandIO, Shell } from "../command.ts";
import { fromEnvironment } from "../environment.ts";
import type { ExitCode } from "../exit-code.ts";
import { addAliasOption, readAliases } from "../input/alias-flags.ts";
import type { AliasOptions } from "../input/aliases.ts";
import { problemText, readPaths } from "../input/files.ts";
import { countRefused, readPolicies } from "../input/policy-files.ts";
import { outputOption } from "../input/output-flag.ts";
import { counted } from "../render/count.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { visibleLine } from "../render/escape.ts";
import { tellAnswer } from "../render/say.ts";

interface CheckOptions extends AliasOptions {
  readonly config?: string;
  readonly output: "text" | "json" | "yaml";
}

/** What is wrong with an alias: it covers more than is probably meant, or does not count. */
interface AliasWarning extends Alias {
  readonly code: "wide-alias" | "unclear-alias";
  readonly message: string;
}

/** Nothing where no aliases are given: then reading them is not loaded, either. */
async function checkAliases(options: AliasOptions, io: CommandIO): Promise<readonly AliasWarning[] | undefined> {
  const { list, leftOut } = await readAliases(options, io.limits, io);
  if (list.length + leftOut.length === 0) return undefined;
  const wide = list.flatMap((alias): readonly AliasWarning[] => {
    const message = widthOf(alias);
    return message === undefined ? [] : [{ ...alias, code: "wide-alias", message }];
  });
  return [...wide, ...leftOut.map(({ alias, why }) => ({ ...alias, code: "unclear-alias", message: why }) as const)];
}

/** The configuration of `serve`, where one is named. */
async function readConfiguration(options: CheckOptions, io: CommandIO): Promise<Config | undefined> {
  const file = options.config ?? fromEnvironment("SALLYPORT_CONFIG", io);
  if (file === undefined) return undefined;
  const { loadConfig } = await import("../input/config-file.ts");
  const { requireConfig } = await import("../../proxy/serve/read-config.ts");
  return requireConfig(loadConfig(file, io));
}

/** Whom policies may have asked, and the server's own policies, as far as they are here. */
function readAsking(config: Config | undefined, io: CommandIO): Asking | undefined {
  if (config === undefined) return { others: [] };
  const mayAsk = mayAskOf(config, io.limits);
  // A configuration of a container names folders that are not on this machine.
  const there = config.policies.folders.filter((path) => io.pathKind(path) !== "none");
  const files = readPaths(there, io).flatMap((path) => path.files);
  return mayAsk && { mayAsk, others: loadPolicies(files, { limits: io.limits }).policies };
}

/** What `serve` would not ask, or not load at all, for a Policy of one namespace. */
async function checkAsking(
  policies: readonly Policy[],
  broken: readonly PolicyWarning[],
  options: CheckOptions,
  io: CommandIO,
): Promise<readonly Warning[]> {
  const config = await readConfiguration(options, io);
  const asking = readAsking(config, io);
  const lookups = config?.policies.namespacedImageRegistry === true ? [] : namespacedLookups(policies);
  const refused = lookups.map((one): Warning => {
    const message = `${toFieldPath(one.pointer)}: serve does not load it: ${one.message}`;
    return { ...one, code: "not-asked", message, policy: one.policy ?? "" };
  });
  const unasked = asking === undefined ? [] : adviseAsking(policies, asking, io.limits);
  // What does not load anyway is not warned of.
  return [...refused, ...unasked].filter(
    ({ file, pointer }) => !broken.some((other) => other.file === file && pointer.startsWith(`${other.pointer}/`)),
  );
}

/** A warning from loading has no kind; advice has one. */
type Warning = PolicyWarning & { readonly code?: AdviceCode };

/** By place, without duplicates: several checks can see one fault. */
function inOrder(warnings: readonly Warning[]): readonly Warning[] {
  const byText = new Map(warnings.map((warning) => [problemText(warning), warning]));
  return [...byText.values()].sort(
    (a, b) => Number(a.file > b.file) - Number(a.file < b.file) || a.line - b.line || a.column - b.column,
  );
}

/** How many policies there are, and how many of them load. */
function countText(load: number, errors: readonly PolicyProblem[]): string {
  const refused = countRefused(errors);
  const all = load + refused;
  const what = counted(all, "policy", "policies");
  if (refused === 0) return `${what} ${all === 1 ? "loads" : "load"}`;
  return load === 0 ? `${what} ${all === 1 ? "does" : "do"} not load` : `${what}: ${load} load, ${refused} do not`;
}

async function check(paths: readonly string[], options: CheckOptions, io: CommandIO): Promise<ExitCode> {
  const { policies, exceptions, errors } = readPolicies(paths, io);
  const engine = createEngine({ policies, exceptions, crypto: nodeVerifier, limits: io.limits });
  const warnings = inOrder([
    ...engine.warnings,
    ...policies.flatMap((policy) => advise(policy, io.limits)),
    ...(await checkAsking(policies, engine.warnings, options, io)),
  ]);
  const aliases = await checkAliases(options, io);
  if (isDocumentFormat(options.output)) {
    const loaded = { policies: policies.map(({ name }) => name), exceptions: exceptions.length };
    const members = { ...loaded, errors, warnings, aliases };
    io.out(renderDocument("PolicyCheck", members, options.output));
  } else {
    for (const problem of errors) tellAnswer(`error ${problem.code}: ${visibleLine(problemText(problem))}`, io);
    for (const warning of warnings) {
      const code = warning.code === undefined ? "" : ` ${warning.code}`;
      tellAnswer(`warning${code}: ${visibleLine(problemText(warning))}`, io);
    }
    for (const { code, message, from, logical, physical } of aliases ?? [])
      tellAnswer(`warning ${code}: ${visibleLine(`${from}: ${logical}=${physical}: ${message}`)}`, io);
    io.out(`${countText(policies.length, errors)}; ${counted(errors.length, "error")}, `);
    io.out(`${counted(warnings.length + (aliases?.length ?? 0), "warning")}\n`);
  }
  return errors.length > 0 ? 2 : 0;
}

export function define(command: Command, { io, finish }: Shell): void {
  addAliasOption(
    command
      .command("check")
      .description("load policies and report errors and risky settings, with line and column")
      .argument("<policy...>", "policy files or folders; - is standard input"),
  )
    .option("--hosts-dir <folder>", "mirrors of registries, as containerd's certs.d has them")
    .option("--registries-conf <file>", "mirrors of registries, as podman has them")
    .option("-c, --config <file>", "the configuration of serve: what policies may have it ask (env: SALLYPORT_CONFIG)")
    .addOption(outputOption())
    .addHelpText("after", "\nExit codes: 0 every policy loads (warnings allowed); 2 a policy does not load\n")
    .action(async (paths: readonly string[], options: CheckOptions) => finish(await check(paths, options, io)));
}
