/** How registries are spoken to, from flags and the files that they name. Source: cosign `verify`. */
import { EngineError } from "../../../core/errors.ts";
import { plainHost } from "../../../core/oci/reference.ts";
import { type Files, readNamedText } from "../config-files.ts";
import type { HostTls } from "../connections.ts";
import type { HostSet, HostSettings } from "./hosts.ts";
import { readHostsFolder } from "./hosts-toml.ts";
import { parseRegistriesConf } from "./registries-conf.ts";

export interface HostFlags {
  /** Hosts that are asked without TLS. */
  readonly plainHttp?: readonly string[] | undefined;
  /** Hosts that may be asked without TLS where they speak none, or all. */
  readonly mayBePlain?: readonly string[] | "all" | undefined;
  /** Hosts whose certificate is not checked, or all. */
  readonly insecure?: readonly string[] | "all" | undefined;
  /** Mirrors that know what exists. */
  readonly authoritative?: readonly string[] | undefined;
  /** A folder like /etc/containerd/certs.d. */
  readonly hostsFolder?: string | undefined;
  /** A file like /etc/containers/registries.conf. */
  readonly registriesConf?: string | undefined;
  /** Files of a certificate and its key, to show to every registry that asks for one. */
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
  /** The name that every registry's certificate must have, in place of its host. */
  readonly serverName?: string | undefined;
}

/** @throws EngineError `invalid-config`, `invalid-usage`, `unsupported`. */
export function readHostSettings(flags: HostFlags, files: Files): HostSettings {
  const { plainHttp, mayBePlain, insecure, authoritative = [], hostsFolder, registriesConf } = flags;
  const tls = readTls(flags, files);
  return {
    ...(plainHttp === undefined ? {} : { plainHttp: new Set(plainHttp.map(plainHost)) }),
    ...(mayBePlain === undefined ? {} : { mayBePlain: hostSet(mayBePlain) }),
    ...(insecure === undefined ? {} : { insecure: hostSet(insecure) }),
    authoritative: new Set(authoritative.map(plainHost)),
    ...(Object.keys(tls).length === 0 ? {} : { everyTls: tls }),
    ...(registriesConf === undefined
      ? {}
      : { rules: parseRegistriesConf(readNamedText(files, registriesConf, "--registries-conf"), registriesConf) }),
    ...(hostsFolder === undefined ? {} : { namespaces: readHostsFolder(hostsFolder, files) }),
  };
}

const hostSet = (hosts: readonly string[] | "all"): HostSet =>
  hosts === "all" ? "all" : new Set(hosts.map(plainHost));

function readTls({ clientCert, clientKey, serverName }: HostFlags, files: Files): HostTls {
  if (clientKey !== undefined && clientCert === undefined)
    throw new EngineError("invalid-usage", "a client's key needs its certificate", { subject: clientKey });
  const cert = clientCert === undefined ? undefined : readNamedText(files, clientCert, "--registry-client-cert");
  return {
    ...(cert === undefined
      ? {}
      : { cert, key: clientKey === undefined ? cert : readNamedText(files, clientKey, "--registry-client-key") }),
    ...(serverName === undefined ? {} : { serverName }),
  };
}
