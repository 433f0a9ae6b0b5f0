/**
 * One line on a terminal while a round of asking takes longer than a second: how much is asked, of whom, how long. It
 * is rewritten, and gone when the round ends. Source: docs/spec/command-line.md#streams-and-formats.
 */
import type { AnswerTo } from "../../core/knowledge/answer.ts";
import type { Asker } from "../../core/knowledge/knowledge.ts";
import type { Question } from "../../core/knowledge/question.ts";
import type { CommandIO } from "../command.ts";
import { isDocumentFormat } from "../render/document.ts";
import { visibleLine } from "../render/escape.ts";

/** The flags that say who reads what is printed, as the commands have them. */
export interface ShownFlags {
  readonly quiet?: boolean;
  readonly output?: string;
  readonly outputFormat?: string;
}

/** Nothing is shown where nobody looks, where it was told to be quiet, and beside a document for a program. */
export const showsProgress = ({ quiet, output, outputFormat }: ShownFlags, { host }: Pick<CommandIO, "host">) =>
  host.isTerminal && quiet !== true && !(isDocumentFormat(outputFormat ?? output) && !host.isOutTerminal);

type World = Pick<CommandIO, "host" | "now" | "width">;

const firstMs = 1000;
const everyMs = 200;

export class AskingProgress {
  readonly #io: World;
  readonly #asked = new Map<string, number>();
  #open = 0;
  #answered = 0;
  #since = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(io: World) {
    this.#io = io;
  }

  /** The same answers; what is asked counts. */
  watch(asker: Asker): Asker {
    return {
      known: (question) => asker.known?.(question),
      ask: async <Q extends Question>(question: Q): Promise<AnswerTo<Q> | undefined> => {
        const whom = whomOf(question);
        this.#begin(whom);
        try {
          return await asker.ask(question);
        } finally {
          this.#end(whom);
        }
      },
    };
  }

  #begin(whom: string): void {
    this.#asked.set(whom, (this.#asked.get(whom) ?? 0) + 1);
    if (this.#open++ > 0) return;
    this.#since = this.#io.now().getTime();
    this.#answered = 0;
    this.#wait(firstMs);
  }

  #end(whom: string): void {
    const left = (this.#asked.get(whom) ?? 1) - 1;
    if (left > 0) this.#asked.set(whom, left);
    else this.#asked.delete(whom);
    this.#answered++;
    if (--this.#open > 0) return;
    clearTimeout(this.#timer);
    this.#io.host.status("");
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#io.host.status(this.#line());
      this.#wait(everyMs);
    }, ms);
    // Nobody waits for a line.
    this.#timer.unref();
  }

  #line(): string {
    const seconds = Math.floor((this.#io.now().getTime() - this.#since) / 1000);
    const line = visibleLine(
      `asking ${[...this.#asked.keys()].join(", ")}: ${this.#answered} answered, ${this.#open} open, ${seconds} s`,
    );
    const most = this.#io.width.err - 1;
    return line.length > most ? `${line.slice(0, Math.max(0, most - 3))}...` : line;
  }
}

/** Of an address without its user, path and query, which may be secrets. */
function whomOf(question: Question): string {
  if ("repository" in question) return question.repository.split("/")[0] ?? "";
  if (question.kind === "log-entry") return URL.canParse(question.log) ? new URL(question.log).host : "a log";
  if (question.kind === "cluster") return "the cluster";
  return question.kind === "key" ? "for a key" : "for a trusted root";
}
