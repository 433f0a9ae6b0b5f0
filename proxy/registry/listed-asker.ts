/**
 * Who is asked for evidence while somebody waits for a decision: of registries only listed ones, each question once.
 */
import type { EngineError } from "../../core/errors.ts";
import type { Asker, Knowledge } from "../../core/knowledge/knowledge.ts";
import type { Question } from "../../core/knowledge/question.ts";
import type { Limits } from "../../core/limits.ts";
import { hostOf } from "../../core/oci/completeness.ts";
import { keepingAdded } from "../archive/keeping-added.ts";
import type { Mirror } from "../mirror/mirror.ts";
import { storeIn } from "./asked-store.ts";
import { type Deadline, SharedAsker } from "./shared-asker.ts";
import type { SilentHosts } from "./silent-hosts.ts";
import { readListed } from "./target.ts";

export interface ListedAskerOptions {
  readonly mirror: Mirror;
  /** Registries, logs and keys; without it nobody is asked. */
  readonly asker?: Asker | undefined;
  /** What it answers is asked of nobody: pins, files that settings name. */
  readonly fixed?: Knowledge | undefined;
  /** The registries that may be asked, as for the proxy itself. */
  readonly upstreams: readonly string[];
  readonly limits: Limits;
  readonly now: () => Date;
  /** Shared by all askers of one server. */
  readonly silent?: SilentHosts | undefined;
  readonly report: (error: EngineError) => void;
  /** As of the proxy itself. */
  readonly warn: (text: string) => void;
}

const isOfCluster = (question: Question): boolean =>
  question.kind === "cluster" || (question.kind === "key" && question.reference.startsWith("k8s://"));

export interface AskedAgain extends Pick<ListedAskerOptions, "upstreams"> {
  readonly asksCluster: boolean;
  /** After how many milliseconds a trusted root is asked for again. Default: as everything else. */
  readonly trustMs?: ((name: string) => number) | undefined;
}

/** After how many milliseconds an answer is asked for again, by its question; infinite where nobody may be asked. */
export function refreshOf(
  { upstreams, asksCluster, trustMs = () => refreshMs }: AskedAgain,
  refreshMs: number,
): (question: Question) => number {
  const listed = new Set(upstreams.map(readListed));
  return (question) => {
    if ("repository" in question) return listed.has(hostOf(question.repository)) ? refreshMs : Number.POSITIVE_INFINITY;
    if (isOfCluster(question)) return asksCluster ? refreshMs : Number.POSITIVE_INFINITY;
    return question.kind === "trusted-root" ? trustMs(question.name) : refreshMs;
  };
}

/** Undefined where nobody is asked. @throws EngineError `invalid-config` for what is no host. */
export function listedAsker(options: ListedAskerOptions): ((deadline: Deadline) => Asker) | undefined {
  const { mirror, asker, fixed, upstreams, limits, now, silent, report, warn } = options;
  const listed = new Set(upstreams.map(readListed));
  if (asker === undefined) return undefined;
  const store = storeIn(mirror, limits);
  const shared = new SharedAsker({
    asker: keepingAdded(asker, mirror.knowledge(), warn),
    // A mirror is of registries: what a cluster says may be secret, and is another's where the mirror goes.
    store:
      store === undefined ? undefined : (question, answer) => void (isOfCluster(question) || store(question, answer)),
    now,
    silent,
    report,
  });
  const mayAsk = (question: Question): boolean =>
    "repository" in question ? listed.has(hostOf(question.repository)) : fixed?.answer(question) === undefined;
  return (deadline) => {
    const asked = shared.until(deadline);
    return { ask: async (question) => (mayAsk(question) ? asked.ask(question) : undefined) };
  };
}
