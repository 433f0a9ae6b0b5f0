/**
 * `sallyport jp`: Kyverno's JMESPath. Source: `kyverno jp`; docs/spec/kyverno.md#jmespath-dialect, #functions.
 */
import type { Command } from "commander";
import { escapeHiddenJson } from "../../core/encoding/hidden-signs.ts";
import type { JsonValue } from "../../core/encoding/json.ts";
import { EngineError } from "../../core/errors.ts";
import { compileExpression } from "../../core/jmespath/expression.ts";
import { goJson } from "../../core/jmespath/go-text.ts";
import { parseExpression } from "../../core/jmespath/parser.ts";
import { toJson } from "../../core/kyverno/policy/policy-value.ts";
import { kyvernoFunctions } from "../../core/kyverno/functions/kyverno-functions.ts";
import { collect, type CommandIO, type Shell } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { addOtherFlags, otherFlags } from "../input/other-flags.ts";
import { readOnly } from "../input/strict-document.ts";
import { readGivenText } from "../input/given-file.ts";
import { indentJson, toJsonText } from "../render/json.ts";
import { type OutputOptions, outputOption } from "../input/output-flag.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";

interface QueryOptions extends OutputOptions {
  readonly input?: string;
  readonly query?: readonly string[];
  readonly compact?: boolean;
  readonly unquoted?: boolean;
}

const functionsAt = (now: Date) => kyvernoFunctions({ now, seed: "jp", references: {} });

/** Expressions from arguments and files; without either, from standard input. Kyverno shows them as they are. */
function readExpressions(words: readonly string[], files: readonly string[], io: CommandIO): readonly string[] {
  const texts = [...words, ...files.map((file) => readGivenText(file, io))];
  return texts.length > 0 ? texts : [readGivenText("-", io)];
}

/** An expression that does not parse is a wrong argument, wherever it was read. */
function parsed<T>(text: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "malformed") throw error;
    throw new EngineError("invalid-usage", error.message, { subject: error.subject ?? text.trim(), cause: error });
  }
}

const readInput = (file: string, io: CommandIO): JsonValue => toJson(readOnly(file, "document", io).value);

function query(words: readonly string[], options: QueryOptions, io: CommandIO): ExitCode {
  const files = options.query ?? [];
  if (options.input === undefined && words.length + files.length === 0)
    throw new EngineError(
      "invalid-usage",
      "give an expression, or an input file and the expression on standard input",
      { subject: "EXPRESSION" },
    );
  const functions = functionsAt(io.now());
  const expressions = readExpressions(words, files, io).map((text) =>
    parsed(text, () => compileExpression(text, { functions, limits: io.limits })),
  );
  const input = readInput(options.input ?? "-", io);
  if (isDocumentFormat(options.output)) {
    const results = expressions.map((expression) => ({
      expression: expression.text,
      result: expression.evaluate(input),
    }));
    io.out(renderDocument("QueryResult", { results }, options.output));
    return 0;
  }
  for (const expression of expressions) {
    const result = expression.evaluate(input);
    io.out(`# ${expression.text}\n`);
    if (options.unquoted === true && typeof result === "string") io.out(`${result}\n`);
    else {
      // Escaped here, since what the screen is kept from would not be JSON any more.
      const json = escapeHiddenJson(goJson(result));
      io.out(`${options.compact === true ? json : indentJson(json)}\n`);
    }
  }
  return 0;
}

interface ParseOptions extends OutputOptions {
  readonly file?: readonly string[];
}

function parse(words: readonly string[], { file = [], output }: ParseOptions, io: CommandIO): ExitCode {
  const expressions = readExpressions(words, file, io).map((text) => ({
    expression: text,
    tree: parsed(text, () => parseExpression(text, io.limits)),
  }));
  if (isDocumentFormat(output)) io.out(renderDocument("ParsedExpressions", { expressions }, output));
  else for (const { expression, tree } of expressions) io.out(`# ${expression}\n${toJsonText(tree)}`);
  return 0;
}

function listFunctions(names: readonly string[], { output }: OutputOptions, io: CommandIO): ExitCode {
  const table = functionsAt(io.now());
  const known = [...table.keys()].sort();
  const functions = (names.length > 0 ? names : known).map((name) => {
    const found = table.get(name);
    if (found === undefined) throw new EngineError("invalid-usage", `there is no function ${name}`, { subject: name });
    return { name, parameters: found.parameters, variadic: found.variadic };
  });
  if (isDocumentFormat(output)) io.out(renderDocument("FunctionList", { functions }, output));
  else
    for (const { name, parameters, variadic } of functions)
      io.out(`${name}(${parameters.map((types) => types.join("|")).join(", ")}${variadic ? ", ..." : ""})\n`);
  return 0;
}

export function define(command: Command, { io, finish }: Shell): void {
  command
    .command("query")
    .description("evaluate expressions")
    .argument("[expression...]", "expressions")
    .option("-i, --input <file>", "input document, YAML or JSON (default: standard input)")
    .option("-q, --query <file>", "read an expression from a file (repeatable)", collect)
    .option("-c, --compact", "print JSON on one line")
    .option("-u, --unquoted", "print a string without quotes")
    .addOption(outputOption())
    .action((words: readonly string[], options: QueryOptions) => finish(query(words, options, io)));
  command
    .command("parse")
    .description("show the tree of expressions")
    .argument("[expression...]", "expressions (default: standard input)")
    .option("-f, --file <file>", "read an expression from a file (repeatable)", collect)
    .addOption(outputOption())
    .action((words: readonly string[], options: ParseOptions) => finish(parse(words, options, io)));
  command
    .command("function")
    .description("list functions with their argument types")
    .argument("[name...]", "functions (default: all)")
    .addOption(outputOption())
    .action((names: readonly string[], options: OutputOptions) => finish(listFunctions(names, options, io)));
  for (const sub of command.commands) addOtherFlags(sub, otherFlags.jp);
}
