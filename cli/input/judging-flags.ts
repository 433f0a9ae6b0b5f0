/**
 * Flags for a decision's further input, beside policies and resources: shared by `apply` and `explain`. Source:
 * docs/spec/kyverno.md#files-and-folders.
 */
import type { Command } from "commander";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import { collect, type CommandIO } from "../command.ts";
import { ClusterFiles } from "./cluster-files.ts";
import { readDistrustFiles } from "./distrust-file.ts";
import { splitLists } from "./files.ts";
import { addExceptionOptions, type ExceptionOptions } from "./policy-files.ts";
import { readWholeResources } from "./resources.ts";
import { readRequestInfo, readValues, type RequestInfo, type Values } from "./values.ts";

/** The flags of {@link addJudgingOptions}, as commander gives them. */
export interface JudgingOptions extends ExceptionOptions {
  readonly valuesFile?: string;
  readonly set?: readonly string[];
  readonly userinfo?: string;
  readonly clusterResource?: readonly string[];
  /** Of the knowledge flags. */
  readonly distrust?: readonly string[];
}

/** Adds Kyverno's flags for values, users and exceptions, and ours for the cluster. */
export const addJudgingOptions = (command: Command): Command =>
  addExceptionOptions(
    command
      .option("-f, --values-file <file>", "values for variables")
      .option("-s, --set <name=value>", "a variable (repeatable, comma list)", collect)
      .option("-u, --userinfo <file>", "the user who sends the request"),
  ).option(
    "--cluster-resource <file>",
    "resource files that answer for the cluster: ConfigMaps, Secrets, namespaces (repeatable)",
    collect,
  );

export interface JudgingInput {
  readonly values: Values;
  readonly user: RequestInfo;
  readonly distrust: ReturnType<typeof readDistrustFiles>;
  /** The cluster data in the files. */
  readonly cluster: readonly Knowledge[];
}

/** @throws EngineError `invalid-usage` for a file that cannot be read, is not what it should be, or says nothing. */
export function readJudgingInput(options: JudgingOptions, io: CommandIO): JudgingInput {
  const clusterPaths = splitLists(options.clusterResource);
  const flag = "--cluster-resource";
  return {
    values: readValues(options.valuesFile, options.set ?? [], io),
    user: options.userinfo === undefined ? {} : readRequestInfo(options.userinfo, io),
    distrust: readDistrustFiles(options.distrust, io),
    cluster:
      clusterPaths.length === 0 ? [] : [new ClusterFiles(readWholeResources(clusterPaths, io, { flag }), [], io.now())],
  };
}
