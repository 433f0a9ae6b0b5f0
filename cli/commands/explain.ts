/**
 * `sallyport explain`: the evidence behind a decision as a tree, with times and the policy line that asked for each
 * check. Source: docs/spec/command-line.md#explaining-a-decision.
 */
import { type Command, Option } from "commander";
import { type Decision, EngineError, type JsonObject } from "../../core/index.ts";
import { collect, type CommandIO, type Shell } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { readDistrustFiles } from "../input/distrust-file.ts";
import { problemText, readPolicies, readResources } from "../input/files.ts";
import { addKnowledgeOptions, type KnowledgeOptions, openKnowledge } from "../input/knowledge.ts";
import { toValues } from "../input/values.ts";
import { decideAll } from "../judge.ts";
import { renderDecision } from "../render/decision.ts";
import { toJsonText } from "../render/json.ts";
import { toYamlText } from "../render/yaml.ts";
import { createStyle } from "../render/style.ts";

interface ExplainOptions extends KnowledgeOptions {
  readonly policy: readonly string[];
  readonly resource?: readonly string[];
  readonly namespace: string;
  readonly output: "text" | "json" | "yaml";
  readonly brief?: boolean;
}

/** The smallest Pod that runs an image. */
const podFor = (image: string, namespace: string): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "image", namespace },
  spec: { containers: [{ name: "image", image }] },
});

function resourcesOf(images: readonly string[], options: ExplainOptions, io: CommandIO): readonly JsonObject[] {
  const resources = [
    ...images.map((image) => podFor(image, options.namespace)),
    ...(options.resource === undefined ? [] : readResources(options.resource, io)),
  ];
  if (resources.length === 0)
    throw new EngineError("invalid-usage", "explain what? name an image, or a resource with -r", { subject: "IMAGE" });
  return resources;
}

function explain(images: readonly string[], options: ExplainOptions, io: CommandIO): ExitCode {
  const { policies, exceptions, errors } = readPolicies(options.policy, io);
  const [problem] = errors;
  if (problem !== undefined) throw new EngineError(problem.code, problem.message, { subject: problemText(problem) });
  const resources = resourcesOf(images, options, io);
  const distrust = readDistrustFiles(options.distrust, io);
  const opened = openKnowledge(options, io);
  try {
    const setting = { ...opened, distrust, values: toValues({}, {}), user: {} };
    const decisions = decideAll({ policies, exceptions }, resources, setting, io).map(({ decision }) => decision);
    report(decisions, options, io);
    return decisions.every(({ allowed }) => allowed) ? 0 : 1;
  } finally {
    opened.close();
  }
}

function report(decisions: readonly Decision[], options: ExplainOptions, io: CommandIO): void {
  const document = { apiVersion: "sallyport.dev/v1", kind: "Explanation", decisions };
  if (options.output === "json") io.out(toJsonText(document));
  else if (options.output === "yaml") io.out(toYamlText(document));
  else
    io.out(
      decisions
        .map((decision) =>
          renderDecision(decision, createStyle({ colour: io.colour.out, unicode: io.unicode }), {
            brief: options.brief === true,
          }),
        )
        .join("\n"),
    );
}

export function define(command: Command, { io, finish }: Shell): void {
  command
    .argument("[image...]", "images, each explained as the only container of a Pod")
    .addOption(
      new Option("-p, --policy <file>", "policy files or folders (repeatable)")
        .argParser(collect)
        .makeOptionMandatory(),
    )
    .option("-r, --resource <file>", "resource files or folders (repeatable)", collect)
    .option("-n, --namespace <name>", "namespace of the Pod", "default")
    .addOption(
      new Option("-o, --output <format>", "form of the answer").choices(["text", "json", "yaml"]).default("text"),
    )
    .option("--brief", "only the path to the first thing that is wrong");
  addKnowledgeOptions(command)
    .addHelpText(
      "after",
      "\n" +
        "Examples:\n" +
        "  sallyport explain ghcr.io/acme/app:1.4 -p check.yaml --store mirror\n" +
        "  sallyport explain -r pod.yaml -p policies/ --layout ./layout --complete --brief\n\n" +
        "Exit codes: 0 allowed, 1 denied, 2 nothing could be judged\n",
    )
    .action((images: readonly string[], options: ExplainOptions) => finish(explain(images, options, io)));
}
