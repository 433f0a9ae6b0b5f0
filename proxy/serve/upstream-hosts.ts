/** The upstreams of a configuration, as the registry client is told of hosts. */
import { EngineError } from "../../core/errors.ts";
import type { HostTls } from "../upstream/connections.ts";
import { type Files, readNamedText } from "../upstream/config-files.ts";
import type { Environment } from "../upstream/proxy-choice.ts";
import { type CredentialSource, type Secret, whoHas } from "../upstream/registry/credentials/credential.ts";
import { dialledHost, everyCapability, registryName } from "../upstream/registry/endpoint.ts";
import type { HostSettings } from "../upstream/registry/hosts.ts";
import { type HostEntry, rootOf } from "../upstream/registry/hosts-toml.ts";
import type { UpstreamSettings } from "./settings.ts";

const tlsOf = ({ ca, clientCertificate, clientKey }: UpstreamSettings, files: Files): HostTls => {
  const certificate = clientCertificate === undefined ? undefined : readNamedText(files, clientCertificate);
  return {
    ...(ca === undefined ? {} : { ca: readNamedText(files, ca) }),
    ...(certificate === undefined
      ? {}
      : { cert: certificate, key: clientKey === undefined ? certificate : readNamedText(files, clientKey) }),
  };
};

/** Mirrors in their order, then the registry itself. */
function entriesOf({ mirrors }: UpstreamSettings): readonly HostEntry[] {
  const rest = { capabilities: everyCapability, headers: {}, tls: {} };
  const addresses = mirrors.map((text): HostEntry => {
    const url = new URL(text);
    return { url, root: rootOf(url, false), ...rest };
  });
  return [...addresses, { root: "/v2/", ...rest }];
}

/** @throws EngineError `invalid-config` for a certificate that cannot be read. */
export function upstreamHosts(upstreams: readonly UpstreamSettings[], files: Files): HostSettings {
  const dialled = (chosen: (upstream: UpstreamSettings) => boolean): ReadonlySet<string> =>
    new Set(upstreams.filter(chosen).map(({ host }) => dialledHost(host)));
  const withMirrors = upstreams.filter(({ mirrors }) => mirrors.length > 0);
  const authoritative = withMirrors.filter((upstream) => upstream.authoritative);
  return {
    plainHttp: dialled(({ plainHTTP }) => plainHTTP),
    insecure: dialled(({ insecure }) => insecure),
    authoritative: new Set(authoritative.flatMap(({ mirrors }) => mirrors.map((text) => new URL(text).host))),
    tls: new Map(upstreams.map((upstream) => [dialledHost(upstream.host), tlsOf(upstream, files)])),
    namespaces: new Map(withMirrors.map((upstream) => [registryName(upstream.host), entriesOf(upstream)])),
  };
}

/** Connections at the same time, by the host that is dialled: at least one beside that of a layer. */
export function upstreamConcurrency(upstreams: readonly UpstreamSettings[]): (host: string) => number {
  const known = new Map(upstreams.map(({ host, concurrency }) => [dialledHost(host), Math.max(2, concurrency)]));
  return (host) => known.get(host) ?? 8;
}

/**
 * Questions of a sync that are asked at the same time: twice as many as there are connections to all upstreams, so that
 * none of them waits for a question.
 */
export const questionsAtOnce = (upstreams: readonly UpstreamSettings[]): number =>
  Math.min(mostAtOnce, 2 * upstreams.reduce((sum, { concurrency }) => sum + Math.max(2, concurrency), 0));

const mostAtOnce = 256;

/** Requests in a second, by the host that is dialled: that of an upstream, or of one of its mirrors. */
export function upstreamRate(upstreams: readonly UpstreamSettings[]): (host: string) => number | undefined {
  const known = new Map<string, number>();
  for (const { host, mirrors, rate } of upstreams) {
    if (rate === 0) continue;
    for (const name of [dialledHost(host), ...mirrors.map((text) => new URL(text).host)])
      known.set(name, Math.min(rate, known.get(name) ?? rate));
  }
  return (host) => known.get(host);
}

/**
 * The credentials that the configuration names. Files and variables are read at each request for them, so that a
 * password that was changed is used.
 */
export function upstreamCredentials(
  upstreams: readonly UpstreamSettings[],
  { env, files }: { readonly env: Environment; readonly files: Files },
): CredentialSource {
  const known = new Map(upstreams.map((upstream) => [registryName(upstream.host), upstream]));
  const read = (path: string | undefined, variable: string | undefined, text: string | undefined, host: string) => {
    if (path === undefined && variable === undefined) return text;
    const bytes = path === undefined ? undefined : files.read(path);
    const found = (path === undefined ? env[variable ?? ""] : bytes && Buffer.from(bytes).toString("utf8"))?.trim();
    if (found !== undefined && found !== "") return found;
    const where = path === undefined ? `the variable ${variable}` : path;
    throw new EngineError("access-denied", `the credentials for ${host} cannot be read: ${where} is empty or missing`, {
      subject: host,
    });
  };
  return {
    async find({ host }) {
      const upstream = known.get(registryName(host));
      if (upstream === undefined) return undefined;
      const { username, passwordFile, passwordEnv, password, tokenFile, tokenEnv, token } = upstream.credentials;
      const ofUser = read(passwordFile, passwordEnv, password, host);
      const alone = read(tokenFile, tokenEnv, token, host);
      const secret: Secret | undefined =
        ofUser !== undefined && username !== undefined
          ? { form: "password", username, password: ofUser }
          : alone === undefined
            ? undefined
            : { form: "registry", token: alone };
      return secret === undefined ? undefined : { secret, who: whoHas(secret, "the configuration") };
    },
  };
}
