/**
 * Azure's registries by a service principal: its secret, or the token of a workload. Source:
 * https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow,
 * https://azure.github.io/acr/AAD-OAuth.html.
 */
import type { CredentialSource, Target } from "./credential.ts";
import {
  addressIn,
  askCloud,
  formRequest,
  keptCredentials,
  type ProviderOptions,
  readTokenFile,
  setIn,
  textIn,
} from "./provider.ts";

const hosts = /^[a-z0-9-]+(?:\.[a-z0-9-]+)?\.azurecr\.(?:io|cn|de|us)$/;
const audience = "https://containerregistry.azure.net/.default";

export interface AzureOptions extends ProviderOptions {
  /** Where a registry exchanges tokens; for tests. */
  readonly exchangeAt?: (host: string) => URL;
}

export function azureCredentials(options: AzureOptions): CredentialSource {
  const { exchangeAt = (host: string) => new URL(`https://${host}/oauth2/exchange`) } = options;
  return keptCredentials(
    ({ host }: Target) => (hosts.test(host) ? host : undefined),
    async (host, signal) => {
      const client = readClient(options);
      if (client === undefined) return undefined;
      const { tenant, form, who } = client;
      const authority = addressIn(options.env, ["AZURE_AUTHORITY_HOST"], "https://login.microsoftonline.com/");
      const login = new URL(`${encodeURIComponent(tenant)}/oauth2/v2.0/token`, authority);
      const access = textIn(await askCloud(formRequest(login, form), options, who, signal), "access_token", login);
      const exchange = exchangeAt(host);
      const answer = await askCloud(
        formRequest(exchange, { grant_type: "access_token", service: host, tenant, access_token: access }),
        options,
        who,
        signal,
      );
      return { secret: { form: "identity", token: textIn(answer, "refresh_token", exchange) }, who };
    },
    options.now,
  );
}

interface Client {
  readonly tenant: string;
  readonly form: Readonly<Record<string, string>>;
  readonly who: string;
}

function readClient({ env, files }: ProviderOptions): Client | undefined {
  const [tenant, client] = [setIn(env, "AZURE_TENANT_ID"), setIn(env, "AZURE_CLIENT_ID")];
  if (tenant === undefined || client === undefined) return undefined;
  const base = { grant_type: "client_credentials", client_id: client, scope: audience };
  const who = `Azure's client ${client}`;
  const secret = setIn(env, "AZURE_CLIENT_SECRET");
  if (secret !== undefined) return { tenant, form: { ...base, client_secret: secret }, who };
  const path = setIn(env, "AZURE_FEDERATED_TOKEN_FILE");
  if (path === undefined) return undefined;
  const assertion = readTokenFile(files, path, "AZURE_FEDERATED_TOKEN_FILE");
  const type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
  return { tenant, form: { ...base, client_assertion_type: type, client_assertion: assertion }, who };
}
