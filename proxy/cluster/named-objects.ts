/** Objects of a cluster that policies name, and what a mirror says of clusters. Nothing here can dial. */
import type { JsonObject } from "../../core/encoding/json.ts";
import { isObject } from "../../core/encoding/shape.ts";
import type { AnswerTo } from "../../core/knowledge/answer.ts";
import { hold, type Knowledge } from "../../core/knowledge/knowledge.ts";
import type { Question } from "../../core/knowledge/question.ts";

/** An object that policies name whole. */
export interface NamedObject {
  readonly resource: "configmaps" | "secrets";
  readonly namespace: string;
  readonly name: string;
}

export const keyOf = ({ resource, namespace, name }: NamedObject): string => `${resource} ${namespace}/${name}`;

export const keyReference = /^k8s:\/\/([^/]+)\/([^/]+)$/;

/**
 * The ConfigMaps and Secrets that a policy's text names, without variables: of context entries, and of keys as
 * `k8s://namespace/name`.
 */
export function namedObjectsIn(value: unknown): readonly NamedObject[] {
  const found = new Map<string, NamedObject>();
  const add = (resource: NamedObject["resource"], namespace: unknown, name: unknown): void => {
    if (typeof namespace !== "string" || typeof name !== "string" || /[{}$]/.test(namespace + name)) return;
    const one = { resource, namespace, name };
    found.set(keyOf(one), one);
  };
  const look = (here: unknown): void => {
    if (typeof here === "string") {
      for (const word of here.split(/[\s,]+/)) {
        const [, namespace, name] = keyReference.exec(word) ?? [];
        add("secrets", namespace, name);
      }
      return;
    }
    if (Array.isArray(here)) {
      for (const one of here as readonly unknown[]) look(one);
      return;
    }
    if (!isObject(here as JsonObject)) return;
    const { configMap } = here as { readonly configMap?: unknown };
    if (isObject(configMap as JsonObject)) {
      const { name, namespace = "default" } = configMap as { readonly name?: unknown; readonly namespace?: unknown };
      add("configmaps", namespace, name);
    }
    for (const one of Object.values(here as object)) look(one);
  };
  look(value);
  return [...found.values()];
}

/** A source without what it says of clusters: whoever watches one knows it better than a copy. */
export const withoutClusters = (knowledge: Knowledge): Knowledge => ({
  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    const isOfCluster =
      question.kind === "cluster" || (question.kind === "key" && question.reference.startsWith("k8s://"));
    return isOfCluster ? undefined : knowledge.answer(question);
  },
  claims: (question) => knowledge.claims?.(question) ?? [],
  facts: (scope) => knowledge.facts?.(scope) ?? [],
  hold: () => hold(knowledge),
  state: () => knowledge.state?.() ?? {},
});
