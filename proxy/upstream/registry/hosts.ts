/**
 * Which hosts serve a repository, in order, and how each is spoken to: by registries.conf, else by hosts.toml; without
 * either a repository is asked for at its own host. Source: https://man.archlinux.org/man/containers-registries.conf.5,
 * https://github.com/containerd/containerd/blob/main/docs/hosts.md.
 */
import { plainHost } from "../../../core/oci/reference.ts";
import type { HostTls } from "../connections.ts";
import { defaultScheme, dialledHost, type Endpoint, everyCapability, registryName, type Scheme } from "./endpoint.ts";
import { folderNames, type HostEntry, type HostsByRegistry } from "./hosts-toml.ts";
import { findRule, type MirrorRule, type RegistryRule } from "./registries-conf.ts";

/** Hosts by name, or all of them. */
export type HostSet = "all" | ReadonlySet<string>;

export interface HostSettings {
  /** Hosts that are asked without TLS, and never with it. */
  readonly plainHttp?: ReadonlySet<string>;
  /** Hosts that may be asked without TLS where they speak none. */
  readonly mayBePlain?: HostSet;
  /** Hosts whose certificate is not checked. */
  readonly insecure?: HostSet;
  /** Mirrors that know what exists: what they do not have is absent. */
  readonly authoritative?: ReadonlySet<string>;
  /** Certificates for a host. */
  readonly tls?: ReadonlyMap<string, HostTls>;
  /** Certificates for every host: a client's. */
  readonly everyTls?: HostTls;
  readonly rules?: readonly RegistryRule[];
  readonly namespaces?: HostsByRegistry;
}

export interface RegistryHosts {
  /** `repository` as `repositoryForFetching` writes it. */
  endpointsOf(repository: string): readonly Endpoint[];
  /** For `Connections`. */
  tlsOf(host: string): HostTls | undefined;
}

const holds = (set: HostSet | undefined, host: string): boolean =>
  set !== undefined && (set === "all" || set.has(host) || set.has(registryName(host)));

const mostKnown = 4096;

/** Hosts that the files name in place of registries. */
export function hostsInFiles({ rules = [], namespaces }: HostSettings): readonly string[] {
  const locations = rules.flatMap(({ location, mirrors }) => [
    location ?? [],
    mirrors.map((mirror) => mirror.location),
  ]);
  return [
    ...locations.flat().map((location) => plainHost(location.split("/")[0] ?? "")),
    ...[...(namespaces?.values() ?? [])].flat().flatMap(({ url }) => url?.host ?? []),
  ];
}

export function registryHosts(settings: HostSettings): RegistryHosts {
  const { plainHttp, mayBePlain, insecure, authoritative, rules = [], namespaces, tls, everyTls } = settings;
  const known = new Map<string, readonly Endpoint[]>();
  /** What the files say of hosts. A connection is for a host, whatever is asked there. */
  const tlsOfFiles = new Map<string, HostTls>();
  for (const { url, tls: ofEntry } of [...(namespaces?.values() ?? [])].flat())
    if (url !== undefined && Object.keys(ofEntry).length > 0) tlsOfFiles.set(url.host, ofEntry);

  const schemeOf = (host: string, asked?: Scheme): Scheme =>
    asked ?? (holds(plainHttp, host) ? "http" : holds(mayBePlain, host) ? "either" : defaultScheme(host));
  const absenceAt = (host: string, isOwn: boolean): Pick<Endpoint, "knowsAbsence" | "standsForOwn"> => {
    const isDeclared = holds(authoritative, host);
    return { knowsAbsence: isOwn || isDeclared, ...(isDeclared && !isOwn ? { standsForOwn: true } : {}) };
  };

  const endpoint = (registry: string, path: string, isOwn: boolean): Endpoint => {
    const host = dialledHost(registry);
    return {
      host,
      scheme: schemeOf(host),
      root: "/v2/",
      path,
      capabilities: everyCapability,
      ...absenceAt(host, isOwn),
    };
  };

  const byRule = (rule: RegistryRule, rest: string, registry: string, path: string): readonly Endpoint[] => {
    const at = (location: string, isInsecure: boolean): Endpoint => {
      const place = `${location}${rest}`;
      const slash = place.indexOf("/");
      if (slash < 0)
        return { ...endpoint(place, "", false), blocked: `registries.conf leads to ${place}, which is no repository` };
      const host = plainHost(place.slice(0, slash));
      const isOwn = registryName(host) === registryName(registry) && place.slice(slash + 1) === path;
      const found = endpoint(host, place.slice(slash + 1), isOwn);
      if (!isInsecure) return found;
      tlsOfFiles.set(found.host, { ...tlsOfFiles.get(found.host), insecure: true });
      return { ...found, scheme: found.scheme === "http" ? "http" : "either" };
    };
    const ofMirror = ({ location, insecure: isInsecure, digestOnly }: MirrorRule): Endpoint => {
      const found = at(location, isInsecure);
      return digestOnly ? { ...found, capabilities: new Set(["pull", "referrers"]) } : found;
    };
    const own = rule.location ?? `${registry}/${path}`.slice(0, -rest.length || undefined);
    const primary = at(own, rule.insecure);
    if (rule.blocked) return [{ ...primary, blocked: `registries.conf blocks ${rule.prefix}` }];
    return [...rule.mirrors.map(ofMirror), primary];
  };

  const byHosts = (entries: readonly HostEntry[], registry: string, path: string): readonly Endpoint[] =>
    entries.map(({ url, root, capabilities, headers, tls: ofEntry }) => {
      const host = url === undefined ? dialledHost(registry) : url.host;
      if (url === undefined && Object.keys(ofEntry).length > 0) tlsOfFiles.set(host, ofEntry);
      const isOwn = registryName(host) === registryName(registry) && root === "/v2/";
      return {
        host,
        scheme: url === undefined ? schemeOf(host) : url.protocol === "http:" ? "http" : schemeOf(host),
        root,
        path,
        ...(registryName(host) === registryName(registry) ? {} : { namespace: registry }),
        headers,
        capabilities,
        ...absenceAt(host, isOwn),
      };
    });

  const find = (repository: string): readonly Endpoint[] => {
    const slash = repository.indexOf("/");
    const [registry, path] = [repository.slice(0, slash), repository.slice(slash + 1)];
    const found = findRule(rules, repository);
    if (found !== undefined) return byRule(found.rule, found.rest, registry, path);
    const name = folderNames(registry).find((folder) => namespaces?.has(folder));
    const entries = name === undefined ? undefined : namespaces?.get(name);
    return entries === undefined ? [endpoint(registry, path, true)] : byHosts(entries, registry, path);
  };

  return {
    endpointsOf(repository) {
      const held = known.get(repository) ?? find(repository);
      if (known.size >= mostKnown) known.clear();
      known.set(repository, held);
      return held;
    },
    tlsOf(host) {
      // An address has no port where it is that of https; the name of a host on this machine keeps it.
      const names = [`${host}:443`, host];
      const found = {
        ...everyTls,
        ...Object.assign({}, ...names.map((name) => tlsOfFiles.get(name))),
        ...Object.assign({}, ...names.map((name) => tls?.get(name))),
        ...(names.some((name) => holds(insecure, name)) ? { insecure: true } : {}),
      };
      return Object.keys(found).length === 0 ? undefined : found;
    },
  };
}
