/**
 * The credentials that a policy's `imageRegistryCredentials` names: Secrets, then providers, in Kyverno's order.
 * Source: https://kyverno.io/docs/policy-types/cluster-policy/verify-images/.
 */
import type { JsonValue } from "../../../../core/encoding/json.ts";
import { EngineError } from "../../../../core/errors.ts";
import { amazonCredentials } from "./amazon-registry.ts";
import { azureCredentials } from "./azure-registry.ts";
import { type CredentialSource, firstOf } from "./credential.ts";
import { githubCredentials } from "./github-registry.ts";
import { googleCredentials } from "./google-registry.ts";
import type { ProviderOptions } from "./provider.ts";
import { pullSecretSource } from "./pull-secret.ts";

export interface PolicyCredentialOptions extends ProviderOptions {
  /** `namespace/name`, in order. */
  readonly secrets: readonly string[];
  readonly providers: readonly string[];
  /** `undefined`: there is no such Secret. */
  readonly readSecret: (namespace: string, name: string, signal: AbortSignal) => Promise<JsonValue | undefined>;
  /** Those of docker's and podman's files, for the provider `default`. */
  readonly ofFiles: CredentialSource;
}

/** @throws EngineError `unsupported` for a provider that Kyverno does not have. */
export function policyCredentials(options: PolicyCredentialOptions): CredentialSource {
  const { secrets, providers, ofFiles, env } = options;
  const unknown = providers.find((name) => !everyProvider.includes(name));
  if (unknown !== undefined)
    throw new EngineError("unsupported", `a provider is one of ${everyProvider.join(", ")}`, { subject: unknown });
  const byName: Readonly<Record<string, () => CredentialSource>> = {
    default: () => ofFiles,
    google: () => googleCredentials(options),
    amazon: () => amazonCredentials(options),
    azure: () => azureCredentials(options),
    github: () => githubCredentials(env),
  };
  return firstOf([
    ...secrets.map((name) => secretSource(name, options)),
    ...everyProvider.flatMap((name) => (providers.includes(name) ? [byName[name]?.() ?? ofFiles] : [])),
  ]);
}

/** Every provider, in Kyverno's order. */
export const everyProvider: readonly string[] = ["default", "google", "amazon", "azure", "github"];

/** A Secret is asked for when a registry first asks for credentials. */
function secretSource(name: string, { readSecret, limits }: PolicyCredentialOptions): CredentialSource {
  const [namespace = "", ...rest] = name.split("/");
  let asking: Promise<CredentialSource> | undefined;
  const open = async (signal: AbortSignal): Promise<CredentialSource> => {
    const secret = await readSecret(namespace, rest.join("/"), signal);
    if (secret === undefined) throw new EngineError("access-denied", "there is no such Secret", { subject: name });
    return pullSecretSource(secret, name, limits);
  };
  return {
    async find(target, signal) {
      asking ??= open(signal);
      try {
        return await (await asking).find(target, signal);
      } catch (error) {
        asking = undefined;
        throw error;
      }
    },
  };
}
