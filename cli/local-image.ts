/** `--local-image`: the layout of one image as the argument of a command, as `cosign save` leaves it. */
import { EngineError } from "../core/errors.ts";
import { joinedKnowledge } from "../core/knowledge/joined-knowledge.ts";
import type { Digest } from "../core/crypto/digest.ts";
import type { Knowledge } from "../core/knowledge/knowledge.ts";
import { proven, type Verification } from "../core/verdict.ts";
import type { LayoutSource } from "../proxy/archive/layout-source.ts";
import { type LayoutOptions, openLayout } from "../proxy/archive/oci-layout.ts";
import type { OpenKnowledge } from "./input/knowledge.ts";

export { openLayoutSource } from "../proxy/archive/open-source.ts";

/** What an argument names, and what is known of it. */
export interface Located {
  readonly repository: string;
  /** The name by which it is judged, where an alias gives one. */
  readonly logical?: string;
  readonly digest: Verification<Digest>;
  readonly knowledge: Knowledge;
}

/**
 * The image of a layout that holds one: the one that `cosign save` marked, whatever else has a name; it gives it none.
 */
export function locateLocal(path: string, source: LayoutSource, { knowledge, limits }: OpenKnowledge): Located {
  const open = (options: Pick<LayoutOptions, "tag">) =>
    openLayout(source, {
      ...options,
      repository: "local/image",
      complete: "repository",
      claimedBy: "--local-image",
      limits,
    });
  const named = open({});
  const layout = named.marked.length > 0 || named.images().length > 0 ? named : open({ tag: "saved" });
  const [image, ...others] = layout.marked.length > 0 ? layout.marked : layout.images();
  if (image === undefined) throw new EngineError("invalid-usage", "the layout holds no image", { subject: path });
  if (others.some(({ digest }) => digest !== image.digest))
    throw new EngineError("invalid-usage", "the layout holds more than one image: use --layout and name one", {
      subject: path,
    });
  // Content comes from the layout; trusted roots and keys from where the flags say.
  const joined = joinedKnowledge([layout, knowledge]);
  return { repository: image.repository, digest: proven(image.digest), knowledge: joined };
}
