/**
 * Policies and exceptions of the command line: what is read, what counts, and the warnings about the rest. Source:
 * docs/spec/kyverno.md#files-and-folders.
 */
import type { Command } from "commander";
import { Option } from "commander";
import { EngineError } from "../../core/errors.ts";
import { matchWildcard } from "../../core/patterns/wildcard.ts";
import { expandRules } from "../../core/kyverno/policy/autogen.ts";
import type { PolicyException } from "../../core/kyverno/policy/exceptions.ts";
import type { Policy, Position } from "../../core/kyverno/policy/policy.ts";
import {
  type LoadedPolicies,
  loadPolicies,
  type OtherDocument,
  type PolicyFile,
  type PolicyProblem,
} from "../../core/kyverno/policy/read-policy.ts";
import { collect, type CommandIO } from "../command.ts";
import { type GivenPath, placeText, problemText, readPaths, splitLists, reportSkippedDocuments } from "./files.ts";
import { shown, usage } from "./given-file.ts";
import { counted } from "../render/count.ts";
import { warn } from "../render/say.ts";

/** Whether a position is in a file of the path. */
const isIn =
  ({ files }: GivenPath) =>
  (position: Position): boolean =>
    files.some(({ name }) => name === position.file);

/**
 * The policies and exceptions of these paths, and the problems of those that do not load. `more`: texts from elsewhere,
 * which count beside them.
 * @throws EngineError `invalid-usage` for a path that cannot be read, or holds neither, unless `allowEmpty`.
 */
export function readPolicies(
  paths: readonly string[],
  io: CommandIO,
  more: readonly PolicyFile[] = [],
  allowEmpty = false,
): LoadedPolicies {
  const given = readPaths(paths, io);
  const loaded = loadPolicies([...given.flatMap(({ files }) => files), ...more], { limits: io.limits });
  const found = [
    ...loaded.policies.map(({ position }) => position("")),
    ...loaded.exceptions.map(placeOf),
    ...loaded.errors,
  ];
  const useless = given.filter((path) => !found.some(isIn(path)));
  if (useless.length > 0 && !allowEmpty)
    throw usage(nothingUseful(useless, loaded.others), useless.map(({ path }) => path).join(", "));
  reportSkippedDocuments("of the documents are not Kubernetes objects", loaded.skipped, io);
  reportSkippedDocuments(
    "of the resources are not policies",
    loaded.others.map(({ position }) => position),
    io,
  );
  return loaded;
}

/** Those of the paths that hold resources and no policy. @throws EngineError as {@link readPaths} */
export function pathsOfResources(paths: readonly string[], io: CommandIO): readonly string[] {
  return readPaths(paths, io).flatMap((given) => {
    const { policies, exceptions, errors, others } = loadPolicies(given.files, { limits: io.limits });
    return policies.length + exceptions.length + errors.length === 0 && others.length > 0 ? [given.path] : [];
  });
}

function nothingUseful(useless: readonly GivenPath[], others: readonly OtherDocument[]): string {
  const [first] = useless;
  const resources = others.filter(({ position }) => useless.some((path) => isIn(path)(position)));
  const what = `${useless.length === 1 ? shown(first?.path ?? "") : counted(useless.length, "path")} ${
    useless.length === 1 ? "holds" : "hold"
  } no policy and no exception`;
  return resources.length === 0 ? what : `${what}, but ${counted(resources.length, "resource")}: did you mean -r?`;
}

/** @throws EngineError with the code of the first problem. */
function refuseProblems(errors: readonly PolicyProblem[], what: string): void {
  const [first] = errors;
  if (first !== undefined) throw new EngineError(first.code, `${what}: ${problemText(first)}`);
}

/** How many policies the problems are about; a document that does not parse counts as one. */
export const countRefused = (errors: readonly PolicyProblem[]): number =>
  new Set(errors.map(({ file, line, policy }) => `${file} ${policy ?? line}`)).size;

/**
 * The exceptions of `-e` files, which hold nothing else.
 * @throws EngineError `invalid-usage` for a path that cannot be read or holds something else; the code of the problem
 * for an exception that does not load.
 */
export function readExceptions(paths: readonly string[], io: CommandIO): readonly PolicyException[] {
  const given = readPaths(paths, io);
  const { exceptions, errors, others, skipped } = loadPolicies(
    given.flatMap(({ files }) => files),
    { limits: io.limits, wanted: "exceptions" },
  );
  refuseProblems(errors, `${counted(errors.length, "fault")} in exceptions; nothing was judged`);
  const namedFiles = new Set(given.flatMap(({ files }) => files.flatMap((file) => (file.inFolder ? [] : [file.name]))));
  const strange = [...others.map(({ position }) => position), ...skipped].find(({ file }) => namedFiles.has(file));
  if (strange !== undefined) throw usage("a file of exceptions holds another object", placeText(strange));
  for (const path of given)
    if (!exceptions.map(placeOf).some(isIn(path))) throw usage(`${shown(path.path)} holds no exception`, path.path);
  reportSkippedDocuments(
    "of the documents are not exceptions",
    [...others.map(({ position }) => position), ...skipped],
    io,
  );
  return exceptions;
}

/** The exceptions among resources; other code reads the rest. @throws EngineError with the code of a problem. */
function readExceptionsAmong(given: readonly GivenPath[], io: CommandIO): readonly PolicyException[] {
  const { exceptions, errors } = loadPolicies(
    given.flatMap(({ files }) => files),
    { limits: io.limits, wanted: "exceptions" },
  );
  refuseProblems(errors, `${counted(errors.length, "fault")} in exceptions; nothing was judged`);
  return exceptions;
}

/** The flags of {@link addExceptionOptions}, as commander gives them. */
export interface ExceptionOptions {
  readonly exception?: readonly string[];
  readonly exceptions?: readonly string[];
  readonly exceptionsWithinPolicies?: boolean;
  readonly exceptionsWithResources?: boolean;
  readonly exceptionsWithinResources?: boolean;
}

/** A capsule's policies come with its exceptions. @throws EngineError `invalid-usage` where others are given. */
export function refuseExceptions(options: ExceptionOptions): void {
  const given = Object.keys(options).find((name) => name.startsWith("exception"));
  if (given !== undefined)
    throw usage("exceptions count with policies that are named; those of a capsule have their own", "--exception");
}

/** Kyverno's flags that say which exceptions count. */
export const addExceptionOptions = (command: Command): Command =>
  command
    .option("-e, --exception <file>", "policy exceptions (repeatable, comma list)", collect)
    .addOption(new Option("--exceptions <file>", "as --exception").argParser(collect).hideHelp())
    .option("--exceptions-within-policies", "exceptions among the policies count too")
    .option("--exceptions-with-resources", "exceptions among the resources count too")
    .addOption(new Option("--exceptions-within-resources", "as --exceptions-with-resources").hideHelp());

export interface JudgingSet {
  readonly policies: readonly Policy[];
  readonly exceptions: readonly PolicyException[];
  /** Policies that do not load. */
  readonly errors: readonly PolicyProblem[];
}

/**
 * The policies of the paths, and the exceptions that the flags allow.
 * @throws EngineError as `readPolicies` and `readExceptions`; `invalid-usage` where there is no policy at all.
 */
export function readJudgingSet(
  paths: readonly string[],
  resources: readonly GivenPath[],
  options: ExceptionOptions,
  io: CommandIO,
): JudgingSet {
  const { policies, errors, exceptions: among } = readPolicies(paths, io);
  if (policies.length + errors.length === 0)
    throw usage(`${paths.map(shown).join(", ")}: there are exceptions, but no policy`, "POLICY");
  const counts = options.exceptionsWithinPolicies === true;
  if (!counts)
    warnUncounted(among.map(placeOf), "policies", "to let them count, give --exceptions-within-policies", io);
  const withResources = options.exceptionsWithResources === true || options.exceptionsWithinResources === true;
  const exceptions = [
    ...(counts ? among : []),
    ...readExceptions(splitLists(options.exception, options.exceptions), io),
    ...(withResources ? readExceptionsAmong(resources, io) : []),
  ];
  if (errors.length === 0) warnIdle(exceptions, policies, io);
  return { policies, errors, exceptions };
}

/** An exception for a missing policy or rule has no effect. */
export function warnIdle(exceptions: readonly PolicyException[], policies: readonly Policy[], io: CommandIO): void {
  const keyOf = ({ kind, namespace = "default", name }: Policy): string =>
    kind === "Policy" ? `${namespace}/${name}` : name;
  for (const exception of exceptions)
    for (const [index, { policyName, ruleNames }] of exception.exceptions.entries()) {
      const meant = policies.filter((policy) => keyOf(policy) === policyName);
      const rules = meant.flatMap((policy) => [...policy.spec.rules, ...expandRules(policy)].map(({ name }) => name));
      const place = placeText(exception.position(`/spec/exceptions/${index}`));
      const idle = (what: string): void => warn(`${place}: the exception names ${what}, which is not given here`, io);
      if (meant.length === 0) idle(`the policy ${JSON.stringify(policyName)}`);
      else
        for (const name of ruleNames)
          if (!rules.some((rule) => matchWildcard(name, rule, io.limits)))
            idle(`the rule ${JSON.stringify(name)} of the policy ${policyName}`);
    }
}

/** Kyverno ignores exceptions in such places silently. Their author believes that they apply, so we warn. */
export function warnUncounted(places: readonly Position[], among: string, help: string, io: CommandIO): void {
  const [first] = places;
  if (first === undefined) return;
  const number = counted(places.length, "exception");
  const verb = places.length === 1 ? "does" : "do";
  warn(`${number} among the ${among} ${verb} not count (${placeText(first)}): ${help}`, io);
}

export const placeOf = ({ position }: PolicyException): Position => position("");
