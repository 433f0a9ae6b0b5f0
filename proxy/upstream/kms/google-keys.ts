/** Keys of Google Cloud KMS. Source: Cloud KMS API v1 (cryptoKeyVersions: getPublicKey, list). */
import { isRecord } from "../../../core/encoding/shape.ts";
import { EngineError, type ErrorCode } from "../../../core/errors.ts";
import { codeOfStatus } from "../outage.ts";
import type { Environment } from "../proxy-choice.ts";
import { type KeyKind, type KeyReader, type ReturnedKey, unusable } from "./checked-key.ts";
import type { KmsReference } from "./key-reference.ts";
import { callSdk, type LoadSdk, loadSdk } from "./sdk.ts";

/** What of `@google-cloud/kms` is used. */
interface GoogleSdk {
  readonly KeyManagementServiceClient: new (
    options: object,
  ) => {
    readonly auth: unknown;
    initialize(): Promise<unknown>;
    getPublicKey(request: { readonly name: string }): Promise<readonly unknown[]>;
    listCryptoKeyVersionsAsync(request: object, options: object): AsyncIterable<unknown>;
    close(): Promise<void>;
  };
}

export interface GoogleOptions {
  readonly env: Environment;
  readonly load: LoadSdk;
}

const kinds: readonly (readonly [form: RegExp, kind: (bits: number) => KeyKind])[] = [
  [/^EC_SIGN_P256_SHA256$/, () => "P-256"],
  [/^EC_SIGN_P384_SHA384$/, () => "P-384"],
  [/^EC_SIGN_ED25519$/, () => "Ed25519"],
  [/^RSA_SIGN_PKCS1_(2048|3072|4096)_SHA(?:256|512)$/, (bits) => `RSA ${bits}`],
];

/** By gRPC's numbers. */
const statuses = [
  ["OK", "upstream-error"],
  ["CANCELLED", "timed-out"],
  ["UNKNOWN", "upstream-error"],
  ["INVALID_ARGUMENT", "no-key"],
  ["DEADLINE_EXCEEDED", "timed-out"],
  ["NOT_FOUND", "no-key"],
  ["ALREADY_EXISTS", "upstream-error"],
  ["PERMISSION_DENIED", "access-denied"],
  ["RESOURCE_EXHAUSTED", "rate-limited"],
  ["FAILED_PRECONDITION", "no-key"],
  ["ABORTED", "upstream-error"],
  ["OUT_OF_RANGE", "upstream-error"],
  ["UNIMPLEMENTED", "upstream-error"],
  ["INTERNAL", "upstream-error"],
  ["UNAVAILABLE", "unreachable"],
  ["DATA_LOSS", "upstream-error"],
  ["UNAUTHENTICATED", "access-denied"],
] as const satisfies readonly (readonly [string, ErrorCode])[];
const notFound = 5;

/**
 * Over REST the SDK throws the answer as it came, as the text of an error with the status of HTTP. It becomes what the
 * SDK throws elsewhere: gRPC's number, and the message.
 */
function unwrapped(error: unknown): unknown {
  if (!(error instanceof Error) || !error.message.startsWith("{")) return error;
  const answer = parsed(error.message);
  const { status, message } = isRecord(answer) && isRecord(answer.error) ? answer.error : {};
  const code = statuses.findIndex(([name]) => name === status);
  return code === -1 ? error : Object.assign(new Error(String(message), { cause: error }), { code });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function codeOf({ code, message }: Readonly<Record<string, unknown>>): ErrorCode | undefined {
  const number =
    typeof code === "number" || (typeof code === "string" && /^\d+$/.test(code)) ? Number(code) : undefined;
  if (number !== undefined) return statuses[number]?.[1] ?? statusCode(number);
  return typeof message === "string" && /credentials|invalid_grant|invalid_client/i.test(message)
    ? "access-denied"
    : undefined;
}

/** Where a token could not be had, the number is a status of HTTP. */
const statusCode = (status: number): ErrorCode =>
  status === 400 ? "access-denied" : status >= 100 ? codeOfStatus(status) : "upstream-error";

const mostVersions = 1000;

export function googleReader({ env, load }: GoogleOptions): KeyReader<Extract<KmsReference, { service: "google" }>> {
  const file = env.GOOGLE_APPLICATION_CREDENTIALS;
  const credentials = file ? `the credentials in ${file}` : "Google's application default credentials";
  const errors = { codeOf, credentials };
  /** Holds a token, so later clients have it too. */
  let auth: unknown;
  return async ({ key, version }, subject) => {
    const { KeyManagementServiceClient } = await loadSdk<GoogleSdk>(load, "@google-cloud/kms");
    // REST goes through proxies; gRPC would take a variable of its own.
    const shared = auth === undefined ? {} : { auth };
    const client = new KeyManagementServiceClient({ fallback: true, ...endpointOf(env), ...shared });
    // Its other methods do this too, but a failure there ends the process.
    await callSdk(subject, errors, () => client.initialize());
    auth = client.auth;
    try {
      const found = await callSdk(subject, errors, async () => {
        try {
          const name = `${key}/cryptoKeyVersions/${version ?? (await newestOf(key, client, subject))}`;
          return { name, answer: (await client.getPublicKey({ name }))[0] };
        } catch (thrown) {
          const error = unwrapped(thrown);
          if (isRecord(error) && error.code === notFound) return undefined;
          throw error;
        }
      });
      return found === undefined ? undefined : readAnswer(found.answer, found.name, subject);
    } finally {
      await client.close();
    }
  };
}

/** gcloud's setting for another address of the service. @throws EngineError `invalid-config` */
function endpointOf({ CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS: text }: Environment): object {
  if (!text) return {};
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "https:" && url?.protocol !== "http:")
    throw new EngineError("invalid-config", "expected an http or https URL", {
      subject: "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS",
    });
  const protocol = url.protocol.slice(0, -1);
  return { apiEndpoint: url.hostname, port: Number(url.port) || (protocol === "https" ? 443 : 80), protocol };
}

/** As cosign does: the enabled version with the highest number. */
async function newestOf(
  key: string,
  client: InstanceType<GoogleSdk["KeyManagementServiceClient"]>,
  subject: string,
): Promise<string> {
  let newest = 0n;
  let count = 0;
  const request = { parent: key, filter: "state=ENABLED" };
  for await (const entry of client.listCryptoKeyVersionsAsync(request, { autoPaginate: false })) {
    count += 1;
    if (count > mostVersions)
      throw new EngineError("over-limit", `more than ${mostVersions} versions: name one`, { subject });
    const { name, state } = isRecord(entry) ? entry : {};
    const number = /\/cryptoKeyVersions\/(\d{1,18})$/.exec(String(name))?.[1];
    if (number === undefined || (state !== "ENABLED" && state !== 1)) continue;
    if (BigInt(number) > newest) newest = BigInt(number);
  }
  if (newest === 0n) throw unusable(subject, "has no version that is enabled");
  return String(newest);
}

function readAnswer(answer: unknown, asked: string, subject: string): ReturnedKey {
  const { pem, algorithm, name } = isRecord(answer) ? answer : {};
  if (typeof pem !== "string" || typeof algorithm !== "string")
    throw new EngineError("upstream-error", "its answer has no public key", { subject });
  if (typeof name === "string" && name !== "" && name !== asked)
    throw new EngineError("upstream-error", "its answer is about another key", { subject });
  for (const [form, kind] of kinds) {
    const match = form.exec(algorithm);
    if (match !== null) return { key: pem, kind: kind(Number(match[1])) };
  }
  throw unusable(subject, `is for an algorithm that cannot be used here: ${algorithm}`);
}
