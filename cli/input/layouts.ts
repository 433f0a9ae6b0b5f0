/** The layouts of the command line: `--layout`, as a folder or a tar archive. */
import type { Limits } from "../../core/limits.ts";
import { requireClaimable } from "../../proxy/archive/claim-layout.ts";
import { type LayoutKnowledge, type LayoutOptions, openLayout } from "../../proxy/archive/oci-layout.ts";
import { openLayoutSource } from "../../proxy/archive/open-source.ts";
import type { CommandIO } from "../command.ts";
import { type Ear, say } from "../render/say.ts";
import { type CompleteOptions, readComplete } from "./complete-flag.ts";

/** `IMAGE=DIR` or `DIR`: the image names what the layout does not. `registry` is the same name as it stands. */
export function parseLayoutFlag(text: string): {
  readonly folder: string;
  readonly registry?: string;
  readonly options: Pick<LayoutOptions, "repository" | "tag">;
} {
  const at = text.indexOf("=");
  if (at === -1) return { folder: text, options: {} };
  const image = text.slice(0, at);
  const colon = image.lastIndexOf(":");
  const hasTag = colon > image.lastIndexOf("/");
  return {
    folder: text.slice(at + 1),
    registry: image,
    options: hasTag ? { repository: image.slice(0, colon), tag: image.slice(colon + 1) } : { repository: image },
  };
}

/** Entries of a layout's index that could not be taken. */
export function reportSkippedEntries(folder: string, entries: LayoutKnowledge["skipped"], ear: Ear): void {
  for (const { subject, reason } of entries) say(`skipped ${folder}\n  ${subject}\n  ${reason}`, ear);
}

/**
 * Opens every layout, and says which entries could not be taken. The caller closes them.
 * @throws EngineError as `openLayoutSource`, `openLayout` and `requireClaimable`.
 */
export async function openLayouts(
  options: CompleteOptions & { readonly layout?: readonly string[] },
  limits: Limits,
  io: CommandIO,
): Promise<readonly LayoutKnowledge[]> {
  const layouts: LayoutKnowledge[] = [];
  try {
    for (const flag of options.layout ?? []) {
      const { folder, options: named, registry } = parseLayoutFlag(flag);
      const source = await openLayoutSource(folder, limits, registry);
      const layout = openLayout(source, {
        ...(source.isNamed === true ? {} : named),
        limits,
        ...readComplete(options, `--layout ${flag}`),
      });
      layouts.push(layout);
      if (options.complete !== undefined) requireClaimable(layout);
      reportSkippedEntries(folder, layout.skipped, io);
    }
  } catch (error) {
    for (const layout of layouts) layout.close();
    throw error;
  }
  return layouts;
}
