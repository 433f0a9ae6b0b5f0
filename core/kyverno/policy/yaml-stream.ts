/**
 * A YAML stream before its documents are read: characters that readers disagree about, and where documents begin.
 * Source: YAML 1.1, YAML 1.2, Kubernetes apimachinery (pkg/util/yaml).
 */
import { YamlFault } from "./yaml-fault.ts";

function refuse(message: string, offset: number): never {
  throw new YamlFault("malformed", message, offset);
}

/** What YAML does not allow in a stream: control characters, noncharacters, lone surrogates. */
const forbidden = /[^\t\n\r\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
/** Characters that end a line for some readers only, and byte order marks. */
const unequal = /[\u0085\u2028\u2029\ufeff]|\r(?!\n)/;
const namesOfUnequal: Readonly<Record<string, string>> = {
  "\r": "a carriage return without a line feed ends a line for some readers only; end lines with LF or CRLF",
  "\ufeff": "a byte order mark may stand at the beginning of a file only; remove it",
};

const codePoint = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;

/** Lines that begin like the marker of a document. A marker is alone on its line, or before a comment. */
const markers = /(?:^|(?<=^\ufeff))(---|\.\.\.)(.*)$/gm;
const besideMarker = /^[ \t]*(?:[ \t]#.*)?\r?$/;

/**
 * The text of a stream, before it is cut into documents.
 * @throws YamlFault `malformed`.
 */
export function requireEqualLines(text: string): void {
  const body = text.startsWith("\ufeff") ? 1 : 0;
  const illegal = forbidden.exec(text);
  if (illegal !== null)
    refuse(
      illegal[0] === "\0"
        ? "the file has NUL characters: it is no text in UTF-8, or it is UTF-16; save it as UTF-8"
        : `the character ${codePoint(illegal[0])} is not allowed; write it as an escape in quotes: "\\u…"`,
      illegal.index,
    );
  const found = unequal.exec(text.slice(body));
  if (found !== null)
    refuse(
      namesOfUnequal[found[0]] ??
        `the character ${codePoint(found[0])} ends a line for some readers only; write it as an escape in quotes`,
      found.index + body,
    );
}

/** The part of a stream that one document is in. */
export interface DocumentRange {
  readonly start: number;
  readonly end: number;
  /** After `...`: kubectl reads nothing more until the next `---`. */
  readonly isIgnored: boolean;
}

/**
 * The documents of a stream. Only lines with a marker separate them, as in kubectl.
 * @throws YamlFault `malformed`.
 */
export function documentRanges(text: string): readonly DocumentRange[] {
  const ranges: DocumentRange[] = [];
  let start = text.startsWith("\ufeff") ? 1 : 0;
  let isIgnored = false;
  for (const found of text.matchAll(markers)) {
    const [line, marker = "", rest = ""] = found;
    if (!besideMarker.test(rest))
      refuse(`only a comment may follow ${JSON.stringify(marker)} on its line`, found.index);
    ranges.push({ start, end: found.index, isIgnored });
    start = found.index + line.length;
    isIgnored = marker === "...";
  }
  ranges.push({ start, end: text.length, isIgnored });
  return ranges;
}
