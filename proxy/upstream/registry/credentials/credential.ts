/**
 * Credentials for a registry, and where they came from. Only the requests to that registry, and to the token endpoint
 * that it names, ever hold them.
 */

export type Secret =
  | { readonly form: "password"; readonly username: string; readonly password: string }
  /** A refresh token, which the token endpoint turns into one that the registry takes. */
  | { readonly form: "identity"; readonly token: string }
  /** What the registry itself takes. */
  | { readonly form: "registry"; readonly token: string };

export interface Credential {
  readonly secret: Secret;
  /** For people: `user bot from ~/.docker/config.json`. Never a secret. */
  readonly who: string;
}

/** A repository at the registry that is asked. */
export interface Target {
  /** `host` or `host:port`; Docker Hub is `docker.io`. */
  readonly host: string;
  readonly path: string;
}

export interface CredentialSource {
  /**
   * `undefined`: it has none for this target.
   * @throws EngineError `access-denied` when there should be some and they cannot be read.
   */
  find(target: Target, signal: AbortSignal): Promise<Credential | undefined>;
}

/** The first that has credentials for the target. */
export const firstOf = (sources: readonly CredentialSource[]): CredentialSource => ({
  async find(target, signal) {
    for (const source of sources) {
      const found = await source.find(target, signal);
      if (found !== undefined) return found;
    }
    return undefined;
  },
});

/** A store has no other place for an identity token than the password. */
export const passwordOrToken = (username: string, password: string): Secret =>
  username === "<token>" ? { form: "identity", token: password } : { form: "password", username, password };

/** For people. */
export const whoHas = (secret: Secret, where: string): string =>
  secret.form === "password"
    ? `user ${secret.username} from ${where}`
    : `${secret.form === "identity" ? "an identity token" : "a token"} from ${where}`;
