/** Layout folders that are opened as they stand, and what they answer. */
import type { Digest } from "../../core/crypto/digest.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import { defaultLimits } from "../../core/limits.ts";
import { type LayoutOptions, openLayout } from "../../proxy/archive/oci-layout.ts";
import { LayoutFolder } from "./layout-folder.ts";
import { temporaryFolder } from "./temporary-mirror.ts";

/** A layout folder of its own. */
export class LayoutToOpen extends LayoutFolder {
  constructor() {
    super(temporaryFolder());
  }

  open(options: Partial<LayoutOptions> = {}) {
    return openLayout(this.write(), { limits: defaultLimits, ...options });
  }
}

export const digestOfTag = (knowledge: Knowledge, tag: string, from = "ghcr.io/org/app"): Digest | undefined => {
  const answer = knowledge.answer({ kind: "tag", repository: from, tag });
  return answer?.state === "present" ? answer.value.digest : undefined;
};

export const referrersOf = (
  knowledge: Knowledge,
  digest: Digest,
  from = "ghcr.io/org/app",
): readonly Digest[] | undefined => {
  const answer = knowledge.answer({ kind: "referrers", repository: from, digest });
  return answer?.state === "present" ? answer.value.map((descriptor) => descriptor.digest) : undefined;
};
