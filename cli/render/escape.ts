/**
 * What came from outside, as each format can hold it. Names, messages and signed texts are written by strangers: they
 * must not control a terminal, forge a line, leave a cell or an element, or turn the direction of what follows. Source:
 * docs/spec/command-line.md#text-from-outside.
 */
import { escapeHidden, replaceHidden, signNumber } from "../../core/encoding/hidden-signs.ts";

/**
 * Commands that build servers take from a log: anywhere in a line (`##vso[…]`, `##[…]`), or at its beginning
 * (`::error …::`), where a long text that is wrapped can bring any of its words.
 */
const ofBuildServers = /#(?=#(?:vso)?\[)|:(?=:[A-Za-z-]+(?:::| ))/g;

/** For one line of a terminal or log: nothing in it is carried out. */
export const visible = (text: string): string => escapeHidden(text).replace(ofBuildServers, signNumber);

/** On one line: line ends and runs of spaces become one space. */
export const visibleLine = (text: string): string => visible(text.replace(/\s+/g, " ").trim());

/** Several lines: those behind the first stand further in, where no program looks for the beginning of a line. */
export const visibleLines = (text: string): string =>
  text
    .split(/\r\n|\n/)
    .map((line) => visible(line.replaceAll("\t", "  ")))
    .join("\n    ");

/** A control sequence for colour, which only this program writes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: this is what the sequence begins with.
const colour = /(\u001b\[[0-9;]*m)/;

/**
 * Everything that is printed passes here last: what another place forgot to escape is escaped. Line ends, tabs
 * and, where there is colour, its sequences stay; so do the line ends of Unicode, which no screen obeys.
 */
export const harmless = (text: string, hasColour: boolean): string =>
  // Nearly all that is printed: a log's many lines need no tables of Unicode.
  /^[\n\t -~]*$/.test(text)
    ? text
    : (hasColour ? text.split(colour) : [text])
        .map((part, index) =>
          index % 2 === 1
            ? part
            : replaceHidden(part, (sign) => (/[\n\t\u2028\u2029]/.test(sign) ? sign : signNumber(sign))),
        )
        .join("");

/**
 * A cell of a table in Markdown: no link, image, element, emphasis or code, whatever the text is, and no text that
 * readers make a link of by themselves.
 */
export const markdownCell = (text: string): string =>
  visibleLine(text)
    .replace(/[\\`*_[\]<>|~&]/g, (sign) => `\\${sign}`)
    .replaceAll("://", ":\\//")
    .replace(/www\./gi, (start) => `${start.slice(0, -1)}\\.`);
