/** What to do about each thing that a sync reports. Source: docs/spec/command-line.md#sync. */
import { codeRow, type ErrorCode, type Remedy } from "../../core/errors.ts";
import type { Question } from "../../core/knowledge/question.ts";
import type { CoveredImage, SyncOutage } from "../../proxy/sync/sync-events.ts";
import { type Failed, type FixSettings, markedFix, withImage } from "./fix.ts";

/** Registries were asked, by the policies of the far side. */
export const syncFixSettings = (said: FixSettings["said"]): FixSettings => ({
  hasSource: true,
  online: true,
  byPolicy: true,
  ...(said === undefined ? {} : { said }),
});

/** What only follows from what the same rule lacks. */
const following: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["unverified-image", "missing-digest"]);

/** An image that the list expects to be unsigned lacks nothing; of any other, the list can say that it is. */
const ofReason = (code: ErrorCode): Failed => (code === "no-signature" ? { code, remedy: "sign-or-expect" } : { code });

function ofMissing(question: Question): Failed {
  if (question.kind === "key") return { code: "no-key", question };
  if (question.kind === "trusted-root") return { code: "no-trust", question };
  const remedy: Remedy | undefined =
    question.kind === "cluster" || question.kind === "log-entry" ? question.kind : "sync-again";
  return { code: "not-in-mirror", question, remedy };
}

/** In the order in which they are worth doing; each once, with commands in backquotes. */
export function fixesOf(image: CoveredImage, settings: FixSettings, isDry: boolean): readonly string[] {
  const { coverage, drifted, problems, status } = image;
  const failed: Failed[] = [];
  if (drifted !== undefined)
    failed.push({ code: "wrong-digest", remedy: drifted.after === undefined ? "tag-gone" : "tag-moved" });
  if (status === "absent") failed.push({ code: "image-not-found", remedy: "no-such-image" });
  if (coverage.isAsListed === false) failed.push({ code: "invalid-usage", remedy: "signed-now" });
  for (const { code } of status === "absent" ? [] : problems) failed.push({ code });
  if (!coverage.isCovered && coverage.missing.length === 0) {
    const codes = coverage.reasons.flatMap(({ code }) => code ?? []);
    const own = codes.filter((code) => !following.has(code));
    for (const code of own.length > 0 ? own : codes) failed.push(ofReason(code));
  }
  // What a dry run left out is fetched by a sync, and what a host did not answer is mended there.
  if (!isDry && problems.length === 0) for (const question of coverage.missing) failed.push(ofMissing(question));
  return [...new Set(failed.map((one) => withImage(markedFix(one, settings), image.image)))];
}

export const fixOfOutage = ({ code }: SyncOutage, settings: FixSettings): string => markedFix({ code }, settings);

/** Whether the code is about a whole host: what one question met there, all do. */
export const isOfHost = (code: ErrorCode): boolean => codeRow(code).ignorable === "artifact" || code === "tls-failure";
