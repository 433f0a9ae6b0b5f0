/** Asks key management services for public keys. Source: docs/spec/kyverno.md#keys. */
import { EngineError } from "../../../core/errors.ts";
import type { Limits } from "../../../core/limits.ts";
import type { Files } from "../config-files.ts";
import type { Fetcher } from "../fetch-bounded.ts";
import type { Environment } from "../proxy-choice.ts";
import type { Part } from "../route.ts";
import { awsReader } from "./aws-keys.ts";
import { azureReader } from "./azure-keys.ts";
import { checkedPem, type KeyReader, type ReturnedKey } from "./checked-key.ts";
import { googleReader } from "./google-keys.ts";
import { type KmsReference, parseKmsReference } from "./key-reference.ts";
import type { LoadSdk } from "./sdk.ts";
import { vaultReader, vaultName } from "./vault-keys.ts";

export interface KmsOptions {
  readonly fetcher: Fetcher;
  readonly env: Environment;
  readonly files: Files;
  readonly limits: Limits;
  readonly now: () => Date;
  /** Default: packages that are installed beside this program. */
  readonly load?: LoadSdk;
}

/** References of other schemes are for others to answer: they stay open here. */
export function openKms(options: KmsOptions): Part<"key"> {
  const complete = { load: (name: string) => import(name) as Promise<unknown>, ...options };
  const readers = {
    aws: awsReader(complete),
    google: googleReader(complete),
    azure: azureReader(complete),
    vault: vaultReader(complete),
  };
  const read = (parsed: KmsReference, reference: string, signal: AbortSignal): Promise<ReturnedKey | undefined> =>
    (readers[parsed.service] as KeyReader<KmsReference>)(parsed, reference, signal);
  return {
    from: ({ reference }) => nameOf(attempted(reference), options.env),
    async ask({ reference }, signal) {
      const parsed = parseKmsReference(reference);
      if (parsed === undefined) return undefined;
      const at = options.now().toISOString();
      const from = nameOf(parsed, options.env);
      const returned = await read(parsed, reference, signal);
      return returned === undefined
        ? { state: "absent", at, from }
        : { state: "present", value: checkedPem(returned, reference, options.limits), at, from };
    },
  };
}

function attempted(reference: string): KmsReference | undefined {
  try {
    return parseKmsReference(reference);
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}

function nameOf(parsed: KmsReference | undefined, env: Environment): string {
  switch (parsed?.service) {
    case "aws":
      return parsed.endpoint === undefined ? "AWS KMS" : `AWS KMS at ${parsed.endpoint}`;
    case "google":
      return "Google Cloud KMS";
    case "azure":
      return `the Key Vault ${parsed.vault}`;
    case "vault":
      return vaultName(env);
    case undefined:
      return "the configuration";
  }
}
