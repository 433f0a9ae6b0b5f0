/**
 * Under which names the files of runtimes say that repositories are mirrored, as aliases. Only what a reference can
 * name is one. Source: docs/spec/offline.md#aliases.
 */
import type { Alias } from "../../../core/oci/aliases.ts";
import { registryName } from "./endpoint.ts";
import type { HostSettings } from "./hosts.ts";
import type { HostsByRegistry } from "./hosts-toml.ts";
import type { RegistryRule } from "./registries-conf.ts";

/** The aliases of both files, in their order. */
export const mirrorPlaces = ({
  rules = [],
  namespaces,
}: Pick<HostSettings, "rules" | "namespaces">): readonly Alias[] => [
  ...rules.flatMap(placesOfRule),
  ...placesOfHosts(namespaces ?? new Map()),
];

/** A place stands for the prefix; for `*.domain` it stands for many registries, so that no name follows from it. */
function placesOfRule({ prefix, location, blocked, mirrors }: RegistryRule): readonly Alias[] {
  if (blocked || prefix.startsWith("*.")) return [];
  const places = [...mirrors.map((mirror) => mirror.location), ...(location === undefined ? [] : [location])];
  return places
    .filter((physical) => physical !== prefix && !physical.startsWith("*."))
    .map((physical) => ({ logical: prefix, physical, from: `registries.conf, ${prefix}` }));
}

/**
 * The host of `https://mirror.corp/v2/ghcr.io` has `mirror.corp/ghcr.io`. One that is asked at `/v2/` itself is told
 * the registry with each request and can serve any, so that its names do not say which; other roots no reference names.
 */
function placesOfHosts(namespaces: HostsByRegistry): readonly Alias[] {
  return [...namespaces].flatMap(([folder, entries]) => {
    const logical = registryName(folder.replace(/_(\d+)_$/, ":$1"));
    if (logical === "_default") return [];
    return entries.flatMap(({ url, root }) => {
      const [, path] = /^\/v2\/(.+)\/$/.exec(root) ?? [];
      if (url === undefined || path === undefined) return [];
      return [{ logical, physical: `${url.host}/${path}`, from: `hosts.toml, ${folder}` }];
    });
  });
}
