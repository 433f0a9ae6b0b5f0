/**
 * Text in lines of a width, for people. Commands in it can be copied: they are broken only where a shell joins the
 * parts again. Source: docs/spec/command-line.md#width-and-signs.
 */
import { stripVTControlCharacters } from "node:util";

export interface Wrapping {
  readonly width: number;
  /** What stands before the first line: `  fix:  `. It may be coloured. */
  readonly first: string;
  /** What stands before the others. */
  readonly rest: string;
  /** A column of a table, which may be narrower than a screen. */
  readonly narrow?: boolean;
}

/** Columns that a text takes. */
export const widthOf = (text: string): number => [...stripVTControlCharacters(text)].length;

/** A narrower screen breaks lines itself. */
const narrowest = 40;

const command = /[^\s`]*(?:`[^`]*`[^\s`]*)+|\S+/g;

/** How much of a long word fits, from `from` on: up to a sign at which people would break it, if there is one. */
function breakAt(word: readonly string[], from: number, room: number): number {
  for (let at = room; at > room / 4; at--) if (/[/@,=&?_+-]/.test(word[from + at - 1] ?? "")) return at;
  return room;
}

class Lines {
  readonly lines: string[] = [];
  readonly #wrapping: Wrapping;
  readonly #width: number;
  #line: string;
  #empty = true;

  constructor(wrapping: Wrapping) {
    this.#wrapping = wrapping;
    this.#width = wrapping.narrow === true ? wrapping.width : Math.max(wrapping.width, narrowest);
    this.#line = wrapping.first;
  }

  #room(): number {
    return this.#width - widthOf(this.#line) - (this.#empty ? 0 : 1);
  }

  #next(indent = ""): void {
    this.lines.push(this.#line.trimEnd());
    this.#line = this.#wrapping.rest + indent;
    this.#empty = true;
  }

  /** Whether something stands before the words of this line that does not stand before those of the next. */
  #isFirst(): boolean {
    return this.lines.length === 0 && widthOf(this.#wrapping.first) > widthOf(this.#wrapping.rest);
  }

  #put(text: string): void {
    this.#line += this.#empty ? text : ` ${text}`;
    this.#empty = false;
  }

  word(text: string): void {
    const fitsBelow = widthOf(text) + widthOf(this.#wrapping.rest) <= this.#width;
    if (widthOf(text) > this.#room() && (!this.#empty || (fitsBelow && this.#isFirst()))) this.#next();
    const signs = [...text];
    let from = 0;
    while (signs.length - from > this.#room() && this.#room() > 0) {
      const at = breakAt(signs, from, this.#room());
      this.#put(signs.slice(from, from + at).join(""));
      from += at;
      this.#next();
    }
    this.#put(signs.slice(from).join(""));
  }

  /** A command stays on one line if it can. Its lines end in a backslash otherwise; its words are never broken. */
  command(text: string): void {
    if (widthOf(text) > this.#room() && !this.#empty) this.#next();
    if (widthOf(text) <= this.#room()) {
      this.#put(text);
      return;
    }
    for (const word of text.split(" ")) {
      if (!this.#empty && widthOf(word) + 2 > this.#room()) {
        this.#put("\\");
        this.#next("  ");
      }
      this.#put(word);
    }
  }

  end(): readonly string[] {
    if (!this.#empty || this.lines.length === 0) this.#next();
    return this.lines;
  }
}

/** The lines of one paragraph, without newlines. `commands`: what stands in backquotes is one, and loses them. */
export function wrapText(text: string, wrapping: Wrapping & { readonly commands?: boolean }): readonly string[] {
  const lines = new Lines(wrapping);
  for (const [unit] of text.matchAll(wrapping.commands === true ? command : /\S+/g))
    if (wrapping.commands === true && unit.includes("`")) lines.command(unit.replaceAll("`", ""));
    else lines.word(unit);
  return lines.end();
}
