/** The policies' door with its asker: who is asked for evidence, and where the answers go. */
import type { EngineError } from "../../core/errors.ts";
import { joinedKnowledge } from "../../core/knowledge/joined-knowledge.ts";
import type { Asker, Knowledge } from "../../core/knowledge/knowledge.ts";
import { keepingAdded } from "../archive/keeping-added.ts";
import type { Mirror } from "../mirror/mirror.ts";
import { createPolicyDoor, type PolicyDoor, type PolicyDoorOptions } from "./door/policy-door.ts";
import { storeIn } from "./pull-through.ts";
import { SharedAsker } from "./shared-asker.ts";
import { readListed } from "./target.ts";

export interface OpenDoorOptions extends Omit<PolicyDoorOptions, "knowledge" | "asker" | "mayAsk"> {
  readonly mirror: Mirror;
  /** Files that a setting or a policy names: what they answer is not asked for. */
  readonly given?: Knowledge | undefined;
  /** Registries, logs and keys; without it nobody is asked. */
  readonly asker?: Asker | undefined;
  /** The registries that may be asked, as for the proxy itself. */
  readonly upstreams: readonly string[];
  readonly report: (error: EngineError) => void;
  /** As of the proxy itself. */
  readonly warn: (text: string) => void;
}

/** @throws EngineError when a policy cannot be compiled, `invalid-config` for what is no host. */
export function openDoor(options: OpenDoorOptions): PolicyDoor {
  const { mirror, given, asker, upstreams, report, warn, ...door } = options;
  const listed = new Set(upstreams.map(readListed));
  const shared =
    asker === undefined
      ? undefined
      : new SharedAsker({
          asker: keepingAdded(asker, mirror.knowledge(), warn),
          store: storeIn(mirror),
          now: door.now,
          report,
        });
  return createPolicyDoor({
    ...door,
    knowledge: given === undefined ? mirror.knowledge() : joinedKnowledge([given, mirror.knowledge()]),
    asker: shared === undefined ? undefined : (deadline) => shared.until(deadline),
    mayAsk: (question) =>
      !("repository" in question) || listed.has(question.repository.slice(0, question.repository.indexOf("/"))),
  });
}
