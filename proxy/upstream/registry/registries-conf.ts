/**
 * Mirrors and other places of repositories, as podman, CRI-O and skopeo are told of them, in version 2. Source:
 * https://man.archlinux.org/man/containers-registries.conf.5.
 *
 *     [[registry]]
 *     prefix = "ghcr.io/org"
 *     location = "registry.corp.example/org"
 *     [[registry.mirror]]
 *     location = "mirror.corp.example/ghcr"
 */
import { EngineError } from "../../../core/errors.ts";
import { parseToml, type TomlTable } from "./toml-table.ts";

export interface MirrorRule {
  /** `host[:port]`, with or without a path, in place of the prefix. */
  readonly location: string;
  /** Without TLS, or with a certificate that is not checked. */
  readonly insecure: boolean;
  /** Not for tags. */
  readonly digestOnly: boolean;
}

export interface RegistryRule {
  /** `host[:port]`, with or without a path; or `*.domain`. */
  readonly prefix: string;
  /** Absent: the repository's own place. */
  readonly location?: string;
  readonly insecure: boolean;
  readonly blocked: boolean;
  readonly mirrors: readonly MirrorRule[];
}

/** @throws EngineError `invalid-config`, `unsupported` for version 1. */
export function parseRegistriesConf(text: string, path: string): readonly RegistryRule[] {
  const root = parseToml(text, path);
  if (root.has("registries"))
    throw new EngineError("unsupported", "version 1 of registries.conf; write it as [[registry]] tables", {
      subject: path,
    });
  return root.tables("registry").map(readRule);
}

const place = /^(?:\*\.)?(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])(?::\d+)?(?:\/[a-z0-9._-]+)*$/;

function readPlace(table: TomlTable, key: string): string | undefined {
  const text = table.text(key)?.replace(/\/+$/, "");
  if (text === undefined || text === "") return undefined;
  return place.test(text) ? text : table.refuse(key, "expected host[:port], with or without a path");
}

function readRule(table: TomlTable): RegistryRule {
  const location = readPlace(table, "location");
  const prefix = readPlace(table, "prefix") ?? location;
  if (prefix === undefined) return table.refuse("prefix", "neither a prefix nor a location");
  const digestOnly = table.flag("mirror-by-digest-only") ?? false;
  return {
    prefix,
    ...(location === undefined ? {} : { location }),
    insecure: table.flag("insecure") ?? false,
    blocked: table.flag("blocked") ?? false,
    mirrors: table.tables("mirror").map((mirror) => readMirror(mirror, digestOnly)),
  };
}

function readMirror(table: TomlTable, digestOnly: boolean): MirrorRule {
  const location = readPlace(table, "location");
  if (location === undefined) return table.refuse("location", "a mirror needs one");
  const pulls = table.text("pull-from-mirror") ?? "all";
  if (!["all", "digest-only", "tag-only"].includes(pulls))
    return table.refuse("pull-from-mirror", "expected all, digest-only or tag-only");
  return {
    location,
    insecure: table.flag("insecure") ?? false,
    digestOnly: digestOnly || pulls === "digest-only",
  };
}

/** The rule with the longest prefix of a repository, and what follows the prefix. */
export function findRule(
  rules: readonly RegistryRule[],
  repository: string,
): { readonly rule: RegistryRule; readonly rest: string } | undefined {
  let found: { readonly rule: RegistryRule; readonly rest: string; readonly length: number } | undefined;
  for (const rule of rules) {
    const length = matchedLength(rule.prefix, repository);
    if (length === undefined || (found !== undefined && rule.prefix.length <= found.rule.prefix.length)) continue;
    found = { rule, rest: repository.slice(length), length };
  }
  return found;
}

/** Characters of the repository in place of which a location stands. */
function matchedLength(prefix: string, repository: string): number | undefined {
  if (prefix.startsWith("*.")) {
    const host = repository.slice(0, repository.indexOf("/"));
    return host.replace(/:\d+$/, "").endsWith(prefix.slice(1)) ? host.length : undefined;
  }
  return repository === prefix || repository.startsWith(`${prefix}/`) ? prefix.length : undefined;
}
