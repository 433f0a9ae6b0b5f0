/** The policies of `serve`, for the door of the registry and for admission. */
import { EngineError, type LoadedPolicies } from "../../core/index.ts";
import type { Config } from "../../proxy/serve/settings.ts";
import type { CommandIO } from "../command.ts";
import { placeText, problemText } from "../input/files.ts";
import { readPolicies } from "../input/policy-files.ts";

/**
 * All of `policies.folders`. One that does not load refuses them all: a policy that is left out guards nothing.
 * @throws EngineError with the code of the first problem; `invalid-config` where there is no policy, unless
 * `policies.allowEmpty`.
 */
export function readServePolicies({ policies: { folders, allowEmpty } }: Config, io: CommandIO): LoadedPolicies {
  const loaded = readPolicies(folders, io);
  const { policies, errors } = loaded;
  const [first] = errors;
  if (first !== undefined)
    throw new EngineError(first.code, `policies do not load: ${errors.map(problemText).join("; ")}`, {
      subject: placeText(first),
    });
  if (policies.length === 0 && !allowEmpty)
    throw new EngineError(
      "invalid-config",
      "there is no policy there: correct policies.folders, or set policies.allowEmpty: true",
      {
        subject: folders.join(", "),
      },
    );
  return loaded;
}
