/**
 * `sallyport explain`: the evidence behind a decision as a tree, with times and the policy line that asked for each
 * check. Source: docs/spec/command-line.md#explaining-a-decision.
 */
import type { Command } from "commander";
import { EngineError, type JsonObject, type Limits, parsePublicKeysPem } from "../../core/index.ts";
import type { DecisionRecord } from "../../core/record/read-record.ts";
import type { DecidedAbout } from "../../core/record/replay.ts";
import { findCurrentSnapshot } from "../../proxy/mirror/current-snapshot.ts";
import { findDecisionId } from "../../proxy/state/decision-id.ts";
import { collect, type CommandIO, type Shell } from "../command.ts";
import { fromEnvironment } from "../environment.ts";
import type { ExitCode } from "../exit-code.ts";
import { readCrypto } from "../input/crypto-flag.ts";
import { readPaths, splitLists } from "../input/files.ts";
import { readLimits } from "../input/limit-flags.ts";
import { readDecision, type RememberedDecision } from "../input/remembered-decision.ts";
import { addJudgingOptions, type JudgingOptions, readJudgingInput } from "../input/judging-flags.ts";
import { addCapsuleOptions } from "../input/capsule-options.ts";
import { addKnowledgeOptions, type KnowledgeOptions, openKnowledge } from "../input/knowledge.ts";
import { registryAccessOf } from "../input/policy-registries.ts";
import { readJudgingSet, refuseExceptions } from "../input/policy-files.ts";
import { readResources } from "../input/resources.ts";
import {
  type AllDecided,
  decideAll,
  policiesOf,
  type PolicySet,
  type Decided,
  fixesFor,
  refusePolicies,
  tellFaulty,
  toFaultyJson,
} from "../judge.ts";
import { renderDecision } from "../render/decision.ts";
import type { FixSettings } from "../render/fix.ts";
import { type Outage, outagesMember } from "../render/outage.ts";
import { tellVariables, usedVariables } from "../render/environment.ts";
import { styleOf } from "../render/style.ts";
import { note, warn } from "../render/say.ts";
import { outputOption } from "../input/output-flag.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { toDecisionJson } from "../../core/decide/result-json.ts";

interface ExplainOptions extends KnowledgeOptions, JudgingOptions {
  readonly policy?: readonly string[];
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

const commandLine = { file: "IMAGE", line: 1, column: 1 };

/** What helps with the mirror of a decision that was made before: nothing is written to a replica. */
function fixesOfStore({ store: named }: ExplainOptions, io: CommandIO): FixSettings {
  const store = named ?? fromEnvironment("SALLYPORT_STORE", io);
  return { hasSource: true, online: false, said: { store }, snapshotOf: store && placeOfSnapshot(store, io.limits) };
}

/** A folder whose snapshot cannot be read is no obstacle to what is remembered beside it. */
function placeOfSnapshot(store: string, limits: Limits): string | undefined {
  try {
    return findCurrentSnapshot(store, limits)?.from;
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}

/** As of the mirror that is named; else a record without a mirror's content id may be of a capsule. */
const fixesOfRecord = ({ input }: DecisionRecord, options: ExplainOptions, io: CommandIO): FixSettings => ({
  ...fixesOfStore(options, io),
  ofRecord: options.store === undefined && input.contentId === undefined,
});

/** A decision that was made before. */
function tellDecision(
  { request, decision, resource }: RememberedDecision,
  settings: FixSettings,
  options: ExplainOptions,
  io: CommandIO,
): ExitCode {
  if (isDocumentFormat(options.output)) {
    const decisions = [{ resource: request, ...toDecisionJson(decision) }];
    io.out(renderDocument("Explanation", { decisions, errors: [] }, options.output));
  } else {
    const fixes: FixSettings = { ...settings, byPolicy: true };
    const style = styleOf(io);
    io.out(renderDecision(decision, style, { brief: options.brief === true, resource, fixes, told: new Set() }));
  }
  return decision.allowed ? 0 : 1;
}

/** An image that was verified without a policy. */
async function tellVerified(
  { asked, outcome }: Extract<DecidedAbout, { readonly outcome: unknown }>,
  fixes: FixSettings,
  limits: Limits,
  options: ExplainOptions,
  io: CommandIO,
): Promise<ExitCode> {
  if (isDocumentFormat(options.output)) {
    const { toVerifiedJson } = await import("../../core/decide/verified-json.ts");
    const verifications = [toVerifiedJson(outcome)];
    io.out(renderDocument("Explanation", { decisions: [], verifications, errors: [] }, options.output));
  } else {
    const { renderVerifiedOutcome } = await import("../render/verified-outcome.ts");
    const keyName = (pem: string): string => parsePublicKeysPem(pem, limits)[0]?.fingerprint ?? "";
    io.out(renderVerifiedOutcome(outcome, { asked, brief: options.brief === true, fixes, keyName }, styleOf(io)));
  }
  return outcome.verification.truth === "proven" ? 0 : 1;
}

/** A decision that was recorded, as it was. */
async function explainRecord(file: string, options: ExplainOptions, io: CommandIO): Promise<ExitCode> {
  const { readRecordFile } = await import("../input/record-file.ts");
  const { replay } = await import("../../core/record/replay.ts");
  const limits = readLimits(options, io);
  const record = readRecordFile(file, limits, io);
  const { about, difference } = replay(record, readCrypto(options, io));
  const vouches =
    record.envelope === undefined
      ? "nobody signed it, so nobody vouches for what it says"
      : "its signature is not verified here; sallyport replay --key FILE verifies it";
  note(`${file}: ${vouches}`, io);
  if (difference !== undefined)
    warn(`${file}: another decision than was recorded, first at ${difference.at}: sallyport replay ${file}`, io);
  const fixes = fixesOfRecord(record, options, io);
  if ("outcome" in about) return tellVerified(about, fixes, limits, options, io);
  const { request, decision } = about;
  const { kind, namespace, name = "" } = request;
  const resource = `${kind.kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
  const { apiVersion } = request.object ?? request.oldObject ?? {};
  const named = {
    apiVersion: typeof apiVersion === "string" ? apiVersion : kind.version,
    kind: kind.kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
  };
  return tellDecision({ request: named, decision, resource }, fixes, options, io);
}

function loadPolicies(...[policies, given, options, io]: Parameters<typeof readJudgingSet>): PolicySet {
  const { errors, ...set } = readJudgingSet(policies, given, options, io);
  refusePolicies(errors, io);
  return set;
}

async function explain(images: readonly string[], options: ExplainOptions, io: CommandIO): Promise<ExitCode> {
  const [only = "", ...others] = images;
  const id = others.length === 0 ? findDecisionId(only) : undefined;
  if (id !== undefined)
    return tellDecision(await readDecision(id, options, io), fixesOfStore(options, io), options, io);
  const bare = options.policy === undefined && options.capsule === undefined;
  if (others.length === 0 && bare && io.pathKind(only) === "file") return explainRecord(only, options, io);
  const policies = splitLists(options.policy);
  if (policies.length === 0 && options.capsule === undefined)
    throw new EngineError(
      "invalid-usage",
      "name policies with -p, a capsule that has some, the id of a decision, d-7K2Q4M0A, or the file of a record",
      {
        subject: "-p",
      },
    );
  const given = readPaths(splitLists(options.resource), io);
  if (images.length + given.length === 0)
    throw new EngineError("invalid-usage", "nothing to explain: name an image, or a resource with -r", {
      subject: "IMAGE",
    });
  const named = policies.length === 0 ? undefined : loadPolicies(policies, given, options, io);
  if (named === undefined) refuseExceptions(options);
  const { resources, faulty } = readResources(given, io, { flag: "-r" });
  const pods = images.map((image) => ({ value: podFor(image, options.namespace), position: commandLine }));
  const { cluster, ...input } = readJudgingInput(options, io);
  const opened = await openKnowledge(options, io, cluster, () => registryAccessOf(named?.policies ?? [], io));
  try {
    const set = named ?? policiesOf(opened.capsule);
    const all = await decideAll(set, { resources: [...pods, ...resources], faulty }, { ...input, ...opened }, io);
    const names = new Map(pods.map(({ value }, index) => [value, images[index] ?? ""]));
    report(all, names, { fixes: fixesFor(opened), outages: opened.outages() }, options, io);
    tellFaulty(all.faulty, io);
    tellVariables("policies", io);
    return all.faulty.length === 0 && all.decided.every(({ decision }) => decision.allowed) ? 0 : 1;
  } finally {
    opened.close();
  }
}

/** The resource of a decision: as JSON, and as people name it. */
function resourceOf({ resource, request: { kind, namespace, name = "" } }: Decided) {
  const { apiVersion } = resource;
  const where = namespace === undefined ? {} : { namespace };
  const text = `${kind.kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
  return { text, json: { apiVersion, kind: kind.kind, ...where, name } };
}

/** `images` are the names of the resources that stand for one. */
function report(
  { decided, faulty }: AllDecided,
  images: ReadonlyMap<JsonObject, string>,
  { fixes, outages }: { readonly fixes: FixSettings; readonly outages: readonly Outage[] },
  options: ExplainOptions,
  io: CommandIO,
): void {
  const decisions = decided.map((one) => {
    const image = images.get(one.resource);
    return { resource: resourceOf(one).json, image, ...toDecisionJson(one.decision) };
  });
  const errors = toFaultyJson(faulty);
  if (isDocumentFormat(options.output))
    io.out(
      renderDocument(
        "Explanation",
        { decisions, ...usedVariables(io), ...outagesMember(outages), errors },
        options.output,
      ),
    );
  else {
    const style = styleOf(io);
    const told = new Set<string>();
    const texts = decided.map((one) => {
      const resource = images.get(one.resource) ?? resourceOf(one).text;
      return renderDecision(one.decision, style, { brief: options.brief === true, resource, fixes, told });
    });
    // Who could not be asked is a note on stderr, as of every command.
    io.out(texts.join("\n"));
  }
}

export function define(command: Command, { io, finish }: Shell): void {
  command
    .argument(
      "[image...]",
      "images, each explained as the only container of a Pod; or the id of a decision of admission, or a record",
    )
    .option("-p, --policy <file>", "policy files or folders (repeatable)", collect)
    .option("-r, --resource <file>", "resource files or folders (repeatable)", collect)
    .option("-n, --namespace <name>", "namespace of the Pod", "default")
    .addOption(outputOption())
    .option("--brief", "show only the path to the first failure");
  addCapsuleOptions(addKnowledgeOptions(addJudgingOptions(command)))
    .addHelpText(
      "after",
      "\n" +
        "Examples:\n" +
        "  sallyport explain ghcr.io/acme/app:1.4 -p check.yaml --store mirror\n" +
        "  sallyport explain d-7K2Q4M0A --store mirror\n" +
        "  sallyport explain records/d-7K2Q4M0A.json\n" +
        "  sallyport explain ghcr.io/acme/app:1.4 --capsule edge.tar --capsule-key key.pub\n" +
        "  sallyport explain -r pod.yaml -p policies/ --layout ./layout --complete --brief\n\n" +
        "Exit codes: 0 allowed, 1 denied, 2 nothing could be judged\n",
    )
    .action(async (images: readonly string[], options: ExplainOptions) => finish(await explain(images, options, io)));
}
