/** The flags of a sync that are numbers, spans and switches. Source: docs/spec/command-line.md#sync. */
import { type Command, Option } from "commander";
import { collect } from "../command.ts";
import { addAliasOption } from "./alias-flags.ts";
import { type OutputOptions, outputOption } from "./output-flag.ts";
import { addLimitOptions } from "./limit-flags.ts";
import { addClusterOptions, addPeerOptions, type PeerOptions } from "./online-flags.ts";
import { addExceptionOptions, type ExceptionOptions } from "./policy-files.ts";
import { addStoreOption, type StoreOptions } from "./store.ts";
import { addTrustOptions, parseSpan, type TrustOptions } from "./trust-flags.ts";
import { usage } from "./given-file.ts";

export interface SyncFlags extends StoreOptions, OutputOptions, PeerOptions, ExceptionOptions, TrustOptions {
  readonly file?: readonly string[];
  readonly policies?: readonly string[];
  readonly distrust?: readonly string[];
  readonly valuesFile?: string;
  readonly set?: readonly string[];
  readonly failurePolicy: "Fail" | "Ignore";
  readonly requireCovered?: boolean;
  readonly failOnDrift?: boolean;
  readonly dryRun?: boolean;
  readonly events?: boolean;
  readonly concurrency: string;
  readonly rate?: string;
  readonly refresh: string;
  readonly complete?: "image" | "repository";
  readonly interval?: string;
  readonly withLayers?: boolean;
  readonly offline?: boolean;
  readonly alias?: readonly string[];
}

/** Those of cosign's flags for registries, whose variables count as they do for `verify`. */
export const registryFlags: readonly string[] = [
  ...["--registry-username", "--registry-password", "--registry-token", "--registry-cacert"],
  ...["--registry-client-cert", "--registry-client-key", "--registry-server-name"],
  ...["--allow-http-registry", "--allow-insecure-registry", "--k8s-keychain"],
];

/** In the order of the help. */
export function addSyncOptions(command: Command): Command {
  command
    .option("-f, --file <list>", "lists of images, files or folders; - is standard input (repeatable)", collect)
    .option(
      "--policies <path>",
      "the policies that will decide: all that they can ask for is fetched (repeatable)",
      collect,
    );
  command
    .option("--values-file <file>", "values for variables of policies, as apply has them")
    .option("-s, --set <name=value>", "a variable (repeatable, comma list)", collect);
  addExceptionOptions(command)
    .option("--distrust <file>", "a list of what is never trusted, beside the mirror's own (repeatable)", collect)
    .addOption(
      new Option(
        "--failure-policy <policy>",
        "when an upstream cannot be reached: Fail ends with its code, Ignore reports it and ends with 0",
      )
        .choices(["Fail", "Ignore"])
        .default("Fail"),
    )
    .option("--require-covered", "end with 5 where something is missing, with 1 where a policy refuses an image")
    .option("--fail-on-drift", "end with 1 where a tag names something else than at the last sync")
    .option("--dry-run", "show what would be fetched: ask for tags, lists and manifests only, write nothing")
    .option("--events", "JSON events on stderr, one a line, in place of progress lines")
    .option("--concurrency <count>", "questions asked at the same time", "16")
    .option("--rate <count>", "at most so many requests per second to each host")
    .option(
      "--refresh <span>",
      "ask again only for what can change and is older in the mirror; 0s asks for all of it",
      "0s",
    )
    .addOption(
      new Option(
        "--complete [grain]",
        "record that the mirror has everything about each image; =repository: about each repository",
      )
        .choices(["image", "repository"])
        .preset("image"),
    )
    .option("--interval <span>", "sync again and again, with this much time between, until SIGTERM")
    .option("--with-layers", "fetch configurations and layers of images too (no decision reads them)")
    .addOption(new Option("--offline", "refused: a sync is there to ask").hideHelp());
  addTrustOptions(addLimitOptions(addAliasOption(addStoreOption(command))));
  addClusterOptions(command).option("--verbose", "show each request on stderr, without secrets");
  return addPeerOptions(command).addOption(outputOption());
}

export interface SyncNumbers {
  readonly inFlight: number;
  readonly perSecond: number | undefined;
  readonly intervalMs: number | undefined;
  readonly refreshMs: number;
}

/** @throws EngineError `invalid-usage` */
export function readSyncNumbers({ concurrency, rate, interval, refresh, dryRun }: SyncFlags): SyncNumbers {
  const inFlight = /^[1-9]\d{0,3}$/.test(concurrency) ? Number(concurrency) : 0;
  if (inFlight === 0)
    throw usage(`--concurrency takes a number from 1 to 9999, not ${JSON.stringify(concurrency)}`, "--concurrency");
  const perSecond = rate === undefined ? undefined : Number(/^\d{1,5}(?:\.\d{1,3})?$/.test(rate) ? rate : "0");
  if (perSecond === 0) throw usage(`--rate takes a number such as 10 or 0.5, not ${JSON.stringify(rate)}`, "--rate");
  const intervalMs = interval === undefined ? undefined : parseSpan(interval, "--interval");
  if (intervalMs === 0) throw usage(`--interval ${interval ?? ""} is no time: give 1m or more`, "--interval");
  if (intervalMs !== undefined && dryRun === true)
    throw usage("--interval and --dry-run cannot be used together", "--interval");
  return { inFlight, perSecond, intervalMs, refreshMs: parseSpan(refresh, "--refresh") };
}
