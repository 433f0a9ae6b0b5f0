/**
 * Resource files that stand in for the cluster: what context entries, namespace selectors and `k8s://` keys ask it.
 * Source: docs/spec/kyverno.md#context-entries, #test-command.
 */
import { decodeBase64 } from "../../core/encoding/base64.ts";
import type { JsonObject, JsonValue } from "../../core/encoding/json.ts";
import { isObject, own, textOr } from "../../core/encoding/shape.ts";
import { decodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import type { Answer, AnswerTo } from "../../core/knowledge/answer.ts";
import type { Knowledge, SourceState } from "../../core/knowledge/knowledge.ts";
import type { Question } from "../../core/knowledge/question.ts";
import { labelsOfNamespace, metadataOf } from "../../core/kyverno/rule/match-subject.ts";
import { pluralOf } from "../../core/kyverno/rule/plural.ts";

type ClusterQuestion = Extract<Question, { kind: "cluster" }>;

/** A response that a test file gives for a path of the API server. */
export interface PathResponse {
  readonly path: string;
  readonly status: number;
  readonly body: JsonValue;
}

/** What a path of the API server asks for; undefined for a path of another form. */
export function parsePath(path: string): Omit<ClusterQuestion, "kind" | "path"> | undefined {
  const [plain = ""] = path.split("?");
  const steps = plain.split("/").filter((step) => step !== "");
  const root = steps.shift();
  const apiVersion = root === "api" ? steps.shift() : root === "apis" ? steps.splice(0, 2).join("/") : undefined;
  if (apiVersion === undefined || steps.length === 0) return undefined;
  const namespace = steps[0] === "namespaces" && steps.length > 2 ? steps.splice(0, 2)[1] : undefined;
  const [resource, name, ...more] = steps;
  if (resource === undefined || more.length > 0) return undefined;
  return {
    verb: name === undefined ? "list" : "get",
    apiVersion,
    resource,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  };
}

/** An API server has a global context entry in each of Kyverno's versions, which are of one form. */
const isOfVersion = ({ apiVersion }: JsonObject, asked: string, resource: string): boolean =>
  apiVersion === asked || (resource === "globalcontextentries" && /^kyverno\.io\/v2/.test(textOr(apiVersion)));

/** Answers from resource files. A question about anything else stays open, because no cluster was asked. */
export class ClusterFiles implements Knowledge {
  readonly #resources: readonly JsonObject[];
  readonly #responses: readonly PathResponse[];
  readonly #at: string;

  constructor(resources: readonly JsonObject[], responses: readonly PathResponse[], at: Date) {
    this.#resources = resources;
    this.#responses = responses;
    this.#at = at.toISOString();
  }

  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    return this.#find(question) as AnswerTo<Q> | undefined;
  }

  /** Nothing changes: the files were read before. */
  state(): SourceState {
    return { version: "" };
  }

  #find(question: Question): Answer | undefined {
    if (question.kind === "key") return this.#key(question.reference);
    if (question.kind !== "cluster") return undefined;
    if (question.verb !== "raw") return this.#ask(question);
    const given = this.#responses.find(({ path }) => path === question.path);
    if (given !== undefined)
      return given.status === 404 ? { state: "absent", ...this.#origin } : this.#present(given.body);
    const parsed = parsePath(question.path ?? "");
    return parsed === undefined ? undefined : this.#ask({ kind: "cluster", ...parsed });
  }

  get #origin() {
    return { at: this.#at, from: "resource files" };
  }

  #present(value: JsonValue): Answer {
    return { state: "present", value, ...this.#origin };
  }

  #ask({ verb, apiVersion, resource, namespace, name }: ClusterQuestion): Answer | undefined {
    const fitting = this.#resources.filter(
      (candidate) =>
        isOfVersion(candidate, apiVersion, resource) &&
        pluralOf(textOr(candidate.kind)) === resource &&
        (namespace === undefined || textOr(metadataOf(candidate).namespace, "default") === namespace),
    );
    if (verb === "get") {
      const found = fitting.find((candidate) => metadataOf(candidate).name === name);
      return found === undefined ? undefined : this.#present(found);
    }
    return fitting.length === 0
      ? undefined
      : this.#present({ apiVersion, kind: `${textOr(fitting[0]?.kind)}List`, items: fitting });
  }

  /**
   * `k8s://namespace/name`: the member `cosign.pub` of a Secret.
   * @throws EngineError `no-key` when the Secret has no such member, or it is not text in base64.
   */
  #key(reference: string): Answer | undefined {
    const [, namespace = "", name = ""] = /^k8s:\/\/([^/]+)\/([^/]+)$/.exec(reference) ?? [];
    const secret = this.#resources.find(
      (candidate) =>
        candidate.kind === "Secret" &&
        metadataOf(candidate).name === name &&
        textOr(metadataOf(candidate).namespace, "default") === namespace,
    );
    if (secret === undefined) return undefined;
    const [data, plain] = [own(secret, "data"), own(secret, "stringData")];
    const given = isObject(plain) ? own(plain, "cosign.pub") : undefined;
    if (typeof given === "string") return this.#present(given);
    const encoded = isObject(data) ? own(data, "cosign.pub") : undefined;
    if (typeof encoded !== "string")
      throw new EngineError("no-key", "the Secret has no member cosign.pub", { subject: reference });
    try {
      return this.#present(decodeUtf8(decodeBase64(encoded.replace(/\s/g, ""))));
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      const reason = `cosign.pub of the Secret is not text in base64: ${error.message}`;
      throw new EngineError("no-key", reason, { subject: reference, cause: error });
    }
  }
}

/** The labels of a namespace from a file or the mirror; no other source is asked. */
export function knownLabels(name: string, knowledge: Knowledge): Readonly<Record<string, string>> | undefined {
  if (name === "") return undefined;
  const answer = knowledge.answer({ kind: "cluster", verb: "get", apiVersion: "v1", resource: "namespaces", name });
  return answer?.state === "present" ? labelsOfNamespace(answer.value) : undefined;
}
