/**
 * Credentials in the files of docker, podman and Kubernetes. Source: https://docs.docker.com/reference/cli/docker/,
 * https://man.archlinux.org/man/containers-auth.json.5, Kubernetes' documentation of images (wildcards in keys).
 *
 *     {"auths":{"ghcr.io":{"auth":"Ym90OnMzY3IzdA=="},"quay.io/org":{"identitytoken":"…"}},
 *      "credHelpers":{"gcr.io":"gcloud"},"credsStore":"desktop"}
 */
import { decodeWrappedBase64 } from "../../../../core/encoding/base64.ts";
import type { JsonObject, JsonValue } from "../../../../core/encoding/json.ts";
import { isObject } from "../../../../core/encoding/shape.ts";
import { decodeUtf8 } from "../../../../core/encoding/utf8.ts";
import { EngineError } from "../../../../core/errors.ts";
import {
  type Credential,
  type CredentialSource,
  passwordOrToken,
  type Secret,
  type Target,
  whoHas,
} from "./credential.ts";
import type { CredentialHelper } from "./credential-helper.ts";

export interface DockerConfig {
  /** By key as it is written. */
  readonly auths: JsonObject;
  readonly credHelpers: Readonly<Record<string, string>>;
  readonly credsStore: string | undefined;
  /** For people: `~/.docker/config.json`. */
  readonly where: string;
}

const fault = (where: string, why: string, cause?: unknown): EngineError =>
  new EngineError("access-denied", why, { subject: where, cause });

/** @throws EngineError `access-denied`: credentials that cannot be read are none. */
export function readDockerConfig(json: JsonValue, where: string): DockerConfig {
  const root = objectAt(json, where, "the file");
  const credHelpers: Record<string, string> = {};
  for (const [host, name] of Object.entries(objectAt(root.credHelpers ?? {}, where, "credHelpers"))) {
    if (typeof name !== "string") throw fault(where, `credHelpers has no name of a helper for ${host}`);
    credHelpers[plainKey(host)] = name;
  }
  const { credsStore } = root;
  return {
    auths: objectAt(root.auths ?? {}, where, "auths"),
    credHelpers,
    credsStore: typeof credsStore === "string" && credsStore !== "" ? credsStore : undefined,
    where,
  };
}

/** The file before config.json, and its form in secrets: the entries alone. */
export const readLegacyConfig = (json: JsonValue, where: string): DockerConfig => ({
  auths: objectAt(json, where, "the file"),
  credHelpers: {},
  credsStore: undefined,
  where,
});

function objectAt(value: JsonValue, where: string, what: string): JsonObject {
  if (isObject(value)) return value;
  throw fault(where, `${what} is not a JSON object`);
}

/** A helper of the host, the store of all hosts, then the entry whose key fits best. */
export const dockerConfigSource = (config: DockerConfig, helper: CredentialHelper): CredentialSource => ({
  async find(target, signal) {
    const name = Object.hasOwn(config.credHelpers, target.host) ? config.credHelpers[target.host] : config.credsStore;
    const stored = name === undefined ? undefined : await helper(name, target.host, signal);
    return stored ?? findEntry(config, target);
  },
});

function findEntry({ auths, where }: DockerConfig, target: Target): Credential | undefined {
  let best: { readonly key: string; readonly rank: number } | undefined;
  for (const key of Object.keys(auths)) {
    const rank = rankOf(plainKey(key), target);
    if (rank !== undefined && rank > (best?.rank ?? -1)) best = { key, rank };
  }
  if (best === undefined) return undefined;
  const entry = auths[best.key];
  if (!isObject(entry)) throw fault(where, `the entry ${best.key} is not a JSON object`);
  const secret = readEntry(entry, best.key, where);
  return secret === undefined ? undefined : { secret, who: whoHas(secret, where) };
}

/** `https://index.docker.io/v1/` is how docker writes `docker.io`. */
function plainKey(key: string): string {
  const plain = key
    .replace(/^https?:\/\//, "")
    .replace(/\/+$/, "")
    .replace(/\/v[12]$/, "");
  const [host = "", ...path] = plain.split("/");
  const name = host === "index.docker.io" || host === "registry-1.docker.io" ? "docker.io" : host.toLowerCase();
  return [name, ...path].join("/");
}

/** The longer the path that fits, the better; at the same path a host by its name before a pattern. */
function rankOf(key: string, { host, path }: Target): number | undefined {
  const [named = "", ...steps] = key.split("/");
  const isName = named === host;
  if (!isName && !matchesPattern(named, host)) return undefined;
  const asked = path.split("/");
  return steps.every((step, index) => step === asked[index]) ? 2 * steps.length + (isName ? 1 : 0) : undefined;
}

/** `*` is any one label of a name, or a part of it. */
function matchesPattern(pattern: string, host: string): boolean {
  if (!pattern.includes("*")) return false;
  const [wanted, labels] = [pattern.split("."), host.split(".")];
  return wanted.length === labels.length && wanted.every((label, index) => fits(label, labels[index] ?? ""));
}

function fits(pattern: string, label: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return pattern === label;
  if (label.length < first.length + last.length || !label.startsWith(first) || !label.endsWith(last)) return false;
  let at = first.length;
  for (const middle of rest) {
    at = label.indexOf(middle, at);
    if (at < 0) return false;
    at += middle.length;
  }
  return at <= label.length - last.length;
}

function readEntry(entry: JsonObject, key: string, where: string): Secret | undefined {
  const text = (name: string): string => {
    const value = Object.hasOwn(entry, name) ? entry[name] : "";
    if (typeof value === "string") return value;
    throw fault(where, `${name} of the entry ${key} is not text`);
  };
  const [registry, identity, auth] = [text("registrytoken"), text("identitytoken"), text("auth")];
  if (registry !== "") return { form: "registry", token: registry };
  if (identity !== "") return { form: "identity", token: identity };
  const [username, password] = auth === "" ? [text("username"), text("password")] : readAuth(auth, key, where);
  return username === "" && password === "" ? undefined : passwordOrToken(username, password);
}

function readAuth(auth: string, key: string, where: string): readonly [username: string, password: string] {
  let text: string;
  try {
    text = decodeUtf8(decodeWrappedBase64(auth));
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw fault(where, `auth of the entry ${key} is not base64`);
  }
  const colon = text.indexOf(":");
  if (colon < 0) throw fault(where, `auth of the entry ${key} is not USER:PASSWORD in base64`);
  return [text.slice(0, colon), text.slice(colon + 1).replace(/\0+$/, "")];
}
