/**
 * CRI-O, and podman: `registries.conf`, whose locations are paths at the proxy. Source: docs/guides/nodes.md;
 * https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md.
 */
import { EngineError } from "../../core/errors.ts";
import {
  basicHere,
  caFile,
  comment,
  fallbackNote,
  type NodeConfig,
  type NodeConfigOptions,
  type NodeFile,
  policyNote,
  quoted,
  secretNote,
} from "./node-config.ts";

/** There is no setting for every registry, so that some must be named. */
const common = ["docker.io", "ghcr.io", "quay.io", "registry.k8s.io", "gcr.io", "public.ecr.aws", "mcr.microsoft.com"];

function registryTable(upstream: string, { proxy, withFallback }: NodeConfigOptions): string {
  const location = `location = ${quoted(`${proxy.host}/${upstream}`)}\n`;
  const insecure = proxy.isPlain ? "insecure = true\n" : "";
  const head = `\n[[registry]]\nprefix = ${quoted(upstream)}\n`;
  return withFallback
    ? `${head}location = ${quoted(upstream)}\n[[registry.mirror]]\n${location}${insecure}`
    : `${head}${location}${insecure}`;
}

/** kubelet's own logins are those of the registries that images name, and never that of a mirror. */
function loginFiles({ proxy, username }: NodeConfigOptions): readonly NodeFile[] {
  if (username === undefined) return [];
  const path = "/etc/crio/sallyport-auth.json";
  return [
    {
      path: "/etc/crio/crio.conf.d/50-sallyport.conf",
      content: `${comment("Then: systemctl restart crio")}[crio.image]\nglobal_auth_file = ${quoted(path)}\n`,
    },
    { path, content: `${JSON.stringify({ auths: { [proxy.host]: { auth: basicHere } } }, null, 2)}\n` },
  ];
}

/** @throws EngineError `invalid-usage` for a registry with a port: no image of it could be pulled at all. */
export function crioConfig(options: NodeConfigOptions): NodeConfig {
  const { proxy, upstreams, withFallback } = options;
  const names = upstreams.length === 0 ? common : upstreams;
  const ported = names.find((name) => /:\d+$/.test(name));
  if (ported !== undefined)
    throw new EngineError(
      "invalid-usage",
      "CRI-O names the registry in the path that it asks the proxy for, and a path cannot hold a port: give the " +
        "registry a name without one, or leave it out (it is then pulled from directly)",
      { subject: `--upstream ${ported}` },
    );
  const search = names.includes("docker.io") ? '["docker.io"]' : "[]";
  return {
    fallback: withFallback ? "on" : "off",
    files: [
      {
        path: "/etc/containers/registries.conf.d/50-sallyport.conf",
        content:
          comment(
            "Then: systemctl reload crio",
            withFallback
              ? "The proxy is asked first, and the registry itself where the proxy has no answer."
              : "The proxy stands in the place of each registry, and there is no other source.",
            "A name without a registry means docker.io, as in policies, or is refused.",
          ) +
          `unqualified-search-registries = ${search}\nshort-name-mode = "enforcing"\n` +
          names.map((name) => registryTable(name, options)).join(""),
      },
      ...loginFiles(options),
      ...caFile(`/etc/containers/certs.d/${proxy.host}/ca.crt`, options),
    ],
    notes: [
      `${upstreams.length === 0 ? "these registries are an example, name yours: --upstream HOST; " : ""}CRI-O has no ` +
        "setting for every registry, and pulls from those not named here directly",
      ...(withFallback ? [fallbackNote] : [policyNote]),
      ...secretNote(options, true),
    ],
  };
}
