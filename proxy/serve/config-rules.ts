/** Rules between settings: what contradicts or lacks another. Source: docs/spec/command-line.md#configuration. */
import { isDigest } from "../../core/crypto/digest.ts";
import { decodeWrappedBase64 } from "../../core/encoding/base64.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { type Alias, createAliases, parseAlias, widthOf } from "../../core/oci/aliases.ts";
import { parseRoot } from "../../core/tuf/root.ts";
import { parseSnapshotPlace } from "../snapshot/place.ts";
import { findAddress, isLoopbackAddress, isRegistryHost } from "./address.ts";
import { isLabel, readDestination } from "./destination.ts";
import { whyNotAskable } from "./may-ask.ts";
import type { Config, Listener, UpstreamSettings } from "./settings.ts";

export interface Judge {
  /** `at`: a JSON pointer. */
  refuse(at: string, message: string): void;
  warn(at: string, message: string): void;
  /** Whether the file, a flag or a variable says a setting at the top, whatever its value. */
  isSaid(at: string): boolean;
}

/** Whether the proxy logs in to an upstream. */
const hasCredentials = ({ credentials, clientCertificate }: UpstreamSettings): boolean =>
  clientCertificate !== undefined || Object.values(credentials).some((value) => value !== undefined);

/** Whether only this machine reaches the listener. */
function isLocalListener({ address }: Listener): boolean {
  const found = findAddress(address);
  return found !== undefined && isLoopbackAddress(found);
}

/** Whether other machines may pull images from it without a login. */
export const servesStrangers = (listener: Listener): boolean =>
  !isLocalListener(listener) &&
  listener.auth.by === "none" &&
  (listener.serves.length === 0 || listener.serves.includes("registry"));

export const servesAdmission = ({ serves }: Listener): boolean => serves.includes("admission");

export const strangersRead = (host: string): string =>
  `${host} is asked with a login, and anybody could pull the result here: set auth.by, or ` +
  "allowAnonymousPrivate: true";

export function checkConfig(config: Config, judge: Judge, limits: Limits): void {
  const names = new Map<string, number>();
  const addresses = new Map<string, number>();
  if (config.listeners.length === 0) judge.refuse("/listeners", "at least one listener is needed");
  for (const [index, listener] of config.listeners.entries()) {
    const at = `/listeners/${index}`;
    checkListener(listener, at, config, judge);
    once(names, listener.name ?? listener.address, index, `${at}/name`, judge);
    if (!listener.address.endsWith(":0")) once(addresses, listener.address, index, `${at}/address`, judge);
  }
  const hosts = new Map<string, number>();
  for (const [index, upstream] of config.upstreams.entries()) {
    const at = `/upstreams/${index}`;
    checkUpstream(upstream, at, judge);
    once(hosts, upstream.host, index, `${at}/host`, judge);
  }
  if (config.mode === "online" && config.upstreams.length === 0 && config.trust.tufMirror === undefined)
    judge.refuse("/mode", "online needs somebody to ask: list a registry under upstreams, or set trust.tufMirror");
  if (config.mode === "offline" && config.sync.lists.length > 0)
    judge.refuse("/sync/lists", "are synced in mode online only");
  // Of the registry of snapshots its login and certificates are read.
  const asked = config.upstreams.filter(({ host }) => !config.snapshot.from?.startsWith(`oci://${host}/`));
  if (config.mode === "offline" && asked.length > 0 && !judge.isSaid("/mode"))
    judge.warn(
      "/upstreams",
      "nobody is asked, since the mode is offline unless it is said: --online, or mode: online, asks them",
    );
  checkAliases(config, judge, limits);
  checkSnapshot(config, judge);
  checkPolicies(config, judge);
  checkWebhooks(config, judge);
  checkTrust(config, judge);
  checkTufRoot(config, judge, limits);
  checkTufMirror(config, judge);
}

function checkAliases({ aliases }: Config, judge: Judge, limits: Limits): void {
  let read: readonly Alias[];
  try {
    read = aliases.map((text, index) => parseAlias(text, `/aliases/${index}`));
    createAliases(read, limits);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    judge.refuse(error.subject?.startsWith("/aliases/") === true ? error.subject : "/aliases", error.message);
    return;
  }
  for (const alias of read) {
    const why = widthOf(alias);
    if (why !== undefined) judge.warn(alias.from ?? "/aliases", why);
  }
}

function checkSnapshot({ mode, snapshot, proxy }: Config, judge: Judge): void {
  const { from, keys, acceptPins } = snapshot;
  for (const [index, digest] of acceptPins.entries())
    if (!isDigest(digest))
      judge.refuse(`/snapshot/acceptPins/${index}`, "a digest is sha256: and 64 lower-case hexadecimal digits");
  if (from === undefined) {
    if (keys.length > 0) judge.refuse("/snapshot/keys", "are used with snapshot.from only");
    return;
  }
  try {
    parseSnapshotPlace(from, "/snapshot/from");
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    judge.refuse("/snapshot/from", error.message);
  }
  if (keys.length === 0) judge.refuse("/snapshot/keys", "at least one is needed, or nobody's snapshots are accepted");
  if (mode === "online")
    judge.refuse("/snapshot/from", "a snapshot is only read, and mode online writes the mirror: use one of the two");
  if (proxy.layers.store)
    judge.warn("/proxy/layers/store", "has no effect: a mirror that follows snapshots is only read");
}

function once(seen: Map<string, number>, value: string, index: number, at: string, judge: Judge): void {
  const before = seen.get(value);
  if (before === undefined) seen.set(value, index);
  else judge.refuse(at, `${JSON.stringify(value)} is used by entry ${before} already`);
}

/** An API server without a login gets 401, and a webhook configuration that ignores failures admits then. */
const unsentLogin =
  "an API server sends a login to a webhook only where its --admission-control-config-file names a kubeconfig with " +
  "one for this server; without it nothing is judged here, and what may fail is admitted";

function checkListener(listener: Listener, at: string, config: Config, judge: Judge): void {
  const { address, tls, auth, plainHTTP } = listener;
  if (servesAdmission(listener) && auth.by !== "none") judge.warn(`${at}/auth/by`, unsentLogin);
  const found = findAddress(address);
  if (found === undefined) {
    judge.refuse(`${at}/address`, `expected HOST:PORT such as 127.0.0.1:5000, found ${JSON.stringify(address)}`);
    return;
  }
  const isLocal = isLoopbackAddress(found);
  if (tls.from === "none" && !isLocal && !plainHTTP)
    judge.refuse(
      `${at}/address`,
      "other machines reach this address, so it needs TLS: set tls.from (own makes a certificate), or plainHTTP: true",
    );
  if (tls.from !== "none" && plainHTTP) judge.refuse(`${at}/plainHTTP`, "contradicts tls.from: leave one of them out");
  for (const field of ["certificate", "key"] as const) {
    if (tls.from === "files" && tls[field] === undefined)
      judge.refuse(`${at}/tls/${field}`, "is required with tls.from: files");
    if (tls.from !== "files" && tls[field] !== undefined)
      judge.refuse(`${at}/tls/${field}`, "is read with tls.from: files only");
  }
  if (tls.from !== "own" && tls.from !== "cluster" && tls.names.length > 0)
    judge.refuse(`${at}/tls/names`, "are used with tls.from: own and cluster only");
  if (auth.by === "none" && auth.file !== undefined) judge.refuse(`${at}/auth/file`, "is not read with auth.by: none");
  if (auth.by !== "none" && auth.file === undefined)
    judge.refuse(`${at}/auth/file`, `is required with auth.by: ${auth.by}`);
  if (auth.by !== "certificate" && auth.subjects.length > 0)
    judge.refuse(`${at}/auth/subjects`, "are used with auth.by: certificate only");
  if (auth.by === "certificate" && tls.from === "none")
    judge.refuse(`${at}/auth/by`, "client certificates need TLS: set tls.from");
  if (servesStrangers(listener) && !config.allowAnonymousPrivate && config.mode === "online") {
    const asked = config.upstreams.find(hasCredentials);
    if (asked !== undefined) judge.refuse(`${at}/auth/by`, strangersRead(asked.host));
  }
}

function checkUpstream(upstream: UpstreamSettings, at: string, judge: Judge): void {
  const { host, mirrors, clientCertificate, clientKey, plainHTTP, insecure, ca, credentials, authoritative } = upstream;
  if (!isRegistryHost(host))
    judge.refuse(
      `${at}/host`,
      `expected a host such as ghcr.io, without https:// and path, found ${JSON.stringify(host)}`,
    );
  for (const [index, mirror] of mirrors.entries())
    if (!isAddress(mirror))
      judge.refuse(`${at}/mirrors/${index}`, `expected https://HOST or http://HOST, found ${JSON.stringify(mirror)}`);
  if (authoritative && mirrors.length === 0)
    judge.refuse(`${at}/authoritative`, "is about mirrors, and none are listed");
  if (clientKey !== undefined && clientCertificate === undefined)
    judge.refuse(`${at}/clientKey`, "needs clientCertificate");
  for (const [field, isSet] of Object.entries({
    ca: ca !== undefined,
    insecure,
    clientCertificate: clientCertificate !== undefined,
  }))
    if (plainHTTP && isSet) judge.refuse(`${at}/${field}`, "has no meaning with plainHTTP: true");
  checkCredentials(credentials, `${at}/credentials`, judge);
}

/** Only `scheme://host/path`: what else an address can hold does not belong here. */
function isAddress(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return (
    (url?.protocol === "https:" || url?.protocol === "http:") &&
    url.username + url.password + url.search + url.hash === ""
  );
}

function checkCredentials(credentials: UpstreamSettings["credentials"], at: string, judge: Judge): void {
  const { username, passwordFile, passwordEnv, password, tokenFile, tokenEnv, token } = credentials;
  const passwords = Object.entries({ passwordFile, passwordEnv, password }).filter(([, value]) => value !== undefined);
  const tokens = Object.entries({ tokenFile, tokenEnv, token }).filter(([, value]) => value !== undefined);
  const [, second] = [...passwords, ...tokens];
  if (second !== undefined) judge.refuse(`${at}/${second[0]}`, "give one password or one token, not several");
  if (username !== undefined && passwords.length === 0)
    judge.refuse(`${at}/username`, "needs passwordFile or passwordEnv");
  if (username === undefined && passwords[0] !== undefined) judge.refuse(`${at}/${passwords[0][0]}`, "needs username");
  for (const field of ["password", "token"] as const)
    if (credentials[field] !== undefined)
      judge.warn(`${at}/${field}`, `this secret is in plain text: use ${field}File or ${field}Env instead`);
}

function checkPolicies(config: Config, judge: Judge): void {
  const { listeners, proxy, policies, cluster, admission } = config;
  const admits = listeners.findIndex(servesAdmission);
  const hasSome = policies.folders.length > 0 || policies.cluster;
  if (admits >= 0 && !hasSome)
    judge.refuse(
      `/listeners/${admits}/serves`,
      "admission needs policies: list files or folders under policies.folders, or set policies.cluster: true",
    );
  if (admits < 0 && proxy.admit !== "policies" && hasSome)
    judge.warn(
      policies.cluster ? "/policies/cluster" : "/policies/folders",
      "no image is judged by these policies: no listener serves admission, and proxy.admit is not policies",
    );
  if (admits < 0 && policies.objects.length > 0)
    judge.refuse("/policies/objects", "are read where a listener serves admission only");
  if (proxy.admit === "policies" && !hasSome)
    judge.refuse(
      "/proxy/admit",
      "policies needs some: list files or folders under policies.folders, or set policies.cluster: true",
    );
  if (proxy.admit !== "policies" && proxy.noMatch === "deny")
    judge.refuse("/proxy/noMatch", "is read with admit: policies only");
  if (!policies.cluster && admission.events)
    judge.refuse("/admission/events", "are written with policies.cluster: true only");
  if (!policies.cluster && admission.reports !== "none")
    judge.refuse("/admission/reports", "are written with policies.cluster: true only");
  if (!policies.cluster && policies.exceptionNamespaces.length > 0)
    judge.refuse("/policies/exceptionNamespaces", "are read with policies.cluster: true only");
  for (const [place, entry] of policies.mayAsk.entries()) {
    const why = whyNotAskable(entry);
    if (why !== undefined) judge.refuse(`/policies/mayAsk/${place}`, why);
  }
  for (const field of ["kubeconfig", "context"] as const)
    if (!asksCluster(config) && cluster[field] !== undefined)
      judge.refuse(
        `/cluster/${field}`,
        "is read with policies.cluster, webhooks.write, tls.from: cluster or cluster.imagePullSecrets only",
      );
  for (const [place, name] of cluster.imagePullSecrets.entries())
    if (!/^[a-z0-9][a-z0-9.-]*(?:\/[a-z0-9][a-z0-9.-]*)?$/.test(name))
      judge.refuse(`/cluster/imagePullSecrets/${place}`, "is NAME or NAMESPACE/NAME of a Secret");
}

/** Whether the API server is asked. */
export const asksCluster = ({ policies, webhooks, listeners, cluster }: Config): boolean =>
  policies.cluster ||
  webhooks.write ||
  listeners.some(({ tls }) => tls.from === "cluster") ||
  cluster.imagePullSecrets.length > 0;

function checkWebhooks({ listeners, webhooks }: Config, judge: Judge): void {
  const { write, service, url, ca, exemptNamespaces, exemptLabelled, ownLabels } = webhooks;
  if (!write) {
    const said = { service, url, ca, exemptNamespaces, exemptLabelled, ownLabels };
    for (const [field, value] of Object.entries(said))
      if (Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false)
        judge.refuse(`/webhooks/${field}`, "is used with webhooks.write: true only");
    return;
  }
  const guards = listeners.filter(servesAdmission);
  if (guards.length === 0) judge.refuse("/webhooks/write", "needs a listener that serves admission");
  if ((service === undefined) === (url === undefined))
    judge.refuse("/webhooks/service", "say where the API server reaches serve: service, or url");
  else {
    const read = readDestination(url, service);
    if ("wrong" in read) judge.refuse(`/webhooks/${read.of}`, read.wrong);
  }
  if (guards.some(({ tls }) => tls.from === "files") && ca === undefined)
    judge.refuse("/webhooks/ca", "is required with tls.from: files: the API server knows the certificate by it");
  for (const [index, namespace] of exemptNamespaces.entries())
    if (!isLabel(namespace)) judge.refuse(`/webhooks/exemptNamespaces/${index}`, "is the name of a namespace");
  for (const [index, label] of ownLabels.entries())
    if (!/^[A-Za-z0-9][\w./-]*=[\w.-]*$/.test(label)) judge.refuse(`/webhooks/ownLabels/${index}`, "is KEY=VALUE");
}

function checkTrust({ trust: { mode, digest } }: Config, judge: Judge): void {
  if (digest === undefined) return;
  if (!isDigest(digest)) judge.refuse("/trust/digest", "expected sha256: and 64 lower-case hexadecimal digits");
  else if (mode !== "pin") judge.refuse("/trust/digest", "is read with trust.mode: pin only");
}

function checkTufRoot({ trust: { tufRoot, tufRootRaw } }: Config, judge: Judge, limits: Limits): void {
  if (tufRootRaw === undefined) return;
  const at = "/trust/tufRootRaw";
  if (tufRoot !== undefined) judge.refuse(at, "is another form of trust.tufRoot: leave one of them out");
  try {
    parseRoot(decodeWrappedBase64(tufRootRaw), limits);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    judge.refuse(at, `expected the text of a TUF root.json in base64: ${error.message}`);
  }
}

function checkTufMirror({ mode, trust: { tufMirror, trustedRoot } }: Config, judge: Judge): void {
  if (tufMirror === undefined) return;
  const at = "/trust/tufMirror";
  if (!isAddress(tufMirror) && !/^(?:file:\/\/)?\//.test(tufMirror))
    judge.refuse(
      at,
      `expected https://HOST, http://HOST, file:///FOLDER or an absolute path, found ${JSON.stringify(tufMirror)}`,
    );
  if (trustedRoot !== undefined) judge.refuse(at, "is not used with trust.trustedRoot: leave one of them out");
  if (mode === "offline" && !judge.isSaid("/mode"))
    judge.warn(
      at,
      "is not asked, since the mode is offline unless it is said: --online, or mode: online, asks it; what the " +
        "mirror has is used",
    );
}
