/** The images that policies name whole. Source: docs/spec/image-lists.md#forms. */
import { pointer } from "../../../core/encoding/shape.ts";
import { loadPolicies, type PolicyFile } from "../../../core/kyverno/policy/read-policy.ts";
import { lineOf, type ListSink } from "./list-sink.ts";
import { containsWildcard } from "../../../core/patterns/wildcard.ts";

/** Whether a reference is compared with its tag or digest; without one a pattern matches nothing. */
const hasTag = (reference: string): boolean => /[:@]/.test(reference.slice(reference.lastIndexOf("/") + 1));

export function readPolicyReferences(file: PolicyFile, sink: ListSink): void {
  const { policies, errors } = loadPolicies([file], { limits: sink.limits });
  for (const { message, code, ...place } of errors) sink.fault(place, message, code);
  for (const { name, position, spec } of policies) {
    const patterns: string[] = [];
    for (const { verifyImages = [] } of spec.rules)
      for (const entry of verifyImages)
        for (const [index, reference] of entry.imageReferences.entries()) {
          const place = position(pointer(pointer(entry.pointer, "imageReferences"), index));
          if (containsWildcard(reference) || !hasTag(reference)) patterns.push(reference);
          else sink.image(reference, {}, place);
        }
    if (patterns.length > 0)
      sink.note(
        `${lineOf(position(""))}: the policy ${name} selects images by patterns, which cannot be listed: ` +
          `${patterns.slice(0, 5).join(", ")}${patterns.length > 5 ? `, and ${patterns.length - 5} more` : ""}`,
      );
  }
}
