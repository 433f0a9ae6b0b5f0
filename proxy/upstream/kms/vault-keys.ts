/**
 * Keys of the transit engine of HashiCorp Vault and OpenBao, over HTTP. Source: Vault HTTP API (Read Transit Key). The
 * variables are Vault's and cosign's.
 */
import { join } from "node:path";
import { ed25519PublicKey } from "../../../core/crypto/public-key.ts";
import { decodeBase64 } from "../../../core/encoding/base64.ts";
import type { JsonObject, JsonValue } from "../../../core/encoding/json.ts";
import { isObject } from "../../../core/encoding/shape.ts";
import { EngineError } from "../../../core/errors.ts";
import type { Limits } from "../../../core/limits.ts";
import { type Files, readText } from "../config-files.ts";
import { type BoundedResponse, type Fetcher, shownUrl } from "../fetch-bounded.ts";
import { addressBelow, asUpstreamError, readJsonAnswer } from "../json-answer.ts";
import { codeOfStatus } from "../outage.ts";
import type { Environment } from "../proxy-choice.ts";
import { type KeyKind, type KeyReader, type ReturnedKey, unusable } from "./checked-key.ts";
import type { KmsReference } from "./key-reference.ts";

export interface VaultOptions {
  readonly fetcher: Fetcher;
  readonly env: Environment;
  readonly files: Files;
  readonly limits: Limits;
}

const kinds: Readonly<Record<string, KeyKind>> = {
  "ecdsa-p256": "P-256",
  "ecdsa-p384": "P-384",
  "ecdsa-p521": "P-521",
  ed25519: "Ed25519",
  "rsa-2048": "RSA 2048",
  "rsa-3072": "RSA 3072",
  "rsa-4096": "RSA 4096",
};

/** Where the Vault is, for people. */
export const vaultName = ({ VAULT_ADDR, BAO_ADDR }: Environment): string => {
  const address = VAULT_ADDR || BAO_ADDR || "";
  return URL.canParse(address) ? `the Vault at ${shownUrl(new URL(address))}` : "Vault";
};

export function vaultReader(options: VaultOptions): KeyReader<Extract<KmsReference, { service: "vault" }>> {
  const { fetcher, env, limits } = options;
  return async ({ key }, subject, signal) => {
    const version = versionIn(env);
    const url = addressOf(env, key);
    const { token, from } = tokenOf(options);
    const namespace = env.VAULT_NAMESPACE || env.BAO_NAMESPACE || "";
    const response = await fetcher.fetch(
      {
        url,
        // Not in Vault's own header: this one stays behind when a redirect leads to another host.
        authorization: `Bearer ${token}`,
        headers: { "x-vault-request": "true", ...(namespace === "" ? {} : { "x-vault-namespace": namespace }) },
        maxBytes: limits.manifestBytes,
      },
      signal,
    );
    if (response.status === 404 && saysNoKey(response, limits)) return undefined;
    if (response.status !== 200) throw refusal(response, url, from);
    const answer = readJsonAnswer(response, limits);
    return readAnswer(isObject(answer) ? answer.data : undefined, { version, subject, limits });
  };
}

/** @throws EngineError `invalid-config` */
function addressOf(env: Environment, key: string): URL {
  const address = env.VAULT_ADDR || env.BAO_ADDR;
  if (!address) throw new EngineError("invalid-config", "neither VAULT_ADDR nor BAO_ADDR is set", { subject: "Vault" });
  const mount = (env.TRANSIT_SECRET_ENGINE_PATH || "transit").replace(/^\/+|\/+$/g, "");
  const path = [...mount.split("/"), "keys", key].map(encodeURIComponent).join("/");
  if (mount.split("/").some((step) => step === "" || step === "." || step === ".."))
    throw new EngineError("invalid-config", "not the path of an engine", { subject: "TRANSIT_SECRET_ENGINE_PATH" });
  return addressBelow(address, `/v1/${path}`, "invalid-config");
}

/** The token, and where it is from. @throws EngineError `access-denied` where there is none. */
function tokenOf({ env, files }: VaultOptions): { readonly token: string; readonly from: string } {
  for (const name of ["VAULT_TOKEN", "BAO_TOKEN"]) {
    const token = (env[name] ?? "").trim();
    if (token !== "") return { token, from: `the token of ${name}` };
  }
  const file = join(env.HOME || env.USERPROFILE || "", ".vault-token");
  const token = (readText(files, file) ?? "").trim();
  if (token !== "" && !/\s/.test(token)) return { token, from: `the token in ${file}` };
  throw new EngineError("access-denied", `there is no token: set VAULT_TOKEN, or log in, which writes ${file}`, {
    subject: vaultName(env),
  });
}

/** cosign's variable for an older version of the keys. @throws EngineError `invalid-config` */
function versionIn({ VAULT_KEY_PREFIX: prefix }: Environment): string | undefined {
  if (!prefix) return undefined;
  const version = /^vault:v([1-9]\d{0,8}):$/.exec(prefix)?.[1];
  if (version === undefined)
    throw new EngineError("invalid-config", "expected `vault:vVERSION:`", { subject: "VAULT_KEY_PREFIX" });
  return version;
}

/**
 * The errors that a Vault gives as reasons. None: it has looked, and there is nothing; a missing engine is named.
 */
function errorsIn(response: BoundedResponse, limits: Limits): readonly JsonValue[] | undefined {
  if (!response.headers["content-type"]?.startsWith("application/json")) return undefined;
  const answer = readJsonAnswer(response, limits);
  const errors = isObject(answer) ? answer.errors : undefined;
  return Array.isArray(errors) ? errors : undefined;
}

const saysNoKey = (response: BoundedResponse, limits: Limits): boolean => errorsIn(response, limits)?.length === 0;

function refusal({ status, url }: BoundedResponse, asked: URL, from: string): EngineError {
  const code = codeOfStatus(status);
  const left = url.origin === asked.origin ? "" : `; it redirected to ${url.origin}, which is given no token`;
  const why =
    status === 404
      ? "answered 404: there is no transit engine at this path, or it is not a Vault"
      : code === "access-denied"
        ? `answered ${status} to ${from}${left}`
        : `answered ${status}${left}`;
  return new EngineError(code, why, { subject: shownUrl(asked) });
}

interface Reading {
  readonly version: string | undefined;
  readonly subject: string;
  readonly limits: Limits;
}

function readAnswer(data: JsonValue | undefined, { version, subject, limits }: Reading): ReturnedKey {
  const wrong = (why: string): EngineError => new EngineError("upstream-error", why, { subject });
  if (!isObject(data) || typeof data.type !== "string" || !isObject(data.keys)) throw wrong("its answer is not a key");
  const kind = Object.hasOwn(kinds, data.type) ? kinds[data.type] : undefined;
  if (kind === undefined) throw unusable(subject, `is of a type that cannot be used here: ${data.type}`);
  const wanted = version ?? String(data.latest_version);
  const held: JsonObject = data.keys;
  const entry = Object.hasOwn(held, wanted) ? held[wanted] : undefined;
  if (entry === undefined && version !== undefined) throw unusable(subject, `has no version ${version}`);
  const text = isObject(entry) ? entry.public_key : undefined;
  if (typeof text !== "string") throw wrong(`its answer has no public key of version ${wanted}`);
  if (kind !== "Ed25519") return { key: text, kind };
  // Bare, in base64, unlike the others.
  const { spki } = asUpstreamError(subject, "what it returned is not a public key", () =>
    ed25519PublicKey(decodeBase64(text), limits),
  );
  return { key: spki, kind };
}
