/** TLS of a Vault by the variables of its own command line. */
import { EngineError } from "../../../core/errors.ts";
import { type Files, readNamedText } from "../config-files.ts";
import type { HostTls } from "../connections.ts";
import type { Environment } from "../proxy-choice.ts";

/**
 * What holds for the host of VAULT_ADDR, which is `host` or `host:port`; `undefined`: nothing in particular.
 * @throws EngineError `invalid-config`
 */
export function vaultTls(env: Environment, files: Files): { readonly host: string; readonly tls: HostTls } | undefined {
  const named = (name: string): string => env[`VAULT_${name}`] || env[`BAO_${name}`] || "";
  const address = named("ADDR");
  if (!URL.canParse(address)) return undefined;
  const [ca, cert, key, serverName] = ["CACERT", "CLIENT_CERT", "CLIENT_KEY", "TLS_SERVER_NAME"].map(named);
  const insecure = /^(?:1|t|true)$/i.test(named("SKIP_VERIFY"));
  if ((cert === "") !== (key === ""))
    throw new EngineError("invalid-config", "a client certificate has a key: give both or neither", {
      subject: "VAULT_CLIENT_CERT, VAULT_CLIENT_KEY",
    });
  const read = (path: string | undefined): string | undefined => (path ? readNamedText(files, path) : undefined);
  const tls: HostTls = {
    ca: read(ca),
    cert: read(cert),
    key: read(key),
    serverName: serverName || undefined,
    insecure: insecure || undefined,
  };
  return Object.values(tls).every((value) => value === undefined) ? undefined : { host: new URL(address).host, tls };
}
