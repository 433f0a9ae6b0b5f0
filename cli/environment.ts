/**
 * The environment variables: one table for what commands read, for `sallyport env` and for `docs/environment.md`.
 * Source: docs/spec/command-line.md#environment.
 */
import type { CommandIO } from "./command.ts";

export interface VariableRow {
  readonly what: string;
  /** What it holds, as `cosign env` says it. */
  readonly expects: string;
  /**
   * `decides`: it can change a verdict. `serves`: it is read for something else. `idle`: cosign or Kyverno read it, and
   * here it has no effect.
   */
  readonly does: "decides" | "serves" | "idle";
  /** For commands where it has no effect and could have narrowed what is accepted: what to use there. */
  readonly instead?: string;
  /** Commands with policies do not read it. */
  readonly flagsOnly?: boolean;
  /** It only says where things are: no note names it. */
  readonly isPlace?: boolean;
  /** Its value is not shown; of a URL, the user and password. */
  readonly secret?: true | "user";
}

const path = "path to the file";
const folder = "path to the folder";
const signing = "for those who sign; it has no effect here";
const policies = "in policies it has no effect: ";

/** Of what is asked with --online and --cluster: a variable that may hold the user of a URL, and one of OpenBao. */
const url = (what: string): VariableRow => ({ what, expects: "URL", does: "serves", secret: "user" });
const bao = (name: string, more: Partial<VariableRow> = {}): VariableRow => ({
  what: `the same as VAULT_${name}, where that is empty`,
  expects: "as there",
  does: "serves",
  ...more,
});

export const variables = {
  SALLYPORT_STORE: {
    what: "the mirror, where --store names none",
    expects: folder,
    does: "decides",
    isPlace: true,
  },
  SALLYPORT_MODE: {
    what: "whether commands ask registries, where neither --online nor --offline says it",
    expects: "online or offline",
    does: "decides",
  },
  SALLYPORT_CONFIG: {
    what: "the configuration: of serve, and the store, mode and trust of the other commands",
    expects: path,
    does: "decides",
  },
  SALLYPORT_CRYPTO: {
    what: "who calculates signatures, where --crypto does not say it",
    expects: "auto, openssl or portable",
    does: "serves",
  },
  SALLYPORT_ALIAS: {
    what: "under which names repositories are mirrored, where --alias says none",
    expects: "LOGICAL=PHYSICAL, with commas",
    does: "decides",
  },
  SALLYPORT_TRUSTED_ROOT: {
    what: "a trusted_root.json in place of the mirror's, where --trusted-root names none",
    expects: path,
    does: "decides",
  },
  SALLYPORT_TUF_ROOT: {
    what: "the TUF root from which metadata is verified, where --tufRoot names none",
    expects: path,
    does: "decides",
  },
  SALLYPORT_TUF_ROOT_RAW: {
    what: "the text of that TUF root, where nothing names a file",
    expects: "base64",
    does: "decides",
  },
  SALLYPORT_TRUST_MODE: {
    what: "how expired TUF metadata is treated, where --trust-mode says nothing",
    expects: "enforce, budget or pin",
    does: "decides",
  },
  SALLYPORT_MAX_TRUST_AGE: {
    what: "in mode budget: how long past expiry TUF metadata is accepted, where --max-trust-age says nothing",
    expects: "span of time such as 30d",
    does: "decides",
  },
  SALLYPORT_WARN_TRUST_AGE: {
    what: "in mode budget: how long past expiry decisions begin to warn, where --warn-trust-age says nothing",
    expects: "span of time such as 7d",
    does: "decides",
  },
  SALLYPORT_MAX_MIRROR_AGE: {
    what: "how old the mirror may be, where --max-mirror-age says nothing",
    expects: "span of time such as 30d",
    does: "decides",
  },
  SALLYPORT_WARN_MIRROR_AGE: {
    what: "how old the mirror is when decisions begin to warn of it, where --warn-mirror-age says nothing",
    expects: "span of time such as 30d",
    does: "decides",
  },
  SALLYPORT_MAX_CHECKPOINT_AGE: {
    what: "how old the newest checkpoint of a log may be, where --max-checkpoint-age says nothing",
    expects: "span of time such as 30d",
    does: "decides",
  },
  SALLYPORT_WARN_CHECKPOINT_AGE: {
    what: "age of a log's newest checkpoint from which decisions warn, where --warn-checkpoint-age says nothing",
    expects: "span of time such as 30d",
    does: "decides",
  },
  SALLYPORT_TRUST_DIGEST: {
    what: "in mode pin: the digest of the trusted root, where --trust-digest says nothing",
    expects: "digest",
    does: "decides",
  },
  SALLYPORT_TUF_MIRROR: {
    what: "the TUF mirror of trust update and of serve, where --mirror or --tufMirror names none",
    expects: "URL, or path to a folder",
    does: "serves",
    secret: "user",
  },
  SALLYPORT_MAX_BUNDLE_SIZE: {
    what: "the largest bundle that is read, where --max-bundle-size says none",
    expects: "size, such as 96MiB",
    does: "decides",
  },
  COSIGN_REPOSITORY: {
    what: "the repository in which signatures of images are looked up",
    expects: "repository",
    does: "decides",
    flagsOnly: true,
    instead: `${policies}write \`repository\` there`,
  },
  SIGSTORE_ROOT_FILE: {
    what: "certificate authorities in place of the trusted root's, where --trusted-root is not given",
    expects: path,
    does: "decides",
    flagsOnly: true,
    instead: `${policies}give --trusted-root, or write \`keyless.roots\``,
  },
  SIGSTORE_REKOR_PUBLIC_KEY: {
    what: "the key of the transparency log, where --trusted-root is not given",
    expects: path,
    does: "decides",
    flagsOnly: true,
    instead: `${policies}give --trusted-root, or write \`rekor.pubKey\``,
  },
  SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: {
    what: "the key of the certificate log, where --trusted-root is not given",
    expects: path,
    does: "decides",
    flagsOnly: true,
    instead: `${policies}give --trusted-root, or write \`ctlog.pubKey\``,
  },
  SIGSTORE_TSA_CERTIFICATE_FILE: {
    what: "the timestamp authority's chain, where --trusted-root is not given",
    expects: path,
    does: "decides",
    flagsOnly: true,
    instead: `${policies}give --trusted-root, or write \`ctlog.tsaCertChain\``,
  },
  TUF_ROOT_JSON: {
    what: "the TUF root, where neither a flag nor the mirror has one",
    expects: path,
    does: "decides",
  },
  TUF_MIRROR: {
    what: "the TUF mirror of trust update, where nothing else names one",
    expects: "URL",
    does: "serves",
    secret: "user",
    instead: "only trust update reads it; other commands do not fetch trusted roots from it",
  },
  TUF_ROOT: {
    what: "cosign's cache of TUF metadata, which is not read",
    expects: folder,
    does: "idle",
    instead: "cosign's cache is not read; import the trusted root with sallyport trust import",
  },
  COSIGN_MAX_ATTACHMENT_SIZE: {
    what: "cosign's bound on attachments, which is not read",
    expects: "size, such as 45MiB",
    does: "idle",
    instead: "bundles have the bound of --max-bundle-size",
  },
  COSIGN_EXPERIMENTAL: { what: "has no effect: every layout is looked at", expects: "1", does: "idle" },
  COSIGN_DOCKER_MEDIA_TYPES: { what: signing, expects: "1", does: "idle" },
  COSIGN_PASSWORD: {
    what: "the password of the key that signs archives and snapshots",
    expects: "password",
    does: "serves",
    secret: true,
  },
  COSIGN_PKCS11_IGNORE_CERTIFICATE: { what: signing, expects: "1", does: "idle" },
  COSIGN_PKCS11_MODULE_PATH: { what: signing, expects: path, does: "idle" },
  COSIGN_PKCS11_PIN: { what: signing, expects: "PIN", does: "idle", secret: true },
  SIGSTORE_ID_TOKEN: { what: signing, expects: "token", does: "idle", secret: true },
  REGISTRY_AUTH_FILE: { what: "credentials for registries, looked at first", expects: path, does: "serves" },
  DOCKER_CONFIG: { what: "the folder of docker's config.json, in place of ~/.docker", expects: folder, does: "serves" },
  XDG_RUNTIME_DIR: { what: "the folder of podman's containers/auth.json", expects: folder, does: "serves" },
  XDG_CONFIG_HOME: { what: "the same, looked at last, in place of ~/.config", expects: folder, does: "serves" },
  SSL_CERT_FILE: { what: "authorities of servers, in place of the system's file", expects: path, does: "serves" },
  SSL_CERT_DIR: { what: "authorities of servers, in place of the system's folder", expects: folder, does: "serves" },
  NODE_EXTRA_CA_CERTS: { what: "authorities of servers, beside the system's", expects: path, does: "serves" },
  HTTPS_PROXY: url("the proxy for https"),
  HTTP_PROXY: url("the proxy for http"),
  NO_PROXY: { what: "hosts that are asked without a proxy", expects: "hosts, with commas", does: "serves" },
  https_proxy: url("the same as HTTPS_PROXY, where that is empty"),
  http_proxy: url("the same as HTTP_PROXY, where that is empty"),
  no_proxy: { what: "the same as NO_PROXY, where that is empty", expects: "hosts, with commas", does: "serves" },
  KUBECONFIG: { what: "kubeconfig files, for --cluster", expects: "paths, with colons", does: "serves" },
  KUBERNETES_SERVICE_HOST: { what: "the API server inside a cluster, for --cluster", expects: "host", does: "serves" },
  KUBERNETES_SERVICE_PORT: { what: "its port", expects: "number", does: "serves" },
  VAULT_ADDR: url("the Vault of hashivault:// keys"),
  VAULT_TOKEN: {
    what: "its token, in place of ~/.vault-token",
    expects: "token",
    does: "serves",
    secret: true,
  },
  VAULT_NAMESPACE: { what: "its namespace", expects: "namespace", does: "serves" },
  TRANSIT_SECRET_ENGINE_PATH: { what: "its transit engine, in place of transit", expects: "path", does: "serves" },
  VAULT_KEY_PREFIX: { what: "the version of its keys, in place of the latest", expects: "vault:vN:", does: "serves" },
  VAULT_CACERT: { what: "authorities of its certificate", expects: path, does: "serves" },
  VAULT_CLIENT_CERT: { what: "the certificate that it is shown", expects: path, does: "serves" },
  VAULT_CLIENT_KEY: { what: "the key of that certificate", expects: path, does: "serves" },
  VAULT_TLS_SERVER_NAME: { what: "the name that its certificate must have", expects: "host", does: "serves" },
  VAULT_SKIP_VERIFY: { what: "its certificate is not checked", expects: "true or false", does: "serves" },
  BAO_ADDR: bao("ADDR", { secret: "user" }),
  BAO_TOKEN: bao("TOKEN", { secret: true }),
  BAO_NAMESPACE: bao("NAMESPACE"),
  BAO_CACERT: bao("CACERT"),
  BAO_CLIENT_CERT: bao("CLIENT_CERT"),
  BAO_CLIENT_KEY: bao("CLIENT_KEY"),
  BAO_TLS_SERVER_NAME: bao("TLS_SERVER_NAME"),
  BAO_SKIP_VERIFY: bao("SKIP_VERIFY"),
  AWS_ACCESS_KEY_ID: { what: "the access key for Amazon's registries and KMS", expects: "name", does: "serves" },
  AWS_SECRET_ACCESS_KEY: { what: "its secret", expects: "secret", does: "serves", secret: true },
  AWS_SESSION_TOKEN: { what: "its session", expects: "token", does: "serves", secret: true },
  AWS_PROFILE: { what: "a profile of the credentials file, in place of default", expects: "name", does: "serves" },
  AWS_SHARED_CREDENTIALS_FILE: { what: "that file, in place of ~/.aws/credentials", expects: path, does: "serves" },
  AWS_ROLE_ARN: { what: "the role to take on, with the token below", expects: "ARN", does: "serves" },
  AWS_WEB_IDENTITY_TOKEN_FILE: { what: "the token for that role", expects: path, does: "serves" },
  AWS_ROLE_SESSION_NAME: { what: "the name of that session, in place of sallyport", expects: "name", does: "serves" },
  AWS_ENDPOINT_URL: url("another address of Amazon's services"),
  AWS_ENDPOINT_URL_ECR: url("another address of Amazon's registries"),
  AWS_ENDPOINT_URL_STS: url("another address of Amazon's token service"),
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: {
    what: "where ECS gives credentials to a container",
    expects: "path",
    does: "serves",
  },
  AWS_CONTAINER_CREDENTIALS_FULL_URI: url("where EKS gives credentials to a Pod"),
  AWS_CONTAINER_AUTHORIZATION_TOKEN: {
    what: "the token that is shown there",
    expects: "token",
    does: "serves",
    secret: true,
  },
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: { what: "a file with that token", expects: path, does: "serves" },
  AWS_EC2_METADATA_DISABLED: { what: "EC2 is not asked for a role", expects: "true or false", does: "serves" },
  AWS_EC2_METADATA_SERVICE_ENDPOINT: url("where EC2 is asked for it"),
  AWS_REGION: { what: "the region of awskms:// keys without an ARN", expects: "region", does: "serves" },
  AWS_DEFAULT_REGION: { what: "the same, where AWS_REGION is empty", expects: "region", does: "serves" },
  AZURE_TENANT_ID: { what: "the tenant, for Azure's registries and keys", expects: "name", does: "serves" },
  AZURE_CLIENT_ID: { what: "the client of that tenant", expects: "name", does: "serves" },
  AZURE_CLIENT_SECRET: { what: "the client's secret", expects: "secret", does: "serves", secret: true },
  AZURE_FEDERATED_TOKEN_FILE: { what: "a token in place of that secret", expects: path, does: "serves" },
  AZURE_ENVIRONMENT: { what: "the cloud of azurekms:// keys, by cosign's names", expects: "name", does: "serves" },
  AZURE_AUTHORITY_HOST: url("where Azure's registries and keys are logged in to"),
  GOOGLE_APPLICATION_CREDENTIALS: {
    what: "credentials for Google's registries and KMS",
    expects: path,
    does: "serves",
  },
  GCE_METADATA_HOST: { what: "where Google's machines give a token", expects: "HOST[:PORT]", does: "serves" },
  NO_GCE_CHECK: { what: "that is not asked", expects: "true or false", does: "serves" },
  CLOUDSDK_CONFIG: { what: "the folder of gcloud's, in place of ~/.config/gcloud", expects: folder, does: "serves" },
  CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS: url("another address of Google's KMS"),
  GITHUB_TOKEN: { what: "the token for ghcr.io", expects: "token", does: "serves", secret: true },
  COLUMNS: { what: "the width of text", expects: "number", does: "serves" },
  NO_COLOR: { what: "no colour", expects: "any text", does: "serves" },
  FORCE_COLOR: { what: "colour, even where there is no terminal", expects: "1", does: "serves" },
  CLICOLOR_FORCE: { what: "as FORCE_COLOR", expects: "1", does: "serves" },
  CLICOLOR: { what: "no colour, if it is 0", expects: "0", does: "serves" },
  TERM: { what: "no colour, if it is dumb", expects: "name", does: "serves" },
  LC_ALL: { what: "whether text is UTF-8 or ASCII", expects: "locale", does: "serves" },
  LC_CTYPE: { what: "the same, where LC_ALL is empty", expects: "locale", does: "serves" },
  LANG: { what: "the same, where both are empty", expects: "locale", does: "serves" },
} as const satisfies Record<string, VariableRow>;

export type VariableName = keyof typeof variables;

/** The variables of flags: each flag of cosign's verify commands has one. */
export const flagVariables: VariableRow & { readonly name: string } = {
  name: "COSIGN_FLAG",
  what:
    "a flag of verify and verify-attestation that is not given, as in cosign (of mirror sync, one for registries): " +
    "COSIGN_KEY for --key, COSIGN_CERTIFICATE_IDENTITY for --certificate-identity",
  expects: "value of the flag; true or false for a switch",
  does: "decides",
  flagsOnly: true,
};

/** The variable of a flag: `--certificate-identity` has `COSIGN_CERTIFICATE_IDENTITY`. */
export const flagVariable = (long: string): string =>
  `COSIGN_${long.replace(/^--/, "").replaceAll("-", "_").toUpperCase()}`;

/** What is needed to read a variable. The names of those that had a value are kept, so that a verdict can tell them. */
export type Environment = Pick<CommandIO, "env" | "used">;

/** The value, if it is not empty. To be called only where nothing that wins over the variable is given. */
export function fromEnvironment(name: VariableName, { env, used }: Environment): string | undefined {
  const value = env[name] || undefined;
  if (value !== undefined) used.add(name);
  return value;
}

/** For descriptions of flags. */
export const orVariable = (name: VariableName): string => `(env: ${name})`;
