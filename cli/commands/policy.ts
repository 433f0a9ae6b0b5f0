/** `sallyport policy check`: whether policies load, and what in them is unwise. */
import { type Command, Option } from "commander";
import { createEngine } from "../../core/index.ts";
import { advise } from "../../core/kyverno/policy/advice.ts";
import type { PolicyWarning } from "../../core/kyverno/policy/policy.ts";
import type { AdviceCode } from "../../core/kyverno/policy/remark.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import type { CommandIO, Shell } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { problemText } from "../input/files.ts";
import { readPolicies } from "../input/policy-files.ts";
import { toJsonText } from "../render/json.ts";
import { defaultLimits } from "../../core/limits.ts";

interface CheckOptions {
  readonly output: "text" | "json";
}

/** A warning of the load has no code; advice has one. */
type Warning = PolicyWarning & { readonly code?: AdviceCode };

/** By place, each thing once: one fault can be seen by several checks. */
function inOrder(warnings: readonly Warning[]): readonly Warning[] {
  const byText = new Map(warnings.map((warning) => [problemText(warning), warning]));
  return [...byText.values()].sort(
    (a, b) => Number(a.file > b.file) - Number(a.file < b.file) || a.line - b.line || a.column - b.column,
  );
}

function check(paths: readonly string[], options: CheckOptions, io: CommandIO): ExitCode {
  const { policies, exceptions, errors } = readPolicies(paths, io);
  const engine = createEngine({ policies, exceptions, crypto: nodeVerifier });
  const warnings = inOrder([...engine.warnings, ...policies.flatMap((policy) => advise(policy, defaultLimits))]);
  if (options.output === "json")
    io.out(
      toJsonText({
        apiVersion: "sallyport.dev/v1",
        kind: "PolicyCheck",
        policies: policies.map(({ name }) => name),
        exceptions: exceptions.length,
        errors,
        warnings,
      }),
    );
  else {
    for (const problem of errors) io.out(`error ${problem.code}: ${problemText(problem)}\n`);
    for (const warning of warnings)
      io.out(`warning${warning.code === undefined ? "" : ` ${warning.code}`}: ${problemText(warning)}\n`);
    io.out(`${policies.length} policies load, ${errors.length} errors, ${warnings.length} warnings\n`);
  }
  return errors.length > 0 ? 2 : 0;
}

export function define(command: Command, { io, finish }: Shell): void {
  command
    .command("check")
    .description("load policies and say what is wrong or unwise, with line and column")
    .argument("<policy...>", "policy files or folders; - is standard input")
    .addOption(new Option("-o, --output <format>", "form of the answer").choices(["text", "json"]).default("text"))
    .addHelpText("after", "\nExit codes: 0 every policy loads, with warnings or without; 2 one does not\n")
    .action((paths: readonly string[], options: CheckOptions) => finish(check(paths, options, io)));
}
