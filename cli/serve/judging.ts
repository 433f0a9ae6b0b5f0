/** What the door of the registry, the webhook and syncs decide by, and who is asked: the same for all of them. */
import type { Limits } from "../../core/limits.ts";
import type { Log } from "../../proxy/log.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import type { ListedAskerOptions } from "../../proxy/registry/listed-asker.ts";
import type { Config } from "../../proxy/serve/settings.ts";
import type { Registry } from "../../proxy/upstream/registry/open-registry.ts";
import { createRoute } from "../../proxy/upstream/route.ts";
import type { CommandIO } from "../command.ts";
import { readDistrustFiles } from "../input/distrust-file.ts";
import { givenKnowledge } from "../input/knowledge.ts";
import { defaultTrustName, readTrustSettings } from "../input/trust-flags.ts";
import { aliasesOf } from "./aliases-of.ts";
import type { ServeCluster } from "./serve-cluster.ts";
import { trustOptions } from "./trust-options.ts";

export interface JudgingParts {
  readonly config: Config;
  readonly mirror: Mirror;
  readonly limits: Limits;
  readonly io: CommandIO;
  readonly log: Log;
}

/** @throws EngineError for roots, aliases and lists that cannot be used. */
export function judgingOf({ config, mirror, io }: Pick<JudgingParts, "config" | "mirror" | "io">) {
  const { trustedRoot, distrust } = config.trust;
  return {
    settings: {
      trustRoot: defaultTrustName,
      trust: readTrustSettings(trustOptions(config), io, mirror.knowledge().tufRoots()),
      aliases: aliasesOf(config),
    },
    /** Beside what the mirror distrusts. */
    distrust: readDistrustFiles(distrust, io),
    /** Files that settings name. */
    given: givenKnowledge(trustedRoot === undefined ? {} : { trustedRoot }, io, io.now()),
  };
}

/** Who is asked while somebody waits for a decision. */
export function askingOf(
  { config, mirror, limits, io, log }: JudgingParts,
  registry: Registry | undefined,
  cluster?: Pick<ServeCluster, "parts">,
): ListedAskerOptions {
  const now = (): Date => io.now();
  const isAsked = registry !== undefined || cluster !== undefined;
  return {
    mirror,
    asker: isAsked ? createRoute({ ...registry?.parts, ...cluster?.parts }, { now }) : undefined,
    upstreams: registry === undefined ? [] : config.upstreams.map(({ host }) => host),
    limits,
    now,
    report: ({ code, message, subject }) => log.error(message, { code, subject }),
    warn: (text) => log.warn(text),
  };
}
