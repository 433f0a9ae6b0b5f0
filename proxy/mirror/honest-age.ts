/**
 * What is old by a clock that may have jumped: nothing is removed because this machine believes that years have passed.
 * Source: docs/spec/offline.md#retention.
 */
import type { Database } from "better-sqlite3";
import { EngineError } from "../../core/errors.ts";
import type { MirrorKnowledge } from "./mirror-knowledge.ts";
import type { Retention } from "./retention.ts";
import { sqlText } from "./statements.ts";

interface Aged {
  readonly database: Database;
  readonly knowledge: Pick<MirrorKnowledge, "state">;
}

/**
 * The rules, with ages that count from the mirror's newest answer where that is earlier than the clock.
 * @throws EngineError `invalid-usage` where the clock is behind a signed time, or so far ahead of the newest answer
 * that nothing would be new enough.
 */
export function withHonestAge(retention: Retention, { database, knowledge }: Aged): Retention {
  const { since, now } = retention;
  if (since === undefined || now === undefined) return retention;
  const refuse = (why: string): never => {
    throw new EngineError("invalid-usage", `${why}; nothing was removed`, {
      subject: "--keep-newer",
      remedy: "old-by-clock",
    });
  };
  const signed = knowledge.state().newestSignedTime;
  if (signed !== undefined && signed > now)
    refuse(`this machine's clock says ${text(now)}, but a signed time was seen that is later: ${text(signed)}`);
  const seconds = database.prepare<[], number | null>(sqlText("find-newest-answer")).pluck().get() ?? null;
  if (seconds === null) return retention;
  const newest = new Date(seconds * 1000);
  // Rounded to a second, by which nothing is too old.
  const ahead = Math.max(0, now.getTime() - newest.getTime());
  if (newest.getTime() + 1000 <= since.getTime())
    refuse(
      `by this machine's clock (${text(now)}) all of the mirror is too old, since its newest answer is of ` +
        `${text(newest)}`,
    );
  return { ...retention, since: new Date(since.getTime() - ahead) };
}

const text = (time: Date): string => time.toISOString();
