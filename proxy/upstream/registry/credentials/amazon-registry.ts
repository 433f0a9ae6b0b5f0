/**
 * Amazon's registries (ECR) by keys of the environment, of a shared credentials file, or by the identity of a service
 * account (IRSA). Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html,
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html.
 */
import { decodeBase64 } from "../../../../core/encoding/base64.ts";
import { isObject } from "../../../../core/encoding/shape.ts";
import { decodeUtf8 } from "../../../../core/encoding/utf8.ts";
import { EngineError } from "../../../../core/errors.ts";
import { asUpstreamError } from "../../json-answer.ts";
import type { Credential, CredentialSource, Target } from "./credential.ts";
import {
  addressIn,
  askCloud,
  formRequest,
  keptCredentials,
  type ProviderOptions,
  readSecretFile,
  readTokenFile,
  setIn,
} from "./provider.ts";
import { type AmazonKeys, signRequest } from "./signature-v4.ts";

/** `ACCOUNT.dkr.ecr.REGION.amazonaws.com`, also of FIPS and of other partitions. */
const host = /^\d{12}\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.(com|com\.cn|eu)|on\.aws)$/;

const regionOf = ({ host: name }: Target): string | undefined => {
  const found = host.exec(name);
  return found === null
    ? undefined
    : `${found[1] ?? ""} ${found[2] === "com.cn" ? "amazonaws.com.cn" : "amazonaws.com"}`;
};

export function amazonCredentials(options: ProviderOptions): CredentialSource {
  return keptCredentials(
    regionOf,
    async (key, signal) => {
      const [region = "", domain = ""] = key.split(" ");
      const found = await findKeys(options, region, domain, signal);
      return found === undefined ? undefined : authorizationToken(found, region, domain, options, signal);
    },
    options.now,
  );
}

interface FoundKeys {
  readonly keys: AmazonKeys;
  readonly who: string;
}

async function findKeys(
  options: ProviderOptions,
  region: string,
  domain: string,
  signal: AbortSignal,
): Promise<FoundKeys | undefined> {
  const { env } = options;
  const [id, secret] = [setIn(env, "AWS_ACCESS_KEY_ID"), setIn(env, "AWS_SECRET_ACCESS_KEY")];
  if (id !== undefined && secret !== undefined)
    return { keys: { id, secret, session: setIn(env, "AWS_SESSION_TOKEN") }, who: "AWS_ACCESS_KEY_ID" };
  const [role, tokenFile] = [setIn(env, "AWS_ROLE_ARN"), setIn(env, "AWS_WEB_IDENTITY_TOKEN_FILE")];
  if (role !== undefined && tokenFile !== undefined)
    return assumeRole(role, tokenFile, region, domain, options, signal);
  return sharedKeys(options);
}

async function assumeRole(
  role: string,
  tokenFile: string,
  region: string,
  domain: string,
  options: ProviderOptions,
  signal: AbortSignal,
): Promise<FoundKeys> {
  const token = readTokenFile(options.files, tokenFile, "AWS_WEB_IDENTITY_TOKEN_FILE");
  const url = addressIn(options.env, ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"], `https://sts.${region}.${domain}/`);
  const answer = await askCloud(
    formRequest(url, {
      Action: "AssumeRoleWithWebIdentity",
      Version: "2011-06-15",
      RoleArn: role,
      RoleSessionName: setIn(options.env, "AWS_ROLE_SESSION_NAME") ?? "sallyport",
      WebIdentityToken: token,
    }),
    options,
    role,
    signal,
  );
  const keys = at(answer, "AssumeRoleWithWebIdentityResponse", "AssumeRoleWithWebIdentityResult", "Credentials");
  const text = (name: string): string => textAt(keys, name, url);
  return {
    keys: { id: text("AccessKeyId"), secret: text("SecretAccessKey"), session: text("SessionToken") },
    who: role,
  };
}

function at(value: unknown, ...names: readonly string[]): unknown {
  let found = value;
  for (const name of names) found = isObject(found as never) ? (found as Record<string, unknown>)[name] : undefined;
  return found;
}

function textAt(value: unknown, name: string, url: URL): string {
  const found = at(value, name);
  if (typeof found === "string" && found !== "") return found;
  throw new EngineError("upstream-error", `its answer has no ${name}`, { subject: url.origin });
}

/** `aws_access_key_id = …` below `[profile]`. */
function sharedKeys({ env, files }: ProviderOptions): FoundKeys | undefined {
  const home = setIn(env, "HOME");
  const path =
    setIn(env, "AWS_SHARED_CREDENTIALS_FILE") ?? (home === undefined ? undefined : `${home}/.aws/credentials`);
  const bytes = path === undefined ? undefined : readSecretFile(files, path);
  if (path === undefined || bytes === undefined) return undefined;
  const text = Buffer.from(bytes).toString("utf8");
  const profile = setIn(env, "AWS_PROFILE") ?? "default";
  const values = new Map<string, string>();
  let current = "";
  for (const line of text.split("\n")) {
    current = /^\s*\[\s*([^\]]*?)\s*\]/.exec(line)?.[1] ?? current;
    const [, key = "", value = ""] = /^\s*([A-Za-z_]+)\s*=\s*(\S+)\s*$/.exec(line) ?? [];
    if (current === profile && key !== "") values.set(key.toLowerCase(), value);
  }
  const [id, secret] = [values.get("aws_access_key_id"), values.get("aws_secret_access_key")];
  return id === undefined || secret === undefined
    ? undefined
    : { keys: { id, secret, session: values.get("aws_session_token") }, who: `profile ${profile} of ${path}` };
}

async function authorizationToken(
  { keys, who }: FoundKeys,
  region: string,
  domain: string,
  options: ProviderOptions,
  signal: AbortSignal,
): Promise<Credential> {
  const url = addressIn(
    options.env,
    ["AWS_ENDPOINT_URL_ECR", "AWS_ENDPOINT_URL"],
    `https://api.ecr.${region}.${domain}/`,
  );
  const body = "{}";
  const headers = {
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
  };
  const { authorization, ...rest } = signRequest({ url, headers, body, region, service: "ecr" }, keys, options.now());
  const answer = await askCloud(
    { method: "POST", url, originHeaders: rest, authorization, body },
    options,
    who,
    signal,
  );
  const [first] = Array.isArray(answer.authorizationData) ? (answer.authorizationData as readonly unknown[]) : [];
  const token = asUpstreamError(url.origin, "its token cannot be read", () =>
    decodeUtf8(decodeBase64(textAt(first, "authorizationToken", url))),
  );
  const colon = token.indexOf(":");
  return {
    secret: { form: "password", username: token.slice(0, colon), password: token.slice(colon + 1) },
    who: `Amazon's registry token of ${who}`,
  };
}
