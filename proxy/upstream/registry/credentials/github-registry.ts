/**
 * GitHub's registry by the token of a workflow. Source:
 * https://github.com/google/go-containerregistry/tree/main/pkg/authn/github.
 */
import type { Environment } from "../../proxy-choice.ts";
import type { CredentialSource } from "./credential.ts";
import { setIn } from "./provider.ts";

export const githubCredentials = (env: Environment): CredentialSource => ({
  find({ host }) {
    const token = setIn(env, "GITHUB_TOKEN");
    return Promise.resolve(
      host !== "ghcr.io" || token === undefined
        ? undefined
        : { secret: { form: "password", username: "unset", password: token }, who: "GITHUB_TOKEN" },
    );
  },
});
