/** The policies' door with its asker: who is asked for evidence, and where the answers go. */
import { createPolicyDoor, type PolicyDoor, type PolicyDoorOptions } from "./door/policy-door.ts";
import { joinedKnowledge } from "../../core/knowledge/joined-knowledge.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import { listedAsker, type ListedAskerOptions } from "./listed-asker.ts";

export interface OpenDoorOptions extends Omit<PolicyDoorOptions, "knowledge" | "asker">, ListedAskerOptions {
  /** Files that a setting or a policy names: what they answer is not asked for. */
  readonly given?: Knowledge | undefined;
}

/** @throws EngineError when a policy cannot be compiled, `invalid-config` for what is no host. */
export function openDoor(options: OpenDoorOptions): PolicyDoor {
  const {
    mirror,
    given,
    asker: _,
    upstreams: __,
    report: ___,
    warn: ____,
    silent: _____,
    fixed: ______,
    ...door
  } = options;
  return createPolicyDoor({
    ...door,
    knowledge: given === undefined ? mirror.knowledge() : joinedKnowledge([given, mirror.knowledge()]),
    asker: listedAsker(options),
  });
}
