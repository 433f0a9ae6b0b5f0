/**
 * Asks who keeps a key for it: the cluster for `k8s://`, a key service for the others. Source:
 * docs/spec/offline.md#mirror.
 */
import { questionWords } from "../../core/knowledge/question-words.ts";
import { EngineError } from "../../core/errors.ts";
import { readAuthorities } from "../../proxy/upstream/authorities.ts";
import { openCluster } from "../../proxy/upstream/cluster/open-cluster.ts";
import { openUpstream } from "../../proxy/upstream/open-upstream.ts";
import type { CommandIO } from "../command.ts";
import { visibleLine } from "../render/escape.ts";
import { filesOf } from "./tool-files.ts";
import { parseSpan } from "./trust-flags.ts";

export interface AskKeyOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly timeout: string;
  readonly verbose?: boolean;
}

export interface AskedKey {
  readonly pem: string;
  /** Who gave it, and when. */
  readonly from: string;
  readonly at: string;
}

/**
 * @throws EngineError `no-key` where it is not there, the codes of an outage, `invalid-usage` for a path, whose key is
 * in a file.
 */
export async function askKey(reference: string, options: AskKeyOptions, io: CommandIO): Promise<AskedKey> {
  const question = { kind: "key", reference } as const;
  if (!reference.includes("://"))
    throw new EngineError("invalid-usage", "nobody can be asked for the key of a path: give its file", {
      subject: reference,
    });
  const { env, limits } = io;
  const files = filesOf(io);
  const now = (): Date => io.now();
  const log = options.verbose === true ? (line: string) => io.err(`${visibleLine(line)}\n`) : undefined;
  const authorities = () => readAuthorities({ env, files });
  const { kubeconfig, context } = options;
  const deadlineMs = parseSpan(options.timeout, "--timeout");
  const upstream = openUpstream({ env, authorities, log });
  const cluster = openCluster({ env, files, limits, now, kubeconfig, context, authorities, log });
  try {
    const asker = upstream.asker({ limits, now, deadlineMs, keyServices: files, cluster });
    const answer = await asker.ask(question);
    if (answer?.state === "present") return { pem: answer.value, from: answer.from, at: answer.at };
    if (answer?.state === "unavailable")
      throw new EngineError(answer.code, `${answer.from} was asked: ${answer.why ?? answer.code}`, {
        subject: reference,
      });
    throw new EngineError("no-key", `${answer?.from ?? "nobody"} does not have ${questionWords(question)}`, {
      subject: reference,
    });
  } finally {
    await Promise.all([upstream.close(), cluster.close()]);
  }
}
