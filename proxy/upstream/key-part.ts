/** Keys by references: those in Secrets are the cluster's to answer, the others are of key management services. */
import type { Part } from "./route.ts";

export interface KeySources {
  /** `undefined`: the cluster may not be asked. */
  readonly cluster: Part<"key"> | undefined;
  /** `undefined`: no key management service may be asked. */
  readonly kms: Part<"key"> | undefined;
}

/** A reference whose source may not be asked stays open. */
export function createKeyPart({ cluster, kms }: KeySources): Part<"key"> {
  const sourceOf = (reference: string): Part<"key"> | undefined => (reference.startsWith("k8s://") ? cluster : kms);
  return {
    from: (question) => sourceOf(question.reference)?.from(question) ?? "the configuration",
    ask: async (question, signal) => sourceOf(question.reference)?.ask(question, signal),
  };
}
