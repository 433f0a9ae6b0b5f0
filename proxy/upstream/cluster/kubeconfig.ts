/**
 * Which cluster, as whom, and in which namespace: by kubeconfig files, else by the service account of this Pod.
 * Source: Kubernetes' documentation of kubeconfig files (loading, merging; access to the API from a Pod).
 */
import { delimiter, dirname, isAbsolute, join } from "node:path";
import { parse, YAMLError } from "yaml";
import { decodeWrappedBase64 } from "../../../core/encoding/base64.ts";
import { isRecord } from "../../../core/encoding/shape.ts";
import { decodeUtf8 } from "../../../core/encoding/utf8.ts";
import { EngineError } from "../../../core/errors.ts";
import type { Limits } from "../../../core/limits.ts";
import { type Files, readNamedText, readText } from "../config-files.ts";
import type { HostTls } from "../connections.ts";
import { addressBelow } from "../json-answer.ts";
import type { Environment } from "../proxy-choice.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** An entry of a list of a kubeconfig, and the file that it is from. */
export interface NamedEntry {
  readonly name: string;
  readonly file: string;
  readonly fields: Fields;
}

export interface ClusterAccess {
  /** Without a slash at its end. */
  readonly server: string;
  /** The only authority of the server's certificate; `undefined`: those of every host. */
  readonly ca: string | undefined;
  readonly tls: Pick<HostTls, "serverName" | "insecure">;
  readonly proxy: string | undefined;
  readonly namespace: string;
  /** `undefined`: by a service account, whose token is in {@link podToken}. */
  readonly user: NamedEntry | undefined;
  /** What a plugin for credentials may ask to be told. */
  readonly cluster: Fields;
}

export interface AccessOptions {
  readonly env: Environment;
  readonly files: Files;
  readonly limits: Limits;
  /** `--kubeconfig`: in place of KUBECONFIG and the file of this user. */
  readonly kubeconfig?: string | undefined;
  /** `--context`: in place of the current one. */
  readonly context?: string | undefined;
}

const podFolder = "/var/run/secrets/kubernetes.io/serviceaccount";
export const podToken = `${podFolder}/token`;

const wrong = (subject: string, why: string, cause?: unknown): EngineError =>
  new EngineError("invalid-config", why, { subject, cause });

/** @throws EngineError `invalid-config` */
export function readAccess(options: AccessOptions): ClusterAccess {
  const configs = pathsOf(options).flatMap((path) => {
    const config = readConfig(path, options);
    return config === undefined ? [] : [config];
  });
  const merged = new Merged(configs);
  if (!merged.isEmpty) return chosen(merged, options);
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = options.env;
  if (host && port && options.kubeconfig === undefined && options.context === undefined)
    return ofPod(host, port, options.files);
  throw wrong(
    options.kubeconfig ?? options.env.KUBECONFIG ?? "~/.kube/config",
    "no cluster is known: there is no kubeconfig here that names one (`--kubeconfig FILE`, KUBECONFIG)",
  );
}

function pathsOf({ env, files, kubeconfig }: AccessOptions): readonly string[] {
  if (kubeconfig !== undefined) {
    readNamedText(files, kubeconfig);
    return [kubeconfig];
  }
  if (env.KUBECONFIG) return env.KUBECONFIG.split(delimiter).filter((path) => path !== "");
  const home = env.HOME || env.USERPROFILE;
  return home ? [join(home, ".kube", "config")] : [];
}

interface Config {
  readonly path: string;
  readonly fields: Fields;
}

function readConfig(path: string, { files, limits }: AccessOptions): Config | undefined {
  const text = readText(files, path);
  if (text === undefined) return undefined;
  if (text.length > limits.resourceBytes)
    throw new EngineError("over-limit", `more than ${limits.resourceBytes} bytes`, { subject: path });
  try {
    const read: unknown = parse(text);
    if (read === null) return { path, fields: {} };
    if (!isRecord(read)) throw wrong(path, "not a kubeconfig: expected a map");
    return { path, fields: read };
  } catch (error) {
    if (error instanceof EngineError) throw error;
    // A message of the parser shows the line, which may hold a token.
    if (error instanceof YAMLError)
      throw wrong(path, `not YAML: ${error.code} at line ${error.linePos?.[0].line ?? 1}`);
    if (error instanceof ReferenceError)
      throw wrong(path, "not YAML: an alias without its anchor, or too many aliases");
    throw error;
  }
}

/** Several files as one: what stands in the first of them counts. */
class Merged {
  readonly #configs: readonly Config[];

  constructor(configs: readonly Config[]) {
    this.#configs = configs;
  }

  get isEmpty(): boolean {
    return this.names("contexts").length === 0 && this.names("clusters").length === 0;
  }

  get currentContext(): string {
    for (const { fields } of this.#configs) {
      const current = fields["current-context"];
      if (typeof current === "string" && current !== "") return current;
    }
    return "";
  }

  names(list: "contexts" | "clusters"): readonly string[] {
    return this.#entries(list, list.slice(0, -1)).map(({ name }) => name);
  }

  find(list: "contexts" | "clusters" | "users", name: string): NamedEntry | undefined {
    return this.#entries(list, list.slice(0, -1)).find((entry) => entry.name === name);
  }

  #entries(list: string, member: string): readonly NamedEntry[] {
    return this.#configs.flatMap(({ path, fields }) => {
      const entries = fields[list];
      if (!Array.isArray(entries)) return [];
      return (entries as readonly unknown[]).flatMap((entry): readonly NamedEntry[] => {
        if (!isRecord(entry) || typeof entry.name !== "string") return [];
        const own = entry[member];
        return [{ name: entry.name, file: path, fields: isRecord(own) ? own : {} }];
      });
    });
  }
}

function chosen(merged: Merged, options: AccessOptions): ClusterAccess {
  const name = options.context ?? merged.currentContext;
  const names = merged.names("contexts").join(", ");
  if (name === "") throw wrong("kubeconfig", `no context is current: \`--context NAME\`, one of ${names}`);
  const context = merged.find("contexts", name);
  if (context === undefined) throw wrong(name, `there is no such context; there are ${names}`);
  const clusterName = textOf(context, "cluster");
  const cluster = merged.find("clusters", clusterName ?? "");
  if (cluster === undefined)
    throw wrong(context.file, `the context ${name} names the cluster ${clusterName ?? ""}, which is not there`);
  const userName = textOf(context, "user") ?? "";
  const user = merged.find("users", userName);
  if (user === undefined && userName !== "")
    throw wrong(context.file, `the context ${name} names the user ${userName}, which is not there`);
  const server = textOf(cluster, "server");
  if (server === undefined) throw wrong(cluster.file, `the cluster ${cluster.name} has no server`);
  const insecure = cluster.fields["insecure-skip-tls-verify"] === true;
  return {
    server: addressOf(server),
    ca: contentOf(cluster, "certificate-authority", options.files),
    tls: { serverName: textOf(cluster, "tls-server-name"), insecure: insecure || undefined },
    proxy: textOf(cluster, "proxy-url"),
    namespace: textOf(context, "namespace") ?? "default",
    user: user ?? { name: "anonymous", file: context.file, fields: {} },
    cluster: cluster.fields,
  };
}

/** A server without a scheme is asked by https. */
const addressOf = (server: string): string =>
  addressBelow(server.includes("://") ? server : `https://${server}`, "", "invalid-config").href.replace(/\/+$/, "");

function ofPod(host: string, port: string, files: Files): ClusterAccess {
  return {
    server: addressOf(`https://${host.includes(":") ? `[${host}]` : host}:${port}`),
    ca: readNamedText(files, `${podFolder}/ca.crt`),
    tls: {},
    proxy: undefined,
    namespace: readText(files, `${podFolder}/namespace`)?.trim() || "default",
    user: undefined,
    cluster: {},
  };
}

/** A text that is not empty. @throws EngineError `invalid-config` for anything else that is there. */
export function textOf({ name, file, fields }: NamedEntry, key: string): string | undefined {
  const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") throw wrong(file, `${key} of ${name} is not text`);
  return value;
}

/** A path in a kubeconfig is relative to the file. */
export const pathOf = ({ file }: NamedEntry, path: string): string =>
  isAbsolute(path) ? path : join(dirname(file), path);

/** The text of `KEY-data`, or of the file that `KEY` names. @throws EngineError `invalid-config` */
export function contentOf(entry: NamedEntry, key: string, files: Files): string | undefined {
  const data = textOf(entry, `${key}-data`);
  const path = textOf(entry, key);
  if (data === undefined) return path === undefined ? undefined : readNamedText(files, pathOf(entry, path));
  try {
    return decodeUtf8(decodeWrappedBase64(data));
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw wrong(entry.file, `${key}-data of ${entry.name} is not text in base64`);
  }
}
