/**
 * Whether a command may ask the world, and whom it asks in whose name. Nothing is dialled unless it was said. Source:
 * docs/spec/command-line.md#asking.
 */
import { type Command, Option } from "commander";
import { EngineError } from "../../core/errors.ts";
import { collect, type CommandIO } from "../command.ts";
import { fromEnvironment, orVariable } from "../environment.ts";
import { mirrorFiles } from "./alias-flags.ts";
import { usage } from "./given-file.ts";
import { parseSpan } from "./trust-flags.ts";

/** The flags of {@link addOnlineOptions}, as commander gives them. */
export interface OnlineOptions extends PeerOptions {
  readonly offline?: boolean;
  readonly online?: boolean;
  /** Kyverno's name for it. */
  readonly registry?: boolean;
  readonly timeout: string;
  readonly maxWorkers: string;
  readonly refresh: string;
}

/** The flags of {@link addPeerOptions} and {@link addClusterOptions}. */
export interface PeerOptions {
  readonly verbose?: boolean;
  readonly registryUsername?: string;
  readonly registryPassword?: string;
  readonly registryPasswordStdin?: boolean;
  readonly authfile?: string;
  readonly registryToken?: string;
  readonly k8sKeychain?: boolean;
  readonly registryCacert?: string;
  readonly registryClientCert?: string;
  readonly registryClientKey?: string;
  readonly registryServerName?: string;
  readonly allowHttpRegistry?: boolean;
  readonly allowInsecureRegistry?: boolean;
  readonly plainHttp?: readonly string[];
  readonly authoritative?: readonly string[];
  readonly cluster?: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly hostsDir?: string;
  readonly registriesConf?: string;
}

/** Whose short flags a command has. Those of cosign have no second name for `--online`. */
export interface Habits {
  readonly likeCosign?: boolean;
  readonly likeKyverno?: boolean;
}

export function addOnlineOptions(command: Command, { likeCosign = false, likeKyverno = false }: Habits): Command {
  command.option("--online", `ask registries and logs for what is not known here ${orVariable("SALLYPORT_MODE")}`);
  if (!likeCosign) command.option("--registry", "the same as --online");
  else
    command.option(
      "--k8s-keychain",
      "with --online: also ask with what Google, Amazon, Azure and GitHub give to this machine or user, and with " +
        "--cluster as the default service account",
    );
  command.option("--offline", "ask no registry, log or key service; this is the default");
  addClusterOptions(command, likeKyverno)
    .option(
      "--refresh <span>",
      "with --online: ask again for what can change and is older in the mirror; in an outage older answers still " +
        "count, with a note",
      "0s",
    )
    .option(`${likeCosign ? "-t, " : ""}--timeout <span>`, "with --online: for all that is asked", "3m")
    .option("--max-workers <count>", "with --online: questions asked at the same time", "10")
    .option(`${likeCosign ? "-d, " : ""}--verbose`, "with --online: show each request on stderr, without secrets");
  return addPeerOptions(command);
}

export const addClusterOptions = (command: Command, likeKyverno = false): Command =>
  command
    .option(
      `${likeKyverno ? "-c, " : ""}--cluster`,
      "ask the cluster of the kubeconfig for keys, ConfigMaps, namespaces" +
        (likeKyverno ? ", and without -r for the resources" : ""),
    )
    .option("--kubeconfig <file>", "that file, in place of KUBECONFIG and ~/.kube/config")
    .option("--context <name>", "a context of it, in place of the current one");

/** As whom registries are asked, and where. */
export const addPeerOptions = (command: Command): Command =>
  command
    .option("--registry-username <name>", "the user of the registries, beside docker's configuration")
    .option("--registry-password <text>", "that user's password")
    .option("--registry-password-stdin", "read that user's password from standard input")
    .option("--authfile <file>", "credentials as docker and podman keep them, in this file alone")
    .option("--registry-token <text>", "a bearer token that the registries take")
    .option("--registry-cacert <file>", "authorities of the registries' certificates, beside the system's")
    .option("--registry-client-cert <file>", "a client certificate for the registries")
    .option("--registry-client-key <file>", "its key")
    .option("--registry-server-name <name>", "the name that the registries' certificates must have")
    .option("--allow-http-registry", "ask without TLS where a registry speaks none")
    .option("--allow-insecure-registry", "do not check the registries' certificates")
    .addOption(new Option("--plain-http <host>", "ask this host without TLS (repeatable)").argParser(collect))
    .option(...mirrorFiles.hosts)
    .option(...mirrorFiles.registries)
    .addOption(
      new Option(
        "--authoritative <host>",
        "this mirror has everything: what it lacks does not exist (repeatable)",
      ).argParser(collect),
    );

/**
 * Whether questions may be asked outside.
 * @throws EngineError `invalid-usage` when the command line says both.
 */
export function isOnline(options: Partial<OnlineOptions>, io: CommandIO): boolean {
  const said = options.online === true || options.registry === true;
  if (said && options.offline === true)
    throw new EngineError("invalid-usage", "--online and --offline exclude each other", { subject: "--offline" });
  if (said || options.offline === true) return said;
  const mode = fromEnvironment("SALLYPORT_MODE", io) ?? "offline";
  if (mode !== "online" && mode !== "offline")
    throw new EngineError("invalid-usage", `SALLYPORT_MODE is online or offline, not ${JSON.stringify(mode)}`, {
      subject: "SALLYPORT_MODE",
    });
  return mode === "online";
}

/** The numbers among the flags. */
export interface AskingBounds {
  readonly timeoutMs: number;
  readonly inFlight: number;
  readonly refreshMs: number;
}

/** @throws EngineError `invalid-usage` */
export function readAskingBounds({ timeout, maxWorkers, refresh }: OnlineOptions): AskingBounds {
  const inFlight = /^[1-9]\d{0,3}$/.test(maxWorkers) ? Number(maxWorkers) : 0;
  if (inFlight === 0)
    throw usage(`--max-workers takes a number from 1 to 9999, not ${JSON.stringify(maxWorkers)}`, "--max-workers");
  const timeoutMs = parseSpan(timeout, "--timeout");
  if (timeoutMs === 0) throw usage(`--timeout ${timeout} leaves no time for an answer: give 30s or more`, "--timeout");
  return { timeoutMs, inFlight, refreshMs: parseSpan(refresh, "--refresh") };
}
