/**
 * Looking a target up: depth first, parents before their delegations, delegations in their order. Source: TUF 1.0
 * §5.6.7.
 */
import type { TargetFile } from "./listed-file.ts";
import { verifyThreshold } from "./role.ts";
import { requireTargetPath } from "./target-path.ts";
import type { TrustedSet } from "./trusted-set.ts";
import { roleOf, type TargetsRole, topLevelTargets } from "./update-targets.ts";

/** `needs`: the search cannot go on before this role's metadata is there. */
export type TargetSearch =
  | { readonly state: "found"; readonly target: TargetFile; readonly role: string }
  | { readonly state: "absent" }
  | { readonly state: "needs"; readonly role: TargetsRole };

/**
 * Searches the given roles. If it needs another role, call it again with that role; it then takes the same path.
 * @throws EngineError `malformed` for a path that leaves its folder, `bad-threshold` when a given role is not signed
 * for the delegation that leads to it.
 */
export function findTarget(set: TrustedSet, path: string): TargetSearch {
  requireTargetPath(path, set.limits);
  const visited = new Set<string>();
  const waiting: TargetsRole[] = [topLevelTargets];
  // 5.6.7.1: no more delegations than the bound, beside the top level.
  while (visited.size <= set.limits.tufDelegations) {
    const role = waiting.pop();
    if (role === undefined) break;
    if (visited.has(role.name)) continue;
    const held = set.targets.get(role.name);
    if (held === undefined) return { state: "needs", role };
    if (held.parent !== role.parent)
      verifyThreshold(held.metadata, roleOf(set, role), set.verifier, role.parent ?? "root");
    visited.add(role.name);
    const target = held.metadata.signed.files.get(path);
    if (target !== undefined) return { state: "found", target, role: role.name };
    // 5.6.7.2: after a terminating delegation no other role is searched, not even those already queued.
    const delegated = held.metadata.signed.delegations?.rolesFor(path) ?? [];
    const terminating = delegated.findIndex((one) => one.terminating);
    if (terminating !== -1) waiting.length = 0;
    const followed = terminating === -1 ? delegated : delegated.slice(0, terminating + 1);
    waiting.push(...followed.map(({ name }) => ({ name, parent: role.name })).reverse());
  }
  return { state: "absent" };
}
