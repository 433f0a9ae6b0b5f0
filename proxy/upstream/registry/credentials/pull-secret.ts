/**
 * Credentials in Secrets of a cluster. Source: Kubernetes' documentation of image pull secrets (types
 * `kubernetes.io/dockerconfigjson` and `kubernetes.io/dockercfg`).
 */
import { decodeWrappedBase64 } from "../../../../core/encoding/base64.ts";
import type { JsonValue } from "../../../../core/encoding/json.ts";
import { isObject } from "../../../../core/encoding/shape.ts";
import { encodeUtf8 } from "../../../../core/encoding/utf8.ts";
import { EngineError } from "../../../../core/errors.ts";
import type { Limits } from "../../../../core/limits.ts";
import { parseCredentials } from "./credential-files.ts";
import type { CredentialSource } from "./credential.ts";
import { dockerConfigSource, readDockerConfig, readLegacyConfig } from "./docker-config.ts";

const noProgram = (): Promise<undefined> => Promise.resolve(undefined);

const readers = { ".dockerconfigjson": readDockerConfig, ".dockercfg": readLegacyConfig } as const;

/**
 * The credentials of a Secret as the API server, or a manifest with `stringData`, has it. No program is run for it: a
 * Secret is written by others than the one who runs this.
 * @throws EngineError `access-denied` for one without credentials.
 */
export function pullSecretSource(secret: JsonValue, name: string, limits: Limits): CredentialSource {
  const where = `secret ${name}`;
  for (const [key, read] of Object.entries(readers)) {
    const bytes = contentOf(secret, key, where);
    if (bytes === undefined) continue;
    const config = read(parseCredentials(bytes, where, limits), where);
    return dockerConfigSource(config, noProgram);
  }
  throw new EngineError("access-denied", "it has neither .dockerconfigjson nor .dockercfg", { subject: where });
}

function contentOf(secret: JsonValue, key: string, where: string): Uint8Array | undefined {
  const { stringData, data } = isObject(secret) ? secret : {};
  const plain = isObject(stringData) && Object.hasOwn(stringData, key) ? stringData[key] : undefined;
  if (typeof plain === "string") return encodeUtf8(plain);
  const encoded = isObject(data) && Object.hasOwn(data, key) ? data[key] : undefined;
  if (typeof encoded !== "string") return undefined;
  try {
    return decodeWrappedBase64(encoded);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError("access-denied", `${key} is not base64`, { subject: where });
  }
}
