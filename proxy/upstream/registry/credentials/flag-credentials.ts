/** Credentials on the command line. Source: cosign `verify`. */
import { EngineError } from "../../../../core/errors.ts";
import type { Credential, CredentialSource } from "./credential.ts";

export interface CredentialFlags {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
}

/**
 * `undefined`: none were given. `isFor`: the hosts that get them.
 * @throws EngineError `invalid-usage` for a user without password, and the other way round.
 */
export function flagCredentials(
  { username = "", password = "", token = "" }: CredentialFlags,
  isFor: (host: string) => boolean,
): CredentialSource | undefined {
  if ((username === "") !== (password === ""))
    throw new EngineError("invalid-usage", "--registry-username and --registry-password belong together", {
      subject: username === "" ? "--registry-password" : "--registry-username",
    });
  if (username === "" && token === "") return undefined;
  const credential: Credential =
    token === ""
      ? { secret: { form: "password", username, password }, who: `user ${username} from --registry-username` }
      : { secret: { form: "registry", token }, who: "a token from --registry-token" };
  return { find: ({ host }) => Promise.resolve(isFor(host) ? credential : undefined) };
}
