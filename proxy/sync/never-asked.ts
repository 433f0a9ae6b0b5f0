/** What the mirror knows and a sync asks nobody again. Source: docs/spec/command-line.md#sync. */
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import { questionText } from "../../core/knowledge/question.ts";
import type { Mirror } from "../mirror/mirror.ts";
import type { SyncImage } from "./image-closure.ts";

/** Pins, trust that was carried here, tags that never move. */
export function neverAsked(mirror: Mirror, images: readonly SyncImage[]): Knowledge {
  const known = mirror.knowledge();
  const fixed = new Set(
    images
      .filter(({ refresh }) => refresh === "never")
      .map(({ reference }) =>
        questionText({ kind: "tag", repository: reference.fetchRepository, tag: reference.tag ?? "" }),
      ),
  );
  return {
    answer(question) {
      if (question.kind === "key")
        return known.isPinned("key", question.reference) ? known.answer(question) : undefined;
      if (question.kind === "trusted-root") {
        const answer = known.answer(question);
        const isFetched = answer?.state === "present" && /^https?:\/\//.test(answer.from);
        return isFetched && !known.isPinned("trusted-root", question.name) ? undefined : answer;
      }
      return question.kind === "tag" && fixed.has(questionText(question)) ? known.recorded(question) : undefined;
    },
  };
}
