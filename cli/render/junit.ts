/**
 * JUnit XML that Jenkins and GitLab read. Differs: Kyverno does not close failures; this is well-formed, counts errors
 * and skipped cases, and gives each case a name of its own.
 * Source: docs/spec/command-line.md#reports.
 */

import { replaceHidden } from "../../core/encoding/hidden-signs.ts";

export interface JunitCase {
  readonly suite: string;
  readonly classname: string;
  readonly name: string;
  readonly status: "passed" | "failed" | "error" | "skipped";
  /** Why the case did not pass. */
  readonly reason?: string;
  /** A code that machines compare. */
  readonly type?: string;
  readonly lines: readonly (readonly [name: string, value: string])[];
}

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};
/** What XML 1.0 cannot hold, not even as a reference: written as `\u0001`. */
const unwritable =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that XML does not have.
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const writable = (text: string): string =>
  text.replace(unwritable, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
/** A reader turns a bare CR into a newline. What a screen obeys or does not show is for readers, not for screens. */
const content = (text: string): string =>
  replaceHidden(
    writable(text).replace(/[&<>"']/g, (character) => escapes[character] ?? character),
    (sign) => (sign === "\n" || sign === "\t" ? sign : `&#${sign.codePointAt(0) ?? 0};`),
  );
/** A reader turns a bare tab or newline of an attribute into a space. */
const attribute = (text: string): string =>
  content(text).replace(/[\t\n]/g, (character) => `&#${character.charCodeAt(0)};`);

const elements = { failed: "failure", error: "error", skipped: "skipped" } as const;

function renderCase({ classname, name, status, reason = "", type, lines }: JunitCase): string {
  const body = lines.map(([key, value]) => `    ${content(key)}: ${content(value)}\n`).join("");
  const element = status === "passed" ? "system-out" : elements[status];
  const said = status === "passed" ? "" : ` message="${attribute(reason)}"`;
  const coded = type === undefined || status === "passed" ? "" : ` type="${attribute(type)}"`;
  return (
    `  <testcase classname="${attribute(classname)}" name="${attribute(name)}">\n` +
    `   <${element}${coded}${said}>\n${body}   </${element}>\n  </testcase>\n`
  );
}

/** Readers distinguish cases by class and name: a repeated one gets a number. */
function named(cases: readonly JunitCase[]): readonly JunitCase[] {
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  return cases.map((entry) => {
    const key = (name: string): string => JSON.stringify([entry.classname, name]);
    let { name } = entry;
    let count = counts.get(key(name)) ?? 1;
    while (taken.has(key(name))) name = `${entry.name} (${++count})`;
    counts.set(key(entry.name), count);
    taken.add(key(name));
    return { ...entry, name };
  });
}

export function renderJunit(cases: readonly JunitCase[]): string {
  const count = (list: readonly JunitCase[], wanted: JunitCase["status"]): number =>
    list.filter(({ status }) => status === wanted).length;
  const counts = (list: readonly JunitCase[]): string =>
    `tests="${list.length}" failures="${count(list, "failed")}" errors="${count(list, "error")}"`;
  const all = named(cases);
  const suites = [...new Set(all.map(({ suite }) => suite))].map((suite) => {
    const own = all.filter((entry) => entry.suite === suite);
    return (
      ` <testsuite name="${attribute(suite)}" ${counts(own)} skipped="${count(own, "skipped")}">\n` +
      `${own.map(renderCase).join("")} </testsuite>\n`
    );
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${counts(all)}>\n${suites.join("")}</testsuites>\n`;
}
