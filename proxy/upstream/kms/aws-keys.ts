/**
 * Keys of AWS KMS. Source: AWS KMS API Reference (GetPublicKey).
 *
 * The SDK finds credentials, signs requests and reads answers; what it sends goes through our own connections, so that
 * proxies, authorities, bounds and tries are those of every other request.
 */
import { Readable } from "node:stream";
import { isRecord } from "../../../core/encoding/shape.ts";
import { EngineError, type ErrorCode } from "../../../core/errors.ts";
import type { Limits } from "../../../core/limits.ts";
import type { Fetcher } from "../fetch-bounded.ts";
import { codeOfStatus } from "../outage.ts";
import type { Environment } from "../proxy-choice.ts";
import { type KeyKind, type KeyReader, type ReturnedKey, unusable } from "./checked-key.ts";
import type { KmsReference } from "./key-reference.ts";
import { callSdk, type LoadSdk, loadSdk } from "./sdk.ts";

/** What of `@aws-sdk/client-kms` is used. */
interface AwsSdk {
  readonly KMSClient: new (config: object) => { send(command: object, options: object): Promise<unknown> };
  readonly GetPublicKeyCommand: new (input: { readonly KeyId: string }) => object;
}

/** A request as the SDK hands it to what sends it. */
interface SdkRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface SendOptions {
  readonly abortSignal?: AbortSignal;
}

export interface AwsOptions {
  readonly fetcher: Fetcher;
  readonly env: Environment;
  readonly limits: Limits;
  readonly load: LoadSdk;
}

const kinds: Readonly<Record<string, KeyKind>> = {
  ECC_NIST_P256: "P-256",
  ECC_NIST_P384: "P-384",
  ECC_NIST_P521: "P-521",
  ECC_NIST_EDWARDS25519: "Ed25519",
  RSA_2048: "RSA 2048",
  RSA_3072: "RSA 3072",
  RSA_4096: "RSA 4096",
};

const codesByName: Readonly<Record<string, ErrorCode>> = {
  AccessDeniedException: "access-denied",
  CredentialsProviderError: "access-denied",
  ExpiredTokenException: "access-denied",
  IncompleteSignatureException: "access-denied",
  InvalidClientTokenId: "access-denied",
  InvalidIdentityToken: "access-denied",
  InvalidIdentityTokenException: "access-denied",
  InvalidSignatureException: "access-denied",
  MissingAuthenticationTokenException: "access-denied",
  TokenProviderError: "access-denied",
  UnrecognizedClientException: "access-denied",
  ThrottlingException: "rate-limited",
  TooManyRequestsException: "rate-limited",
  DependencyTimeoutException: "timed-out",
  KeyUnavailableException: "upstream-error",
  DisabledException: "no-key",
  InvalidArnException: "no-key",
  InvalidKeyUsageException: "no-key",
  KMSInvalidStateException: "no-key",
  UnsupportedOperationException: "no-key",
  ValidationException: "no-key",
};

function codeOf({ name, message, $metadata }: Readonly<Record<string, unknown>>): ErrorCode | undefined {
  if (typeof name === "string" && Object.hasOwn(codesByName, name)) return codesByName[name];
  if (message === "Region is missing") return "invalid-config";
  const status = isRecord($metadata) ? $metadata.httpStatusCode : undefined;
  return typeof status === "number" && status >= 400 ? codeOfStatus(status) : undefined;
}

function credentialsIn(env: Environment): string {
  if (env.AWS_PROFILE) return `the credentials of AWS's profile ${env.AWS_PROFILE}`;
  if (env.AWS_ACCESS_KEY_ID) return "the access key of AWS_ACCESS_KEY_ID";
  if (env.AWS_WEB_IDENTITY_TOKEN_FILE) return `the role ${env.AWS_ROLE_ARN ?? ""} by AWS_WEB_IDENTITY_TOKEN_FILE`;
  return "AWS's default credentials";
}

export function awsReader(options: AwsOptions): KeyReader<Extract<KmsReference, { service: "aws" }>> {
  const { env, load } = options;
  const clients = new Map<string, InstanceType<AwsSdk["KMSClient"]>>();
  const errors = { codeOf, credentials: credentialsIn(env) };
  return async ({ endpoint, region, id }, subject, signal) => {
    const { KMSClient, GetPublicKeyCommand } = await loadSdk<AwsSdk>(load, "@aws-sdk/client-kms");
    const where = region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION || undefined);
    const name = `${where ?? ""} ${endpoint ?? ""}`;
    const client = clients.get(name) ?? new KMSClient(configOf(where, endpoint, options));
    clients.set(name, client);
    const found = await callSdk(subject, errors, async () => {
      try {
        return { answer: await client.send(new GetPublicKeyCommand({ KeyId: id }), { abortSignal: signal }) };
      } catch (error) {
        if (isRecord(error) && error.name === "NotFoundException") return undefined;
        throw error;
      }
    });
    return found === undefined ? undefined : readAnswer(found.answer, subject);
  };
}

/** For what the SDK asks on the way, for instance for a role. */
const longestMs = 60_000;

const configOf = (region: string | undefined, endpoint: string | undefined, { fetcher, limits }: AwsOptions) => ({
  // The fetcher tries again.
  maxAttempts: 1,
  requestHandler: {
    handle: (request: SdkRequest, { abortSignal = AbortSignal.timeout(longestMs) }: SendOptions = {}) =>
      send(request, fetcher, limits, abortSignal),
  },
  ...(region === undefined ? {} : { region }),
  ...(endpoint === undefined ? {} : { endpoint: `https://${endpoint}` }),
});

function readAnswer(answer: unknown, subject: string): ReturnedKey {
  const {
    PublicKey,
    KeySpec: spec,
    CustomerMasterKeySpec: olderSpec,
    KeyUsage,
    SigningAlgorithms = [],
  } = isRecord(answer) ? answer : {};
  const KeySpec = spec ?? olderSpec;
  if (!(PublicKey instanceof Uint8Array) || typeof KeySpec !== "string" || !Array.isArray(SigningAlgorithms))
    throw new EngineError("upstream-error", "its answer has no public key", { subject });
  if (KeyUsage !== "SIGN_VERIFY") throw unusable(subject, `is made for ${String(KeyUsage)}, not for signatures`);
  const kind = Object.hasOwn(kinds, KeySpec) ? kinds[KeySpec] : undefined;
  if (kind === undefined) throw unusable(subject, `is of a kind that cannot be used here: ${KeySpec}`);
  if (SigningAlgorithms.every((name) => String(name).startsWith("RSASSA_PSS")) && SigningAlgorithms.length > 0)
    throw unusable(subject, "signs with RSA-PSS, which is not verified here");
  return { key: Uint8Array.from(PublicKey), kind };
}

/** Sends what the SDK made. */
async function send(
  { protocol, hostname, port, method, path, query = {}, headers, body }: SdkRequest,
  fetcher: Fetcher,
  limits: Limits,
  signal: AbortSignal,
): Promise<{ readonly response: object }> {
  const url = new URL(`${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}`);
  for (const [name, value] of Object.entries(query))
    for (const one of Array.isArray(value) ? (value as readonly string[]) : [value as string | null])
      url.searchParams.append(name, one ?? "");
  const { authorization, host: _host, "content-length": _length, ...rest } = lowerCased(headers);
  const response = await fetcher.fetch(
    {
      method: method === "POST" ? "POST" : "GET",
      url,
      headers: rest,
      authorization,
      ...(body === undefined || body === "" ? {} : { body: bodyText(body) }),
      maxBytes: limits.manifestBytes,
      staysAtOrigin: true,
    },
    signal,
  );
  return {
    response: {
      statusCode: response.status,
      headers: response.headers,
      body: Readable.from([Buffer.from(response.bytes)]),
    },
  };
}

const lowerCased = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

const bodyText = (body: unknown): string =>
  typeof body === "string" ? body : new TextDecoder().decode(body as Uint8Array);
