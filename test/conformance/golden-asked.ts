/**
 * The cases of golden-verify with their registries served over HTTP on loopback and asked, instead of read: every
 * verdict, code and patch must be the same.
 */
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { AskingRun } from "../../core/decide/settle.ts";
import type { AnswerTo } from "../../core/knowledge/answer.ts";
import { type Asker, type Knowledge, nothingKnown } from "../../core/knowledge/knowledge.ts";
import type { Question } from "../../core/knowledge/question.ts";
import { defaultLimits } from "../../core/limits.ts";
import { openRegistry, type Registry } from "../../proxy/upstream/registry/open-registry.ts";
import { createRoute } from "../../proxy/upstream/route.ts";
import { fastVerifier } from "../lab/verify.ts";
import { serveKnowledge } from "../support/knowledge-registry.ts";
import { serveLoopback } from "../support/loopback-server.ts";
import { type GoldenCase, type GoldenRun, type Observed, readGoldenCases, runGoldenCase } from "./golden-verify.ts";

export interface AskedReport {
  readonly passed: number;
  /** Requests that the registries got. */
  readonly requests: number;
  readonly failed: readonly { readonly name: string; readonly why: string }[];
}

/** Of these everything is known; any other host is out of reach. */
const known: ReadonlySet<string> = new Set(["localhost:5000", "localhost:5001"]);

const hostOf = (repository: string): string => repository.split("/")[0] ?? "";

/** A registry under its own name, which is dialled at `address`, where it has a path of its own. */
function registryAt(host: string, address: string): Registry {
  return openRegistry({
    hosts: {
      rules: [
        {
          prefix: host,
          location: `${address}/${host}`,
          insecure: true,
          blocked: false,
          mirrors: [],
        },
      ],
      authoritative: new Set([address]),
    },
    credentials: { find: () => Promise.resolve(undefined) },
    connections: { env: {} },
    fetching: { tries: 1 },
    limits: defaultLimits,
    now: () => new Date(),
  });
}

/** Asks the registry of a question's host; trusted roots are the case's own. */
class CaseAsker implements Asker {
  readonly #registries = new Map<string, Registry>();
  readonly #address: (host: string) => string;
  readonly #own: Knowledge;

  constructor(own: Knowledge, address: (host: string) => string) {
    this.#own = own;
    this.#address = address;
  }

  async ask<Q extends Question>(question: Q): Promise<AnswerTo<Q> | undefined> {
    if (!("repository" in question)) return this.#own.answer(question);
    const host = hostOf(question.repository);
    const registry = this.#registries.get(host) ?? registryAt(host, this.#address(host));
    this.#registries.set(host, registry);
    return (await createRoute(registry.parts, { now: () => new Date() }).ask(question)) as AnswerTo<Q> | undefined;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#registries.values()].map((registry) => registry.close()));
  }
}

const observedText = ({ refused, mutate, validate, patched, codes }: Observed): string =>
  JSON.stringify([refused, mutate, validate, Object.entries(patched).sort(), codes]);

/** Decides a case by asking. */
async function ask(
  folder: string,
  golden: GoldenCase,
  now: Date,
  crypto: SignatureVerifier,
  direct: Knowledge,
  closed: string,
): Promise<{ readonly run: GoldenRun; readonly requests: number }> {
  const server = await serveKnowledge(direct, (path) => path);
  const address = new URL(server.url).host;
  const unreachable = golden.unreachable ?? [];
  const asker = new CaseAsker(direct, (host) => (known.has(host) && !unreachable.includes(host) ? address : closed));
  try {
    const { run } = await new AskingRun(nothingKnown, asker, now).settle((knowledge) => {
      const attempted = runGoldenCase(folder, golden, now, crypto, { instead: knowledge });
      return { run: attempted, open: attempted.decision?.open ?? [] };
    }, defaultLimits.settleRounds);
    return { run, requests: server.asked().length };
  } finally {
    await asker.close();
    await server.close();
  }
}

/** Of all cases, or those that are named. */
export async function runGoldenAsked(
  folder: string,
  now: Date,
  { crypto = fastVerifier, only }: { readonly crypto?: SignatureVerifier; readonly only?: ReadonlySet<string> } = {},
): Promise<AskedReport> {
  const nobody = await serveLoopback((_, response) => void response.end());
  const closed = new URL(nobody.url).host;
  await nobody.close();
  let passed = 0;
  let requests = 0;
  const failed: { name: string; why: string }[] = [];
  for (const golden of readGoldenCases(folder)) {
    if (only !== undefined && !only.has(golden.id)) continue;
    const direct = runGoldenCase(folder, golden, now, crypto);
    const asked =
      direct.knowledge === undefined
        ? { run: direct, requests: 0 }
        : await ask(folder, golden, now, crypto, direct.knowledge, closed);
    requests += asked.requests;
    const [read, got] = [direct.observed, asked.run.observed].map(observedText);
    if (read === got) passed += 1;
    else
      failed.push({
        name: golden.id,
        why: `read: ${read}\n  asked: ${got}\n  ${asked.run.observed.messages.join("\n  ")}`,
      });
  }
  return { passed, requests, failed };
}
