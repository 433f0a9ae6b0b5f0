/**
 * In whose name the images of a resource are asked for: each with what its own Pod pulls with, never with what another
 * one names. Source: docs/decisions/043-credentials-of-pods.md, Kubernetes' documentation of images (imagePullSecrets,
 * service accounts).
 */
import type { JsonObject, JsonValue } from "../../core/encoding/json.ts";
import { isObject } from "../../core/encoding/shape.ts";
import { podSpecOf } from "../../core/kyverno/image/extract.ts";
import type { AnswerTo } from "../../core/knowledge/answer.ts";
import type { Asker, Knowledge } from "../../core/knowledge/knowledge.ts";
import { type Question, questionText } from "../../core/knowledge/question.ts";

/** What the Pods of a resource pull with. */
export interface PullAccess {
  readonly namespace: string;
  /** Names of Secrets in it, in order. */
  readonly secrets: readonly string[];
  /** Whose Secrets count where the Pod names none. */
  readonly serviceAccount: string;
}

export function pullAccessOf(resource: JsonObject): PullAccess {
  const { namespace = "default" } = isObject(resource.metadata) ? resource.metadata : {};
  const spec = podSpecOf(resource);
  const entries: readonly JsonValue[] = Array.isArray(spec?.imagePullSecrets) ? spec.imagePullSecrets : [];
  const { serviceAccountName } = spec ?? {};
  return {
    namespace: String(namespace),
    secrets: entries.flatMap((entry) => (isObject(entry) && typeof entry.name === "string" ? [entry.name] : [])),
    serviceAccount:
      typeof serviceAccountName === "string" && serviceAccountName !== "" ? serviceAccountName : "default",
  };
}

/**
 * Resources with the same key pull with the same Secrets. `undefined`: with none. Without a cluster nobody knows the
 * Secrets of service accounts.
 */
export function pullKey({ namespace, secrets, serviceAccount }: PullAccess, hasCluster: boolean): string | undefined {
  if (secrets.length > 0) return JSON.stringify([namespace, ...secrets]);
  return hasCluster ? JSON.stringify({ namespace, serviceAccount }) : undefined;
}

/** Whether the answer may be another one for others: who may read a repository decides what of it is seen. */
const isByWhoAsks = ({ kind }: Question, state: string): boolean =>
  kind === "tag" || kind === "referrers" || ((kind === "manifest" || kind === "blob") && state === "absent");

/** Who asked in this run for what the mirror has. */
export class Askers {
  readonly #by = new Map<string, string>();

  /** Remembers in whose name an answer was got. */
  note(question: Question, key: string): void {
    this.#by.set(questionText(question), key);
  }

  /**
   * What is known, without what others were told in this run. Content is the same for everybody: its digest was
   * compared.
   */
  without(known: Knowledge, key: string): Knowledge {
    const isOthers = (question: Question): boolean => {
      const by = this.#by.get(questionText(question));
      return by !== undefined && by !== key;
    };
    return {
      ...bound(known),
      answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
        const answer = known.answer(question);
        const hides = answer !== undefined && isByWhoAsks(question, answer.state) && isOthers(question);
        return hides ? undefined : answer;
      },
    };
  }
}

/** The methods of a knowledge that are not about one answer. */
function bound(known: Knowledge): Omit<Knowledge, "answer"> {
  const { claims, facts, state } = known;
  return {
    ...(claims === undefined ? {} : { claims: claims.bind(known) }),
    ...(facts === undefined ? {} : { facts: facts.bind(known) }),
    ...(state === undefined ? {} : { state: state.bind(known) }),
  };
}

const ofRegistries: ReadonlySet<string> = new Set(["tag", "manifest", "blob", "referrers"]);

/** Registries are asked by `own`, all else by what everybody shares, and only once. */
export function besideShared(own: Asker, shared: Asker): Asker {
  return { ask: (question) => (ofRegistries.has(question.kind) ? own : shared).ask(question) };
}

/** The answers of `asker`, of which each is asked for once. */
export function onceEach(asker: Asker): Asker {
  const asked = new Map<string, Promise<unknown>>();
  return {
    ask<Q extends Question>(question: Q) {
      const text = questionText(question);
      const asking = asked.get(text) ?? asker.ask(question);
      asked.set(text, asking);
      return asking as Promise<AnswerTo<Q> | undefined>;
    },
  };
}
