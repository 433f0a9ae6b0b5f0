/**
 * K3s and RKE2: `registries.yaml`, and the option that ends the way to registries themselves. Source:
 * docs/guides/nodes.md; https://docs.k3s.io/installation/private-registry.
 */
import {
  caFile,
  comment,
  fallbackNote,
  isAtLeast,
  type NodeConfig,
  type NodeConfigOptions,
  othersNote,
  passwordHere,
  policyNote,
  quoted,
  secretNote,
  unavoidableNote,
  type RuntimeVersion,
} from "./node-config.ts";

/** The first release of each minor version with `disable-default-registry-endpoint`. */
const firstPatches: readonly (readonly [minor: number, patch: number])[] = [
  [26, 13],
  [27, 10],
  [28, 6],
  [29, 1],
];

function hasSwitch(version: RuntimeVersion | undefined): boolean {
  if (version === undefined || isAtLeast(version, 1, 30, 0)) return true;
  return firstPatches.some(([minor, patch]) => version.numbers[1] === minor && isAtLeast(version, 1, minor, patch));
}

function registriesYaml({ proxy, upstreams, ca, username }: NodeConfigOptions, caPath: string): string {
  const mirrors = (upstreams.length === 0 ? ["*"] : upstreams).map(
    (name) => `  ${quoted(name)}:\n    endpoint:\n      - ${quoted(proxy.url)}\n`,
  );
  const auth =
    username === undefined
      ? ""
      : `    auth:\n      username: ${quoted(username)}\n      password: ${quoted(passwordHere)}\n`;
  const tls = ca === undefined ? "" : `    tls:\n      ca_file: ${quoted(caPath)}\n`;
  const configs = auth + tls === "" ? "" : `configs:\n  ${quoted(proxy.host)}:\n${auth}${tls}`;
  return `mirrors:\n${mirrors.join("")}${configs}`;
}

export function k3sConfig(options: NodeConfigOptions, name: "k3s" | "rke2"): NodeConfig {
  const { withFallback, version, upstreams } = options;
  const folder = `/etc/rancher/${name}`;
  const caPath = `${folder}/sallyport-ca.crt`;
  const services = name === "k3s" ? "k3s, or k3s-agent" : "rke2-server, or rke2-agent";
  const isUnavoidable = !withFallback && !hasSwitch(version);
  return {
    fallback: withFallback ? "on" : isUnavoidable ? "unavoidable" : "off",
    files: [
      {
        path: `${folder}/registries.yaml`,
        content: comment(`On every node, servers too. Then restart ${services}.`) + registriesYaml(options, caPath),
      },
      ...(withFallback || isUnavoidable
        ? []
        : [
            {
              path: `${folder}/config.yaml`,
              content: `${comment(
                "Add this to the file that is there.",
                "Without it the registry itself is asked last, whatever registries.yaml says.",
              )}disable-default-registry-endpoint: true\n`,
            },
          ]),
      ...caFile(caPath, options),
    ],
    notes: [
      ...(isUnavoidable ? [unavoidableNote(name, options, "1.26.13, 1.27.10, 1.28.6, 1.29.1 or later")] : []),
      ...(withFallback && upstreams.length === 0
        ? [`with containerd 2.0 ${name} does not fall back from "*": name the registries with --upstream`]
        : []),
      ...othersNote(options),
      ...(withFallback || isUnavoidable ? [fallbackNote] : [policyNote]),
      ...secretNote(options, false),
    ],
  };
}
