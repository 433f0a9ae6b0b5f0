/**
 * Talos: patches of the machine configuration. Source: docs/guides/nodes.md;
 * https://docs.siderolabs.com/talos/v1.13/reference/configuration/cri/registrymirrorconfig.
 */
import { encodeBase64 } from "../../core/encoding/base64.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import {
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
} from "./node-config.ts";

/** Since 1.12 each registry has a document of its own. */
function documents(names: readonly string[], { proxy, ca, username, withFallback }: NodeConfigOptions): string {
  const mirrors = names.map(
    (name) =>
      `---\napiVersion: v1alpha1\nkind: RegistryMirrorConfig\nname: ${quoted(name)}\nendpoints:\n` +
      `  - url: ${quoted(proxy.url)}\nskipFallback: ${String(!withFallback)}\n`,
  );
  const trust =
    ca === undefined
      ? ""
      : `---\napiVersion: v1alpha1\nkind: RegistryTLSConfig\nname: ${quoted(proxy.host)}\nca: |-\n` +
        `${ca.trimEnd().replace(/^/gm, "  ")}\n`;
  const login =
    username === undefined
      ? ""
      : `---\napiVersion: v1alpha1\nkind: RegistryAuthConfig\nname: ${quoted(proxy.host)}\n` +
        `username: ${quoted(username)}\npassword: ${quoted(passwordHere)}\n`;
  return mirrors.join("") + trust + login;
}

function machinePatch(
  names: readonly string[],
  { proxy, ca, username }: NodeConfigOptions,
  skipFallback: boolean | undefined,
): string {
  const skip = skipFallback === undefined ? "" : `        skipFallback: ${String(skipFallback)}\n`;
  const mirrors = names.map(
    (name) => `      ${quoted(name)}:\n        endpoints:\n          - ${quoted(proxy.url)}\n${skip}`,
  );
  const trust = ca === undefined ? "" : `        tls:\n          ca: ${encodeBase64(encodeUtf8(ca))}\n`;
  const login =
    username === undefined
      ? ""
      : `        auth:\n          username: ${quoted(username)}\n          password: ${quoted(passwordHere)}\n`;
  const config = trust + login === "" ? "" : `    config:\n      ${quoted(proxy.host)}:\n${trust}${login}`;
  return `machine:\n  registries:\n    mirrors:\n${mirrors.join("")}${config}`;
}

export function talosConfig(options: NodeConfigOptions): NodeConfig {
  const { upstreams, withFallback, version } = options;
  const names = upstreams.length === 0 ? ["*"] : upstreams;
  const hasSkip = version === undefined || isAtLeast(version, 1, 9, 0);
  const hasDocuments = version === undefined || isAtLeast(version, 1, 12, 0);
  const isUnavoidable = !withFallback && !hasSkip;
  const path = "sallyport-registries.yaml";
  return {
    fallback: withFallback ? "on" : isUnavoidable ? "unavoidable" : "off",
    files: [
      {
        path,
        content:
          comment(
            "Then, for every node:",
            `  talosctl patch machineconfig --nodes NODE --patch @${path}`,
            ...(withFallback || isUnavoidable ? [] : ["With skipFallback the registry itself is never asked."]),
          ) +
          (hasDocuments
            ? documents(names, options)
            : machinePatch(names, options, hasSkip ? !withFallback : undefined)),
      },
    ],
    notes: [
      ...(isUnavoidable ? [unavoidableNote("Talos", options, "1.9 or later")] : []),
      ...(version === undefined
        ? ["this is for Talos 1.12 and later; for an earlier version give it, such as --version 1.11"]
        : []),
      ...othersNote(options),
      ...(withFallback || isUnavoidable ? [fallbackNote] : [policyNote]),
      ...secretNote(options, false),
    ],
  };
}
