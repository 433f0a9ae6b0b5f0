/**
 * Warns, before a policy is in force, of what `serve` will not ask: for a Policy of one namespace, and where a variable
 * says whom. Source: docs/decisions/060-whom-policies-ask.md.
 */
import { EngineError } from "../../core/errors.ts";
import { requireAskableOf } from "../../core/kyverno/policy/askable.ts";
import type { Policy, PolicyWarning } from "../../core/kyverno/policy/policy.ts";
import { type Advice, locate } from "../../core/kyverno/policy/remark.ts";
import type { Limits } from "../../core/limits.ts";
import { asksCluster } from "./config-rules.ts";
import { askableIn, beforeVariable, fixesHost, type MayAsk, namedOf, whyNotAskable } from "./may-ask.ts";
import type { Config } from "./settings.ts";

/** Nothing where nobody is asked anything: then nobody has to be kept from asking. */
export const mayAskOf = (config: Config, limits: Limits): MayAsk | undefined =>
  config.mode === "online" || asksCluster(config)
    ? { mayAsk: config.policies.mayAsk, isOnline: config.mode === "online", limits }
    : undefined;

export interface Asking {
  /** Those whose ClusterPolicies count, beside the ones that are looked at. */
  readonly others: readonly Policy[];
  /** Of the configuration of `serve`; absent where none was given. */
  readonly mayAsk?: MayAsk;
}

type Kind = "key" | "log" | "repository";
const kindOf = (text: string): Kind =>
  /^https?:/.test(text) ? "log" : /^[a-z0-9]+:\/\/|^\.?\//.test(text) ? "key" : "repository";

/** Which kind a text is, by the name of its field: the whole text may be a variable. */
const kindAt = (at: string): Kind => (at.endsWith("/url") ? "log" : at.endsWith("/repository") ? "repository" : "key");

/** A user and a password are nobody's to read. */
const withoutUser = (text: string): string => text.replace(/\/\/[^/]*@/, "//");

/** In the order of the policies, then of what they name. */
export function adviseAsking(
  policies: readonly Policy[],
  { others, mayAsk }: Asking,
  limits: Limits,
): readonly (Advice & PolicyWarning)[] {
  const askable = askableIn([...policies, ...others], mayAsk ?? { mayAsk: [], isOnline: true, limits });
  return policies.flatMap((policy) => {
    const isOfOne = policy.kind === "Policy";
    const requireAskable = requireAskableOf(policy, askable);
    const isAskable = (text: string): boolean => {
      try {
        requireAskable(text);
        return true;
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        return false;
      }
    };
    /** Whether any value of the variable is listed: which one it will have is not known here. */
    const mayBeAskable = (beginning: string, kind: Kind): boolean =>
      (mayAsk?.mayAsk ?? []).some((entry) => kindOf(entry) === kind && entry.startsWith(beginning)) ||
      (isOfOne && beginning !== "" && `k8s://${policy.namespace}/`.startsWith(beginning));
    return namedOf(policy, limits).flatMap(({ text, pointer, isAsked }): readonly (Advice & PolicyWarning)[] => {
      const beginning = beforeVariable(text);
      if (!isAsked || (beginning === undefined && !isOfOne) || isAskable(text)) return [];
      if (beginning !== undefined && mayBeAskable(beginning, kindAt(pointer))) return [];
      const message = messageOf({ text: withoutUser(text), beginning, isGiven: mayAsk !== undefined });
      return [locate(policy, { code: "not-asked", pointer, message })];
    });
  });
}

interface Unasked {
  readonly text: string;
  readonly beginning: string | undefined;
  /** A configuration of `serve` is given. */
  readonly isGiven: boolean;
}

/** With the line for `policies.mayAsk`, where there can be one. */
function messageOf({ text, beginning, isGiven }: Unasked): string {
  if (beginning !== undefined && !fixesHost(beginning))
    return isGiven
      ? `the host of ${text} comes from a variable, and policies.mayAsk lists none: serve asks nobody`
      : `the host of ${text} comes from a variable: serve asks only whom policies.mayAsk lists`;
  const entry = beginning === undefined ? text : `${beginning}*`;
  if (whyNotAskable(entry) !== undefined) return `serve does not ask ${text} for a Policy of one namespace`;
  return isGiven
    ? `serve does not ask it for a Policy of one namespace: no ClusterPolicy that is known here names it, and ` +
        `policies.mayAsk does not list "${entry}"`
    : `serve asks it for a Policy of one namespace only where a ClusterPolicy names it too, or policies.mayAsk lists ` +
        `"${entry}"`;
}
