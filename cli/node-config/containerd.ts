/**
 * containerd: `hosts.toml` for each registry, and the setting that makes it read them. Source: docs/guides/nodes.md;
 * https://github.com/containerd/containerd/blob/main/docs/hosts.md.
 */
import {
  caFile,
  comment,
  fallbackNote,
  hostOfUpstream,
  isAtLeast,
  type NodeConfig,
  type NodeConfigOptions,
  type NodeFile,
  othersNote,
  policyNote,
  quoted,
  basicHere,
  secretNote,
  passwordHere,
  unavoidableNote,
} from "./node-config.ts";

const folder = "/etc/containerd/certs.d";
const caPath = "/etc/containerd/certs.d/sallyport-ca.crt";

/** Before 1.5 there is no `hosts.toml`. */
export function containerdConfig(options: NodeConfigOptions): NodeConfig {
  const { version } = options;
  return version !== undefined && !isAtLeast(version, 1, 5, 0) ? mirrorsConfig(options) : hostsConfig(options);
}

function hostsConfig(options: NodeConfigOptions): NodeConfig {
  const { upstreams, withFallback, version } = options;
  const names = upstreams.length === 0 ? ["_default"] : upstreams;
  return {
    fallback: withFallback ? "on" : "off",
    files: [
      mainFile(options),
      ...names.map((name) => ({ path: `${folder}/${name}/hosts.toml`, content: hostsToml(name, options) })),
      ...caFile(caPath, options),
    ],
    notes: [
      ...othersNote(options),
      ...(withFallback ? [fallbackNote] : [policyNote]),
      ...secretNote(options, true),
      ...(version === undefined
        ? ["this is for containerd 2.x; for another version give it, such as --version 1.7 or --version 2.2.1"]
        : []),
    ],
  };
}

/** The name of the images plugin is another one since 2.0, and so is the version of the file. */
function mainFile({ version }: NodeConfigOptions): NodeFile {
  const isFirst = version !== undefined && !isAtLeast(version, 2, 0, 0);
  const plugin = isFirst ? "io.containerd.grpc.v1.cri" : "io.containerd.cri.v1.images";
  const hasTransfer = version === undefined || isAtLeast(version, 2, 1, 0);
  const local = hasTransfer
    ? `[plugins."${plugin}"]\n` +
      comment("Since 2.1 another service pulls, which may not read hosts.toml.").replace(/^/gm, "  ").trimEnd() +
      "\n  use_local_image_pull = true\n"
    : "";
  return {
    path: "/etc/containerd/config.toml",
    content:
      comment("Add this to the file that is there, then: systemctl restart containerd") +
      `version = ${isFirst ? 2 : 3}\n\n${local}[plugins."${plugin}".registry]\n  config_path = "${folder}"\n`,
  };
}

/** containerd sends it with every request to the proxy, and to no other host. */
const login = (table: string, { username }: NodeConfigOptions): string =>
  username === undefined ? "" : `[${table}]\n  authorization = [${quoted(`Basic ${basicHere}`)}]\n`;

function hostsToml(name: string, options: NodeConfigOptions): string {
  const { proxy, ca, withFallback, version } = options;
  const trust = ca === undefined ? "" : `ca = ${quoted(caPath)}\n`;
  if (!withFallback) {
    return `${comment(
      "The proxy stands in the place of the registry, and there is no other host.",
      "A [host] table would make containerd ask the registry itself last.",
      "Read at every pull: no restart is needed.",
    )}server = ${quoted(proxy.url)}\n${trust}${login("header", options)}`;
  }
  // An unknown capability makes containerd before 2.2.1 drop the whole file.
  const hasReferrers = version !== undefined && isAtLeast(version, 2, 2, 1);
  const capabilities = ["pull", "resolve", ...(hasReferrers ? ["referrers"] : [])].map(quoted).join(", ");
  return (
    comment("The proxy is asked first, and the registry itself where the proxy does not answer with the image.") +
    (name === "_default" ? "" : `server = ${quoted(`https://${hostOfUpstream(name)}`)}\n\n`) +
    `[host.${quoted(proxy.url)}]\n  capabilities = [${capabilities}]\n${trust === "" ? "" : `  ${trust}`}` +
    login(`host.${quoted(proxy.url)}.header`, options)
  );
}

function mirrorsConfig(options: NodeConfigOptions): NodeConfig {
  const { proxy, upstreams, ca, username } = options;
  const plugin = 'plugins."io.containerd.grpc.v1.cri".registry';
  const path = "/etc/containerd/sallyport-ca.crt";
  const mirrors = (upstreams.length === 0 ? ["*"] : upstreams).map(
    (name) => `[${plugin}.mirrors.${quoted(name)}]\n  endpoint = [${quoted(proxy.url)}]\n`,
  );
  const trust = ca === undefined ? "" : `[${plugin}.configs.${quoted(proxy.host)}.tls]\n  ca_file = ${quoted(path)}\n`;
  const auth =
    username === undefined
      ? ""
      : `[${plugin}.configs.${quoted(proxy.host)}.auth]\n  username = ${quoted(username)}\n` +
        `  password = ${quoted(passwordHere)}\n`;
  return {
    fallback: "unavoidable",
    files: [
      {
        path: "/etc/containerd/config.toml",
        content: `${comment(
          "Add this to the file that is there, then: systemctl restart containerd",
          "This version asks the registry itself last, whatever stands here.",
        )}version = 2\n\n${mirrors.join("")}${trust}${auth}`,
      },
      ...caFile(path, options),
    ],
    notes: [
      unavoidableNote("containerd", options, "1.5 or later"),
      ...othersNote(options),
      fallbackNote,
      ...secretNote(options, false),
    ],
  };
}
