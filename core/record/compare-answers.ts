/**
 * What another source says today to the questions that a recorded decision read. Source: docs/spec/record.md#replay.
 */
import { encodeCanonicalJson } from "../encoding/canonical-json.ts";
import { EngineError } from "../errors.ts";
import type { Digest } from "../crypto/digest.ts";
import type { DistrustRow, Knowledge, SourceState } from "../knowledge/knowledge.ts";
import { parseQuestion } from "../knowledge/question.ts";
import { encodeAnswers, readAnswers, type Said } from "./answers-document.ts";
import { trustedRootDigest } from "./decision-record.ts";

/** An answer in a word. */
type AnswerWord = "present" | "other content" | "absent" | "an outage" | "damaged" | "never asked";

export interface ChangedAnswer {
  readonly question: string;
  readonly then: AnswerWord;
  readonly now: AnswerWord;
}

export interface ChangedTrust {
  readonly name: string;
  readonly then?: Digest;
  readonly now?: Digest;
}

/** What is distrusted on one side alone. */
export interface ChangedDistrust {
  readonly kind: DistrustRow["kind"];
  readonly value: string;
  readonly reason?: string;
  readonly distrusted: "then" | "now";
}

export interface StoreChanges {
  readonly answers: readonly ChangedAnswer[];
  readonly trust: readonly ChangedTrust[];
  readonly distrust: readonly ChangedDistrust[];
}

function wordOf(said: Said): AnswerWord {
  if (said === undefined) return "never asked";
  if (said instanceof EngineError) return "damaged";
  return said.state === "unavailable" ? "an outage" : said.state;
}

/** What is said, without when and by whom. */
function contentOf(question: string, said: Said): string {
  const { answers, blobs } = encodeAnswers(new Map([[question, said]]));
  const {
    at: _,
    from: __,
    claim: ___,
    ...content
  } = { ...(answers[question] as object | null) } as Record<string, never>;
  return encodeCanonicalJson({ content, blobs });
}

/** No kind has a space. */
const nameOf = ({ kind, value }: DistrustRow): string => `${kind} ${value}`;

function compareDistrust(then: readonly DistrustRow[], now: readonly DistrustRow[]): readonly ChangedDistrust[] {
  const only = (
    side: ChangedDistrust["distrusted"],
    rows: readonly DistrustRow[],
    others: readonly DistrustRow[],
  ): readonly ChangedDistrust[] => {
    const known = new Set(others.map(nameOf));
    return rows
      .filter((row) => !known.has(nameOf(row)))
      .map(({ kind, value, reason }) => ({
        kind,
        value,
        ...(reason === undefined ? {} : { reason }),
        distrusted: side,
      }));
  };
  return [...only("then", then, now), ...only("now", now, then)];
}

/** Of trusted roots, whose metadata is new each day, it is said what they came to. */
export function compareAnswers(
  recorded: ReadonlyMap<string, Said>,
  state: SourceState,
  source: Knowledge,
): StoreChanges {
  const today = readAnswers([...recorded.keys()], source);
  const answers: ChangedAnswer[] = [];
  const trust: ChangedTrust[] = [];
  for (const [question, said] of recorded) {
    const here = today.get(question);
    const asked = parseQuestion(question);
    if (asked.kind === "trusted-root") {
      const [then, now] = [trustedRootDigest(said), trustedRootDigest(here)];
      if (then !== now)
        trust.push({
          name: asked.name,
          ...(then === undefined ? {} : { then }),
          ...(now === undefined ? {} : { now }),
        });
    } else if (contentOf(question, said) !== contentOf(question, here)) {
      const [then, now] = [wordOf(said), wordOf(here)];
      answers.push({ question, then, now: then === "present" && now === "present" ? "other content" : now });
    }
  }
  return { answers, trust, distrust: compareDistrust(state.distrust ?? [], source.state?.().distrust ?? []) };
}
