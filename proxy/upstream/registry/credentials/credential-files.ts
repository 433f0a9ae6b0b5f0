/**
 * Where credentials of this user are kept, in the order in which files are looked at: what REGISTRY_AUTH_FILE names,
 * docker's, podman's, and docker's oldest. The first that has some for the registry counts. Source:
 * https://docs.docker.com/reference/cli/docker/, https://man.archlinux.org/man/containers-auth.json.5.
 */
import { type JsonValue, parseJson } from "../../../../core/encoding/json.ts";
import { EngineError } from "../../../../core/errors.ts";
import type { Limits } from "../../../../core/limits.ts";
import { type Files, shownPath } from "../../config-files.ts";
import type { Environment } from "../../proxy-choice.ts";
import { type CredentialSource, firstOf } from "./credential.ts";
import type { CredentialHelper } from "./credential-helper.ts";
import { readSecretFile } from "./provider.ts";
import { dockerConfigSource, readDockerConfig, readLegacyConfig } from "./docker-config.ts";

export interface CredentialFileOptions {
  readonly env: Environment;
  /** The one file that is looked at, and must be there, in place of all others. */
  readonly authFile?: string | undefined;
  readonly files: Files;
  readonly helper: CredentialHelper;
  readonly limits: Limits;
}

/**
 * Every file is read when a registry first asks for credentials, and once. They need not be there, but for the one that
 * a variable names.
 */
export function credentialFiles(options: CredentialFileOptions): CredentialSource {
  const { env, authFile } = options;
  return firstOf((authFile === undefined ? pathsOf(env) : [authFile]).map((path) => fileSource(path, options)));
}

function pathsOf(env: Environment): readonly string[] {
  const { REGISTRY_AUTH_FILE, DOCKER_CONFIG, XDG_RUNTIME_DIR, XDG_CONFIG_HOME, HOME } = env;
  const below = (folder: string | undefined, path: string): readonly string[] =>
    folder === undefined || folder === "" ? [] : [`${folder}/${path}`];
  return [
    ...(REGISTRY_AUTH_FILE ? [REGISTRY_AUTH_FILE] : []),
    ...(DOCKER_CONFIG ? below(DOCKER_CONFIG, "config.json") : below(HOME, ".docker/config.json")),
    ...below(XDG_RUNTIME_DIR, "containers/auth.json"),
    ...(XDG_CONFIG_HOME ? below(XDG_CONFIG_HOME, "containers/auth.json") : below(HOME, ".config/containers/auth.json")),
    ...below(HOME, ".dockercfg"),
  ];
}

function fileSource(path: string, { env, authFile, files, helper, limits }: CredentialFileOptions): CredentialSource {
  const where = shownPath(path, env);
  const by = authFile !== undefined ? "--authfile" : path === env.REGISTRY_AUTH_FILE ? "REGISTRY_AUTH_FILE" : undefined;
  const named = by === undefined ? where : `${by}=${where}`;
  let source: CredentialSource | "none" | undefined;
  const open = (): CredentialSource | "none" => {
    const bytes = readSecretFile(files, path);
    if (bytes === undefined && by !== undefined)
      throw new EngineError("access-denied", `the file that ${by} names is not there`, { subject: where });
    if (bytes === undefined) return "none";
    const json = parseCredentials(bytes, where, limits, named);
    const config = path.endsWith(".dockercfg") ? readLegacyConfig(json, where) : readDockerConfig(json, where);
    return dockerConfigSource(config, helper);
  };
  return {
    async find(target, signal) {
      source ??= open();
      return source === "none" ? undefined : source.find(target, signal);
    },
  };
}

/** Its content stays out of the message. @throws EngineError `access-denied`. */
export function parseCredentials(bytes: Uint8Array, where: string, limits: Limits, named = where): JsonValue {
  try {
    return parseJson(bytes, { limits, duplicateKeys: "last-wins" });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError("access-denied", `the credentials in ${named} cannot be read: it is not JSON`, {
      subject: where,
    });
  }
}
