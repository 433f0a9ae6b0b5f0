/** The trusted root of one verification, asked for only when a check needs it. Source: docs/spec/kyverno.md#keys. */
import { ask } from "../knowledge/ask.ts";
import { once } from "../cosign/signed-entity.ts";
import { EngineError } from "../errors.ts";
import type { LoadedTrust } from "../trust/trust-cache.ts";
import type { TrustMaterial } from "../trust/trust-material.ts";
import type { VerifyContext } from "./context.ts";

/** `root` asks; `used` is its result, for the evidence. */
export interface TrustAccess {
  /** @throws EngineError `no-trust`, `stale` */
  root(): TrustMaterial;
  used(): LoadedTrust | undefined;
}

export function trustAccess(context: VerifyContext): TrustAccess {
  let used: LoadedTrust | undefined;
  const root = once(() => {
    const name = context.trustRootName;
    const answer = ask(context.knowledge, { kind: "trusted-root", name }, "no-trust");
    if (answer.state === "absent")
      throw new EngineError("no-trust", `${answer.from} has no trusted root named ${name}`, { subject: name });
    used = context.trust.load(answer.value, context.trustTime?.now ?? (() => context.now), name);
    context.trustTime?.judged(used.steady);
    if (used.tuf?.warning !== undefined) context.warn?.(`trusted root ${name}: ${used.tuf.warning}`);
    return used.material;
  });
  return { root, used: () => used };
}
