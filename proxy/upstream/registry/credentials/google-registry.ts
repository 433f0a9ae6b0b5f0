/**
 * Google's registries by the application default credentials: of a user, of a service account, or of the machine or
 * Pod. Source:
 * https://cloud.google.com/docs/authentication/application-default-credentials,
 * https://developers.google.com/identity/protocols/oauth2/service-account, RFC 7523.
 */
import { createPrivateKey, type KeyObject, sign } from "node:crypto";
import { type JsonObject, parseJson } from "../../../../core/encoding/json.ts";
import { isObject } from "../../../../core/encoding/shape.ts";
import { EngineError } from "../../../../core/errors.ts";
import { readJsonAnswer } from "../../json-answer.ts";
import type { Credential, CredentialSource, Target } from "./credential.ts";
import { askMachine, requireMachine } from "./machine.ts";
import {
  askCloud,
  formRequest,
  keptCredentials,
  type ProviderOptions,
  readSecretFile,
  setIn,
  textIn,
} from "./provider.ts";

const hosts = /^(?:(?:[a-z0-9-]+\.)*gcr\.io|(?:[a-z0-9-]+\.)*pkg\.dev)$/;
const scope = "https://www.googleapis.com/auth/cloud-platform";
const metadataHost = "169.254.169.254";
const tokenAddress = "https://oauth2.googleapis.com/token";

export const googleCredentials = (options: ProviderOptions): CredentialSource =>
  keptCredentials(
    ({ host }: Target) => (hosts.test(host) ? "google" : undefined),
    async (_, signal) => {
      const found = readDefaults(options);
      if (found === undefined) return machineToken(options, signal);
      const { path, values } = found;
      const { form, url, who } = tokenForm(values, path, options.now());
      const answer = await askCloud(formRequest(url, form), options, who, signal);
      const password = textIn(answer, "access_token", url);
      return { secret: { form: "password", username: "oauth2accesstoken", password }, who };
    },
    options.now,
  );

/** The token of the service account that a machine or Pod of Google's runs as. */
async function machineToken({ env, limits }: ProviderOptions, signal: AbortSignal): Promise<Credential | undefined> {
  const setting = "GCE_METADATA_HOST";
  const text = `http://${setIn(env, setting) ?? metadataHost}`;
  if (/^true$/i.test(setIn(env, "NO_GCE_CHECK") ?? "")) return undefined;
  if (!URL.canParse(text)) throw fault(setting, "expected HOST or HOST:PORT");
  const url = new URL("/computeMetadata/v1/instance/service-accounts/default/token", text);
  requireMachine(url, [metadataHost], setting);
  const answer = await askMachine({ url, headers: { "metadata-flavor": "Google" } }, signal);
  // Amazon's machines answer at the same address.
  if (answer?.headers["metadata-flavor"] !== "Google") return undefined;
  const json = readJsonAnswer(answer, limits);
  const password = textIn(isObject(json) ? json : {}, "access_token", url);
  return {
    secret: { form: "password", username: "oauth2accesstoken", password },
    who: "the service account of this machine",
  };
}

interface Defaults {
  readonly path: string;
  readonly values: JsonObject;
}

/** What GOOGLE_APPLICATION_CREDENTIALS names, else what gcloud wrote. */
function readDefaults({ env, files, limits }: ProviderOptions): Defaults | undefined {
  const named = setIn(env, "GOOGLE_APPLICATION_CREDENTIALS");
  const folder =
    setIn(env, "CLOUDSDK_CONFIG") ?? (setIn(env, "HOME") === undefined ? undefined : `${env.HOME}/.config/gcloud`);
  const path = named ?? (folder === undefined ? undefined : `${folder}/application_default_credentials.json`);
  const bytes = path === undefined ? undefined : readSecretFile(files, path);
  if (path === undefined || bytes === undefined) {
    if (named === undefined) return undefined;
    throw fault(named, "the file that GOOGLE_APPLICATION_CREDENTIALS names is not there");
  }
  try {
    const values = parseJson(bytes, { limits });
    if (isObject(values)) return { path, values };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
  }
  throw fault(path, "is not a JSON object");
}

const fault = (path: string, why: string): EngineError => new EngineError("access-denied", why, { subject: path });

interface TokenForm {
  readonly url: URL;
  readonly form: Readonly<Record<string, string>>;
  readonly who: string;
}

function tokenForm(values: JsonObject, path: string, now: Date): TokenForm {
  const text = (name: string): string => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (typeof value === "string" && value !== "") return value;
    throw fault(path, `has no ${name}`);
  };
  const stated = Object.hasOwn(values, "token_uri") ? text("token_uri") : tokenAddress;
  if (!URL.canParse(stated)) throw fault(path, "token_uri is not a URL");
  const url = new URL(stated);
  const type = text("type");
  if (type === "authorized_user")
    return {
      url,
      form: {
        grant_type: "refresh_token",
        client_id: text("client_id"),
        client_secret: text("client_secret"),
        refresh_token: text("refresh_token"),
      },
      who: `the user of ${path}`,
    };
  if (type === "service_account") {
    const email = text("client_email");
    const assertion = signAssertion({ email, audience: stated, key: readKey(text("private_key"), path), now });
    return {
      url,
      form: { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion },
      who: `service account ${email} of ${path}`,
    };
  }
  throw fault(
    path,
    `credentials of type ${type} are not read here: set up docker-credential-gcloud (gcloud auth configure-docker)`,
  );
}

function readKey(pem: string, path: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // OpenSSL's words say nothing that helps, and the key itself stays out of the message.
    throw fault(path, "private_key is not a key in PEM form");
  }
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

function signAssertion(claims: {
  readonly email: string;
  readonly audience: string;
  readonly key: KeyObject;
  readonly now: Date;
}): string {
  const issued = Math.floor(claims.now.getTime() / 1000);
  const content = `${part({ alg: "RS256", typ: "JWT" })}.${part({
    iss: claims.email,
    scope,
    aud: claims.audience,
    iat: issued,
    exp: issued + 3600,
  })}`;
  return `${content}.${sign("sha256", Buffer.from(content), claims.key).toString("base64url")}`;
}
