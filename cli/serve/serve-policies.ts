/** The policies of `serve`, for the door of the registry and for admission. */
import { EngineError, type LoadedPolicies } from "../../core/index.ts";
import type { Policy } from "../../core/kyverno/policy/policy.ts";
import type { PolicyFile } from "../../core/kyverno/policy/read-policy.ts";
import { namespacedLookups } from "../../proxy/serve/namespaced-lookups.ts";
import type { Config } from "../../proxy/serve/settings.ts";
import type { CommandIO } from "../command.ts";
import { placeText, problemText } from "../input/files.ts";
import { readPolicies } from "../input/policy-files.ts";
import { note } from "../render/say.ts";
import { distinctPolicies } from "./distinct-policies.ts";

const placeOf = (policy: Policy): string => placeText(policy.position("/metadata/name"));

/** Policies that are not in files. */
export interface OtherPolicies {
  /** @throws EngineError where they are not known yet. */
  files(): readonly PolicyFile[];
}

/**
 * All of `policies.folders`, and those of the cluster where they are read; what is the same counts once, and that is
 * said. What a Policy of one namespace must not read it must not read from a folder either: it is a problem wherever
 * it comes from.
 */
export function loadServePolicies(
  { policies: { folders, allowEmpty, namespacedImageRegistry } }: Pick<Config, "policies">,
  io: CommandIO,
  others?: OtherPolicies,
): LoadedPolicies {
  const loaded = readPolicies(folders, io, others?.files() ?? [], allowEmpty);
  const { policies, same } = distinctPolicies(loaded.policies);
  for (const { left, counts } of same)
    note(`${placeOf(left)} is the same policy ${left.name} as ${placeOf(counts)}: it counts once`, io);
  const errors = namespacedImageRegistry ? [] : namespacedLookups(policies);
  return { ...loaded, policies, errors: [...loaded.errors, ...errors] };
}

/**
 * All of `policies.folders`, and those of the cluster where they are read. One that does not load refuses them all: a
 * policy that is left out guards nothing. Two of one name that differ both decide, and it is said.
 * @throws EngineError with the code of the first problem; `invalid-config` where there is no policy, unless
 * `policies.allowEmpty`.
 */
export function readServePolicies(config: Config, io: CommandIO, others?: OtherPolicies): LoadedPolicies {
  const { folders, allowEmpty } = config.policies;
  const loaded = loadServePolicies(config, io, others);
  const { policies, errors } = loaded;
  const [first] = errors;
  if (first !== undefined)
    throw new EngineError(first.code, `policies do not load: ${errors.map(problemText).join("; ")}`, {
      subject: placeText(first),
    });
  if (policies.length === 0 && !allowEmpty)
    throw new EngineError(
      "invalid-config",
      others === undefined
        ? "there is no policy there: correct policies.folders, or set policies.allowEmpty: true"
        : "the cluster has no policy that verifies images, nor have policies.folders: apply one, or set " +
            "policies.allowEmpty: true",
      { subject: others === undefined ? folders.join(", ") : "policies" },
    );
  return loaded;
}
