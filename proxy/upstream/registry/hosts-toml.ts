/**
 * Mirrors of registries, as containerd is told of them; folders without hosts.toml hold certificates, as docker has it.
 * Source: https://github.com/containerd/containerd/blob/main/docs/hosts.md,
 * https://docs.docker.com/engine/security/certificates/.
 *
 *     certs.d/docker.io/hosts.toml:
 *     server = "https://registry-1.docker.io"
 *     [host."https://mirror.corp.example"]
 *       capabilities = ["pull", "resolve"]
 *       ca = "mirror.crt"
 */
import { EngineError } from "../../../core/errors.ts";
import type { HostTls } from "../connections.ts";
import { type Capability, everyCapability } from "./endpoint.ts";
import { type Files, readNamedText, readText } from "../config-files.ts";
import { parseToml, type TomlTable } from "./toml-table.ts";

export interface HostEntry {
  /** Absent: the registry's own host, as it is asked without this file. */
  readonly url?: URL;
  /** The address of the API's root: `/v2/`. */
  readonly root: string;
  readonly capabilities: ReadonlySet<Capability>;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: HostTls;
}

/** Hosts in the order in which they are asked; the server last. */
export type HostsByRegistry = ReadonlyMap<string, readonly HostEntry[]>;

/** Of the folder's names: the registry's with `_5000_` or `:5000`, then `_default`. */
export const folderNames = (registry: string): readonly string[] => [
  registry.replace(/:(\d+)$/, "_$1_"),
  registry,
  "_default",
];

/**
 * Every registry of a folder like /etc/containerd/certs.d, by the folder's name.
 * @throws EngineError `invalid-config`, `unsupported`.
 */
export function readHostsFolder(folder: string, files: Files): HostsByRegistry {
  const hosts = new Map<string, readonly HostEntry[]>();
  for (const name of files.list(folder)) {
    const own = `${folder}/${name}`;
    // A file beside the folders is nobody's.
    if (files.list(own).length === 0) continue;
    const text = readText(files, `${own}/hosts.toml`);
    const entries = text === undefined ? dockerCertificates(own, files) : parseHosts(text, own, files);
    if (entries.length > 0) hosts.set(name, entries);
  }
  return hosts;
}

/** A folder with certificates alone: `*.crt` of authorities, `*.cert` and `*.key` of the client. */
function dockerCertificates(folder: string, files: Files): readonly HostEntry[] {
  const names = files.list(folder);
  const authorities = names.filter((name) => name.endsWith(".crt"));
  const client = names.find((name) => name.endsWith(".cert"));
  if (authorities.length === 0 && client === undefined) return [];
  const read = (name: string): string => readNamedText(files, `${folder}/${name}`);
  return [
    {
      root: "/v2/",
      capabilities: everyCapability,
      headers: {},
      tls: {
        ...(authorities.length === 0 ? {} : { ca: authorities.map(read).join("\n") }),
        ...(client === undefined ? {} : { cert: read(client), key: read(`${client.slice(0, -".cert".length)}.key`) }),
      },
    },
  ];
}

function parseHosts(text: string, folder: string, files: Files): readonly HostEntry[] {
  const root = parseToml(text, `${folder}/hosts.toml`);
  const hosts = root.table("host");
  const mirrors = (hosts?.keys() ?? []).map((address) => {
    const table = hosts?.table(address);
    return table === undefined ? root.refuse("host", "expected tables") : readEntry(table, address, folder, files);
  });
  return [...mirrors, readEntry(root, root.text("server"), folder, files)];
}

function readEntry(table: TomlTable, address: string | undefined, folder: string, files: Files): HostEntry {
  if (table.has("proxy"))
    throw new EngineError("unsupported", "proxy of a host in hosts.toml; HTTPS_PROXY and NO_PROXY say it", {
      subject: `${folder}/hosts.toml`,
    });
  const text = address === undefined || address === "" || address.includes("://") ? address : `https://${address}`;
  const url = text === undefined || text === "" ? undefined : readAddress(text, table);
  const from = (path: string): string => readNamedText(files, path.startsWith("/") ? path : `${folder}/${path}`);
  const authorities = table.texts("ca").map(from);
  return {
    ...(url === undefined ? {} : { url }),
    root: rootOf(url, table.flag("override_path") ?? false),
    capabilities: readCapabilities(table),
    headers: readHeaders(table.table("header")),
    tls: {
      ...(authorities.length === 0 ? {} : { ca: authorities.join("\n") }),
      ...readClient(table, from),
      ...(table.flag("skip_verify") === true ? { insecure: true } : {}),
    },
  };
}

function readAddress(text: string, table: TomlTable): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return (url?.protocol === "https:" || url?.protocol === "http:") && url.username === ""
    ? url
    : table.refuse(text, "expected https://HOST or http://HOST");
}

/** Without `override_path` the API is below `/v2` of the address. */
export function rootOf(url: URL | undefined, isWhole: boolean): string {
  const path = (url?.pathname ?? "").replace(/\/+$/, "");
  return isWhole || path.endsWith("/v2") ? `${path}/` : `${path}/v2/`;
}

/** `push` is for others; whoever resolves and pulls is asked for referrers where none is said. */
function readCapabilities(table: TomlTable): ReadonlySet<Capability> {
  if (!table.has("capabilities")) return everyCapability;
  const texts = table.texts("capabilities");
  const known = texts.find((text) => text !== "push" && !everyCapability.has(text as Capability));
  if (known !== undefined) table.refuse("capabilities", `${known} is none`);
  return new Set([...everyCapability].filter((one) => texts.includes(one)));
}

function readHeaders(table: TomlTable | undefined): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const name of table?.keys() ?? []) {
    const value = (table?.texts(name) ?? []).join(", ");
    if (!/^[!#$%&'*+.^`|~\w-]+$/.test(name) || /[^\t\x20-\x7e]/.test(value)) table?.refuse(name, "is no header");
    headers[name.toLowerCase()] = value;
  }
  return headers;
}

/** A file with certificate and key, a pair of files, or a list with one of these. */
function readClient(table: TomlTable, from: (path: string) => string): Pick<HostTls, "cert" | "key"> {
  if (!table.has("client")) return {};
  const [first, ...more] = clientEntries(table);
  if (first === undefined) return {};
  if (more.length > 0) table.refuse("client", "only one client certificate is used for a host");
  const [cert, key] = first;
  const certificate = from(cert);
  return { cert: certificate, key: key === "" ? certificate : from(key) };
}

function clientEntries(table: TomlTable): readonly (readonly [cert: string, key: string])[] {
  const refuse = (): never => table.refuse("client", "expected a path, or a pair of paths");
  return table.listOrOne("client").map((entry) => {
    if (typeof entry === "string") return [entry, ""];
    const [cert, key, ...more] = Array.isArray(entry) ? (entry as readonly unknown[]) : refuse();
    return typeof cert === "string" && typeof key === "string" && more.length === 0 ? [cert, key] : refuse();
  });
}
