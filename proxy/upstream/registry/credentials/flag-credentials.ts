/** Credentials on the command line, for every registry that is asked. Source: cosign `verify`. */
import { EngineError } from "../../../../core/errors.ts";
import type { Credential, CredentialSource } from "./credential.ts";

export interface CredentialFlags {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
}

/**
 * `undefined`: none were given.
 * @throws EngineError `invalid-usage` for a user without password, and the other way round.
 */
export function flagCredentials({
  username = "",
  password = "",
  token = "",
}: CredentialFlags): CredentialSource | undefined {
  if ((username === "") !== (password === ""))
    throw new EngineError("invalid-usage", "--registry-username and --registry-password belong together", {
      subject: username === "" ? "--registry-password" : "--registry-username",
    });
  if (username === "" && token === "") return undefined;
  const credential: Credential =
    token === ""
      ? { secret: { form: "password", username, password }, who: `user ${username} from --registry-username` }
      : { secret: { form: "registry", token }, who: "a token from --registry-token" };
  return { find: () => Promise.resolve(credential) };
}
