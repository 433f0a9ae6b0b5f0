/**
 * A place in a YAML document, and the spaces, line ends and comments that it is moved over. Source: YAML 1.2;
 * go.yaml.in/yaml/v2.
 */
import { YamlFault } from "./yaml-fault.ts";

export const isSpace = (character: string | undefined): boolean => character === " " || character === "\t";

export class Cursor {
  readonly text: string;
  /** Where the document ends. */
  readonly end: number;
  readonly maxDepth: number;
  at: number;
  lineStart: number;
  depth = 0;

  constructor(text: string, start: number, end: number, maxDepth: number) {
    this.text = text;
    this.at = start;
    this.lineStart = start;
    this.end = end;
    this.maxDepth = maxDepth;
  }

  get column(): number {
    return this.at - this.lineStart;
  }

  /** The character at the cursor, or some after it; `undefined` at the end. */
  peek(ahead = 0): string | undefined {
    return this.at + ahead < this.end ? this.text[this.at + ahead] : undefined;
  }

  /** @throws YamlFault `malformed`. */
  refuse(message: string, offset = this.at): never {
    throw new YamlFault("malformed", message, offset);
  }

  /** The same of text that is not where it belongs. */
  lost(message: string, offset = this.at): never {
    throw new YamlFault("malformed", message, offset, { isLost: true });
  }

  /** What is not expected here, named by its first characters. */
  unexpected(wanted: string): never {
    if (this.at >= this.end) {
      const written = this.text.slice(0, this.end).trimEnd().length;
      this.lost(`the document ends where ${wanted} is expected`, written);
    }
    const found = /^\S{1,20}/.exec(this.text.slice(this.at, this.at + 20))?.[0];
    this.lost(
      `${found === undefined ? "the line ends" : `${JSON.stringify(found)} stands`} where ${wanted} is expected`,
    );
  }

  isBreak(ahead = 0): boolean {
    const character = this.peek(ahead);
    return character === undefined || character === "\n" || character === "\r";
  }

  /** A space, a tab, a line end or the end. */
  isBlank(ahead = 0): boolean {
    return isSpace(this.peek(ahead)) || this.isBreak(ahead);
  }

  /** Over a line end, if one is here. */
  skipBreak(): boolean {
    if (this.at >= this.end) return false;
    if (this.text[this.at] === "\r") this.at++;
    if (this.text[this.at] !== "\n") return false;
    this.at++;
    this.lineStart = this.at;
    return true;
  }

  skipSpaces(): void {
    while (this.peek() === " ") this.at++;
  }

  skipSpacesAndTabs(): void {
    while (isSpace(this.peek())) this.at++;
  }

  /** Over a comment, if one is here. */
  skipComment(): void {
    if (this.peek() !== "#") return;
    if (this.column > 0 && !isSpace(this.text[this.at - 1]))
      this.refuse('put a space before "#", or quote the value that has it');
    while (!this.isBreak()) this.at++;
  }

  /** The rest of a line behind a value: spaces and a comment. */
  endLine(): void {
    this.skipSpacesAndTabs();
    this.skipComment();
    if (!this.isBreak()) this.unexpected("the end of the line");
    this.skipBreak();
  }

  /**
   * From the beginning of a line to the first line that has more than a comment, and over its indentation.
   * @returns whether there is one
   */
  toNextLine(): boolean {
    for (;;) {
      this.skipSpaces();
      if (this.peek() === "\t") this.refuse("a tab indents this line; use spaces");
      this.skipComment();
      if (!this.isBreak()) return true;
      if (!this.skipBreak()) return false;
    }
  }

  /** Over all that may stand between the parts of a flow collection. */
  skipInFlow(): void {
    for (;;) {
      this.skipSpacesAndTabs();
      this.skipComment();
      if (!this.isBreak() || !this.skipBreak()) return;
    }
  }

  /** @throws YamlFault `over-limit`. */
  enter(): void {
    this.depth++;
    if (this.depth > this.maxDepth + 1)
      throw new YamlFault("over-limit", `the document is nested deeper than ${this.maxDepth} levels`, this.at);
  }

  leave(): void {
    this.depth--;
  }
}
