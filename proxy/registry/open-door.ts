/** The policies' door with its asker: who is asked for evidence, and where the answers go. */
import { createPolicyDoor, type PolicyDoor, type PolicyDoorOptions } from "./door/policy-door.ts";
import { joinedKnowledge } from "../../core/knowledge/joined-knowledge.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import { listedAsker, type ListedAskerOptions } from "./listed-asker.ts";

export interface OpenDoorOptions extends Omit<PolicyDoorOptions, "knowledge" | "asker">, ListedAskerOptions {
  /** Default: the mirror. */
  readonly known?: readonly Knowledge[] | undefined;
}

/** @throws EngineError when a policy cannot be compiled, `invalid-config` for what is no host. */
export function openDoor(options: OpenDoorOptions): PolicyDoor {
  const { mirror, known = [mirror.knowledge()] } = options;
  const { policies, settings, distrust, refreshMs, noMatch, crypto, limits, now } = options;
  return createPolicyDoor({
    ...{ policies, settings, distrust, refreshMs, noMatch, crypto, limits, now },
    knowledge: joinedKnowledge(known),
    asker: listedAsker(options),
  });
}
