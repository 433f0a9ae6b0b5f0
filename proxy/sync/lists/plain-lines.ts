/** A list with one reference a line, and settings behind it. Source: docs/spec/image-lists.md#lines. */
import type { Limits } from "../../../core/limits.ts";
import type { ListSettings, ListedTags } from "./image-list.ts";
import { readSetting, tagsOf } from "./entry-settings.ts";
import { type ListSink, quoted } from "./list-sink.ts";

const word = /(?:[^\s"'#]|(?<=\S)#|"[^"]*"|'[^']*')+/y;

/** The words of a line, up to a comment; undefined where a quote is not closed. */
function wordsOf(line: string): readonly string[] | undefined {
  const words: string[] = [];
  for (let at = 0; ; ) {
    while (/\s/.test(line[at] ?? "")) at++;
    if (at >= line.length || line[at] === "#") return words;
    word.lastIndex = at;
    const [found] = word.exec(line) ?? [];
    if (found === undefined || /^["']/.test(line[word.lastIndex] ?? "")) return undefined;
    words.push(found.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
    at += found.length;
  }
}

interface Line {
  readonly text: string;
  readonly file: string;
  readonly line: number;
}

function readLine({ text, file, line }: Line, sink: ListSink): void {
  const place = { file, line, column: 1 };
  if (text.length > sink.limits.referenceBytes) {
    sink.fault(place, `a line of ${text.length} characters, more than ${sink.limits.referenceBytes}`);
    return;
  }
  const words = wordsOf(text);
  if (words === undefined) {
    sink.fault(place, "a quote is not closed");
    return;
  }
  const [reference, ...rest] = words;
  if (reference === undefined) return;
  let settings: ListSettings = {};
  let tags: ListedTags["tags"] | undefined;
  const seen = new Set<string>();
  for (const setting of rest) {
    const equals = setting.indexOf("=");
    const name = setting.slice(0, equals);
    if (equals < 1) {
      sink.fault(
        place,
        `${quoted(setting)} is not a setting: after the reference write NAME=VALUE, or # and a comment`,
      );
      return;
    }
    if (seen.has(name)) {
      sink.fault(place, `${name} is given twice`);
      return;
    }
    seen.add(name);
    const value = setting.slice(equals + 1);
    if (name === "tags") tags = tagsOf(value);
    else {
      const read = sink.attempt(
        () => readSetting(name, value),
        () => place,
      );
      if (read === undefined) return;
      settings = { ...settings, ...read };
    }
  }
  sink.entry(reference, settings, place, tags);
}

/** What `mirror ls` prints for people. Each of its rows would be a fault of its own. */
const table = /^IMAGE +DIGEST /;

export function readPlainLines(text: string, file: string, sink: ListSink): void {
  if (table.test(text)) {
    const why = "this is the table of `sallyport mirror ls`; the list is what `sallyport mirror ls -o name` prints";
    sink.fault({ file, line: 1, column: 1 }, why);
    return;
  }
  for (const [index, line] of text.split(/\r\n|\n|\r/).entries()) readLine({ text: line, file, line: index + 1 }, sink);
}

const looksListed = /^\s*[a-z0-9][\w.:/@-]*[/:][\w.:/@*?-]+(?:\s+[a-z]+=\S+)*\s*(?:#.*)?$/;
const oneName = /^\s*(?:[a-z0-9][a-z0-9._-]*\s*)?(?:#.*)?$/;

/**
 * Whether some line could be a reference, or all are names: in a folder, other texts are skipped. What is a list is
 * read whole, so that a misspelt line is not lost.
 */
export function holdsReference(text: string, { referenceBytes }: Pick<Limits, "referenceBytes">): boolean {
  const lines = text.split(/\r\n|\n|\r/);
  // A search in a longer line would take long, and no line of a list is longer.
  const matches = (pattern: RegExp) => (line: string) => line.length <= referenceBytes && pattern.test(line);
  return lines.some(matches(looksListed)) || lines.every(matches(oneName));
}
