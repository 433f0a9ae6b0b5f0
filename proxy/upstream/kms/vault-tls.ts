/** TLS of a Vault by the variables of its own command line. */
import { EngineError } from "../../../core/errors.ts";
import { type Files, readNamedText } from "../config-files.ts";
import type { HostTls } from "../connections.ts";
import type { Environment } from "../proxy-choice.ts";
import type { TlsSettings } from "../tls-failure.ts";

/** How a user names certificates to a Vault. */
export const vaultSettings: TlsSettings = {
  authority: "VAULT_CACERT",
  client: "VAULT_CLIENT_CERT and VAULT_CLIENT_KEY",
  serverName: "VAULT_TLS_SERVER_NAME",
};

/**
 * What holds for `host`, which is `host` or `host:port`, if VAULT_ADDR names it.
 * @throws EngineError `invalid-config`
 */
export function vaultTls(host: string, env: Environment, files: Files): HostTls | undefined {
  const named = (name: string): string => env[`VAULT_${name}`] || env[`BAO_${name}`] || "";
  const address = named("ADDR");
  if (!URL.canParse(address) || new URL(address).host !== host) return undefined;
  const [ca, cert, key, serverName] = ["CACERT", "CLIENT_CERT", "CLIENT_KEY", "TLS_SERVER_NAME"].map(named);
  const insecure = /^(?:1|t|true)$/i.test(named("SKIP_VERIFY"));
  if ((cert === "") !== (key === ""))
    throw new EngineError("invalid-config", "a client certificate has a key: give both or neither", {
      subject: "VAULT_CLIENT_CERT, VAULT_CLIENT_KEY",
    });
  const read = (path: string | undefined): string | undefined => (path ? readNamedText(files, path) : undefined);
  return {
    ca: read(ca),
    cert: read(cert),
    key: read(key),
    serverName: serverName || undefined,
    insecure: insecure || undefined,
  };
}
