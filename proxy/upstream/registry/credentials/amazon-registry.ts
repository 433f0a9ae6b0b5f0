/**
 * Amazon's registries (ECR) by keys of the environment, of a shared credentials file, by the identity of a service
 * account (IRSA), or by what a container or machine of Amazon's is given. Source:
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html,
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html.
 */
import { decodeBase64 } from "../../../../core/encoding/base64.ts";
import type { JsonValue } from "../../../../core/encoding/json.ts";
import { isObject } from "../../../../core/encoding/shape.ts";
import { decodeUtf8 } from "../../../../core/encoding/utf8.ts";
import { EngineError } from "../../../../core/errors.ts";
import type { BoundedResponse } from "../../fetch-bounded.ts";
import { asUpstreamError, readJsonAnswer } from "../../json-answer.ts";
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
import { askMachine, requireMachine } from "./machine.ts";
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
  return sharedKeys(options) ?? (await containerKeys(options, signal)) ?? machineKeys(options, signal);
}

const ofContainers = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"];
const ofMachines = ["169.254.169.254", "fd00:ec2::254"];

/** What ECS and the pod identity of EKS give to a container. */
async function containerKeys(options: ProviderOptions, signal: AbortSignal): Promise<FoundKeys | undefined> {
  const { env, files, limits } = options;
  const [relative, full] = [
    setIn(env, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
    setIn(env, "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
  ];
  if (relative === undefined && full === undefined) return undefined;
  const setting = `AWS_CONTAINER_CREDENTIALS_${relative === undefined ? "FULL" : "RELATIVE"}_URI`;
  const text = relative === undefined ? (full ?? "") : `http://169.254.170.2${relative}`;
  if (!URL.canParse(text)) throw new EngineError("access-denied", "expected an address", { subject: setting });
  const url = new URL(text);
  requireMachine(url, ofContainers, setting);
  const file = setIn(env, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  const authorization =
    file === undefined
      ? setIn(env, "AWS_CONTAINER_AUTHORIZATION_TOKEN")
      : readTokenFile(files, file, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  const answer = await askMachine({ url, headers: authorization === undefined ? {} : { authorization } }, signal);
  if (answer === undefined)
    throw new EngineError("access-denied", `no credentials are given where ${setting} says`, { subject: url.origin });
  return keysIn(readJsonAnswer(answer, limits), url, "this container");
}

/** What EC2 gives to a machine with a role, by the second version of its service, which wants a token first. */
async function machineKeys({ env, limits }: ProviderOptions, signal: AbortSignal): Promise<FoundKeys | undefined> {
  if (/^true$/i.test(setIn(env, "AWS_EC2_METADATA_DISABLED") ?? "")) return undefined;
  const setting = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
  const base = addressIn(env, [setting], "http://169.254.169.254");
  requireMachine(base, ofMachines, setting);
  const ask = (path: string, headers: Readonly<Record<string, string>>, method: "GET" | "PUT" = "GET") =>
    askMachine({ method, url: new URL(`/latest/${path}`, base), headers }, signal);
  const text = (answer: BoundedResponse | undefined): string =>
    Buffer.from(answer?.bytes ?? [])
      .toString("latin1")
      .trim();
  const token = text(await ask("api/token", { "x-aws-ec2-metadata-token-ttl-seconds": "300" }, "PUT"));
  if (!/^[\x21-\x7e]+$/.test(token)) return undefined;
  const headers = { "x-aws-ec2-metadata-token": token };
  const roles = "meta-data/iam/security-credentials/";
  const [role = ""] = text(await ask(roles, headers)).split("\n");
  if (!/^[\w+=,.@-]+$/.test(role)) return undefined;
  const answer = await ask(`${roles}${role}`, headers);
  return answer === undefined
    ? undefined
    : keysIn(readJsonAnswer(answer, limits), base, `role ${role} of this machine`);
}

function keysIn(answer: JsonValue, url: URL, who: string): FoundKeys {
  const text = (name: string): string => textAt(answer, name, url);
  return { keys: { id: text("AccessKeyId"), secret: text("SecretAccessKey"), session: text("Token") }, who };
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
