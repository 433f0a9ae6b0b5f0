/**
 * Programs that give credentials for a cluster. Source: Kubernetes' documentation of client-go credential plugins
 * (`client.authentication.k8s.io/v1`, `v1beta1`).
 */
import { isAbsolute } from "node:path";
import { parseJson } from "../../../core/encoding/json.ts";
import { isObject, isRecord } from "../../../core/encoding/shape.ts";
import { EngineError } from "../../../core/errors.ts";
import type { Limits } from "../../../core/limits.ts";
import type { Environment } from "../proxy-choice.ts";
import type { RunProgram } from "../run-program.ts";
import { type ClusterAccess, type Fields, type NamedEntry, pathOf } from "./kubeconfig.ts";

export interface PluginCredentials {
  readonly token: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

export interface PluginOptions {
  readonly env: Environment;
  readonly limits: Limits;
  readonly run: RunProgram;
}

const apiVersions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

/** @throws EngineError `access-denied` when the program gives no credentials, `invalid-config`, `timed-out`. */
export async function runPlugin(
  user: NamedEntry,
  access: ClusterAccess,
  { env, limits, run }: PluginOptions,
  signal: AbortSignal,
): Promise<PluginCredentials> {
  const plugin = readPlugin(user, access);
  const { command, args } = plugin;
  const denied = (why: string): EngineError =>
    new EngineError("access-denied", `the program that gives credentials ${why}`, { subject: command });
  const { stdout, stderr, failure } = await run(command, args, { ...env, ...plugin.env }, signal);
  if (signal.aborted) throw new EngineError("timed-out", "the program did not end in time", { subject: command });
  if (failure === "ENOENT") throw denied(`is not there${plugin.hint}`);
  if (failure !== undefined) throw denied(`failed (${failure})${lastLine(stderr)}`);
  const answer = asDenied(denied, () => parseJson(stdout, { limits, duplicateKeys: "last-wins" }));
  const status = isObject(answer) && answer.kind === "ExecCredential" ? answer.status : undefined;
  if (!isObject(answer) || !isObject(status)) throw denied("answered with no credentials");
  if (answer.apiVersion !== plugin.apiVersion)
    throw denied(`answered as ${String(answer.apiVersion)}, but ${plugin.apiVersion} is configured`);
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = status;
  const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);
  if (text(token) === undefined && text(cert) === undefined) throw denied("answered with no credentials");
  if ((text(cert) === undefined) !== (text(key) === undefined))
    throw denied("answered with a certificate or a key alone");
  const until = typeof expirationTimestamp === "string" ? Date.parse(expirationTimestamp) : Number.POSITIVE_INFINITY;
  if (Number.isNaN(until)) throw denied("answered with an expirationTimestamp that is not a time");
  return { token: text(token), cert: text(cert), key: text(key), until };
}

function asDenied<Result>(denied: (why: string) => EngineError, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    // A message about what it printed could hold a piece of it.
    throw denied("printed something that is not JSON");
  }
}

const longestLine = 200;

/** Programs say on stderr what to do, for instance to log in. */
function lastLine(stderr: string): string {
  const line =
    stderr
      .trim()
      .split(/[\r\n]/)
      .at(-1)
      ?.trim() ?? "";
  return line === "" ? "" : `: ${line.slice(0, longestLine)}`;
}

interface Plugin {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Environment;
  readonly hint: string;
}

/** @throws EngineError `invalid-config`, `unsupported` */
function readPlugin(user: NamedEntry, access: ClusterAccess): Plugin {
  const wrong = (why: string): EngineError =>
    new EngineError("invalid-config", `exec of the user ${user.name} ${why}`, { subject: user.file });
  const exec = user.fields.exec;
  if (!isRecord(exec)) throw wrong("is not a map");
  const { apiVersion, command, args, env, installHint, interactiveMode, provideClusterInfo } = exec;
  if (typeof apiVersion !== "string" || !apiVersions.includes(apiVersion))
    throw new EngineError("unsupported", `exec of the user ${user.name} has apiVersion ${String(apiVersion)}`, {
      subject: user.file,
    });
  if (typeof command !== "string" || command === "") throw wrong("has no command");
  if (interactiveMode === "Always")
    throw wrong("has interactiveMode: Always, and nobody is here to answer its questions");
  return {
    apiVersion,
    // A name is looked up in PATH; a path is relative to the file.
    command: command.includes("/") && !isAbsolute(command) ? pathOf(user, command) : command,
    args: texts(args, wrong),
    env: { ...variables(env, wrong), KUBERNETES_EXEC_INFO: infoOf(apiVersion, provideClusterInfo === true, access) },
    hint: typeof installHint === "string" ? `; ${installHint.trim().slice(0, longestLine)}` : "",
  };
}

function texts(value: unknown, wrong: (why: string) => EngineError): readonly string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || !value.every((one) => typeof one === "string"))
    throw wrong("has args that are not all strings");
  return value as readonly string[];
}

function variables(value: unknown, wrong: (why: string) => EngineError): Environment {
  if (value === undefined || value === null) return {};
  if (!Array.isArray(value)) throw wrong("has an env that is not a list");
  return Object.fromEntries(
    (value as readonly unknown[]).map((entry) => {
      const { name, value: text }: Fields = isRecord(entry) ? entry : {};
      if (typeof name !== "string" || typeof text !== "string") throw wrong("has a variable without name or value");
      return [name, text];
    }),
  );
}

function infoOf(apiVersion: string, withCluster: boolean, { server, ca, tls, proxy, cluster }: ClusterAccess): string {
  const extensions = Array.isArray(cluster.extensions) ? (cluster.extensions as readonly unknown[]) : [];
  const config = extensions.find((entry) => isRecord(entry) && entry.name === "client.authentication.k8s.io/exec") as
    | Fields
    | undefined;
  return JSON.stringify({
    kind: "ExecCredential",
    apiVersion,
    spec: {
      interactive: false,
      ...(withCluster
        ? {
            cluster: {
              server,
              ...(tls.serverName === undefined ? {} : { "tls-server-name": tls.serverName }),
              ...(tls.insecure === true ? { "insecure-skip-tls-verify": true } : {}),
              ...(ca === undefined ? {} : { "certificate-authority-data": Buffer.from(ca).toString("base64") }),
              ...(proxy === undefined ? {} : { "proxy-url": proxy }),
              ...(config === undefined ? {} : { config: config.extension }),
            },
          }
        : {}),
    },
  });
}
