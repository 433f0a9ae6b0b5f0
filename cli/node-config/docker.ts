/** Docker: `daemon.json`, which knows mirrors of Docker Hub only. Source: docs/guides/nodes.md. */
import { caFile, fallbackNote, type NodeConfig, type NodeConfigOptions } from "./node-config.ts";

export function dockerConfig(options: NodeConfigOptions): NodeConfig {
  const { proxy, upstreams, withFallback } = options;
  const others = upstreams.filter((name) => name !== "docker.io");
  const settings = {
    "registry-mirrors": [proxy.url],
    ...(proxy.isPlain ? { "insecure-registries": [proxy.host] } : {}),
  };
  const example = `docker pull ${proxy.host}/${others[0] ?? "ghcr.io"}/REPOSITORY:TAG`;
  return {
    fallback: withFallback ? "on" : "unavoidable",
    files: [
      { path: "/etc/docker/daemon.json", content: `${JSON.stringify(settings, null, 2)}\n` },
      ...caFile(`/etc/docker/certs.d/${proxy.host}/ca.crt`, options),
    ],
    notes: [
      "put this into the file that is there, then: systemctl restart docker",
      `docker mirrors docker.io only${others.length === 0 ? "" : `, not ${others.join(", ")}`}: images of other ` +
        `registries come from the proxy only by another name: ${example}`,
      "docker asks Docker Hub where the proxy does not answer with the image, and cannot be told not to: close the " +
        "way to registries at the network",
      fallbackNote,
      ...(options.username === undefined
        ? []
        : ["docker does not log in at mirrors of docker.io; docker login is for images by the proxy's own name"]),
    ],
  };
}
