/** Lists in memory, for the tests of their readers. */
import { EngineError } from "../../../../core/errors.ts";
import type { Policy } from "../../../../core/kyverno/policy/policy.ts";
import { defaultLimits, type Limits } from "../../../../core/limits.ts";
import type { ImageList } from "../../../../proxy/sync/lists/image-list.ts";
import { readImageList } from "../../../../proxy/sync/lists/read-image-list.ts";

interface Given {
  readonly policies?: readonly Policy[];
  readonly inFolder?: boolean;
  readonly limits?: Limits;
}

export const listed = (
  text: string,
  { policies = [], inFolder = false, limits = defaultLimits }: Given = {},
): ImageList =>
  readImageList([{ name: "f", text, inFolder }], { limits, policies, now: new Date("2026-01-01T00:00:00Z") });

export const references = (text: string, given?: Given): readonly string[] =>
  listed(text, given).images.map(({ reference }) => reference);

/** `CODE PLACE`, and how many faults there are. */
export function refusal(text: string, given?: Given): readonly [string, number] {
  try {
    listed(text, given);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const [, more = "0"] = /; (\d+) more: /.exec(error.message) ?? [];
    return [`${error.code} ${error.subject}`, 1 + Number(more)];
  }
  return ["", 0];
}
