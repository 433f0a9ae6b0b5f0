/** Keys of Azure Key Vault and Managed HSM. Source: Azure Key Vault REST API (Get Key); RFC 7518 §6. */
import { createPublicKey } from "node:crypto";
import { encodeBase64 } from "../../../core/encoding/base64.ts";
import { isRecord } from "../../../core/encoding/shape.ts";
import { EngineError, type ErrorCode } from "../../../core/errors.ts";
import { refuseLinkLocal } from "../connections.ts";
import { codeOfStatus } from "../outage.ts";
import { type Environment, hostOf } from "../proxy-choice.ts";
import { type KeyKind, type KeyReader, type ReturnedKey, unusable } from "./checked-key.ts";
import type { KmsReference } from "./key-reference.ts";
import { callSdk, type LoadSdk, loadSdk } from "./sdk.ts";

/** What of `@azure/keyvault-keys` is used. */
interface KeysSdk {
  readonly KeyClient: new (
    vaultUrl: string,
    credential: object,
  ) => { getKey(name: string, options: object): Promise<unknown> };
}

/** What of `@azure/identity` is used. */
interface IdentitySdk {
  readonly DefaultAzureCredential: new (options: object) => object;
}

export interface AzureOptions {
  readonly env: Environment;
  readonly load: LoadSdk;
}

/** Logins of Microsoft's own clouds. Others are not known at the first of them, so they are not looked up there. */
const ofMicrosoft =
  /^login\.(?:microsoftonline\.com|microsoftonline\.us|chinacloudapi\.cn|partner\.microsoftonline\.cn)$/;

/** The names that cosign reads in AZURE_ENVIRONMENT. */
const authorities: Readonly<Record<string, string>> = {
  AZUREUSGOVERNMENT: "https://login.microsoftonline.us",
  AZUREUSGOVERNMENTCLOUD: "https://login.microsoftonline.us",
  AZURECHINACLOUD: "https://login.chinacloudapi.cn",
};

function codeOf({ name, statusCode }: Readonly<Record<string, unknown>>): ErrorCode | undefined {
  if (typeof name === "string" && /^(?:CredentialUnavailable|Authentication|AggregateAuthentication)/.test(name))
    return "access-denied";
  return typeof statusCode === "number" ? codeOfStatus(statusCode) : undefined;
}

const isUnknownKey = (error: unknown): boolean =>
  isRecord(error) && error.statusCode === 404 && error.code === "KeyNotFound";

export function azureReader({ env, load }: AzureOptions): KeyReader<Extract<KmsReference, { service: "azure" }>> {
  const together = ["@azure/keyvault-keys", "@azure/identity"] as const;
  const credentials = env.AZURE_CLIENT_ID
    ? `Azure's default credentials, client ${env.AZURE_CLIENT_ID}`
    : "Azure's default credentials";
  /** Holds a token, which is good for other vaults too. */
  let credential: object | undefined;
  return async ({ vault, key, version }, subject, signal) => {
    const url = `https://${vault}/`;
    refuseLinkLocal(hostOf(new URL(url)), vault);
    const { KeyClient } = await loadSdk<KeysSdk>(load, "@azure/keyvault-keys", together);
    const { DefaultAzureCredential } = await loadSdk<IdentitySdk>(load, "@azure/identity", together);
    const found = await callSdk(subject, { codeOf, credentials }, async () => {
      credential ??= new DefaultAzureCredential(loginOf(env));
      const asked = { abortSignal: signal, ...(version === undefined ? {} : { version }) };
      try {
        return { answer: await new KeyClient(url, credential).getKey(key, asked) };
      } catch (error) {
        if (isUnknownKey(error)) return undefined;
        throw error;
      }
    });
    return found === undefined ? undefined : readAnswer(found.answer, version, subject);
  };
}

function loginOf({ AZURE_AUTHORITY_HOST: host, AZURE_ENVIRONMENT: cloud = "" }: Environment): object {
  const authorityHost = host || (Object.hasOwn(authorities, cloud) ? authorities[cloud] : undefined);
  if (authorityHost === undefined) return {};
  const isKnown = URL.canParse(authorityHost) && ofMicrosoft.test(new URL(authorityHost).hostname);
  return { authorityHost, disableInstanceDiscovery: !isKnown };
}

const curves: Readonly<Record<string, KeyKind>> = { "P-256": "P-256", "P-384": "P-384", "P-521": "P-521" };

function readAnswer(answer: unknown, version: string | undefined, subject: string): ReturnedKey {
  const { key, properties } = isRecord(answer) ? answer : {};
  const { kty, crv, x, y, n, e } = isRecord(key) ? key : {};
  if (version !== undefined && isRecord(properties) && properties.version !== version)
    throw new EngineError("upstream-error", "its answer is about another version of the key", { subject });
  if (kty === "EC" || kty === "EC-HSM") {
    const kind = typeof crv === "string" && Object.hasOwn(curves, crv) ? curves[crv] : undefined;
    if (kind === undefined) throw unusable(subject, `is on a curve that cannot be used here: ${String(crv)}`);
    return { key: fromJwk({ kty: "EC", crv: kind, x: number(x), y: number(y) }, subject), kind };
  }
  if (kty === "RSA" || kty === "RSA-HSM")
    return { key: fromJwk({ kty: "RSA", n: number(n), e: number(e) }, subject), kind: undefined };
  throw unusable(subject, `is of a kind that cannot be used here: ${String(kty)}`);
}

/** The SDK decodes numbers to bytes. */
const number = (value: unknown): string =>
  value instanceof Uint8Array
    ? encodeBase64(value).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")
    : String(value);

function fromJwk(jwk: Readonly<Record<string, string>>, subject: string): Uint8Array {
  try {
    const key = createPublicKey({ key: jwk, format: "jwk" });
    return new Uint8Array(key.export({ type: "spki", format: "der" }));
  } catch (error) {
    throw new EngineError("upstream-error", "its answer is not a public key", { subject, cause: error });
  }
}
